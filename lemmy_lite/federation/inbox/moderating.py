"""What moderators do in a community: Lock and its Undo, Add and Remove of moderators and of pinned posts, Update of the community itself.

`Verified.moderator_of` decides who may; the verbs of domain/ decide about rank, write the log of moderation and the counters.
"""

import msgspec

from lemmy_lite.domain import community as communities
from lemmy_lite.domain import community_moderator as moderators
from lemmy_lite.domain import moderation
from lemmy_lite.federation import origins, store
from lemmy_lite.federation.errors import Needs, Refused
from lemmy_lite.federation.inbox.verified import Verified
from lemmy_lite.federation.objects import community as of_communities
from lemmy_lite.federation.objects import written
from lemmy_lite.federation.protocol import actors, values
from lemmy_lite.federation.protocol.reading import Malformed, into
from lemmy_lite.model.clock import micros
from lemmy_lite.model.community import Community
from lemmy_lite.model.person import Person
from lemmy_lite.model.post import Post, PostFeatureType
from lemmy_lite.storage.tables import actor, community, community_moderator, person, post

MOST_CANDIDATES = 10
"""Addressees among which the community of a collection is looked for."""
_NAMING = ("audience", "cc", "to")


def lock(given: Verified) -> None:
    """A post is closed to comments."""
    _set_locked(given, given, locked=True)


def unlock(given: Verified, inner: Verified) -> None:
    """It is open again."""
    _set_locked(given, inner, locked=False)


def add(given: Verified) -> None:
    """Somebody became a moderator, or a post was pinned: `target` is the collection that grew."""
    _set_listed(given, given, listed=True)


def remove(given: Verified) -> None:
    """Somebody ceased to be a moderator, or a post is no longer pinned."""
    _set_listed(given, given, listed=False)


def take_back_add(given: Verified, inner: Verified) -> None:
    """The same as Remove; Lemmy sends none, but the protocol allows it."""
    _set_listed(given, inner, listed=False)


def take_back_remove(given: Verified, inner: Verified) -> None:
    """The same as Add."""
    _set_listed(given, inner, listed=True)


def update_community(given: Verified) -> None:
    """A moderator changed a community. One elsewhere is read anew from its own id, with its moderators; ours changes as its editor said."""
    home = community.by_actor_id(given.tx, given.object_id)
    if home is None:
        raise Refused("not_a_community", f"{given.object_id[:200]} is not known here")
    given.require_accepted_in(home)
    if home.local:
        _edit_ours(given, home)
        given.pass_on(home, home.actor_id)
        return
    if given.announcer is None:
        given.moderator_of(home)
    document = given.evidence.document(home.actor_id)
    if document is None or values.kind(document) not in actors.GROUP_TYPES:
        raise Refused("gone", f"{home.actor_id} is no community any more")
    store.receive(given.tx, given.evidence, given.context, document)
    _reorder_moderators(given, home)


def _set_locked(given: Verified, inner: Verified, *, locked: bool) -> None:
    given.require_public()
    found = _post(inner)
    home = community.existing(given.tx, found.community_id)
    _require_accepted(given, inner, home)
    moderator = given.moderator_of(home)
    if found.locked != locked:
        moderation.lock_post(given.tx, moderator, found.id, locked)
    given.pass_on(home, found.ap_id)


def _set_listed(given: Verified, inner: Verified, *, listed: bool) -> None:
    given.require_public()
    home, of_posts = _collection(inner)
    _require_accepted(given, inner, home)
    moderator = given.moderator_of(home)
    if of_posts:
        _feature(inner, moderator, home, featured=listed)
    else:
        _appoint(inner, moderator, home, added=listed)
    given.pass_on(home, inner.object_id)


def _require_accepted(given: Verified, inner: Verified, home: Community) -> None:
    given.require_accepted_in(home)
    inner.require_accepted_in(home)


def _collection(given: Verified) -> tuple[Community, bool]:
    """The community to which the target belongs, and whether it is the list of pinned posts, not that of moderators. Raises Refused."""
    target = values.one(given.activity.target)
    if target is None:
        raise Refused("no_target", f"{given.activity.id[:200]} does not say to what it adds, or from what it removes")
    named = [given.announcer, *(each for field in _NAMING for each in values.every(getattr(given.activity, field)))]
    for ap_id in list(dict.fromkeys(filter(None, named)))[:MOST_CANDIDATES]:
        home = community.by_actor_id(given.tx, ap_id)
        if home is not None:
            lists = community.collections(given.tx, home.id)
            if target in (lists.moderators, lists.featured):
                return home, target == lists.featured
    raise Refused("unknown_target", f"{target[:200]} is no collection of a community that {given.activity.id[:200]} names")


def _appoint(given: Verified, moderator: Person, home: Community, *, added: bool) -> None:
    who = written.known_person(given.tx, given.object_id) if added else person.by_actor_id(given.tx, given.object_id)
    if who is None:
        raise Refused("unknown_object", f"{given.object_id[:200]} is not known here")
    if community_moderator.moderates(given.tx, who.id, home.id) != added:
        moderators.appoint(given.tx, moderator, home.id, who.id, added)


def _feature(given: Verified, moderator: Person, home: Community, *, featured: bool) -> None:
    found = _post(given)
    if found.community_id != home.id:
        raise Refused("foreign_object", f"{found.ap_id} is not in {home.actor_id}")
    if found.featured_community != featured:
        moderation.feature_post(given.tx, moderator, found.id, featured, PostFeatureType.COMMUNITY)


def _post(given: Verified) -> Post:
    """The post that it is about. One that is not here is fetched only where its own host announces it. Raises Needs, Refused."""
    found = post.by_ap_id(given.tx, given.object_id)
    if found is not None:
        return found
    if given.announcer is None or origins.origin(given.announcer) != origins.origin(given.object_id):
        raise Refused("unknown_object", f"{given.object_id[:200]} is not known here")
    raise Needs(given.object_id)


def _edit_ours(given: Verified, home: Community) -> None:
    moderator = given.moderator_of(home)
    own = actor.of_community(given.tx, home.id)
    try:
        wire = into(actors.Group, given.activity.object)
    except Malformed as cause:
        raise Refused("malformed", f"{given.activity.id[:200]}: {cause}") from cause
    bare = msgspec.structs.replace(home, description=None)  # which is no matter here
    if own is None or not of_communities.has_its_own_addresses(wire, of_communities.to_wire(given.tx, given.context, bare, own)):
        # Lemmy takes keys and inboxes out of such an Update, so one that we passed on could take our community over at our followers'.
        raise Refused("foreign_key", f"{given.actor_id[:200]} gives {home.actor_id} another key or other addresses")
    changed = values.read_when(wire.updated)
    if changed is not None and home.updated is not None and changed <= micros(home.updated):
        return
    communities.edit(given.tx, given.context, moderator, home.id, of_communities.form(given.evidence, wire))


def _reorder_moderators(given: Verified, home: Community) -> None:
    """Lemmy tells nobody that a community was handed over, so the list is read whenever there is cause to look; whom nobody here knows
    comes with an Add."""
    url = community.collections(given.tx, home.id).moderators
    listed = given.evidence.optional(url) if url is not None else None
    if listed is None:
        return
    items = listed.get("orderedItems") or listed.get("items")
    ap_ids = dict.fromkeys(values.every(items)[: of_communities.MOST_MODERATORS] if isinstance(items, list) else [])
    known = [found.id for ap_id in ap_ids if (found := person.by_actor_id(given.tx, ap_id)) is not None]
    if known:
        communities.receive_moderators(given.tx, home.id, known)
