"""oEmbed (oembed.com): what a page leaves out and a document beside it says, which the page links in its head."""

import re
from typing import Final
from urllib.parse import urljoin

import msgspec

from lemmy_lite.model.post import LinkMetadata
from lemmy_lite.text import link_metadata

MOST_BYTES: Final = 64 * 1024
TYPE: Final = "application/json+oembed"

_LINK: Final = re.compile(rb"<link\b[^>]{0,2000}>", re.IGNORECASE)
_TYPE: Final = re.compile(rb"""\btype\s*=\s*["']?application/json\+oembed\b""", re.IGNORECASE)
_HREF: Final = re.compile(rb"""\bhref\s*=\s*(?:"([^"]{1,2000})"|'([^']{1,2000})'|([^\s"'>]{1,2000}))""", re.IGNORECASE)
_FRAME: Final = re.compile(r"""<iframe\b[^>]{0,2000}?\bsrc\s*=\s*["']([^"']{1,2000})["']""", re.IGNORECASE)


class _Document(msgspec.Struct):
    """What is read of it; every field is whatever a stranger wrote."""

    type: object = None
    title: object = None
    thumbnail_url: object = None
    url: object = None
    html: object = None


def address(page: bytes, url: str) -> str | None:
    """Where the page says that its document is; only pages in ASCII-like character sets are looked at."""
    for found in _LINK.finditer(page):
        href = _HREF.search(found[0]) if _TYPE.search(found[0]) else None
        if href is not None:
            text = (href[1] or href[2] or href[3]).decode("utf-8", "replace").replace("&amp;", "&")
            return link_metadata.address(text, url)
    return None


def filled(said: LinkMetadata, document: bytes, url: str) -> LinkMetadata:
    """What the page said, its gaps filled by the document. Raises nothing, whatever the document."""
    try:
        found = msgspec.json.decode(document, type=_Document)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return said
    picture = _text(found.thumbnail_url) or (_text(found.url) if found.type == "photo" else None)
    frame = _FRAME.search((_text(found.html) or "")[:10_000]) if found.type == "video" else None
    video = link_metadata.address(frame[1].replace("&amp;", "&"), urljoin(url, "/")) if frame is not None else None
    return msgspec.structs.replace(
        said,
        title=said.title or link_metadata.line(_text(found.title), link_metadata.MOST_TITLE),
        image=said.image or link_metadata.address(picture, url),
        embed_video_url=said.embed_video_url or video,
    )


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
