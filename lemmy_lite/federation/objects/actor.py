"""What all actors share: where to reach them and the key under which they sign."""

from lemmy_lite.config import Config
from lemmy_lite.crypto import keys
from lemmy_lite.federation import origins
from lemmy_lite.federation.errors import Refused
from lemmy_lite.federation.protocol import actors
from lemmy_lite.federation.protocol.reading import Malformed, into
from lemmy_lite.storage.tables.actor import Actor

MOST_NAME_CHARACTERS = 255
"""The width of Lemmy's columns."""


def verify(config: Config, wire: actors.Actor) -> None:
    """Refuse an actor whose parts belong to others: inbox and key must be its own (threat "shared-inbox hijack").

    Raises Refused.
    """
    origins.require_remote(config, wire.id)
    origins.require_same(wire.id, wire.inbox, "inbox")
    origins.require_same(wire.id, wire.public_key.id, "key")
    # GNU social names the founder as the owner of a group's key. The key is believed as it stands in the actor's own document.
    if origins.origin(wire.public_key.owner) != origins.origin(wire.id):
        raise Refused("foreign_key", f"the key of {wire.id[:200]} says that it belongs to {wire.public_key.owner[:200]}")
    try:
        keys.public_key(wire.public_key.public_key_pem)
    except keys.KeyRefused as cause:
        raise Refused("bad_key", str(cause)) from cause
    name = wire.preferred_username
    if not 0 < len(name) <= MOST_NAME_CHARACTERS or not name.isprintable() or any(mark in name for mark in " @/?#%\\<>\"'"):
        raise Refused("bad_name", f"{wire.id[:200]} has a name that cannot be written in an address")


def shared_inbox(wire: actors.Actor) -> str | None:
    """The inbox of the whole host, where it is of the actor's own origin; another's is ignored."""
    try:
        found = into(actors.Endpoints, wire.endpoints or {}).shared_inbox
        return found if found and origins.origin(found) == origins.origin(wire.id) else None
    except (Malformed, Refused):
        return None


def public_key(actor: Actor) -> actors.PublicKey:
    """The key of one of our actors, under the name that every peer expects."""
    return actors.PublicKey(id=key_id(actor.ap_id), owner=actor.ap_id, public_key_pem=actor.public_key)


def key_id(ap_id: str) -> str:
    """The id under which one of our actors signs."""
    return f"{ap_id}#main-key"
