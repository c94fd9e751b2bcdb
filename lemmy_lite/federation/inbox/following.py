"""Follow and Undo of Follow from people elsewhere, of communities and people here; Accept and Reject from communities elsewhere."""

from lemmy_lite.domain import community as communities
from lemmy_lite.domain import permissions
from lemmy_lite.federation import origins, outgoing
from lemmy_lite.federation.errors import Refused
from lemmy_lite.federation.inbox.verified import Verified, actor_of, parse
from lemmy_lite.federation.objects import written
from lemmy_lite.federation.outbox.log import Outbox
from lemmy_lite.federation.protocol import values
from lemmy_lite.federation.protocol.activities import Activity
from lemmy_lite.federation.protocol.reading import read
from lemmy_lite.model.community import Community
from lemmy_lite.model.ids import PersonId
from lemmy_lite.model.person import Person
from lemmy_lite.storage.tables import block, community, person, person_follower, sent_activity


def follow(given: Verified) -> None:
    """A person elsewhere follows a local community or person, who accepts at once; a person rejects whom they have blocked."""
    if (followed := person.by_actor_id(given.tx, given.object_id)) is not None:
        _follow_person(given, followed)
        return
    home = _local_community(given)
    given.require_addressed_to(home.actor_id)
    follower = written.known_person(given.tx, given.actor_id)
    communities.follow(given.tx, follower, home.id, True)
    answer = outgoing.accept(given.context, home, given.document, follower.actor_id)
    Outbox(given.tx, given.context).to_one(answer, home.actor_id, follower.actor_id, home.actor_id)


def unfollow(given: Verified) -> None:
    """A person elsewhere no longer follows a local community or person."""
    if (followed := person.by_actor_id(given.tx, given.object_id)) is not None:
        person_follower.delete(given.tx, followed.id, written.known_person(given.tx, given.actor_id).id)
        return
    home = _local_community(given)
    communities.follow(given.tx, written.known_person(given.tx, given.actor_id), home.id, False)


def accept(given: Verified) -> None:
    """A community elsewhere accepts a follower who asked."""
    home, follower_id = _asked(given)
    if not communities.accept_follow(given.tx, follower_id, home.id):
        raise Refused("not_asked", f"nobody here asked to follow {home.actor_id}")


def reject(given: Verified) -> None:
    """A community elsewhere refuses a follower, or puts them out."""
    home, follower_id = _asked(given)
    if not communities.reject_follow(given.tx, follower_id, home.id):
        raise Refused("not_asked", f"nobody here asked to follow {home.actor_id}")


def _follow_person(given: Verified, followed: Person) -> None:
    if given.announcer is not None or not followed.local:
        raise Refused("not_a_community", f"{given.object_id[:200]} is nobody of this instance")
    given.require_addressed_to(followed.actor_id)
    permissions.require_standing(followed, given.tx.now)
    follower = written.known_person(given.tx, given.actor_id)
    permissions.require_standing(follower, given.tx.now)
    unwelcome = block.holds(given.tx, "person", followed.id, follower.id) or block.holds(
        given.tx, "instance", followed.id, follower.instance_id
    )
    if not unwelcome:
        person_follower.put(given.tx, followed.id, follower.id)
    kind = "Reject" if unwelcome else "Accept"
    answer = outgoing.answer(given.context, kind, followed.actor_id, given.document, follower.actor_id)
    Outbox(given.tx, given.context).to_one(answer, followed.actor_id, follower.actor_id, followed.actor_id)


def _local_community(given: Verified) -> Community:
    found = community.by_actor_id(given.tx, given.object_id)
    if given.announcer is not None or found is None or not found.local:
        raise Refused("not_a_community", f"{given.object_id[:200]} is no community of this instance")
    return written.known_community(given.tx, given.object_id)


def _asked(given: Verified) -> tuple[Community, PersonId]:
    """The community that answers, and our person whose Follow it answers. Only the followed itself may answer."""
    if given.announcer is not None:
        raise Refused("foreign_announce", "an answer to a Follow is not announced")
    asked = _our_follow(given)
    if values.one(asked.object) != given.actor_id:
        raise Refused("foreign_object", f"{given.actor_id[:200]} answers for {str(values.one(asked.object))[:200]}")
    home = written.known_community(given.tx, given.actor_id)
    follower = person.by_actor_id(given.tx, actor_of(asked))
    if follower is None or not follower.local:
        raise Refused("not_asked", f"{given.activity.id[:200]} answers nobody of this instance")
    given.require_addressed_to(follower.actor_id)
    return home, follower.id


def _our_follow(given: Verified) -> Activity:
    """The Follow inside; some peers name it by its id alone, which is one of ours then."""
    if isinstance(given.activity.object, dict):
        asked = parse(given.activity.object)
    else:
        sent = sent_activity.by_ap_id(given.tx, given.object_id)
        if sent is None:
            raise Refused("not_asked", f"{given.object_id[:200]} is no Follow of ours")
        asked = parse(read(sent.data))
    if asked.type != "Follow":
        raise Refused("malformed", f"{given.activity.id[:200]} does not answer a Follow")
    origins.require_same(asked.id, actor_of(asked), "follow")
    return asked
