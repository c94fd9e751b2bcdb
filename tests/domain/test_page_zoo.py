"""A zoo of linked pages on a local server: each gives the right preview or none, within bounded bytes."""

import asyncio
import gzip
import json
import zlib
from typing import NamedTuple

import pytest

from lemmy_lite.domain import link_preview
from lemmy_lite.model.post import LinkMetadata
from lemmy_lite.text import link_metadata, oembed
from tests.domain.house import House, told
from tests.domain.test_link_preview import opened
from tests.net.servers import Received, answer, serving

HTML = ("Content-Type", "text/html")
CARD = (
    '<html><head><title>Plain</title><meta property="og:title" content="Swifts — asleep"><meta property="og:image" content="/s.png">'
    '<meta property="og:video" content="/s.mp4"><meta name="description" content="Ten months"></head></html>'
)
LINKED = '<html><head><link rel="alternate" type="application/json+oembed" href="/oembed?format=json&amp;x=1"></head></html>'
VIDEO = {"type": "video", "title": "A film", "thumbnail_url": "/t.jpg", "html": '<iframe width=1 src="https://player.test/7"></iframe>'}


def says(body: bytes | str, *headers: tuple[str, str], status: int = 200) -> bytes:
    return answer(status, body.encode() if isinstance(body, str) else body, *(headers or (HTML,)))


PAGES: dict[str, bytes] = {
    "/card": says(CARD, ("Content-Type", "text/html; charset=utf-8")),
    "/plain": says("<html><head><title> Only\n a title </title></head></html>"),
    "/none": says("<html><body>nothing is said here</body></html>"),
    "/utf16": says(CARD.encode("utf-16")),
    "/utf16-header": says(CARD.encode("utf-16-le"), ("Content-Type", "text/html; charset=utf-16le")),
    "/utf16-lie": says('<html><head><meta charset="utf-16"><title>Größe</title></head></html>'),
    "/shift": says("<title>燕は眠る</title>".encode("shift_jis"), ("Content-Type", "text/html; charset=Shift_JIS")),
    "/nonsense-charset": says("<title>Größe</title>", ("Content-Type", "text/html; charset=klingon")),
    "/404": says(CARD, status=404),
    "/500": says(CARD, status=500),
    "/pdf": says(b"%PDF-1.7 ...", ("Content-Type", "application/pdf")),
    "/picture": says(b"\x89PNG\r\n\x1a\n...", ("Content-Type", "application/octet-stream")),
    "/gzip": says(gzip.compress(CARD.encode()), HTML, ("Content-Encoding", "gzip")),
    "/bomb": says(gzip.compress(CARD.encode() + bytes(200 * 2**20), 9), HTML, ("Content-Encoding", "gzip")),
    "/bomb-deflate": says(zlib.compress(bytes(100 * 2**20), 9), HTML, ("Content-Encoding", "deflate")),
    "/large": says(b"<title>Large</title>" + b"<p>" * 2**20),
    "/loop": answer(302, b"", ("Location", "/loop")),
    "/round": answer(302, b"", ("Location", "/about")),
    "/about": answer(302, b"", ("Location", "/round")),
    "/moved": answer(301, b"", ("Location", "/card")),
    "/metadata": answer(302, b"", ("Location", "http://169.254.169.254/latest/meta-data/")),
    "/inside": answer(302, b"", ("Location", "http://[::ffff:169.254.169.254]/")),
    "/file": answer(302, b"", ("Location", "file:///etc/passwd")),
    "/oembed-page": says(LINKED),
    "/oembed?format=json&x=1": says(json.dumps(VIDEO), ("Content-Type", "application/json")),
    "/oembed-broken": says(LINKED.replace("/oembed?format=json&amp;x=1", "/broken.json")),
    "/broken.json": says('{"type": 5, "title": ["x"], "html": {}', ("Content-Type", "application/json")),
    "/oembed-odd": says(LINKED.replace("/oembed?format=json&amp;x=1", "/odd.json")),
    "/odd.json": says(
        '{"type": "video", "title": 7, "thumbnail_url": "javascript:1", "html": "<iframe src=\\"data:x\\">"}',
        ("Content-Type", "application/json"),
    ),
    "/oembed-large": says(LINKED.replace("/oembed?format=json&amp;x=1", "/large.json")),
    "/large.json": says(b'{"title": "' + b"x" * 300_000 + b'"}', ("Content-Type", "application/json")),
    "/oembed-inside": says(LINKED.replace("/oembed?format=json&amp;x=1", "http://169.254.169.254/")),
}


PIECE = 16 * 2**10
MOST_SENT = link_metadata.MOST_BYTES + oembed.MOST_BYTES + 16 * PIECE
"""What a visit may bring, with what is on its way when we hang up."""

OPENING: dict[str, bytes] = {
    "/endless": b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<html><head><title>Without end</title></head>",
    "/endless-plain": b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n",
    "/endless-redirect": b"HTTP/1.1 302 Found\r\nLocation: /card\r\n\r\n",
    "/endless-404": b"HTTP/1.1 404 Not Found\r\nContent-Type: text/html\r\n\r\n",
    "/endless-headers": b"HTTP/1.1 200 OK\r\n",
}
"""Answers that go on and on: with what they begin."""


class Visit(NamedTuple):
    """The preview of one page, the zoo's address, how many requests it took, and the bytes that the zoo sent until we hung up."""

    found: LinkMetadata
    base: str
    requests: int
    sent: int


class Zoo:
    """The keeper counts what goes out, and gives it piece by piece, so that little is under way when the visitor leaves."""

    def __init__(self) -> None:
        self.sent = 0

    async def handle(self, request: Received, writer: asyncio.StreamWriter) -> None:
        if (opening := OPENING.get(request.target)) is None:
            await self._send(writer, PAGES.get(request.target, answer(404)))
            return
        await self._send(writer, opening)
        more = b"X-More: on and on\r\n" * 800 if request.target == "/endless-headers" else b"<p>" + b"on and on " * 1600
        while True:
            await self._send(writer, more)

    async def _send(self, writer: asyncio.StreamWriter, data: bytes) -> None:
        for start in range(0, len(data), PIECE):
            piece = data[start : start + PIECE]
            self.sent += len(piece)
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(0.001)


def visit(url: str, path: str) -> Visit:
    """Ask for the preview of one page. Whatever lives there, it sends no more than may be read."""
    found: list[Visit] = []

    async def story(house: House) -> None:
        lab, zoo = opened(house), Zoo()
        async with serving(zoo.handle, host="127.0.0.1") as server:
            base = f"http://127.0.0.1:{server.port}"
            async with asyncio.timeout(30):
                preview = await link_preview.fetched_or_nothing(lab.context, base + path)
            await asyncio.sleep(0.02)
            found.append(Visit(preview, base, len(server.requests), zoo.sent))
        await lab.context.net.close()

    told(url, story)
    assert found[0].sent <= MOST_SENT
    return found[0]


@pytest.mark.parametrize("path", ["/card", "/utf16", "/utf16-header", "/gzip", "/bomb", "/moved"])
def test_a_card_is_read_in_every_character_set_and_from_the_beginning_of_a_bomb(path: str, database_url: str) -> None:
    found, base, *_ = visit(database_url, path)
    assert (found.title, found.description) == ("Swifts — asleep", "Ten months")
    assert (found.image, found.embed_video_url) == (f"{base}/s.png", f"{base}/s.mp4")
    assert found.content_type == "text/html"


@pytest.mark.parametrize(
    ("path", "title"),
    [
        ("/plain", "Only a title"),
        ("/none", None),
        ("/utf16-lie", "Größe"),
        ("/shift", "燕は眠る"),
        ("/nonsense-charset", "Größe"),
        ("/bomb-deflate", None),
    ],
)
def test_a_page_without_a_card_gives_its_title_or_nothing(path: str, title: str | None, database_url: str) -> None:
    found, *_ = visit(database_url, path)
    assert (found.title, found.image, found.embed_video_url) == (title, None, None)


@pytest.mark.parametrize("path", ["/404", "/500", "/loop", "/round", "/metadata", "/inside", "/file"])
def test_what_fails_or_leads_astray_gives_no_preview_within_few_requests(path: str, database_url: str) -> None:
    found, _, requests, _ = visit(database_url, path)
    assert found == link_preview.NOTHING
    assert requests <= 8


@pytest.mark.parametrize(
    ("path", "title", "read"),
    [
        ("/endless", "Without end", link_metadata.MOST_BYTES),
        ("/endless-plain", None, link_metadata.MOST_BYTES),
        ("/endless-404", None, 0),
        ("/endless-redirect", "Swifts — asleep", 0),
        ("/endless-headers", None, 0),
        ("/large", "Large", link_metadata.MOST_BYTES),
    ],
)
def test_an_answer_without_end_is_read_up_to_the_limit_and_hung_up_on(path: str, title: str | None, read: int, database_url: str) -> None:
    found, _, _, sent = visit(database_url, path)
    assert found.title == title
    assert sent >= read


@pytest.mark.parametrize(("path", "kind"), [("/pdf", "application/pdf"), ("/picture", "image/png")])
def test_a_file_gives_its_kind_alone(path: str, kind: str, database_url: str) -> None:
    found, *_ = visit(database_url, path)
    assert (found.content_type, found.title, found.description) == (kind, None, None)


def test_an_oembed_document_fills_what_a_page_leaves_out(database_url: str) -> None:
    found, base, requests, _ = visit(database_url, "/oembed-page")
    assert (found.title, found.image, found.embed_video_url) == ("A film", f"{base}/t.jpg", "https://player.test/7")
    assert requests == 2


@pytest.mark.parametrize("path", ["/oembed-broken", "/oembed-odd", "/oembed-large", "/oembed-inside"])
def test_a_hostile_oembed_document_adds_nothing(path: str, database_url: str) -> None:
    found, *_ = visit(database_url, path)
    assert (found.title, found.image, found.embed_video_url, found.content_type) == (None, None, None, "text/html")
