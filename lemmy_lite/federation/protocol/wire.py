"""The base of what goes over the wire, and the context that goes in front of it."""

from typing import Any

import msgspec

from lemmy_lite.model.struct import Struct

CONTENT_TYPE = "application/activity+json"
ACCEPT = 'application/activity+json, application/ld+json; profile="https://www.w3.org/ns/activitystreams"'
CONTENT_TYPES = frozenset({"application/activity+json", "application/ld+json"})
"""What a fetched document may call itself. Plain JSON is not among them: an uploaded file must not pass for an object (CVE-2024-23832)."""

# Lemmy's terms beside those of ActivityStreams. Nobody here resolves a context; peers that do (Pleroma, Mobilizon) need these.
CONTEXT: list[Any] = [
    "https://join-lemmy.org/context.json",
    "https://www.w3.org/ns/activitystreams",
]


class Wire(Struct, rename="camel"):
    """Something on the wire, its names in camel case, absent fields left out."""


def encode(value: Wire | dict[str, Any]) -> bytes:
    """The JSON of a document with its context."""
    return msgspec.json.encode({"@context": CONTEXT, **builtins(value)})


def builtins(value: Wire | dict[str, Any]) -> dict[str, Any]:
    """A document as plain dicts and lists, to be put inside another one."""
    found: dict[str, Any] = value if isinstance(value, dict) else msgspec.to_builtins(value)
    return found
