"""What a linked page says about itself: OpenGraph first, then Twitter cards, then plain HTML. Uses selectolax.

Behaviour after Lemmy 0.19 (crates/api_common/src/request.rs): title and description, an image and a video, both made absolute.
"""

import codecs
import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import urljoin

from lemmy_lite.model.post import LinkMetadata

MOST_BYTES: Final = 2**20
"""How much of a page is read. Some pages carry half a megabyte of script before their head ends; Lemmy and Mastodon read as much."""

MOST_TITLE, MOST_DESCRIPTION, MOST_ADDRESS = 300, 2000, 2000
MOST_TYPE: Final = 255
"""RFC 6838, 4.2: twice 127 and the slash."""

_PAGES: Final = ("text/html", "application/xhtml+xml")
_CHARSET: Final = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([A-Za-z0-9_.:-]{1,40})", re.IGNORECASE)
_SPACE: Final = re.compile(r"\s+")

_TITLES: Final = ("og:title", "twitter:title")
_DESCRIPTIONS: Final = ("og:description", "twitter:description", "description")
_IMAGES: Final = ("og:image:secure_url", "og:image", "og:image:url", "twitter:image", "twitter:image:src")
_VIDEOS: Final = ("og:video:secure_url", "og:video:url", "og:video", "twitter:player")

_SIGNATURES: Final[tuple[tuple[bytes, int, str], ...]] = (
    (b"\x89PNG\r\n\x1a\n", 0, "image/png"),
    (b"\xff\xd8\xff", 0, "image/jpeg"),
    (b"GIF8", 0, "image/gif"),
    (b"WEBP", 8, "image/webp"),
    (b"ftypavif", 4, "image/avif"),
    (b"ftyp", 4, "video/mp4"),
    (b"\x1aE\xdf\xa3", 0, "video/webm"),
    (b"%PDF-", 0, "application/pdf"),
)
"""How files begin, and where, that servers send as application/octet-stream."""


def is_page(content_type: str) -> bool:
    """Whether a media type is one of web pages."""
    return content_type.partition(";")[0].strip().lower() in _PAGES


def sniffed(content_type: str, beginning: bytes) -> str:
    """The media type, by the first bytes where the server does not say."""
    if content_type and content_type != "application/octet-stream":
        return content_type[:MOST_TYPE]
    return next((kind for mark, at, kind in _SIGNATURES if beginning[at : at + len(mark)] == mark), content_type)


def parse(page: bytes, url: str, content_type: str) -> LinkMetadata:
    """What a page says. `url` is where it came from in the end, `content_type` the whole header. Raises nothing, whatever the page."""
    from selectolax.lexbor import LexborHTMLParser

    tree = LexborHTMLParser(_decoded(page[:MOST_BYTES], content_type))
    said: dict[str, str] = {}
    for node in tree.css("meta[content]"):
        attributes = node.attributes
        name = (attributes.get("property") or attributes.get("name") or "").strip().lower()
        content = (attributes.get("content") or "").strip()
        if name and content:
            said.setdefault(name, content)
    title = tree.css_first("title")
    return LinkMetadata(
        title=line(_first(said, _TITLES) or (title.text() if title is not None else None), MOST_TITLE),
        description=line(_first(said, _DESCRIPTIONS), MOST_DESCRIPTION),
        image=address(_first(said, _IMAGES), url),
        embed_video_url=address(_first(said, _VIDEOS), url),
        content_type=content_type.partition(";")[0].strip().lower()[:MOST_TYPE] or None,
    )


def _decoded(page: bytes, content_type: str) -> str:
    """The page as text: by a byte order mark, the header, the page's own word, else UTF-8 with what is not replaced."""
    if page.startswith(codecs.BOM_UTF8):
        return page.decode("utf-8-sig", "replace")
    if page.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return page.decode("utf-16", "replace")
    named = re.search(r"charset\s*=\s*\"?([A-Za-z0-9_.:-]{1,40})", content_type, re.IGNORECASE)
    in_page = _CHARSET.search(page[:4096])
    for label in (named[1] if named else None, _readable(in_page[1].decode("ascii")) if in_page else None):
        if label:
            try:
                return page.decode(_web_name(label), "replace")
            except LookupError:
                continue
    return page.decode("utf-8", "replace")


def _readable(label: str) -> str:
    """A page in which a label can be read as ASCII is not in UTF-16, whatever the label says (WHATWG HTML, 13.2.3.3)."""
    return "utf-8" if label.lower().startswith("utf-16") else label


def _web_name(label: str) -> str:
    """What browsers understand by a label: they read Latin 1 as Windows 1252 (WHATWG Encoding, 4.2)."""
    return "cp1252" if label.lower() in ("iso-8859-1", "latin1", "ascii", "us-ascii") else label


def _first(said: Mapping[str, str], names: tuple[str, ...]) -> str | None:
    return next((said[name] for name in names if name in said), None)


def line(text: str | None, most: int) -> str | None:
    """One line of text without what databases refuse, cut at a word's end where it is too long."""
    if text is None:
        return None
    words = _SPACE.sub(" ", text.replace("\0", "")).strip()
    if len(words) > most:
        words = words[:most].rsplit(" ", 1)[0] + "…"
    return words or None


def address(text: str | None, base: str) -> str | None:
    """An absolute http(s) address, or None: a page may name anything."""
    if text is None:
        return None
    try:
        found = urljoin(base, text.strip())
    except ValueError:
        return None
    fits = found.startswith(("https://", "http://")) and len(found) <= MOST_ADDRESS and not any(ord(each) <= 32 for each in found)
    return found if fits else None
