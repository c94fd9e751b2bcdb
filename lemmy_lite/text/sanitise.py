"""The allow lists of HTML: what may leave our own renderer, and what is read of HTML received from peers.

Our renderer escapes everything it writes; this is the second line behind it. Both lists know no style, no script, no event
attribute and no data: URL; a class survives only where it names a code block's language or a span of a received mention.
The lists are tables, to be audited as such.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from nh3 import Cleaner

BLOCKS: Final = frozenset(
    {"p", "br", "hr", "blockquote", "pre", "ul", "ol", "li", "h1", "h2", "h3", "h4", "h5", "h6", "details", "summary"}
    | {"table", "thead", "tbody", "tr", "th", "td"}
)
INLINES: Final = frozenset({"a", "em", "strong", "del", "sup", "sub", "code", "ruby", "rt", "rp", "img"})

OWN_TAGS: Final = BLOCKS | INLINES | {"section", "video", "audio"}
OWN_ATTRIBUTES: Final[Mapping[str, frozenset[str]]] = {
    "a": frozenset({"href", "title", "rel", "id"}),
    "code": frozenset({"class"}),
    "img": frozenset({"src", "alt", "title", "loading"}),
    "video": frozenset({"src", "title", "controls", "preload", "loop"}),
    "audio": frozenset({"src", "title", "controls", "preload"}),
    "ol": frozenset({"start"}),
    "li": frozenset({"id"}),
    "th": frozenset({"align"}),
    "td": frozenset({"align"}),
}

# Older spellings of the same, boxes without meaning, and the spans in which Mastodon wraps mentions and shortened links.
RECEIVED_TAGS: Final = BLOCKS | INLINES | {"b", "i", "s", "strike", "span", "div", "u", "section", "article", "figure", "figcaption"}
RECEIVED_ATTRIBUTES: Final[Mapping[str, frozenset[str]]] = {
    "a": frozenset({"href", "title", "class"}),
    "span": frozenset({"class"}),
    "code": frozenset({"class"}),
    "pre": frozenset({"class"}),
    "img": frozenset({"src", "alt", "title"}),
    "ol": frozenset({"start"}),
}

# Removed with all they contain, instead of leaving their text behind.
SILENCED: Final = frozenset({"script", "style", "template", "noscript", "iframe", "object", "svg", "math", "textarea", "title", "head"})

LINK_SCHEMES: Final = frozenset({"http", "https", "mailto", "magnet", "matrix", "xmpp", "gemini"})
MEDIA_SCHEMES: Final = frozenset({"http", "https"})

# Values allowed in attributes that could otherwise carry anything.
_VALUES: Final[Mapping[str, re.Pattern[str]]] = {
    "rel": re.compile(r"nofollow noopener ugc"),
    "id": re.compile(r"fn(?:ref)?-[0-9a-f]{8}-[0-9]{1,6}"),
    "loading": re.compile(r"lazy"),
    "preload": re.compile(r"none|metadata"),
    "controls": re.compile(r""),
    "loop": re.compile(r""),
    "start": re.compile(r"[0-9]{1,9}"),
    "align": re.compile(r"left|right|center"),
}
_LANGUAGE: Final = re.compile(r"language-[A-Za-z0-9_+#.-]{1,40}")
_RECEIVED_CLASSES: Final = frozenset({"invisible", "ellipsis", "mention", "hashtag", "h-card", "u-url"})
_SCHEME: Final = re.compile(r"([^/?#:]*):")


def scheme_of(url: str) -> str:
    """The scheme a browser would see, in lower case, or "" for a relative link. Controls and spaces do not hide it."""
    match = _SCHEME.match("".join(character for character in url[:64] if character > " "))
    return match[1].lower() if match else ""


def _filter_own(_tag: str, attribute: str, value: str) -> str | None:
    if attribute == "class":
        return value if _LANGUAGE.fullmatch(value) else None
    return _filter_value(attribute, value)


def _filter_received(_tag: str, attribute: str, value: str) -> str | None:
    if attribute == "class":
        kept = [name for name in value.split() if name in _RECEIVED_CLASSES or _LANGUAGE.fullmatch(name)]
        return " ".join(kept) or None
    return _filter_value(attribute, value)


def _filter_value(attribute: str, value: str) -> str | None:
    if attribute == "src" and scheme_of(value) not in MEDIA_SCHEMES | {""}:
        return None
    pattern = _VALUES.get(attribute)
    return value if pattern is None or pattern.fullmatch(value) else None


@cache
def _own() -> Cleaner:
    from nh3 import Cleaner

    return Cleaner(
        tags=set(OWN_TAGS),
        attributes={tag: set(names) for tag, names in OWN_ATTRIBUTES.items()},
        clean_content_tags=set(SILENCED),
        attribute_filter=_filter_own,
        url_schemes=set(LINK_SCHEMES),
        link_rel=None,
    )


@cache
def _received() -> Cleaner:
    from nh3 import Cleaner

    return Cleaner(
        tags=set(RECEIVED_TAGS),
        attributes={tag: set(names) for tag, names in RECEIVED_ATTRIBUTES.items()},
        clean_content_tags=set(SILENCED),
        attribute_filter=_filter_received,
        url_schemes=set(LINK_SCHEMES),
        url_relative="deny",
        link_rel=None,
    )


def own(html: str) -> str:
    """Our renderer's HTML with everything outside `OWN_TAGS` and `OWN_ATTRIBUTES` removed; its usual output stays unchanged."""
    return _own().clean(html)


def received(html: str) -> str:
    """A peer's HTML, well-formed, with only what has a meaning in markdown; relative links are removed, having no base."""
    return _received().clean(html)
