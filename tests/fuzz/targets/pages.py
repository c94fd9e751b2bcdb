"""Documents of the web beside ActivityPub: linked pages, host-meta, and the feeds that we write."""

import contextlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import msgspec

from lemmy_lite.federation import handles
from lemmy_lite.federation.backfill import collections, listings
from lemmy_lite.federation.errors import Refused
from lemmy_lite.federation.protocol.reading import Malformed, read
from lemmy_lite.http.feeds import atom, json_feed, rss
from lemmy_lite.http.feeds.feed import Feed
from lemmy_lite.model.post import LinkMetadata
from lemmy_lite.text import activity_link, link_metadata, oembed
from tests.fuzz.inputs import changed_bytes, changed_json, samples
from tests.fuzz.target import Bench, Broken

URL = "https://x.example/a/b"
TYPES = ("text/html; charset=utf-8", "text/html; charset=x", "", "application/octet-stream", "application/xhtml+xml")


@contextmanager
def opened_pages(_folder: Path) -> Iterator[Bench]:
    """What other servers send for an address."""
    yield Bench(changed_bytes(samples("page")), check_page)


@contextmanager
def opened_feeds(_folder: Path) -> Iterator[Bench]:
    """Feeds before they are written."""
    yield Bench(changed_json(samples("feed"), most=5), check_feed)


def check_page(page: bytes) -> None:
    """Whatever a server sends, we note short texts and http(s) addresses, or nothing."""
    for content_type in TYPES:
        said = link_metadata.parse(page, URL, link_metadata.sniffed(content_type, page[:64]))
        _require_modest(said)
        _require_modest(oembed.filled(said, page, URL))
    for found in (oembed.address(page, URL), activity_link.in_page(page, URL), handles.template(page)):
        if found is not None and not found.startswith(("https://", "http://")):
            raise Broken(f"an address {found!r}")
    with contextlib.suppress(Malformed, Refused):
        collections.read(read(page), URL)
    for kind in (listings._Posts, listings._Comments, listings._Found, listings._Resolved):
        with contextlib.suppress(Refused):
            _listed(listings._decoded(page, kind))
    with contextlib.suppress(ValueError, RecursionError):
        msgspec.json.decode(page, type=handles._Links)


def _listed(found: Any) -> None:
    for view in getattr(found, "posts", ()):
        listings._listed(view)


def _require_modest(said: LinkMetadata) -> None:
    for text, most in ((said.title, link_metadata.MOST_TITLE), (said.description, link_metadata.MOST_DESCRIPTION)):
        if text is not None and (len(text) > most + 1 or "\n" in text or "\0" in text):
            raise Broken(f"noted {text[:100]!r}")
    for address in (said.image, said.embed_video_url):
        if address is not None and not address.startswith(("https://", "http://")):
            raise Broken(f"an address {address!r}")


def check_feed(value: Any) -> None:
    """A feed of any texts is well-formed in all three formats, and nobody's words become an element of it."""
    try:
        feed = msgspec.convert(value, Feed)
        msgspec.json.encode(feed)
    except (msgspec.ValidationError, ValueError):
        return  # no row holds half of a surrogate pair
    if any((each.updated or each.published).tzinfo is None for each in feed.items):
        return  # ours are always aware
    known = {"rss", "channel", "item", "feed", "entry"}
    for writer in (rss, atom):
        tree = ET.fromstring(writer.write(feed))
        items = sum(each.tag.rpartition("}")[2] in ("item", "entry") for each in tree.iter())
        if items != len(feed.items) or tree.tag.rpartition("}")[2] not in known:
            raise Broken(f"{items} items of {len(feed.items)}")
    if len(json.loads(json_feed.write(feed))["items"]) != len(feed.items):
        raise Broken("items were lost")
