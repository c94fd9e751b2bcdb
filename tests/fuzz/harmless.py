"""What a browser would make of our HTML, judged by another parser than the one that cleaned it."""

import zlib
from collections.abc import Callable

from selectolax.lexbor import LexborHTMLParser

from lemmy_lite.text import sanitise
from tests.calls import calls_of
from tests.fuzz.target import Broken

STRUCTURE = frozenset({"html", "head", "body"})
ADDRESSES = ("href", "src", "action", "formaction", "srcset", "poster", "xlink:href")


def require_only_allowed(html: str) -> None:
    """Raises Broken unless a text's HTML holds only elements and attributes of our own list, with addresses that run nothing."""
    for node in LexborHTMLParser(f"<body>{html}").css("*"):
        tag = node.tag or ""
        if tag in STRUCTURE:
            continue
        if tag not in sanitise.OWN_TAGS:
            raise Broken(f"an element <{tag}>")
        for name, value in node.attributes.items():
            if name not in sanitise.OWN_ATTRIBUTES.get(tag, frozenset()):
                raise Broken(f"an attribute {name} of <{tag}>")
            if name in ADDRESSES and _scheme(value or "") not in sanitise.LINK_SCHEMES | {""}:
                raise Broken(f"{name}={value!r} of <{tag}>")


def require_inert(page: str) -> None:
    """Raises Broken where a whole page of ours runs what it should not: a script with text, a handler, an address with a script in it."""
    for node in LexborHTMLParser(page).css("*"):
        tag = node.tag or ""
        if tag in ("script", "iframe", "object", "embed", "base") and not (
            tag == "script" and (node.attributes.get("src") or "")[:1] == "/"
        ):
            raise Broken(f"an element <{tag}>")
        for name, value in node.attributes.items():
            if name.startswith("on") or name in ("style", "srcdoc"):
                raise Broken(f"an attribute {name} of <{tag}>")
            if name in ADDRESSES and _scheme(value or "") in ("javascript", "vbscript", "data"):
                raise Broken(f"{name}={value!r} of <{tag}>")


def _scheme(address: str) -> str:
    """The scheme as browsers see it (WHATWG URL, 4.4): blanks and controls at the edges, tabs and line breaks anywhere do not count."""
    text = address.strip("".join(map(chr, range(0x21)))).translate({9: None, 10: None, 13: None})
    head, colon, _ = text.partition(":")
    plain = head.isascii() and head[:1].isalpha() and all(each.isalnum() or each in "+-." for each in head)
    return head.lower() if colon and plain else ""


FEW, MANY = 4, 24
"""How often a text is said: more than once the first time, as the second may end what the first has begun, such as a quoted value."""
ALLOWED, SPARE, LONG_ENOUGH, SHORT_ENOUGH = 2.6, 3_000, 20, 150
ONE_IN = 8
"""Texts that are judged so, chosen by their check sum: it costs as much as thirty others."""


def require_linear(function: Callable[[str], object], text: str) -> None:
    """Raises Broken where a text said six times as often takes far more than six times the calls. Counted, not measured."""
    if not LONG_ENOUGH <= len(text) <= SHORT_ENOUGH or zlib.crc32(text.encode("utf-8", "surrogatepass")) % ONE_IN:
        return
    function(text)  # fills caches
    few, many = calls_of(function, text * FEW), calls_of(function, text * MANY)
    if many > ALLOWED * MANY / FEW * few + SPARE:
        raise Broken(f"{few} calls for {len(text) * FEW} characters, {many} for {MANY // FEW} times as many")
