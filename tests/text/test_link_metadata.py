"""What linked pages say about themselves."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lemmy_lite.text import link_metadata

URL = "https://news.example/2026/swifts.html"


def page(head: str, body: str = "") -> bytes:
    return f"<!doctype html><html><head>{head}</head><body>{body}</body></html>".encode()


def test_opengraph_comes_before_twitter_and_both_before_plain_html() -> None:
    head = """<title>Plain</title><meta name="description" content="Plain words"><meta name="twitter:title" content="Card">
              <meta property="og:title" content="Graph &amp; co"><meta name="twitter:description" content="Card words">"""
    found = link_metadata.parse(page(head), URL, "text/html")
    assert (found.title, found.description) == ("Graph & co", "Card words")


def test_a_page_without_cards_gives_its_title() -> None:
    found = link_metadata.parse(page("<title>\n  A   title\t of lines\n</title>"), URL, "text/html; charset=utf-8")
    assert (found.title, found.description, found.image, found.content_type) == ("A title of lines", None, None, "text/html")


def test_addresses_become_absolute_and_only_web_addresses_count() -> None:
    head = """<meta property="og:image" content="/img/a.png"><meta property="og:video" content="javascript:alert(1)">"""
    found = link_metadata.parse(page(head), URL, "text/html")
    assert (found.image, found.embed_video_url) == ("https://news.example/img/a.png", None)


@pytest.mark.parametrize(
    ("content_type", "encoding", "declared"),
    [
        ("text/html; charset=iso-8859-1", "iso-8859-1", ""),
        ("text/html", "windows-1251", '<meta charset="windows-1251">'),
        ("text/html", "shift_jis", '<meta http-equiv="Content-Type" content="text/html; charset=Shift_JIS">'),
        ("text/html", "utf-8", ""),
        ("text/html; charset=nonsense", "utf-8", ""),
        ("text/html", "utf-8-sig", ""),
    ],
)
def test_the_character_set_is_the_headers_then_the_pages_then_utf_8(content_type: str, encoding: str, declared: str) -> None:
    title = {"windows-1251": "Привет", "shift_jis": "こんにちは"}.get(encoding, "Café")
    text = f"<html><head>{declared}<title>{title}</title></head></html>"
    assert link_metadata.parse(text.encode(encoding), URL, content_type).title == title


def test_long_texts_are_cut_at_a_words_end_and_nothing_a_database_refuses_remains() -> None:
    head = f'<meta property="og:title" content="{"word " * 200}"><meta property="og:description" content="a\0b">'
    found = link_metadata.parse(page(head), URL, "text/html")
    assert found.title is not None
    assert len(found.title) <= link_metadata.MOST_TITLE + 1
    assert found.title.endswith("word…")
    assert "\0" not in (found.description or "")


@pytest.mark.parametrize(
    ("beginning", "kind"),
    [
        (b"\x89PNG\r\n\x1a\n0000", "image/png"),
        (b"RIFF0000WEBPVP8 ", "image/webp"),
        (b"\0\0\0 ftypavif", "image/avif"),
        (b"nothing known", ""),
    ],
)
def test_a_file_that_the_server_does_not_name_is_known_by_its_first_bytes(beginning: bytes, kind: str) -> None:
    assert link_metadata.sniffed("", beginning) == kind
    assert link_metadata.sniffed("text/plain", beginning) == "text/plain"


@given(st.binary(max_size=4000), st.text(max_size=60))
def test_no_page_however_broken_raises(body: bytes, content_type: str) -> None:
    link_metadata.parse(body, URL, content_type)
    link_metadata.parse(b"<meta property=og:image content='" + body + b"'>", URL, content_type)
