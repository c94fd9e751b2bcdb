"""Texts of received objects: the markdown of their source, or what their HTML says in markdown."""

from datetime import datetime

from lemmy_lite.context import Context
from lemmy_lite.domain import ahead
from lemmy_lite.federation.evidence import Evidence
from lemmy_lite.federation.protocol import values
from lemmy_lite.model.clock import Micros
from lemmy_lite.model.errors import LemmyError
from lemmy_lite.storage.query import Transaction
from lemmy_lite.text import links, markdown, names

_MARKDOWN = "text/markdown"


def markdown_of(evidence: Evidence, ap_id: str, content: object, source: object, media_type: object = None) -> str | None:
    """The text of the object `ap_id` as markdown: its source if there is one, else its content as it was converted before.

    Raises NeedsText: nothing is converted in a transaction, for everybody's writes would wait for it.
    """
    html = html_of(content, source, media_type)
    if html is not None:
        return evidence.markdown(ap_id, html) or None
    written = values.source(source)
    return values.text(content) if written is None else written


def html_of(content: object, source: object, media_type: object = None) -> str | None:
    """The HTML that has to be converted to know what an object says; None where it says so in markdown, or nothing."""
    return values.text(content) if values.source(source) is None and media_type != _MARKDOWN else None


def html(tx: Transaction, context: Context, text: str | None) -> str | None:
    """A text of ours as peers show it: its links lead to us from there too. Raises Unready."""
    return None if text is None else ahead.html(tx, text, markdown.Options(base_url=context.config.base_url))


def shortened(text: str | None, most: int) -> str | None:
    """At most so many characters: bounds of peers are wider than ours, and a long name is no reason to lose the object."""
    return text if text is None else text[:most]


def shortened_to(text: str, field: str) -> str:
    """At most what a field holds (a row of `names.LIMITS`), counted as the field counts."""
    limit = names.LIMITS[field]
    cut = text[: limit.most]
    while names.length(cut, limit.unit) > limit.most:
        cut = cut[: len(cut) - (names.length(cut, limit.unit) - limit.most + 1) // 2]
    return cut


def reason_of(summary: str | None) -> str | None:
    """Why a moderator did something; an empty `summary` is how Lemmy marks a moderator's deed without a reason."""
    return shortened_to(summary.strip(), "ban reason") if summary and summary.strip() else None


def address(value: object) -> str | None:
    """The address of a picture, in the form and within the bounds of ours; None for any other value, for it is repeated wherever its
    actor is shown."""
    found = values.link(value)
    if found is None:
        return None
    try:
        normal = links.check_post_url(found)
    except LemmyError:
        return None
    return normal if normal.startswith(("https://", "http://")) else None


def matrix_id(value: object) -> str | None:
    """A Matrix id; None for any other value."""
    found = values.text(value)
    if found is None:
        return None
    try:
        names.check_matrix_id(found)
    except LemmyError:
        return None
    return found


def published(value: object, now: Micros) -> Micros:
    """When something was written; never in the future, where it would stand above everything else for as long."""
    found = values.read_when(value)
    return now if found is None else min(found, now)


def updated(value: object, now: Micros) -> Micros | None:
    """When something was changed; None when it was not."""
    found = values.read_when(value)
    return None if found is None else min(found, now)


def when(moment: datetime | None) -> str | None:
    """A time for the wire."""
    return values.when(moment)
