"""An answer to a peer that asks for a document: what http/ sends, in its words only."""

from hashlib import blake2b
from typing import Any

import msgspec

from lemmy_lite.federation.protocol.objects import Tombstone
from lemmy_lite.federation.protocol.wire import CONTENT_TYPE, Wire, encode
from lemmy_lite.model.struct import Struct

SHARED = "public, max-age=60"
"""Lemmy's own: proxies may keep a document for a minute, as a popular post is asked for by hundreds of hosts at once."""


class Document(Struct, kw_only=True):
    """Status, body, and what belongs into the headers.

    `tag` changes with the body (ETag); `for_scripts` lets pages of other sites read it (CORS).
    """

    status: int
    content_type: str
    body: bytes
    location: str | None = None
    cache_control: str | None = None
    tag: str | None = None
    retry_after: int | None = None
    for_scripts: bool = False


def found(wire: Wire | dict[str, Any]) -> Document:
    """A document. Who holds it already is told so by its tag."""
    body = encode(wire)
    return Document(status=200, content_type=CONTENT_TYPE, body=body, cache_control=SHARED, tag=blake2b(body, digest_size=12).hexdigest())


def gone(ap_id: str) -> Document:
    """What stands where something was deleted."""
    return Document(status=410, content_type=CONTENT_TYPE, body=encode(Tombstone(id=ap_id, type="Tombstone")), cache_control=SHARED)


def elsewhere(ap_id: str) -> Document:
    """A redirect to the home of what is not ours."""
    return Document(status=308, content_type=CONTENT_TYPE, body=b"", location=ap_id, cache_control=SHARED)


def refused(status: int, code: str, retry_after: int | None = None) -> Document:
    """Nothing, and why; `retry_after` in seconds where asking again may help."""
    body = msgspec.json.encode({"error": code})
    return Document(status=status, content_type="application/json", body=body, retry_after=retry_after)


def number(text: str) -> int:
    """An id in a path or query; what is none is an id that nothing has."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else 0
