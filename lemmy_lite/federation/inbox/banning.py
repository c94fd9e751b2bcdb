"""Block and its Undo: from a community by those who govern it, from a site by the home of the banned person.

Mastodon's Block, by which one person keeps another away, has no `target` and no effect here.
"""

from lemmy_lite.domain import ban as bans
from lemmy_lite.domain import moderation
from lemmy_lite.domain.ban import Ban
from lemmy_lite.federation import origins
from lemmy_lite.federation.errors import Refused
from lemmy_lite.federation.inbox.verified import Verified
from lemmy_lite.federation.objects import written
from lemmy_lite.federation.objects.texts import reason_of
from lemmy_lite.federation.protocol import values
from lemmy_lite.model.clock import Micros
from lemmy_lite.model.community import Community
from lemmy_lite.model.modlog import ModlogActionType
from lemmy_lite.storage.tables import community, community_ban, person


def ban(given: Verified) -> None:
    """Somebody is banned."""
    _set(given, given, banned=True)


def unban(given: Verified, inner: Verified) -> None:
    """The ban is lifted."""
    _set(given, inner, banned=False)


def _set(given: Verified, inner: Verified, *, banned: bool) -> None:
    given.require_public()
    target = values.one(inner.activity.target)
    if target is None:
        raise Refused("no_target", f"{inner.activity.id[:200]} does not say from where somebody is banned")
    home = community.by_actor_id(given.tx, target)
    if home is None:
        _set_by_own_home(given, inner, target, _decree(given, inner, banned=banned))
    else:
        _set_in_community(given, inner, home, _decree(given, inner, banned=banned))


def _decree(given: Verified, inner: Verified, *, banned: bool) -> Ban:
    """What is decreed. An Undo restores what was removed if it says so (`restoreData`, Lemmy 1.0), or if the Block in it removed."""
    activity = inner.activity
    if banned:
        return Ban(
            banned=True, remove_data=activity.remove_data is True, reason=reason_of(activity.summary), expires=_end(given.tx.now, inner)
        )
    restored = given.activity.restore_data
    return Ban(banned=False, remove_data=activity.remove_data is True if restored is None else restored, reason=reason_of(activity.summary))


def _end(now: Micros, inner: Verified) -> Micros | None:
    given = inner.activity.expires if inner.activity.expires is not None else inner.activity.end_time
    if given is None:
        return None
    end = values.read_when(given)
    if end is None:
        raise Refused("malformed", f"{inner.activity.id[:200]} ends at no time that can be read")
    return end if end <= now + bans.LONGEST else None


def _set_in_community(given: Verified, inner: Verified, home: Community, decree: Ban) -> None:
    who = person.by_actor_id(given.tx, inner.object_id)
    given.require_accepted_in(home, who)
    inner.require_accepted_in(home, who)
    moderator = given.moderator_of(home)
    if who is None:
        # Who has never been heard of here has written nothing; a community keeps away many whom we need not know.
        raise Refused("unknown_object", f"{inner.object_id[:200]} is not known here")
    if community_ban.holds(given.tx, home.id, who.id) and moderation.is_our_verdict(
        given.tx, ModlogActionType.MOD_BAN_FROM_COMMUNITY, home, community_id=home.id, other_person_id=who.id
    ):
        raise Refused("removed_here", f"{who.actor_id} was banned from {home.actor_id} by an admin of this instance")
    bans.from_community(given.tx, moderator, home.id, who.id, decree)
    given.pass_on(home, who.actor_id)


def _set_by_own_home(given: Verified, inner: Verified, target: str, decree: Ban) -> None:
    """A site ban counts here for the people of that site alone: what other sites think of anybody is their own affair."""
    if given.announcer is not None:
        raise Refused("foreign_announce", "a ban from a site is not announced by a community")
    origins.require_remote(given.context.config, inner.object_id)
    origins.require_same(inner.object_id, given.actor_id, "banned person")
    site = origins.origin(given.actor_id)
    if target.rstrip("/") != f"{site.scheme}://{site.authority}":
        raise Refused("unknown_target", f"{target[:200]} is neither a community that is known here nor the site of {given.actor_id[:200]}")
    who = person.by_actor_id(given.tx, inner.object_id)
    if who is None:
        raise Refused("unknown_object", f"{inner.object_id[:200]} is not known here")
    bans.from_own_home(given.tx, written.known_person(given.tx, given.actor_id), who.id, decree)
