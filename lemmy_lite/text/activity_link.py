"""Where a web page, or its headers, say that the same thing stands as an ActivityPub document."""

import re
from typing import Final
from urllib.parse import urljoin

MOST_BYTES: Final = 2**20
MOST_ADDRESS: Final = 2000

_TYPES: Final = ("application/activity+json", 'application/ld+json; profile="https://www.w3.org/ns/activitystreams"')
# One link-value of RFC 8288: `<address>; name=value; name="value"`.
_ONE: Final = r"\s{0,9};\s{0,9}[\w*-]{1,20}\s{0,9}=\s{0,9}(?:\"[^\"]{0,200}\"|[^\s\",;<>]{1,200})"
_VALUE: Final = re.compile(rf"<([^<>]{{1,2000}})>((?:{_ONE}){{0,10}})", re.ASCII)
_PARAMETER: Final = re.compile(r"([\w*-]{1,20})\s{0,9}=\s{0,9}(?:\"([^\"]{0,200})\"|([^\s\",;<>]{1,200}))", re.ASCII)


def in_header(header: str, url: str) -> str | None:
    """The absolute address that a Link header names as the alternate; None when it names none."""
    for value in _VALUE.finditer(header[:MOST_BYTES]):
        said = {each[1].lower(): each[2] or each[3] or "" for each in _PARAMETER.finditer(value[2])}
        if _is_alternate(said.get("rel"), said.get("type")):
            return _absolute(value[1], url)
    return None


def in_page(page: bytes, url: str) -> str | None:
    """The absolute address that a page's head names as the alternate; None when it names none. Raises nothing, whatever the page."""
    from selectolax.lexbor import LexborHTMLParser

    for node in LexborHTMLParser(page[:MOST_BYTES].decode("utf-8", "replace")).css("link[rel][href]"):
        attributes = node.attributes
        if _is_alternate(attributes.get("rel"), attributes.get("type")):
            return _absolute(attributes.get("href") or "", url)
    return None


def _is_alternate(rel: str | None, kind: str | None) -> bool:
    return "alternate" in (rel or "").lower().split() and (kind or "").strip() in _TYPES


def _absolute(address: str, url: str) -> str | None:
    try:
        found = urljoin(url, address.strip())
    except ValueError:
        return None
    return found if found.startswith(("https://", "http://")) and len(found) <= MOST_ADDRESS else None
