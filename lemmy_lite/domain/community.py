"""Communities: founding, editing, deleting, following, and receiving those of other instances."""

from typing import Any

from msgspec import UNSET

from lemmy_lite.context import Context
from lemmy_lite.crypto.keys import KeyPair
from lemmy_lite.domain import permissions
from lemmy_lite.domain.writing import House
from lemmy_lite.model.clock import Micros
from lemmy_lite.model.community import Community, CommunityForm, CommunityModeratorView, CommunityView, CommunityVisibility
from lemmy_lite.model.errors import LemmyError
from lemmy_lite.model.events import CommunityCreated, CommunityDeleted, CommunityEdited, CommunityFollowed
from lemmy_lite.model.ids import CommunityId, InstanceId, LanguageId, PersonId, PostId
from lemmy_lite.model.language import LANGUAGES
from lemmy_lite.model.person import Person
from lemmy_lite.model.struct import Struct
from lemmy_lite.model.viewer import Viewer
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import actor as actors
from lemmy_lite.storage.tables import block as blocks
from lemmy_lite.storage.tables import community, community_follower, community_moderator, instance, person, post, site
from lemmy_lite.storage.tables.actor import Actor
from lemmy_lite.storage.views import community as views
from lemmy_lite.text import names


class ReceivedCommunity(Struct, kw_only=True):
    """A community as its home describes it, checked and reduced to plain values by federation/. Times are microseconds."""

    ap_id: str
    name: str
    domain: str
    title: str
    description: str | None = None
    icon: str | None = None
    banner: str | None = None
    nsfw: bool
    posting_restricted_to_mods: bool
    published: Micros
    updated: Micros | None = None
    inbox_url: str
    shared_inbox_url: str | None = None
    followers_url: str
    moderators_url: str | None = None
    featured_url: str | None = None
    outbox_url: str | None = None
    public_key: str
    languages: list[int]
    subscribers: int | None = None


def check_new(tx: Transaction, context: Context, actor: Person, form: CommunityForm) -> House:
    """Refuse a new community that could not be founded, before its keys are made. Raises as `create`."""
    house = House(tx, context)
    permissions.require(tx, "community.create_when_admins_only" if house.site.community_creation_admin_only else "community.create", actor)
    if form.name is UNSET or form.title is UNSET:
        raise LemmyError("invalid_name")
    names.check_actor_name(house.name(form.name), house.site.actor_name_max_length)
    if community.local_by_name(tx, form.name) or community.by_actor_id(tx, actor_id_of(context, form.name)):
        raise LemmyError("community_already_exists")
    return house


def actor_id_of(context: Context, name: str) -> str:
    """The ActivityPub id of a local community."""
    return f"{context.config.base_url}/c/{name}"


def create(tx: Transaction, context: Context, actor: Person, form: CommunityForm, keys: KeyPair) -> Community:
    """Found a community; the founder moderates and follows it. `keys` were made before, off the writer's thread.

    Raises LemmyError: invalid_name, slurs, community_already_exists, only_admins_can_create_communities, language_not_allowed, the codes
    of House.markdown.
    """
    house = check_new(tx, context, actor, form)
    if form.name is UNSET:
        raise LemmyError("invalid_name")
    actor_id = actor_id_of(context, form.name)
    values = _checked(tx, house, form)
    home = instance.get_or_create(tx, context.config.domain)
    founded = community.insert(
        tx,
        name=form.name,
        title=values.pop("title"),
        actor_id=actor_id,
        instance_id=home,
        local=True,
        followers_url=f"{actor_id}/followers",
        moderators_url=f"{actor_id}/moderators",
        featured_url=f"{actor_id}/featured",
        outbox_url=f"{actor_id}/outbox",
        **values,
    )
    _set_languages(tx, founded.id, [] if form.discussion_languages is UNSET else form.discussion_languages)
    actors.put(
        tx,
        Actor(
            ap_id=actor_id,
            community_id=founded.id,
            instance_id=home,
            inbox_url=f"{actor_id}/inbox",
            shared_inbox_url=f"{context.config.base_url}/inbox",
            last_refreshed_at=tx.now,
            public_key=keys.public_key,
            private_key=keys.private_key,
        ),
    )
    community_moderator.insert(tx, founded.id, actor.id)
    community_follower.put(tx, actor.id, founded.id, pending=False)
    community.count(tx, founded.id, subscribers=1, subscribers_local=1)
    site.count(tx, communities=1)
    tx.append(CommunityCreated(actor_id=actor.id, community_id=founded.id))
    return founded


def edit(tx: Transaction, context: Context, actor: Person, community_id: CommunityId, form: CommunityForm) -> Community:
    """Change a community. Raises LemmyError: couldnt_find_community, not_a_mod_or_admin, and those of `create`."""
    house = House(tx, context)
    found = existing(tx, community_id)
    permissions.require(tx, "community.edit", actor, community=found)
    values = _checked(tx, house, form)
    if form.discussion_languages is not UNSET:
        _set_languages(tx, found.id, form.discussion_languages)
    community.update(tx, found.id, updated=tx.now, **values)
    tx.append(CommunityEdited(actor_id=actor.id, community_id=found.id))
    return community.existing(tx, found.id)


def require_editable(tx: Transaction, actor: Person, found: Community) -> None:
    """Refuse who may not change a community, before a form shows what stands in it. Raises not_a_mod_or_admin."""
    permissions.require(tx, "community.edit", actor, community=found)


def delete(tx: Transaction, actor: Person, community_id: CommunityId, deleted: bool) -> Community:
    """Delete a community, or restore it. Raises LemmyError: couldnt_find_community, not_a_mod_or_admin, not_top_mod."""
    found = existing(tx, community_id)
    # Lemmy tells strangers apart from those who moderate, but not first (crates/api_crud/src/community/delete.rs).
    permissions.require(tx, "community.edit", actor, community=found)
    permissions.require(tx, "community.delete", actor, community=found)
    if found.deleted != deleted:
        community.update(tx, found.id, deleted=deleted, updated=tx.now)
        if found.local and not found.removed:
            site.count(tx, communities=-1 if deleted else 1)
        tx.append(CommunityDeleted(actor_id=actor.id, community_id=found.id, deleted=deleted))
    return community.existing(tx, found.id)


def follow(tx: Transaction, actor: Person, community_id: CommunityId, following: bool) -> None:
    """Follow a community, or no longer. A remote community's follower waits until it accepts; a repeat sends the wish again.

    Raises LemmyError: couldnt_find_community, deleted, community_is_blocked, banned_from_community.
    """
    found = existing(tx, community_id)
    if following:
        permissions.require(tx, "community.follow", actor, community=found)
        if blocks.holds(tx, "community", actor.id, found.id):
            raise LemmyError("community_is_blocked")
        if found.visibility is CommunityVisibility.LOCAL_ONLY and not actor.local:
            raise LemmyError("couldnt_find_community")
        _put(tx, actor, found, pending=not found.local)
    else:
        permissions.require(tx, "community.unfollow", actor)
        leave(tx, actor, found)
    tx.append(CommunityFollowed(actor_id=actor.id, community_id=found.id, following=following))


def accept_follow(tx: Transaction, person_id: PersonId, community_id: CommunityId) -> bool:
    """A remote community accepted its follower. Answers False, and changes nothing, when nobody had asked (security.md, "Accept/Reject
    without request")."""
    if community_follower.state(tx, person_id, community_id) is None:
        return False
    community_follower.put(tx, person_id, community_id, pending=False)
    return True


def reject_follow(tx: Transaction, person_id: PersonId, community_id: CommunityId) -> bool:
    """A remote community refused its follower, or put them out. Answers False when there was none."""
    found = existing(tx, community_id)
    return leave(tx, person.existing(tx, person_id), found)


def receive(tx: Transaction, context: Context, received: ReceivedCommunity) -> Community:
    """Enter a community of another instance, or refresh what is known of it."""
    home = instance.get_or_create(tx, received.domain)
    values: dict[str, Any] = {
        "title": received.title,
        "description": received.description,
        **House(tx, context, received.ap_id).rendered(received.description),
        "icon": received.icon,
        "banner": received.banner,
        "nsfw": received.nsfw,
        "posting_restricted_to_mods": received.posting_restricted_to_mods,
        "updated": received.updated,
        "followers_url": received.followers_url,
        "moderators_url": received.moderators_url,
        "featured_url": received.featured_url,
        "outbox_url": received.outbox_url,
    }
    known = community.by_actor_id(tx, received.ap_id)
    if known is None:
        known = community.insert(
            tx, name=received.name, actor_id=received.ap_id, instance_id=home, local=False, published=received.published, **values
        )
    else:
        community.update(tx, known.id, deleted=False, **values)
    if received.subscribers is not None:
        community.set_subscribers(tx, known.id, received.subscribers)
    community.set_languages(tx, known.id, [LanguageId(number) for number in received.languages if 0 <= number < len(LANGUAGES)])
    actors.put(
        tx,
        Actor(
            ap_id=received.ap_id,
            community_id=known.id,
            instance_id=InstanceId(home),
            inbox_url=received.inbox_url,
            shared_inbox_url=received.shared_inbox_url,
            last_refreshed_at=tx.now,
            public_key=received.public_key,
        ),
    )
    return community.existing(tx, known.id)


def receive_moderators(tx: Transaction, community_id: CommunityId, moderators: list[PersonId]) -> None:
    """Make these the moderators of a remote community, in the order in which its home lists them."""
    known = community_moderator.order(tx, community_id)
    if known == moderators:
        return
    for gone in known:
        community_moderator.delete(tx, community_id, gone)
    for rank, moderator in enumerate(moderators):
        community_moderator.insert(tx, community_id, moderator, published=tx.now + rank)


def receive_deleted(tx: Transaction, community_id: CommunityId) -> None:
    """The home of a remote community says that it is gone."""
    community.update(tx, community_id, deleted=True)


def receive_featured(tx: Transaction, community_id: CommunityId, posts: list[PostId]) -> None:
    """Pin these posts of a remote community, and no others, as its home lists them. Posts of other communities are left alone."""
    pinned = set(post.featured(tx, community_id))
    wanted = {number for number in posts if (found := post.get(tx, number)) is not None and found.community_id == community_id}
    for number in sorted(pinned ^ wanted):
        post.update(tx, number, featured_community=number in wanted)


def existing(tx: Transaction, community_id: CommunityId) -> Community:
    """A community by id, whatever its state. Raises couldnt_find_community."""
    found = community.get(tx, community_id)
    if found is None:
        raise LemmyError("couldnt_find_community")
    return found


def named(tx: Transaction, context: Context, name: str) -> Community | None:
    """The community that `name`, `name@host` or `name@host:port` means on this instance; None when it is not known here."""
    short, _, host = name.removeprefix("!").partition("@")
    if not host or host.lower() == context.config.hostname.lower():
        return community.local_by_name(tx, short)
    found = community.by_name(tx, short, host)
    # Another instance of our own domain, on another port, is not us.
    return None if found and found.local and ":" in host else found


def block(tx: Transaction, actor: Person, community_id: CommunityId, blocked: bool) -> None:
    """Block a community for oneself, or no longer; blocking also unfollows it. Raises couldnt_find_community."""
    found = existing(tx, community_id)
    permissions.require(tx, "community.block", actor)
    if blocked:
        blocks.put(tx, "community", actor.id, found.id)
        if leave(tx, actor, found):
            tx.append(CommunityFollowed(actor_id=actor.id, community_id=found.id, following=False))
    else:
        blocks.delete(tx, "community", actor.id, found.id)


def languages(tx: Transaction, community_id: CommunityId) -> list[LanguageId]:
    """The languages of a community; empty when all are enabled."""
    return community.languages(tx, community_id)


def _set_languages(tx: Transaction, community_id: CommunityId, wanted: list[LanguageId]) -> None:
    """Who names none takes what the site offers (Lemmy's CommunityLanguage); all there are stand as an empty list (contract)."""
    chosen = set(wanted) or set(site.languages(tx))
    community.set_languages(tx, community_id, [] if len(chosen) == len(LANGUAGES) else sorted(chosen))


def moderators(tx: Transaction, community_id: CommunityId) -> list[CommunityModeratorView]:
    """The moderators of a community, the top one first."""
    return views.moderators(tx, community_id)


def view(tx: Transaction, viewer: Viewer | None, community_id: CommunityId) -> CommunityView:
    """A community as the viewer may see it. Deleted and removed ones are for admins and their moderators, local-only ones for those who
    are logged in. Raises LemmyError: couldnt_find_community."""
    found = views.view(tx, viewer.id if viewer else None, community_id)
    if found is None or not _visible(tx, viewer, found.community):
        raise LemmyError("couldnt_find_community")
    return found


def _visible(tx: Transaction, viewer: Viewer | None, found: Community) -> bool:
    if found.visibility is CommunityVisibility.LOCAL_ONLY and viewer is None:
        return False
    if not (found.deleted or found.removed):
        return True
    return viewer is not None and permissions.is_mod_or_admin(tx, viewer.id, found.id)


def _checked(tx: Transaction, house: House, form: CommunityForm) -> dict[str, Any]:
    values: dict[str, Any] = {}
    if form.title is not UNSET:
        names.check("community title", house.name(form.title))
        values["title"] = form.title
    if form.description is not UNSET:
        given = form.description
        description, columns = house.body(given, "community description") if given else (None, house.rendered(None))
        values |= {"description": description, **columns}
    for name in ("icon", "banner"):
        address = getattr(form, name)
        if address is not UNSET:
            values[name] = house.url(address) if address else None
    for name in ("nsfw", "posting_restricted_to_mods", "visibility"):
        if getattr(form, name) is not UNSET:
            values[name] = getattr(form, name)
    if form.discussion_languages is not UNSET:
        offered = set(site.languages(tx))
        if not offered.issuperset(form.discussion_languages):
            raise LemmyError("language_not_allowed")
    return values


def _put(tx: Transaction, actor: Person, found: Community, *, pending: bool) -> None:
    before = community_follower.state(tx, actor.id, found.id)
    # Who was accepted once stays so: asking again must not hide the community from Subscribed until the answer comes.
    community_follower.put(tx, actor.id, found.id, pending=pending and before is not False)
    if before is None:
        community.count(tx, found.id, subscribers=int(found.local), subscribers_local=int(actor.local))


def leave(tx: Transaction, actor: Person, found: Community) -> bool:
    """Take a follower out without telling anybody; answers whether there was one."""
    if not community_follower.delete(tx, actor.id, found.id):
        return False
    community.count(tx, found.id, subscribers=-int(found.local), subscribers_local=-int(actor.local))
    return True
