"""HTML or ActivityPub: the Accept header decides, as the same address is a page to people and a document to servers (DESIGN §6)."""

from enum import StrEnum
from functools import lru_cache
from typing import Final, NamedTuple

from lemmy_lite.text import translations

PAGES: Final = "web"
"""The catalogues of the web site."""


class Kind(StrEnum):
    """What an address can answer with."""

    HTML = "html"
    ACTIVITY = "activity"


_ACTIVITY = {"application/activity+json": 2, "application/ld+json": 2, "application/json": 2, "application/*": 1}
_HTML = {"text/html": 2, "application/xhtml+xml": 2, "text/*": 1}
"""How exactly a media range names the kind. `application/json` counts as ActivityPub, since Lemmy's own proxy configuration sends
everything that begins with `application/` to the back end and scripts rely on it; browsers name HTML first."""

_LONGEST = 1000


class _Wish(NamedTuple):
    quality: float
    exactness: int
    order: int


def negotiate(accept: str | None) -> Kind:
    """What the client would rather have. HTML unless an ActivityPub type is named; then the higher quality wins, then the more exact
    range, then what was named first. `*/*` and a missing header are HTML. A header that cannot be read counts as far as it can."""
    html, activity = _Wish(0, 0, 0), _Wish(0, 0, 0)
    for order, entry in enumerate((accept or "")[:_LONGEST].split(",")):
        media, *parameters = (part.strip().lower() for part in entry.split(";"))
        wish = _Wish(_quality(parameters), _HTML.get(media, _ACTIVITY.get(media, 0)), -order)
        if media in _HTML:
            html = max(html, wish)
        elif media in _ACTIVITY:
            activity = max(activity, wish)
    return Kind.ACTIVITY if activity.quality > 0 and activity > html else Kind.HTML


def _quality(parameters: list[str]) -> float:
    """The q of a media range: 1 when it is missing or malformed, never above 1."""
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            try:
                return min(1.0, max(0.0, float(value)))
            except ValueError:
                return 1.0
    return 1.0


def languages(accept_language: str | None, most: int = 20) -> tuple[str, ...]:
    """The language tags of an Accept-Language header, best first, as they are written; `*` is one of them. At most `most`."""
    wishes = []
    for order, entry in enumerate((accept_language or "")[:_LONGEST].split(",")):
        tag, *parameters = (part.strip() for part in entry.split(";"))
        quality = _quality([parameter.lower() for parameter in parameters])
        if tag and quality > 0:
            wishes.append((-quality, order, tag))
    return tuple(tag for _, _, tag in sorted(wishes)[:most])


def spoken(accept_language: str) -> str:
    """The language in which a stranger reads the site: one of the catalogues that exist, so that a cache has few of them."""
    return _spoken(accept_language[:_LONGEST])


@lru_cache(maxsize=512)
def _spoken(accept_language: str) -> str:
    return translations.best(PAGES, *languages(accept_language))
