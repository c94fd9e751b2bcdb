"""Announce: a community elsewhere tells its followers what happened in it.

The community's signature proves that it happened there, not that somebody else did it: what a third instance's person wrote or deleted
is looked up at its own id (threat "Announce as a forging tool"). What our own people did is here already.
"""

from collections.abc import Callable

from lemmy_lite.federation import origins, policy, store
from lemmy_lite.federation.errors import Refused
from lemmy_lite.federation.fetch import Document
from lemmy_lite.federation.inbox import voting
from lemmy_lite.federation.inbox.verified import Verified
from lemmy_lite.federation.inbox.writing import home_of
from lemmy_lite.federation.objects import written
from lemmy_lite.federation.protocol import values
from lemmy_lite.model.community import Community
from lemmy_lite.storage.tables import comment, community_follower, post, received_activity

Handle = Callable[[Verified], None]


def receive(given: Verified, handlers: dict[str, Handle]) -> None:
    """Apply what is announced. `handlers` are those of the activities that may be."""
    if given.announcer is not None:
        raise Refused("malformed", f"{given.activity.id[:200]} announces an announcement")
    given.require_public()
    home = written.known_community(given.tx, given.actor_id)
    if home.local or not community_follower.has_local(given.tx, home.id):
        raise Refused("community_has_no_followers", f"nobody here follows {home.actor_id}")
    announced = given.activity.object
    if isinstance(announced, dict) and values.kind(announced) in handlers:
        _apply(given, home, announced, handlers, trusted=False)
        return
    if _is_known(given):
        return
    # Of what is named by its id alone, and of bare objects (Mastodon, PeerTube, WordPress), the address itself tells what it is.
    document = given.evidence.document(given.object_id)
    if document is None:
        raise Refused("gone", f"{given.object_id[:200]} has been deleted")
    if values.kind(document) in handlers:
        _apply(given, home, document, handlers, trusted=True)
    else:
        _receive_object(given, home, document)


def _apply(given: Verified, home: Community, document: Document, handlers: dict[str, Handle], *, trusted: bool) -> None:
    inner = Verified(given.tx, given.context, given.evidence, document, home.actor_id)
    if given.context.config.local(inner.actor_id):
        return
    hearsay = by_hearsay(home.actor_id, inner.activity.id)
    if not given.unheard.issuperset((inner.activity.id, hearsay)) and received_activity.known(given.tx, inner.activity.id, hearsay):
        return
    if not inner.is_first_hand:
        # The announcer's host was judged when its request came; the actor's was not.
        policy.judge(policy.read(given.tx), inner.actor_id, given.context.config)
    # A community must not be able to use up the ids of others' activities by announcing them falsely.
    own = trusted or inner.is_first_hand
    received_activity.remember(given.tx, inner.activity.id if own else hearsay, of_vote=voting.is_vote(document))
    handlers[inner.activity.type](inner)


def names_inside(document: Document) -> tuple[str, ...]:
    """The names under which the activity that an Announce holds may be known; none for what is no such thing."""
    inside = document.get("object")
    if values.kind(document) != "Announce" or not isinstance(inside, dict):
        return ()
    announcer, ap_id = values.one(document.get("actor")), inside.get("id")
    return (ap_id, by_hearsay(announcer, ap_id)) if announcer is not None and isinstance(ap_id, str) else ()


def by_hearsay(community_id: str, ap_id: str) -> str:
    """The name under which an activity of a third instance is remembered that a community has announced."""
    return f"{community_id} {ap_id}"


def _receive_object(given: Verified, home: Community, document: Document) -> None:
    origins.require_remote(given.context.config, given.object_id)
    stored = store.receive(given.tx, given.evidence, given.context, document, announcer=home)
    if home_of(given, stored).id != home.id:
        raise Refused("foreign_announce", f"{home.actor_id} announces what is in another community")


def _is_known(given: Verified) -> bool:
    return post.by_ap_id(given.tx, given.object_id) is not None or comment.by_ap_id(given.tx, given.object_id) is not None
