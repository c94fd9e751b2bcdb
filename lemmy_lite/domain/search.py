"""Search: posts, comments, communities and people by words, posts by link. The API and the web site ask here.

What is found is shown by the listings, so that nobody finds what they could not list. Blank words list everything, as in Lemmy.
"""

from contextlib import suppress

from lemmy_lite.context import Context
from lemmy_lite.domain import comment_hits, comment_listing, community_listing, hits, post_listing, settings
from lemmy_lite.domain.comment_listing import CommentQuery
from lemmy_lite.domain.community_listing import CommunityQuery
from lemmy_lite.domain.person import comment_sort
from lemmy_lite.domain.post_listing import PostQuery
from lemmy_lite.model.comment import CommentView
from lemmy_lite.model.community import CommunityView
from lemmy_lite.model.errors import LemmyError
from lemmy_lite.model.ids import CommentId, CommunityId, PersonId, PostId
from lemmy_lite.model.listing import ListingType, SearchType, SortType
from lemmy_lite.model.paging import page
from lemmy_lite.model.person import PersonView
from lemmy_lite.model.post import PostView
from lemmy_lite.model.struct import Struct
from lemmy_lite.model.viewer import Viewer
from lemmy_lite.storage import terms
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.views import comment, person
from lemmy_lite.storage.views import search as views
from lemmy_lite.storage.views.post_selection import Holding
from lemmy_lite.storage.views.search import Scope
from lemmy_lite.text import links, tracking

MOST_FOUND = 2_000
"""How many texts with the wanted words are looked at, the newest first: a page of a word that every tenth post has must not sort them all.

Where there are more, Top and the other orders of posts that do not favour the new are read from their own index, past a set of all that
have the words, or, for a word that is everywhere, asking each post on the way.
"""
ASKING = 40
"""Members of such a set that are gathered while one post is asked (storage/README.md, 2026-11-23)."""
MOST_NAMES = 2_000

_FAVOURING_THE_NEW = {SortType.ACTIVE, SortType.HOT, SortType.SCALED, SortType.NEW, SortType.OLD}


class SearchQuery(Struct, kw_only=True):
    """What is searched for. `page` counts from 1 to 100, `limit` is 1 to 50 of each kind.

    Every word must be there, the last one may be the beginning of a word; names are found by any part of them. All takes communities and
    people in only where no community or creator is asked for. `title_only` is about posts.
    """

    q: str
    type: SearchType = SearchType.ALL
    listing: ListingType | None = None
    sort: SortType | None = None
    community_id: CommunityId | None = None
    creator_id: PersonId | None = None
    title_only: bool = False
    page: int | None = None
    limit: int | None = None


class Found(Struct, kw_only=True):
    """One page of what was found, of each kind that was asked for."""

    posts: list[PostView]
    comments: list[CommentView]
    communities: list[CommunityView]
    users: list[PersonView]


def search(tx: Transaction, context: Context, viewer: Viewer | None, query: SearchQuery) -> Found:
    """One page of everything the viewer may see that fits the query. Raises LemmyError: unknown for a page out of bounds,
    instance_is_private."""
    settings.require_open_to(tx, viewer)
    page(query.limit, query.page)
    everything = query.type is SearchType.ALL
    anywhere = query.community_id is None and query.creator_id is None
    names = everything and anywhere
    by_words = everything or query.type is SearchType.POSTS
    return Found(
        posts=_posts(tx, context, viewer, query) if by_words or query.type is SearchType.URL else [],
        comments=_comments(tx, viewer, query) if everything or query.type is SearchType.COMMENTS else [],
        communities=_communities(tx, viewer, query) if names or query.type is SearchType.COMMUNITIES else [],
        users=_users(tx, query) if names or query.type is SearchType.USERS else [],
    )


def _posts(tx: Transaction, context: Context, viewer: Viewer | None, query: SearchQuery) -> list[PostView]:
    sort = query.sort or SortType.HOT
    holding = _linking(tx, query.q) if query.type is SearchType.URL else _holding(tx, viewer, query, sort)
    if holding is not None and holding.among == ():
        return []
    asked = PostQuery(
        holding=holding,
        listing=query.listing or ListingType.ALL,
        sort=sort,
        community_id=query.community_id,
        creator_id=query.creator_id,
        page=query.page,
        limit=query.limit,
    )
    return post_listing.page(tx, context.history, viewer, asked).posts


def _holding(tx: Transaction, viewer: Viewer | None, query: SearchQuery, sort: SortType) -> Holding | None:
    if not query.q.strip():
        return None
    wanted = terms.wanted_of_text(query.q)

    def found(scope: Scope) -> list[PostId]:
        oldest = sort is SortType.OLD
        return views.posts(tx, wanted, MOST_FOUND + 1, title_only=query.title_only, scope=scope, oldest=oldest)

    ids = found(views.EVERYWHERE)
    scope = _scope(viewer, query)
    if len(ids) > MOST_FOUND and scope.narrow:
        ids = found(scope)
    table = views.post_table(title_only=query.title_only)
    if len(ids) <= MOST_FOUND or sort in _FAVOURING_THE_NEW:
        return Holding(table=table, match=tx.dialect.wanted(wanted), among=tuple(ids[:MOST_FOUND]))
    if not scope.narrow and _everywhere(ids, query):
        return Holding(table=table, match=tx.dialect.asked(wanted), among=None, one_by_one=True)
    return Holding(table=table, match=tx.dialect.wanted(wanted), among=None)


def _everywhere(newest: list[PostId], query: SearchQuery) -> bool:
    """Whether so many posts have the words, as the newest that have them tell, that a page is full before a set of all were gathered."""
    share = len(newest) / (newest[0] - newest[-1] + 1)
    wanted = page(query.limit, query.page)
    asked = (wanted.offset + wanted.limit) / share
    return asked * ASKING < share * newest[0]


def _linking(tx: Transaction, address: str) -> Holding:
    """Posts of a link, as it was typed and as we would store it."""
    addresses = [address]
    with suppress(LemmyError):  # what we would refuse today may stand in an old post all the same
        addresses.append(tracking.clean(links.check_post_url(address)))
    ids = views.posts_with_link(tx, addresses, MOST_FOUND)
    return Holding(table=views.post_table(title_only=False), match="", among=tuple(ids))


def _comments(tx: Transaction, viewer: Viewer | None, query: SearchQuery) -> list[CommentView]:
    sort = query.sort or SortType.HOT
    among = _comments_holding(tx, viewer, query, sort)
    if among == ():
        return []
    asked = CommentQuery(
        among=among,
        listing=query.listing or ListingType.ALL,
        sort=comment_sort(sort),
        community_id=query.community_id,
        creator_id=query.creator_id,
        page=query.page,
        limit=query.limit,
    )
    shown = comment_listing.listing(tx, viewer, asked) if among is None else _comments_among(tx, viewer, asked)
    return [view for view in shown if not (view.comment.deleted or view.comment.removed)]


def _comments_among(tx: Transaction, viewer: Viewer | None, query: CommentQuery) -> list[CommentView]:
    wanted = page(query.limit, query.page, error="couldnt_get_comments")
    ids = comment_hits.Hits(tx, viewer, query).first(wanted.offset + wanted.limit)[wanted.offset :]
    return comment.by_ids(tx, viewer.id if viewer else None, ids)


def _comments_holding(tx: Transaction, viewer: Viewer | None, query: SearchQuery, sort: SortType) -> tuple[CommentId, ...] | None:
    if not query.q.strip():
        return None
    wanted, oldest = terms.wanted_of_text(query.q), sort is SortType.OLD
    ids = views.comments(tx, wanted, MOST_FOUND, oldest=oldest)
    scope = _scope(viewer, query)
    if len(ids) == MOST_FOUND and scope.narrow:
        ids = views.comments(tx, wanted, MOST_FOUND, scope=scope, oldest=oldest)
    return tuple(ids)


def _scope(viewer: Viewer | None, query: SearchQuery) -> Scope:
    return Scope(
        viewer_id=viewer.id if viewer else None, listing=query.listing, community_id=query.community_id, creator_id=query.creator_id
    )


def _communities(tx: Transaction, viewer: Viewer | None, query: SearchQuery) -> list[CommunityView]:
    among: tuple[CommunityId, ...] | None = None
    words = query.q.strip()[: terms.LONGEST_QUERY]
    if words:
        among = tuple(views.communities(tx, terms.wanted_of_name(words), MOST_NAMES + 1))
        if not among:
            return []
    many = among is not None and len(among) > MOST_NAMES
    asked = CommunityQuery(
        listing=query.listing,
        sort=query.sort or SortType.HOT,
        page=query.page,
        limit=query.limit,
        containing=words if many else None,
        among=None if many else among,
    )
    return community_listing.listing(tx, viewer, asked)


def _users(tx: Transaction, query: SearchQuery) -> list[PersonView]:
    if query.listing is ListingType.SUBSCRIBED:  # people cannot be followed
        return []
    wanted = page(query.limit, query.page)
    sort = query.sort or SortType.TOP_ALL
    local_only = query.listing is ListingType.LOCAL
    if not query.q.strip():
        return person.by_ids(tx, views.everyone(tx, sort, wanted.limit, wanted.offset, local_only=local_only))
    words = terms.wanted_of_name(query.q)

    def best(number: int) -> list[PersonId]:
        return views.persons(tx, words, MOST_NAMES, sort, number)

    def shown(some: list[PersonId]) -> list[PersonId]:
        here = views.shown_persons(tx, some, local_only=local_only)
        return [number for number in some if number in here]

    return person.by_ids(tx, hits.first(wanted.offset + wanted.limit, MOST_NAMES, best, shown)[wanted.offset :])
