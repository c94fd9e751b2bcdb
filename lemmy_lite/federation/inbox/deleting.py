"""Delete and its Undo: by the author, or with a `summary` by a moderator who removes; of a community, by its top moderator.

Where a community announces that somebody of a third instance deleted something, the object's own address is asked whether it is so.
"""

from lemmy_lite.domain import comment as comments
from lemmy_lite.domain import community as communities
from lemmy_lite.domain import moderation
from lemmy_lite.domain import post as posts
from lemmy_lite.federation import origins
from lemmy_lite.federation.errors import Refused
from lemmy_lite.federation.inbox import messaging
from lemmy_lite.federation.inbox.verified import Verified
from lemmy_lite.federation.inbox.voting import find, home_of
from lemmy_lite.federation.objects import written
from lemmy_lite.model.comment import Comment
from lemmy_lite.model.community import Community
from lemmy_lite.model.post import Post
from lemmy_lite.storage.tables import community, person, tombstone


def delete(given: Verified) -> None:
    """A post, comment or community is gone."""
    _set(given, given, gone=True)


def restore(given: Verified, inner: Verified) -> None:
    """It is back."""
    _set(given, inner, gone=False)


def _set(given: Verified, inner: Verified, *, gone: bool) -> None:
    if messaging.concerns(given, inner):
        messaging.set_deleted(given, inner, deleted=gone)
        return
    given.require_public()
    if (whole := community.by_actor_id(given.tx, inner.object_id)) is not None:
        _set_community(given, inner, whole, gone=gone)
        return
    target = find(inner)
    if target is None:
        _remember(given, inner, gone=gone)
        return
    home = home_of(inner, target)
    given.require_accepted_in(home)
    inner.require_accepted_in(home)
    if inner.activity.summary is not None:
        _remove(given, target, inner.activity.summary, removed=gone)
    else:
        _delete(given, inner, target, deleted=gone)
    given.pass_on(home, target.ap_id)


def _set_community(given: Verified, inner: Verified, home: Community, *, gone: bool) -> None:
    given.require_accepted_in(home)
    inner.require_accepted_in(home)
    if inner.activity.summary is not None:
        # That is how an admin removes a whole community; our copy is for our own admins to judge.
        raise Refused("foreign_object", f"{given.actor_id[:200]} cannot remove {home.actor_id} here")
    communities.delete(given.tx, written.known_person(given.tx, given.actor_id), home.id, gone)
    given.pass_on(home, home.actor_id)


def _delete(given: Verified, inner: Verified, target: Post | Comment, *, deleted: bool) -> None:
    author = person.existing(given.tx, target.creator_id)
    if author.actor_id != given.actor_id:
        raise Refused("foreign_object", f"{given.actor_id[:200]} did not write {target.ap_id}")
    _require_evidence(given, inner, gone=deleted)
    if target.deleted == deleted:
        return
    if isinstance(target, Post):
        posts.delete(given.tx, author, target.id, deleted)
    else:
        comments.delete(given.tx, author, target.id, deleted)


def _remove(given: Verified, target: Post | Comment, reason: str, *, removed: bool) -> None:
    moderator = written.known_person(given.tx, given.actor_id)
    if target.removed == removed:
        return
    if isinstance(target, Post):
        moderation.remove_post(given.tx, moderator, target.id, removed, reason or None)
    else:
        moderation.remove_comment(given.tx, moderator, target.id, removed, reason or None)


def _remember(given: Verified, inner: Verified, *, gone: bool) -> None:
    """What is deleted before it came must not come to life afterwards; only its own home can say so."""
    origins.require_same(inner.object_id, given.actor_id, "object")
    origins.require_remote(given.context.config, inner.object_id)
    if inner.activity.summary is not None:
        raise Refused("unknown_object", f"{inner.object_id[:200]} is not known here")
    _require_evidence(given, inner, gone=gone)
    if gone:
        tombstone.put(given.tx, inner.object_id, given.actor_id)
    else:
        tombstone.lift(given.tx, inner.object_id)


def _require_evidence(given: Verified, inner: Verified, *, gone: bool) -> None:
    """Ask the object's own address, unless its home has signed. Raises Needs, Refused."""
    if given.is_first_hand:
        return
    document = given.evidence.document(inner.object_id)
    if (document is None or document.get("type") == "Tombstone") != gone:
        raise Refused("not_confirmed", f"{inner.object_id[:200]} does not confirm what {str(given.announcer)[:200]} says of it")
