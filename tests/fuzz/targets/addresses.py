"""Addresses and headers that strangers write: links of posts, addresses that we ask, cursors, Accept, Range, Forwarded and cookies."""

import contextlib
import ipaddress
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from hypothesis import strategies as st

from lemmy_lite.domain import post_cursor
from lemmy_lite.domain.post_cursor import Reached
from lemmy_lite.http import client_hello, negotiation, ranges
from lemmy_lite.http.address import client_address
from lemmy_lite.http.api_v3.wire.post import GetPosts
from lemmy_lite.http.api_v3.wire.query import decode_query
from lemmy_lite.http.api_v3.wire.search import Search
from lemmy_lite.http.feeds import asked
from lemmy_lite.http.request import Request
from lemmy_lite.model.errors import LemmyError
from lemmy_lite.net.errors import NetError
from lemmy_lite.net.origin import joined, normal_host, parse_url
from lemmy_lite.text import activity_link, link_metadata, links, sanitise, tracking
from tests.fuzz.inputs import changed_bytes, changed_text, pieces, samples, words
from tests.fuzz.target import Bench, Broken

NOW = 1_790_000_000_000_000
SIZE = 1000
TRUSTED = tuple(ipaddress.ip_network(text) for text in ("127.0.0.0/8", "10.0.0.0/8"))


@contextmanager
def opened_links(_folder: Path) -> Iterator[Bench]:
    """Addresses."""
    yield Bench(pieces(words("links"), 12) | changed_text(samples("links"), words("links")), check_link)


@contextmanager
def opened_headers(_folder: Path) -> Iterator[Bench]:
    """Values of headers, as latin-1 as they come."""
    yield Bench(pieces(words("headers"), 20) | changed_text(samples("headers"), words("headers")), check_header)


@contextmanager
def opened_cursors(_folder: Path) -> Iterator[Bench]:
    """Cursors and queries."""
    yield Bench(changed_text(samples("cursor"), words("cursor")) | pieces(words("cursor"), 12), check_cursor)


@contextmanager
def opened_hellos(_folder: Path) -> Iterator[Bench]:
    """First messages of TLS."""
    yield Bench(changed_bytes(samples("hello")) | st.binary(max_size=80), check_hello)


def check_link(text: str) -> None:
    """A link is refused with its code, or has one normal form; what we ask has one host for every reader."""
    with contextlib.suppress(LemmyError):
        normal = links.check_post_url(text)
        # What stands behind an opaque scheme keeps its blanks (WHATWG URL, the C0 control percent-encode set).
        least = " " if normal.startswith("magnet:") else "!"
        if any(character < least for character in normal) or sanitise.scheme_of(normal) not in links.POST_SCHEMES:
            raise Broken(f"a post's link {normal!r}")
        if links.check_post_url(normal) != normal:
            raise Broken(f"{normal!r} is not yet in its normal form: {links.check_post_url(normal)!r}")
    clean = tracking.clean(text)
    if tracking.clean(clean) != clean:
        raise Broken("cleaning twice cleans more")
    with contextlib.suppress(NetError):
        url = parse_url(text)
        if parse_url(str(url)) != url:
            raise Broken(f"{url} reads as {parse_url(str(url))}")
        seen = urlsplit(str(url))
        if (seen.hostname, seen.username) != (url.origin.host, None) or not str(url).isascii():
            raise Broken(f"others see {seen.hostname!r} in {url}")
    with contextlib.suppress(NetError):
        if normal_host(normal_host(text)) != normal_host(text):
            raise Broken("a host with two normal forms")
    with contextlib.suppress(NetError):
        joined(parse_url("https://x.example/a/b"), text)
    found = link_metadata.address(text, "https://x.example/a/b")
    if found is not None and sanitise.scheme_of(found) not in ("http", "https"):
        raise Broken(f"a page's address {found!r}")


def check_header(text: str) -> None:
    """Headers are read as far as they can be, and what is read lies within its bounds."""
    negotiation.negotiate(text)
    if len(negotiation.languages(text)) > 20:
        raise Broken("more languages than asked for")
    negotiation.spoken(text)
    for if_range in (None, '"t"', text):
        part = ranges.asked(text, if_range, '"t"', SIZE)
        if part is not None and not (
            part.start >= 0 and 0 <= part.length <= SIZE and (part.length == 0 or part.start + part.length <= SIZE)
        ):
            raise Broken(f"{part} of {SIZE} bytes")
    if client_address("203.0.113.9", text, text, TRUSTED) != ipaddress.ip_address("203.0.113.9"):
        raise Broken("a stranger names another address")
    client_address("127.0.0.1", text, None, TRUSTED)
    client_address("127.0.0.1", None, text, TRUSTED)
    client_address(text, text, text, TRUSTED)
    value = text.encode("latin-1", "replace")
    scope = {
        "type": "http",
        "method": "GET",
        "path": "/",
        "raw_path": b"/",
        "query_string": value,
        "headers": [(b"cookie", value)],
        "client": None,
    }
    dict(Request(scope, None, {}).cookies)  # type: ignore[arg-type]  # nothing is received
    found = activity_link.in_header(text, "https://x.example/")
    if found is not None and not found.startswith(("https://", "http://")):
        raise Broken(f"an alternate {found!r}")


def check_cursor(text: str) -> None:
    """A cursor is refused or is exactly one that we could have written; a query is refused or read."""
    with contextlib.suppress(LemmyError):
        reached = post_cursor.read(text, NOW)
        if isinstance(reached, Reached) and post_cursor.write(reached) != text:
            raise Broken(f"two cursors for one place: {text!r}")
    query = text.encode("utf-8", "replace")
    for kind in (GetPosts, Search):
        with contextlib.suppress(LemmyError):
            decode_query(kind, query)
    with contextlib.suppress(LemmyError):
        asked.params(query)
    with contextlib.suppress(LemmyError):
        asked.split(text)


def check_hello(begun: bytes) -> None:
    """A first message is incomplete, refused, or names protocols."""
    with contextlib.suppress(ValueError):
        client_hello.protocols(begun)
