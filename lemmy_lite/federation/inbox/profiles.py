"""Update of a person by themselves, and Move of a person or community to another address."""

from lemmy_lite.domain import community as communities
from lemmy_lite.domain import permissions
from lemmy_lite.federation import origins, store
from lemmy_lite.federation.errors import Refused
from lemmy_lite.federation.inbox.verified import Verified
from lemmy_lite.federation.objects import written
from lemmy_lite.federation.protocol import values
from lemmy_lite.model.clock import micros
from lemmy_lite.model.community import Community
from lemmy_lite.model.errors import LemmyError
from lemmy_lite.model.person import Person
from lemmy_lite.storage.tables import block, community, community_follower, person

MOST_FOLLOWERS_MOVED = 500
"""Local followers who go with a community that moves: each sends a Follow, all in one transaction."""


def update(given: Verified) -> None:
    """Somebody changed their own profile, perhaps their key. What is dated before what stands here changes nothing."""
    if given.announcer is not None or given.object_id != given.actor_id:
        raise Refused("foreign_object", f"{given.actor_id[:200]} cannot change {given.object_id[:200]}")
    given.require_addressed_to(given.actor_id, f"{given.actor_id}/followers")
    known = written.known_person(given.tx, given.actor_id)
    document = given.object()
    told = values.read_when(document.get("updated"))
    if told is not None and known.updated is not None and told < micros(known.updated):
        return
    store.receive(given.tx, given.evidence, given.context, document)


def move(given: Verified) -> None:
    """An actor says that it lives elsewhere now. Both must say so at their own ids: the old one by `movedTo`, the new by `alsoKnownAs`.

    Whoever had blocked the old one has blocked the new one too; local followers of a community follow the new one. Followers of people
    are moved by their own homes (Mastodon follows anew), and nobody takes a role or a name along.
    """
    old_id, new_id = given.object_id, values.one(given.activity.target)
    if given.announcer is not None or old_id != given.actor_id or new_id is None or new_id == old_id:
        raise Refused("foreign_object", f"{given.actor_id[:200]} cannot move {old_id[:200]}")
    given.require_addressed_to(old_id, f"{old_id}/followers")
    origins.require_remote(given.context.config, new_id)
    old = given.evidence.document(old_id)
    # Nobody is asked for an address that the old one does not name.
    new = given.evidence.document(new_id) if old is not None and values.one(old.get("movedTo")) == new_id else None
    if new is None or old_id not in values.every(new.get("alsoKnownAs")):
        raise Refused("not_confirmed", f"{old_id[:200]} and {new_id[:200]} do not both say that they are one")
    arrived = store.receive(given.tx, given.evidence, given.context, new)
    if (gone := person.by_actor_id(given.tx, old_id)) is not None and isinstance(arrived, Person):
        permissions.require_standing(gone, given.tx.now)
        block.carry_over(given.tx, "person", gone.id, arrived.id)
    elif (left := community.by_actor_id(given.tx, old_id)) is not None and isinstance(arrived, Community):
        block.carry_over(given.tx, "community", left.id, arrived.id)
        _take_along(given, left, arrived)
    else:
        raise Refused("unknown_type", f"{old_id[:200]} and {new_id[:200]} are not of one kind")


def _take_along(given: Verified, left: Community, arrived: Community) -> None:
    for follower_id in community_follower.local(given.tx, left.id, MOST_FOLLOWERS_MOVED):
        follower = person.existing(given.tx, follower_id)
        try:
            if community_follower.state(given.tx, follower.id, arrived.id) is None:
                communities.follow(given.tx, follower, arrived.id, True)
            communities.follow(given.tx, follower, left.id, False)
        except LemmyError:
            # Banned there, or has blocked it: they stay where they are.
            continue
