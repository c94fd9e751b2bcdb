"""Foreign HTML into markdown, ahead of the unit of work that needs it: short texts at once, long ones one at a time on a thread.

The longest that is read costs a fifth of a second, five times that on a small board. On the writer's thread everybody's writes would wait
for it; here whoever sends such texts makes their own lane wait, and others with long texts for a turn each.
"""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Final

from lemmy_lite.federation import origins
from lemmy_lite.federation.errors import NeedsText
from lemmy_lite.federation.evidence import Evidence
from lemmy_lite.federation.fetch import Document
from lemmy_lite.federation.objects import texts
from lemmy_lite.federation.protocol import actors, objects, values
from lemmy_lite.storage.aside import Aside

SHORT: Final = 2048
"""Characters of HTML that are converted on the event loop, half a millisecond as a rule, where a second try of the unit costs as much."""
FEW_TAGS: Final = 64
"""Tags in such a text: they are what costs, some 30 microseconds each."""
MOST_INSIDE: Final = 3
"""Announce, the Create in it, and what was created."""

_ACTORS: Final = actors.PERSON_TYPES | actors.GROUP_TYPES | actors.SITE_TYPES
_WRITTEN: Final = objects.PAGE_TYPES | objects.NOTE_TYPES | {"ChatMessage"}


class Converting:
    """Converts for one process."""

    def __init__(self, aside: Aside) -> None:
        self._aside = aside
        self._convert: Callable[[str], str] | None = None

    def evidence(self, document: Document) -> Evidence:
        """What a unit of work over a document begins with."""
        evidence = Evidence()
        self.prepare(evidence, document)
        return evidence

    def prepare(self, evidence: Evidence, document: Document) -> None:
        """Convert what is short in a document. What it leaves out the unit of work asks for, and only if it comes to that."""
        # The first text of all brings BeautifulSoup, 50 ms: not here either.
        if self._convert is not None:
            for html in html_in(document):
                if len(html) <= SHORT and html.count("<") <= FEW_TAGS and not evidence.is_converted(html):
                    evidence.put_markdown(html, self._convert(html))

    async def convert(self, need: NeedsText) -> str:
        """The markdown of a text that a unit of work asked for; its host has one in hand at a time, so that others come in between."""
        return await self._aside.make(origins.domain(need.ap_id), partial(self._converted, need.html), len(need.html))

    def _converted(self, html: str) -> str:
        # With BeautifulSoup and what that brings: 5 MB and 50 ms, not needed by those whose peers are Lemmy and send the source.
        from lemmy_lite.text import received

        self._convert = received.to_markdown
        return self._convert(html)


def html_in(document: object) -> Iterator[str]:
    """The HTML that a unit of work over a document may ask for: its own, and that of what it announces or creates."""
    for _ in range(MOST_INSIDE):
        if not isinstance(document, dict):
            return
        kind = values.kind(document)
        said = document.get("summary") if kind in _ACTORS else document.get("content") if kind in _WRITTEN else None
        media_type = None if kind in _ACTORS else document.get("mediaType")
        if (html := texts.html_of(said, document.get("source"), media_type)) is not None:
            yield html
        document = document.get("object")
