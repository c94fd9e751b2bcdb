"""What a unit of work may look at, and what was made ready for it: documents from their own ids, and foreign HTML as markdown.

Nothing is fetched or converted while the writer is held: what is not here raises `Needs`, the unit is undone, and runs again with it.
"""

from lemmy_lite.federation.errors import Needs, NeedsText
from lemmy_lite.federation.fetch import Document


class Evidence:
    """Documents that were fetched from their own ids for one cause, ids under which there is nothing any more, and converted texts."""

    def __init__(self) -> None:
        self._documents: dict[str, Document | None] = {}
        self._texts: dict[str, str] = {}

    def document(self, ap_id: str) -> Document | None:
        """What stands at an id, None when its origin says that it is gone. Raises Needs when nobody has looked."""
        if ap_id not in self._documents:
            raise Needs(ap_id, document_only=True)
        return self._documents[ap_id]

    def optional(self, ap_id: str) -> Document | None:
        """The same, and None as well when it cannot be had."""
        if ap_id not in self._documents:
            raise Needs(ap_id, document_only=True, optional=True)
        return self._documents[ap_id]

    def put(self, ap_id: str, document: Document | None) -> None:
        """Remember what a look brought."""
        self._documents[ap_id] = document

    def markdown(self, ap_id: str, html: str) -> str:
        """What the HTML of an object says in markdown. Raises NeedsText when nobody has converted it."""
        if html not in self._texts:
            raise NeedsText(ap_id, html)
        return self._texts[html]

    def is_converted(self, html: str) -> bool:
        """Whether `markdown` answers."""
        return html in self._texts

    def put_markdown(self, html: str, markdown: str) -> None:
        """Remember what a conversion brought."""
        self._texts[html] = markdown
