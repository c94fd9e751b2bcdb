"""Purging: what an admin wipes for good, and what people who leave take with them.

Purges are rare and take away what many people wrote, so the counters that they touch are counted anew instead of being followed.
"""

from lemmy_lite.domain import ban as bans
from lemmy_lite.domain import comment as comments
from lemmy_lite.domain import community as communities
from lemmy_lite.domain import image_use, permissions
from lemmy_lite.domain import post as posts
from lemmy_lite.domain.ban import Ban
from lemmy_lite.model.errors import LemmyError
from lemmy_lite.model.events import CommentRemoved, CommunityRemoved, PersonBanned, PostRemoved
from lemmy_lite.model.ids import CommentId, CommunityId, PersonId, PostId
from lemmy_lite.model.modlog import ModlogActionType
from lemmy_lite.model.person import Person
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import erasure, local_user, login_token, modlog, person, post, recovery_code, site


def purge_post(tx: Transaction, actor: Person, post_id: PostId, reason: str | None = None) -> None:
    """Wipe a post with its comments. Raises LemmyError: couldnt_find_post, not_an_admin, not_higher_admin."""
    found = posts.existing(tx, post_id)
    permissions.require(tx, "site.purge", actor, author_id=found.creator_id)
    # Told before the row goes, as the removal names it.
    tx.append(PostRemoved(actor_id=actor.id, post_id=found.id, removed=True, reason=reason))
    modlog.insert(tx, ModlogActionType.ADMIN_PURGE_POST, actor.id, community_id=found.community_id, reason=reason)
    tx.announce()
    image_use.gone_with_post(tx, found.id)
    tally = erasure.tally_post(tx, found.id)
    erasure.post(tx, found.id)
    erasure.recount_community(tx, found.community_id)
    _recount(tx, tally)


def purge_comment(tx: Transaction, actor: Person, comment_id: CommentId, reason: str | None = None) -> None:
    """Wipe a comment with everything below it. Raises LemmyError: couldnt_find_comment, not_an_admin, not_higher_admin."""
    found = comments.existing(tx, comment_id)
    permissions.require(tx, "site.purge", actor, author_id=found.creator_id)
    tx.append(CommentRemoved(actor_id=actor.id, comment_id=found.id, removed=True, reason=reason))
    modlog.insert(tx, ModlogActionType.ADMIN_PURGE_COMMENT, actor.id, post_id=found.post_id, reason=reason)
    tx.announce()
    image_use.gone_with_comment(tx, found.id, found.post_id, found.path)
    tally = erasure.tally_comment(tx, found.post_id, found.path)
    erasure.comment_subtree(tx, found.id, found.path)
    tx.append(post.counters(tx, found.post_id))
    erasure.recount_post(tx, found.post_id)
    erasure.recount_community(tx, posts.existing(tx, found.post_id).community_id)
    _recount(tx, tally)


def purge_community(tx: Transaction, actor: Person, community_id: CommunityId, reason: str | None = None) -> None:
    """Wipe a community with all that was posted there. Raises LemmyError: couldnt_find_community, not_an_admin."""
    found = communities.existing(tx, community_id)
    permissions.require(tx, "site.purge", actor)
    tx.append(CommunityRemoved(actor_id=actor.id, community_id=found.id, removed=True, reason=reason))
    modlog.insert(tx, ModlogActionType.ADMIN_PURGE_COMMUNITY, actor.id, reason=reason)
    tx.announce()
    image_use.gone_with_community(tx, found.id)
    tally = erasure.tally_community(tx, found.id)
    erasure.community(tx, found.id)
    _recount(tx, tally)
    if found.local and not (found.deleted or found.removed):
        site.count(tx, communities=-1)


def purge_person(tx: Transaction, actor: Person, person_id: PersonId, reason: str | None = None) -> None:
    """Wipe a person's words and profile. The row stays, banned, so that nobody comes back under it or is fetched again. Others hear of it
    as of a ban with all data: of our own people everybody, of those from elsewhere in our communities that they wrote in.

    Raises LemmyError: couldnt_find_person, not_an_admin, not_higher_admin.
    """
    found = person.get(tx, person_id)
    if found is None:
        raise LemmyError("couldnt_find_person")
    permissions.require(tx, "site.purge", actor, author_id=found.id)
    bans.from_our_communities(tx, actor, found, Ban(banned=True, remove_data=True, reason=reason))
    wipe_words(tx, found.id)
    wipe_profile(tx, found.id)
    person.update(tx, found.id, banned=True, ban_expires=None)
    modlog.insert(tx, ModlogActionType.ADMIN_PURGE_PERSON, actor.id, reason=reason)
    tx.append(PersonBanned(actor_id=actor.id, person_id=found.id, banned=True, remove_data=True, reason=reason))


def wipe_words(tx: Transaction, person_id: PersonId) -> None:
    """Overwrite everything a person wrote and delete their pictures; the counters of all places follow. They moderate nothing any more."""
    image_use.gone_with_words(tx, person_id)
    words = erasure.words_of(tx, person_id)
    for number in words.commented:
        tx.append(post.counters(tx, number))
        erasure.recount_post(tx, number)
    for home in words.communities:
        erasure.recount_community(tx, home)
    erasure.moderations_of(tx, person_id)
    erasure.recount_people(tx, [person_id])
    site.count(tx, posts=-words.local_posts, comments=-words.local_comments)


def wipe_profile(tx: Transaction, person_id: PersonId) -> None:
    """Empty a profile and mark it deleted; of an account nothing but the name stays, and every session ends."""
    image_use.gone_with_profile(tx, person_id)
    person.update(
        tx,
        person_id,
        display_name=None,
        avatar=None,
        banner=None,
        bio=None,
        matrix_user_id=None,
        deleted=True,
        updated=tx.now,
    )
    account = local_user.of_person(tx, person_id)
    if account is not None:
        local_user.update(tx, account.id, email=None, totp_2fa_secret=None, totp_2fa_enabled=False)
        recovery_code.drop(tx, account.id)
        login_token.delete_all(tx, account.id)


def _recount(tx: Transaction, gone: erasure.Tally) -> None:
    erasure.recount_people(tx, gone.people)
    site.count(tx, posts=-gone.local_posts, comments=-gone.local_comments)
