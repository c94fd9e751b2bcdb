"""Delete and its Undo: by the author, or with a `summary` by a moderator who removes; of a community by its top moderator or, if it lives
elsewhere, by the admins of its home; of a person, by themselves.

Where a community announces that somebody of a third instance deleted something, the object's own address is asked whether it is so.
"""

from lemmy_lite.domain import comment as comments
from lemmy_lite.domain import community as communities
from lemmy_lite.domain import leaving, moderation, permissions
from lemmy_lite.domain import post as posts
from lemmy_lite.federation import origins, store
from lemmy_lite.federation.errors import Refused
from lemmy_lite.federation.inbox import messaging
from lemmy_lite.federation.inbox.verified import NOT_A_MODERATOR, Verified
from lemmy_lite.federation.inbox.voting import find, home_of
from lemmy_lite.federation.objects.texts import reason_of
from lemmy_lite.model.comment import Comment
from lemmy_lite.model.community import Community
from lemmy_lite.model.modlog import ModlogActionType
from lemmy_lite.model.person import Person
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
    if inner.object_id == given.actor_id:
        # PeerTube addresses it to nobody.
        given.require_addressed_to()
        _leave(given, inner, gone=gone)
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
        _remove(given, target, home, inner.activity.summary, removed=gone)
    else:
        _delete(given, inner, target, deleted=gone)
    given.pass_on(home, target.ap_id)


def _set_community(given: Verified, inner: Verified, home: Community, *, gone: bool) -> None:
    given.require_accepted_in(home)
    inner.require_accepted_in(home)
    actor = given.moderator_of(home)
    if not home.local and given.announcer is None:
        raise Refused(NOT_A_MODERATOR, f"{home.actor_id} itself announces whether it goes on")
    if inner.activity.summary is None:
        communities.delete(given.tx, actor, home.id, gone)
    else:
        _remove_community(given, actor, home, inner.activity.summary, removed=gone)
    given.pass_on(home, home.actor_id)


def _remove_community(given: Verified, admin: Person, home: Community, reason: str, *, removed: bool) -> None:
    """The admins of its home close a community, or open it; they cannot open what ours have closed. Nobody elsewhere closes one of ours."""
    if not removed:
        _require_not_ours(given, ModlogActionType.MOD_REMOVE_COMMUNITY, home, community_id=home.id)
    if home.removed != removed:
        moderation.remove_community(given.tx, admin, home.id, removed, reason_of(reason))


def _leave(given: Verified, inner: Verified, *, gone: bool) -> None:
    """A person left for good; with `removeData` what they wrote goes as well."""
    if given.announcer is not None or not gone:
        raise Refused("foreign_announce", f"only {given.actor_id[:200]} says that they leave, and nobody comes back from it")
    leaver = person.by_actor_id(given.tx, given.actor_id)
    if leaver is None:
        raise Refused("unknown_object", f"{given.actor_id[:200]} is not known here")
    leaving.leave(given.tx, leaver, remove_data=inner.activity.remove_data is True)


def _require_not_ours(given: Verified, kind: ModlogActionType, home: Community, **about: int) -> None:
    if moderation.is_our_verdict(given.tx, kind, home, **about):
        raise Refused("removed_here", f"{given.object_id[:200]} was removed by an admin of this instance")


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


def _remove(given: Verified, target: Post | Comment, home: Community, reason: str, *, removed: bool) -> None:
    moderator = given.moderator_of(home)
    if target.removed == removed:
        return
    is_post = isinstance(target, Post)
    if not removed:
        kind = ModlogActionType.MOD_REMOVE_POST if is_post else ModlogActionType.MOD_REMOVE_COMMENT
        _require_not_ours(given, kind, home, **{"post_id" if is_post else "comment_id": target.id})
        if not home.local and permissions.is_banned(person.existing(given.tx, target.creator_id), given.tx.now):
            raise Refused("removed_here", f"{target.ap_id} is by somebody who is banned from this instance")
    if isinstance(target, Post):
        moderation.remove_post(given.tx, moderator, target.id, removed, reason_of(reason))
    else:
        moderation.remove_comment(given.tx, moderator, target.id, removed, reason_of(reason))


def _remember(given: Verified, inner: Verified, *, gone: bool) -> None:
    """What is deleted before it came must not come to life afterwards; only its own home can say so."""
    origins.require_same(inner.object_id, given.actor_id, "object")
    origins.require_remote(given.context.config, inner.object_id)
    if inner.activity.summary is not None:
        raise Refused("unknown_object", f"{inner.object_id[:200]} is not known here")
    _require_evidence(given, inner, gone=gone)
    if gone:
        tombstone.put(given.tx, inner.object_id, given.actor_id)
    elif tombstone.lift(given.tx, inner.object_id):
        # Its Create may have come in between, and was refused.
        document = given.evidence.document(inner.object_id)
        stored = store.receive(given.tx, given.evidence, given.context, document) if document is not None else None
        if isinstance(stored, Post | Comment):
            given.require_accepted_in(home_of(inner, stored))


def _require_evidence(given: Verified, inner: Verified, *, gone: bool) -> None:
    """Ask the object's own address, unless its home has signed. Raises Needs, Refused."""
    if given.is_first_hand:
        return
    document = given.evidence.document(inner.object_id)
    if (document is None or document.get("type") == "Tombstone") != gone:
        raise Refused("not_confirmed", f"{inner.object_id[:200]} does not confirm what {str(given.announcer)[:200]} says of it")
