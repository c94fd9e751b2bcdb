"""People: their profiles, and receiving those of other instances."""

from typing import Any

from lemmy_lite.context import Context
from lemmy_lite.domain import comment_listing, post_listing, settings
from lemmy_lite.domain.comment_listing import CommentQuery
from lemmy_lite.domain.post_listing import PostQuery
from lemmy_lite.model.clock import Micros
from lemmy_lite.model.comment import CommentView
from lemmy_lite.model.community import CommunityModeratorView
from lemmy_lite.model.errors import LemmyError
from lemmy_lite.model.ids import CommunityId, InstanceId, PersonId
from lemmy_lite.model.listing import CommentSortType, ListingType, SortType
from lemmy_lite.model.person import Person, PersonView
from lemmy_lite.model.post import PostView
from lemmy_lite.model.site import Site
from lemmy_lite.model.struct import Struct
from lemmy_lite.model.viewer import Viewer
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import actor as actors
from lemmy_lite.storage.tables import instance, person, site
from lemmy_lite.storage.tables.actor import Actor
from lemmy_lite.storage.views import community as community_views
from lemmy_lite.storage.views import person as views


class ReceivedPerson(Struct, kw_only=True):
    """A person as their home describes them, checked and reduced to plain values by federation/. Times are microseconds."""

    ap_id: str
    name: str
    domain: str
    display_name: str | None = None
    bio: str | None = None
    avatar: str | None = None
    banner: str | None = None
    matrix_user_id: str | None = None
    bot_account: bool
    published: Micros
    updated: Micros | None = None
    inbox_url: str
    shared_inbox_url: str | None = None
    public_key: str


class ProfileQuery(Struct, kw_only=True):
    """What is asked of a profile."""

    person_id: PersonId
    sort: SortType | None = None
    page: int | None = None
    limit: int | None = None
    community_id: CommunityId | None = None
    saved_only: bool = False


class Profile(Struct, kw_only=True):
    """A person as their own page shows them."""

    person_view: PersonView
    site: Site | None = None
    comments: list[CommentView]
    posts: list[PostView]
    moderates: list[CommunityModeratorView]


def receive(tx: Transaction, received: ReceivedPerson) -> Person:
    """Enter a person of another instance, or refresh what is known of them."""
    home = instance.get_or_create(tx, received.domain)
    values: dict[str, Any] = {
        "display_name": received.display_name,
        "bio": received.bio,
        "avatar": received.avatar,
        "banner": received.banner,
        "matrix_user_id": received.matrix_user_id,
        "bot_account": received.bot_account,
        "updated": received.updated,
    }
    known = person.by_actor_id(tx, received.ap_id)
    if known is None:
        known = person.insert(
            tx, name=received.name, actor_id=received.ap_id, instance_id=home, local=False, published=received.published, **values
        )
    else:
        person.update(tx, known.id, deleted=False, **values)
    actors.put(
        tx,
        Actor(
            ap_id=received.ap_id,
            person_id=known.id,
            instance_id=InstanceId(home),
            inbox_url=received.inbox_url,
            shared_inbox_url=received.shared_inbox_url,
            last_refreshed_at=tx.now,
            public_key=received.public_key,
        ),
    )
    return person.existing(tx, known.id)


def named(tx: Transaction, context: Context, name: str) -> Person | None:
    """The person that `name`, `name@host` or `name@host:port` means on this instance; None when they are not known here."""
    short, _, host = name.removeprefix("@").partition("@")
    if not host or host.lower() == context.config.hostname.lower():
        return person.local_by_name(tx, short)
    found = person.by_name(tx, short, host)
    # Another instance of our own domain, on another port, is not us.
    return None if found and found.local and ":" in host else found


def view(tx: Transaction, person_id: PersonId) -> PersonView:
    """A person with counters. Raises couldnt_find_person."""
    found = views.view(tx, person_id)
    if found is None:
        raise LemmyError("couldnt_find_person")
    return found


def profile(tx: Transaction, context: Context, viewer: Viewer | None, query: ProfileQuery) -> Profile:
    """A person with what they wrote, as the viewer may see it; with `saved_only` what the viewer saved, whoever wrote it.

    Raises couldnt_find_person, couldnt_get_posts and couldnt_get_comments for a page out of bounds, instance_is_private.
    """
    settings.require_open_to(tx, viewer)
    shown = view(tx, query.person_id)
    creator = None if query.saved_only else query.person_id
    sort = query.sort or SortType.HOT
    posts = PostQuery(
        creator_id=creator,
        community_id=query.community_id,
        sort=sort,
        listing=ListingType.ALL,
        saved_only=query.saved_only,
        page=query.page,
        limit=query.limit,
    )
    comments = CommentQuery(
        creator_id=creator,
        community_id=query.community_id,
        sort=comment_sort(sort),
        listing=ListingType.ALL,
        saved_only=query.saved_only,
        page=query.page,
        limit=query.limit,
    )
    return Profile(
        person_view=shown,
        site=site.of_instance(tx, shown.person.instance_id),
        comments=comment_listing.listing(tx, viewer, comments),
        posts=post_listing.page(tx, context.history, viewer, posts).posts,
        moderates=community_views.moderated_by(tx, query.person_id, viewer.id if viewer else None),
    )


def comment_sort(sort: SortType) -> CommentSortType:
    """The sort of comments beside posts sorted like this (contract, sort_to_comment_sort)."""
    if sort in (SortType.NEW, SortType.NEW_COMMENTS, SortType.MOST_COMMENTS):
        return CommentSortType.NEW
    if sort is SortType.OLD:
        return CommentSortType.OLD
    if sort is SortType.CONTROVERSIAL:
        return CommentSortType.CONTROVERSIAL
    return CommentSortType.TOP if sort.value.startswith("Top") else CommentSortType.HOT
