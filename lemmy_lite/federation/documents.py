"""The documents of this instance: actors, their collections, posts, comments, and activities that were sent.

Each is a function of a transaction, the context, and the names in the path. What is local-only is not there for others; what was deleted
or removed is a Tombstone, with status 410; what is not ours leads to its home.
"""

import json
from collections.abc import Callable
from typing import Any, Concatenate, ParamSpec
from uuid import NAMESPACE_URL, uuid5

from msgspec.structs import replace

from lemmy_lite.context import Context
from lemmy_lite.federation import outgoing
from lemmy_lite.federation.document import Document, elsewhere, found, gone, number, refused
from lemmy_lite.federation.objects import comment as of_comments
from lemmy_lite.federation.objects import community as of_communities
from lemmy_lite.federation.objects import person as of_persons
from lemmy_lite.federation.objects import post as of_posts
from lemmy_lite.federation.objects import site as of_sites
from lemmy_lite.federation.protocol.collections import Collection, ordered
from lemmy_lite.federation.protocol.objects import Written
from lemmy_lite.federation.protocol.wire import builtins
from lemmy_lite.model.community import Community, CommunityVisibility
from lemmy_lite.model.ids import CommentId, PostId
from lemmy_lite.model.post import Post
from lemmy_lite.storage.database import Database
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import actor as actors
from lemmy_lite.storage.tables import comment as comments
from lemmy_lite.storage.tables import community as communities
from lemmy_lite.storage.tables import community_moderator, person_follower, sent_activity
from lemmy_lite.storage.tables import person as persons
from lemmy_lite.storage.tables import post as posts
from lemmy_lite.storage.tables import site as sites
from lemmy_lite.storage.views import outbox as views

P = ParamSpec("P")

MOST_ITEMS = 50
"""Posts in an outbox or among the featured, as in Lemmy."""


async def read(
    database: Database, make: Callable[Concatenate[Transaction, Context, P], Document], context: Context, *args: P.args, **kwargs: P.kwargs
) -> Document:
    """A document, or 404 where this instance does not speak with others."""

    def reading(tx: Transaction) -> Document:
        if not sites.local(tx).federation_enabled:
            return refused(404, "federation_disabled")
        return make(tx, context, *args, **kwargs)

    return await database.read(reading)


def site(tx: Transaction, context: Context) -> Document:
    """The site, an Application."""
    view = sites.view(tx)
    own = actors.of_site(tx, view.site.id) if view else None
    if view is None or own is None:
        return refused(404, "local_site_not_setup")
    return found(of_sites.to_wire(tx, context, view.site, own))


def site_outbox(_: Transaction, context: Context) -> Document:
    """Empty, as in Lemmy."""
    return found(ordered(f"{context.config.base_url}/site_outbox", []))


def person(tx: Transaction, context: Context, name: str) -> Document:
    """A person."""
    known = persons.local_by_name(tx, name)
    own = actors.of_person(tx, known.id) if known else None
    if known is None or own is None:
        return refused(404, "couldnt_find_person")
    return gone(known.actor_id) if known.deleted else found(of_persons.to_wire(tx, context, known, own))


def person_outbox(tx: Transaction, _: Context, name: str) -> Document:
    """Empty, as in Lemmy: what people write is read in communities."""
    known = persons.local_by_name(tx, name)
    if known is None or known.deleted:
        return refused(404, "couldnt_find_person")
    return found(ordered(f"{known.actor_id}/outbox", []))


def person_followers(tx: Transaction, _: Context, name: str) -> Document:
    """How many follow a person from software that follows people, and not who."""
    known = persons.local_by_name(tx, name)
    if known is None or known.deleted:
        return refused(404, "couldnt_find_person")
    total = person_follower.count(tx, known.id)
    return found(Collection(id=f"{known.actor_id}/followers", type="Collection", total_items=total, items=[]))


def community(tx: Transaction, context: Context, name: str) -> Document:
    """A community."""
    known = _community(tx, name)
    if isinstance(known, Document):
        return known
    own = actors.of_community(tx, known.id)
    return refused(404, "couldnt_find_community") if own is None else found(of_communities.to_wire(tx, context, known, own))


def community_followers(tx: Transaction, _: Context, name: str) -> Document:
    """How many follow a community, and not who."""
    known = _community(tx, name)
    if isinstance(known, Document):
        return known
    total = views.followers(tx, known.id)
    return found(Collection(id=f"{known.actor_id}/followers", type="Collection", total_items=total, items=[]))


def community_moderators(tx: Transaction, _: Context, name: str) -> Document:
    """The moderators of a community, the top one first."""
    known = _community(tx, name)
    if isinstance(known, Document):
        return known
    listed = [persons.existing(tx, number).actor_id for number in community_moderator.order(tx, known.id)]
    return found(ordered(f"{known.actor_id}/moderators", listed))


def community_featured(tx: Transaction, context: Context, name: str) -> Document:
    """The pinned posts of a community."""
    known = _community(tx, name)
    if isinstance(known, Document):
        return known
    pages = [builtins(of_posts.to_wire(tx, context, post)) for post in views.featured_posts(tx, known.id, MOST_ITEMS)]
    return found(ordered(f"{known.actor_id}/featured", pages))


def community_outbox(tx: Transaction, context: Context, name: str) -> Document:
    """The newest posts of a community, each as the announcement of its Create."""
    known = _community(tx, name)
    if isinstance(known, Document):
        return known
    newest = views.newest_posts(tx, known.id, MOST_ITEMS)
    return found(ordered(f"{known.actor_id}/outbox", [_announced(tx, context, known, each) for each in newest]))


def post(tx: Transaction, context: Context, post_id: str) -> Document:
    """A post. Where its answers are listed is told here only: in what we send, each receiver would come to look at an empty list."""
    known = posts.get(tx, PostId(number(post_id)))
    home = communities.existing(tx, known.community_id) if known else None
    if known is None or home is None or home.visibility is not CommunityVisibility.PUBLIC:
        return refused(404, "couldnt_find_post")
    if not known.local:
        return elsewhere(known.ap_id)
    closed = known.deleted or known.removed or home.deleted or home.removed
    return gone(known.ap_id) if closed else found(_answerable(of_posts.to_wire(tx, context, known)))


def comment(tx: Transaction, context: Context, comment_id: str) -> Document:
    """A comment; its answers as in `post`."""
    known = comments.get(tx, CommentId(number(comment_id)))
    home = communities.existing(tx, posts.existing(tx, known.post_id).community_id) if known else None
    if known is None or home is None or home.visibility is not CommunityVisibility.PUBLIC:
        return refused(404, "couldnt_find_comment")
    if not known.local:
        return elsewhere(known.ap_id)
    closed = known.deleted or known.removed or home.deleted or home.removed
    return gone(known.ap_id) if closed else found(_answerable(of_comments.to_wire(tx, context, known)))


def activity(tx: Transaction, context: Context, kind: str, uuid: str) -> Document:
    """An activity that was sent, while it is kept. What was meant for one receiver is nobody else's business."""
    known = sent_activity.by_ap_id(tx, f"{context.config.base_url}/activities/{kind}/{uuid}")
    home = communities.get(tx, known.community_id) if known and known.community_id is not None else None
    if known is None or (home is not None and home.visibility is not CommunityVisibility.PUBLIC):
        return refused(404, "couldnt_find_activity")
    if known.sensitive:
        return Document(status=403, content_type="application/json", body=b"")
    document: dict[str, Any] = json.loads(known.data)
    return found(document)


def _community(tx: Transaction, name: str) -> Community | Document:
    """A local community that others may see, or what to answer instead."""
    known = communities.local_by_name(tx, name)
    if known is None or known.visibility is not CommunityVisibility.PUBLIC:
        return refused(404, "couldnt_find_community")
    return gone(known.actor_id) if known.deleted or known.removed else known


def _announced(tx: Transaction, context: Context, home: Community, known: Post) -> dict[str, Any]:
    """The announcement of a post's Create. Both have the same ids at each look, so that the same list is the same document."""
    page = of_posts.to_wire(tx, context, known)
    create = outgoing.written(context, "Create", persons.existing(tx, known.creator_id), home, page)
    lasting = replace(create, id=_lasting_id(context, "create", known))
    return builtins(replace(outgoing.announce(context, home, builtins(lasting)), id=_lasting_id(context, "announce", known)))


def _lasting_id(context: Context, kind: str, known: Post) -> str:
    return f"{context.config.base_url}/activities/{kind}/{uuid5(NAMESPACE_URL, f'{kind} {known.ap_id}')}"


def _answerable(wire: Written) -> Written:
    return replace(wire, replies=f"{wire.id}/replies")
