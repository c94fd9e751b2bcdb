"""Threads as peers read them: the `context` of a post (FEP-7888, FEP-f228) and the `replies` of posts and comments.

Both list only what stands and what is public. Of our own things the whole documents are there, as they lie at our own origin and may be
believed; of everybody else's the ids, under which their homes tell what they are. Short lists are one document, long ones have pages;
a page begins after the id of a comment, so that a reader gets everything once although people write meanwhile.
"""

from collections.abc import Callable
from typing import Any

from lemmy_lite.context import Context
from lemmy_lite.federation.document import Document, found, gone, number, refused
from lemmy_lite.federation.objects import comment as of_comments
from lemmy_lite.federation.objects import post as of_posts
from lemmy_lite.federation.protocol.collections import OrderedCollection, OrderedCollectionPage
from lemmy_lite.federation.protocol.wire import builtins, encode
from lemmy_lite.model.comment import Comment
from lemmy_lite.model.community import Community, CommunityVisibility
from lemmy_lite.model.ids import CommentId, PostId
from lemmy_lite.model.post import Post
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import comment as comments
from lemmy_lite.storage.tables import community as communities
from lemmy_lite.storage.tables import person as persons
from lemmy_lite.storage.tables import post as posts
from lemmy_lite.storage.views import outbox as views

MOST_ITEMS = 50
"""Items of a page."""
MOST_BYTES = 256 * 1024
"""Bytes after which a page ends earlier; with one longest comment more it still fits into what peers fetch at once (ours 1 MiB)."""

_List = Callable[[CommentId, int], list[Comment]]
"""The comments after an id, at most so many."""


def context(tx: Transaction, context: Context, post: str, after: str) -> Document:
    """All that belongs to a post, itself first, in the order in which it came."""
    known = _post(tx, post)
    if isinstance(known, Document):
        return known
    home = communities.existing(tx, known.community_id)
    authority = home.actor_id if home.local else persons.existing(tx, known.creator_id).actor_id

    def below(after: CommentId, limit: int) -> list[Comment]:
        return views.thread(tx, known.id, after, limit)

    own = [builtins(of_posts.to_wire(tx, context, known))]
    size = 1 + views.count_thread(tx, known.id)
    return _listed(tx, context, f"{known.ap_id}/context", below, after, size=size, first=own, authority=authority)


def replies_to_post(tx: Transaction, context: Context, post: str, after: str) -> Document:
    """The comments that answer a post itself."""
    known = _post(tx, post)
    return known if isinstance(known, Document) else _replies(tx, context, known.ap_id, known.id, "0", after)


def replies_to_comment(tx: Transaction, context: Context, comment: str, after: str) -> Document:
    """The comments that answer a comment directly."""
    known = comments.get(tx, CommentId(number(comment)))
    of_post = posts.existing(tx, known.post_id) if known else None
    if known is None or of_post is None or not known.local or not _is_open(communities.existing(tx, of_post.community_id)):
        return refused(404, "couldnt_find_comment")
    if known.deleted or known.removed:
        return gone(known.ap_id)
    return _replies(tx, context, known.ap_id, of_post.id, known.path, after)


def _replies(tx: Transaction, context: Context, ap_id: str, post_id: PostId, parent: str, after: str) -> Document:
    def below(after: CommentId, limit: int) -> list[Comment]:
        return views.answers(tx, post_id, parent, after, limit)

    return _listed(tx, context, f"{ap_id}/replies", below, after, size=views.count_answers(tx, post_id, parent))


def _listed(
    tx: Transaction,
    context: Context,
    ap_id: str,
    below: _List,
    after: str,
    *,
    size: int,
    first: list[dict[str, Any]] | None = None,
    authority: str | None = None,
) -> Document:
    """A collection, or with `after` one of its pages; `first` are the items in front of the comments."""
    beginning = CommentId(number(after))
    items, following = _page(tx, context, below, beginning, [] if beginning else first or [])
    following_id = f"{ap_id}?after={following}" if following else None
    if after:
        page_id = f"{ap_id}?after={beginning}"
        return found(OrderedCollectionPage(id=page_id, type="OrderedCollectionPage", part_of=ap_id, ordered_items=items, next=following_id))
    return found(
        OrderedCollection(
            id=ap_id,
            type="OrderedCollection",
            attributed_to=authority,
            total_items=size,
            ordered_items=None if following_id else items,
            first=f"{ap_id}?after=0" if following_id else None,
        )
    )


def _page(
    tx: Transaction, context: Context, below: _List, after: CommentId, items: list[Any]
) -> tuple[list[dict[str, Any] | str], CommentId | None]:
    """The items of a page, and after which comment the next one begins; None when nothing follows."""
    page, size = list(items), 0
    listed = below(after, MOST_ITEMS + 1)
    for position, each in enumerate(listed[:MOST_ITEMS]):
        item: dict[str, Any] | str = builtins(of_comments.to_wire(tx, context, each)) if each.local else each.ap_id
        page.append(item)
        size += len(encode(item)) if isinstance(item, dict) else len(item)
        if size > MOST_BYTES and position + 1 < len(listed):
            return page, each.id
    return page, listed[MOST_ITEMS - 1].id if len(listed) > MOST_ITEMS else None


def _post(tx: Transaction, text: str) -> Post | Document:
    """A post of ours that others may see, or what to answer instead."""
    known = posts.get(tx, PostId(number(text)))
    home = communities.existing(tx, known.community_id) if known else None
    if known is None or home is None or not known.local or not _is_open(home):
        return refused(404, "couldnt_find_post")
    return gone(known.ap_id) if known.deleted or known.removed else known


def _is_open(home: Community) -> bool:
    return home.visibility is CommunityVisibility.PUBLIC and not (home.deleted or home.removed)
