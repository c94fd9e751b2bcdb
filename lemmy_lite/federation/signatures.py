"""Whose request this is.

A request is its actor's when its signature holds under the key of exactly that actor (threat "key ≠ actor"): the key's name must lie at
the actor's origin, and the key must stand in the actor's own document.
"""

from functools import lru_cache

from lemmy_lite.config import Config
from lemmy_lite.crypto import signatures
from lemmy_lite.crypto.signatures import Request, SignatureError, SignedRequest, Window
from lemmy_lite.federation import origins
from lemmy_lite.federation.errors import Refused
from lemmy_lite.model.clock import SECOND
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import actor as actors
from lemmy_lite.storage.tables import site as sites
from lemmy_lite.storage.tables.actor import Actor


def examine(request: Request, config: Config, now: int) -> SignedRequest:
    """Judge all of a signed request that needs no key. Raises Refused (`signature_…`)."""
    federation = config.federation
    try:
        return signatures.examine(request, now, _window(federation.signature_window_past, federation.signature_window_future))
    except SignatureError as cause:
        raise Refused(f"signature_{cause.reason}", cause.sentence) from cause


@lru_cache(maxsize=8)
def _window(past: int, future: int) -> Window:
    return Window(past=past * SECOND, future=future * SECOND)


def require_key_of(signed: SignedRequest, actor_id: str) -> None:
    """Refuse a key that does not lie at the actor's origin, before anything is fetched. Raises Refused (`foreign_key`)."""
    if origins.origin(signed.key_id) != origins.origin(actor_id):
        raise Refused("foreign_key", f"{actor_id[:200]} does not sign with {signed.key_id[:200]}")


def holds(signed: SignedRequest, actor: Actor) -> bool:
    """Whether the request was signed with the actor's key as we know it."""
    return fits(signed, actor.public_key)


def fits(signed: SignedRequest, public_key: str) -> bool:
    """Whether the request was signed with this key."""
    try:
        signatures.verify(signed, public_key)
    except SignatureError:
        return False
    return True


def of_site(tx: Transaction) -> Actor | None:
    """The actor of this site, who signs our fetches; None before the first start has made it."""
    view = sites.view(tx)
    return actors.of_site(tx, view.site.id) if view else None
