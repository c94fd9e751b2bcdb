"""Bans, from a community and from the site, with the removal of what the banned person wrote, and their end."""

from collections import Counter

from lemmy_lite.domain import comment as comments
from lemmy_lite.domain import community as communities
from lemmy_lite.domain import image_use, moderation, permissions
from lemmy_lite.model.clock import DAY, SECOND, Micros
from lemmy_lite.model.community import Community
from lemmy_lite.model.errors import LemmyError
from lemmy_lite.model.events import PersonBanned, PersonBannedFromCommunity
from lemmy_lite.model.ids import CommentId, CommunityId, PersonId, PostId
from lemmy_lite.model.modlog import ModlogActionType
from lemmy_lite.model.person import Person, PersonView
from lemmy_lite.model.struct import Struct
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import (
    community,
    community_ban,
    local_user,
    login_token,
    modlog,
    person,
    post,
    private_message,
    removal,
    site,
)
from lemmy_lite.storage.views import person as views
from lemmy_lite.text import names

LONGEST = 3650 * DAY
"""A ban that ends later than this is a ban without end (contract, "ban expires")."""

_FARTHEST_SECOND = 253_402_300_799  # the year 9999, where datetimes end


class Ban(Struct, kw_only=True):
    """What is decreed. `expires` is the end in microseconds, None for good; `remove_data` removes, or with `banned` false restores, what
    the person wrote."""

    banned: bool
    remove_data: bool = False
    reason: str | None = None
    expires: Micros | None = None


def end_of(tx: Transaction, seconds: int | None) -> Micros | None:
    """The end of a ban from the API's Unix seconds. Raises invalid_unix_time, ban_expiration_in_past."""
    if seconds is None:
        return None
    if not -_FARTHEST_SECOND <= seconds <= _FARTHEST_SECOND:
        raise LemmyError("invalid_unix_time")
    expires = seconds * SECOND
    if expires < tx.now:
        raise LemmyError("ban_expiration_in_past")
    return expires if expires <= tx.now + LONGEST else None


def from_community(tx: Transaction, actor: Person, community_id: CommunityId, person_id: PersonId, ban: Ban) -> PersonView:
    """Ban a person from a community, or lift the ban; a banned person no longer follows it.

    Raises LemmyError: couldnt_find_community, couldnt_find_person, not_a_mod_or_admin, not_higher_mod, invalid_body_field for an overlong
    reason, community_user_already_banned when a ban is lifted that is not there.
    """
    home = communities.existing(tx, community_id)
    target = _person(tx, person_id)
    permissions.require(tx, "community.ban", actor, community=home, author_id=target.id)
    _check_reason(ban)
    if not _put(tx, home, target, ban):
        raise LemmyError("community_user_already_banned")
    if ban.remove_data:
        # Who lifts a ban elsewhere does not restore what was removed for itself, perhaps by one of our admins.
        set_removed(tx, target.id, home.id, removed=ban.banned, judged_too=home.local or actor.local)
    _tell(tx, actor, home, target, ban)
    return _view(tx, target.id)


def from_site(tx: Transaction, actor: Person, person_id: PersonId, ban: Ban) -> PersonView:
    """Ban a person from this site, or lift the ban. A local person's sessions end.

    With `remove_data` all that they wrote goes, profile and pictures of it too, and the communities they lead (Lemmy's remove_user_data).
    Somebody from elsewhere is banned from our communities that they wrote in as well: that is what other instances heed of our bans.
    Raises LemmyError: couldnt_find_person, not_an_admin, not_higher_admin, invalid_body_field.
    """
    target = _person(tx, person_id)
    permissions.require(tx, "site.ban", actor, author_id=target.id)
    _check_reason(ban)
    decree(tx, target, ban)
    modlog.insert(
        tx, ModlogActionType.MOD_BAN, actor.id, other_person_id=target.id, flag=ban.banned, expires=ban.expires, reason=ban.reason
    )
    from_our_communities(tx, actor, target, ban)
    if ban.remove_data and ban.banned:
        for led in removal.communities_of_moderator(tx, target.id):
            moderation.remove_community(tx, actor, led, True, ban.reason)
            community.update(tx, led, icon=None, banner=None)
        image_use.gone_with_words(tx, target.id)
    tx.append(
        PersonBanned(
            actor_id=actor.id,
            person_id=target.id,
            banned=ban.banned,
            remove_data=ban.remove_data,
            reason=ban.reason,
            expires=ban.expires,
        )
    )
    return _view(tx, target.id)


def from_our_communities(tx: Transaction, actor: Person, target: Person, ban: Ban) -> None:
    """Ban somebody from elsewhere from our communities that they wrote in, or lift the bans; nothing for our own people. The caller has
    asked whether the actor may."""
    for place in () if target.local else removal.local_communities_of(tx, target.id):
        home = community.existing(tx, place)
        if _put(tx, home, target, ban):
            _tell(tx, actor, home, target, ban)


def from_own_home(tx: Transaction, actor: Person, person_id: PersonId, ban: Ban) -> None:
    """Mirror a ban that a person's own instance decreed or lifted, with what it removed or restored.

    What our own admins have decreed about the person stays as it is, and what moderators removed is not restored. Raises LemmyError:
    couldnt_find_person, not_an_admin when the two do not live on one other instance, invalid_body_field.
    """
    target = _person(tx, person_id)
    permissions.require(tx, "site.ban_own_people", actor, author_id=target.id)
    _check_reason(ban)
    if permissions.is_banned(target, tx.now) and not moderation.was_judged_elsewhere(
        tx, ModlogActionType.MOD_BAN, other_person_id=target.id
    ):
        return
    decree(tx, target, ban, judged_too=False)
    modlog.insert(
        tx, ModlogActionType.MOD_BAN, actor.id, other_person_id=target.id, flag=ban.banned, expires=ban.expires, reason=ban.reason
    )
    tx.append(
        PersonBanned(
            actor_id=actor.id,
            person_id=target.id,
            banned=ban.banned,
            remove_data=ban.remove_data,
            reason=ban.reason,
            expires=ban.expires,
        )
    )


def banned(tx: Transaction, actor: Person) -> list[PersonView]:
    """The local people whom a ban keeps from this site now, newest account first. Raises not_an_admin."""
    permissions.require(tx, "site.list_banned", actor)
    return views.banned(tx)


def decree(tx: Transaction, target: Person, ban: Ban, *, judged_too: bool = True) -> None:
    """Carry out a site ban, of ours or of the person's own home, without asking who decreed it. `judged_too` as for `set_removed`."""
    person.update(tx, target.id, banned=ban.banned, ban_expires=ban.expires if ban.banned else None)
    account = local_user.of_person(tx, target.id)
    if account is not None:
        login_token.delete_all(tx, account.id)
    if ban.remove_data:
        if ban.banned:
            person.update(tx, target.id, avatar=None, banner=None, bio=None)
        set_removed(tx, target.id, None, removed=ban.banned, judged_too=judged_too)
        private_message.set_removed(tx, target.id, removed=ban.banned)


def set_removed(tx: Transaction, person_id: PersonId, community_id: CommunityId | None, *, removed: bool, judged_too: bool = True) -> None:
    """Remove, or restore, a person's posts and comments in a community or everywhere; every counter follows.

    Restoring without `judged_too` leaves out what was removed for itself, or where the person is banned.
    """
    by = -1 if removed else 1
    # A post that goes takes its comments out of the community's count, so comments that go are counted while their posts still stand,
    # and posts that come back bring their comments before these are counted.
    if removed:
        _count_comments(tx, person_id, removal.comments(tx, person_id, community_id, removed=True), by)
        _count_posts(tx, person_id, removal.posts(tx, person_id, community_id, removed=True), by)
    else:
        _count_posts(tx, person_id, removal.posts(tx, person_id, community_id, removed=False, judged_too=judged_too), by)
        _count_comments(tx, person_id, removal.comments(tx, person_id, community_id, removed=False, judged_too=judged_too), by)


def lift_expired(tx: Transaction) -> int:
    """Clear the bans whose end has come; answers how many. They have had no effect since: this only tidies up."""
    return person.clear_expired_bans(tx) + community_ban.clear_expired(tx)


def _count_posts(tx: Transaction, person_id: PersonId, changed: list[removal.RemovedPost], by: int) -> None:
    counted = [each for each in changed if not each.deleted]
    posts, hanging = Counter[CommunityId](), Counter[CommunityId]()
    for each in counted:
        posts[each.community_id] += 1
        hanging[each.community_id] += each.comments
    for community_id, number in posts.items():
        community.count(tx, community_id, posts=by * number, comments=by * hanging[community_id])
    person.count(tx, person_id, posts=by * len(counted))
    site.count(tx, posts=by * sum(each.local for each in counted))


def _count_comments(tx: Transaction, person_id: PersonId, changed: list[removal.RemovedComment], by: int) -> None:
    counted = [each for each in changed if not each.deleted]
    on_posts, above, in_communities = Counter[PostId](), Counter[CommentId](), Counter[CommunityId]()
    for each in counted:
        on_posts[each.post_id] += by
        above.update(dict.fromkeys(comments.ancestors(each.path), by))
        if each.post_counts:
            in_communities[each.community_id] += by
    for post_id in on_posts:
        tx.append(post.counters(tx, post_id))
    removal.count_post_comments(tx, dict(on_posts))
    removal.count_children(tx, dict(above))
    for community_id, number in in_communities.items():
        community.count(tx, community_id, comments=number)
    person.count(tx, person_id, comments=by * len(counted))
    site.count(tx, comments=by * sum(each.local for each in counted))


def _put(tx: Transaction, home: Community, target: Person, ban: Ban) -> bool:
    """Enter a ban from a community, or lift it; answers False when there is none to lift."""
    if not ban.banned:
        return community_ban.delete(tx, home.id, target.id)
    community_ban.put(tx, home.id, target.id, ban.expires)
    communities.leave(tx, target, home)
    return True


def _tell(tx: Transaction, actor: Person, home: Community, target: Person, ban: Ban) -> None:
    modlog.insert(
        tx,
        ModlogActionType.MOD_BAN_FROM_COMMUNITY,
        actor.id,
        other_person_id=target.id,
        community_id=home.id,
        flag=ban.banned,
        expires=ban.expires,
        reason=ban.reason,
    )
    tx.append(
        PersonBannedFromCommunity(
            actor_id=actor.id,
            community_id=home.id,
            person_id=target.id,
            banned=ban.banned,
            remove_data=ban.remove_data,
            reason=ban.reason,
            expires=ban.expires,
        )
    )


def _check_reason(ban: Ban) -> None:
    if ban.reason:
        names.check("ban reason", ban.reason)


def _person(tx: Transaction, person_id: PersonId) -> Person:
    found = person.get(tx, person_id)
    if found is None:
        raise LemmyError("couldnt_find_person")
    return found


def _view(tx: Transaction, person_id: PersonId) -> PersonView:
    view = views.view(tx, person_id)
    if view is None:
        raise LemmyError("couldnt_find_person")
    return view
