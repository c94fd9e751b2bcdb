"""An answer to a peer that asks for a document: what http/ sends, in its words only."""

from typing import Any

import msgspec

from lemmy_lite.federation.protocol.objects import Tombstone
from lemmy_lite.federation.protocol.wire import CONTENT_TYPE, Wire, encode
from lemmy_lite.model.struct import Struct

SECONDS_CACHED = 60


class Document(Struct, kw_only=True):
    """Status, body, and what belongs into the headers."""

    status: int
    content_type: str
    body: bytes
    location: str | None = None
    cache_control: str | None = None


def found(wire: Wire | dict[str, Any]) -> Document:
    """A document. Proxies may keep it for a minute: a popular post is asked for by hundreds of hosts at once."""
    return Document(status=200, content_type=CONTENT_TYPE, body=encode(wire), cache_control=f"public, max-age={SECONDS_CACHED}")


def gone(ap_id: str) -> Document:
    """What stands where something was deleted."""
    return Document(status=410, content_type=CONTENT_TYPE, body=encode(Tombstone(id=ap_id, type="Tombstone")))


def elsewhere(ap_id: str) -> Document:
    """A redirect to the home of what is not ours."""
    return Document(status=308, content_type=CONTENT_TYPE, body=b"", location=ap_id)


def refused(status: int, code: str) -> Document:
    """Nothing, and why."""
    return Document(status=status, content_type="application/json", body=msgspec.json.encode({"error": code}))
