"""Texts of received objects: the markdown of their source, or what their HTML says in markdown."""

from datetime import datetime

from lemmy_lite.context import Context
from lemmy_lite.federation.protocol import values
from lemmy_lite.model.clock import Micros
from lemmy_lite.model.errors import LemmyError
from lemmy_lite.text import links, markdown, names

_MARKDOWN = "text/markdown"


def markdown_of(content: object, source: object, media_type: object = None) -> str | None:
    """The text of an object as markdown: its source if there is one, else its content converted."""
    if (written := values.source(source)) is not None:
        return written
    text = values.text(content)
    if text is None or media_type == _MARKDOWN:
        return text
    # With BeautifulSoup and what that brings: 5 MB and 50 ms, not needed by those whose peers are Lemmy and send the source.
    from lemmy_lite.text import received

    return received.to_markdown(text) or None


def html(context: Context, text: str | None) -> str | None:
    """A text of ours as peers show it: its links lead to us from there too."""
    return None if text is None else markdown.render(text, markdown.Options(base_url=context.config.base_url))


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
