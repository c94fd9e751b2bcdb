"""Which comments a list across posts shows: the filters of Lemmy 0.19, and walks that answer keys in an order. Threads are read by
comment_thread.py.

SQLite plans without statistics, so CROSS JOIN keeps the tables in their order, and a unary plus a column from being looked up in an index.
"""

from collections.abc import Sequence
from enum import StrEnum

from lemmy_lite.model.clock import DAY, Micros
from lemmy_lite.model.ids import CommentId, CommunityId, PersonId, PostId
from lemmy_lite.model.listing import CommentSortType, ListingType
from lemmy_lite.model.struct import Struct
from lemmy_lite.model.viewer import Viewer
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.shapes import Shape
from lemmy_lite.storage.views import slices
from lemmy_lite.storage.views.slices import Slice


class CommentQuery(Struct, kw_only=True):
    """What is asked of a list of comments.

    `listing` None means All in a community, any place on a profile (`creator_id`), else the viewer's default, else the site's. `parent_id`
    asks for that comment and all below it, `among` for those that a search has found. `max_depth` counts levels, the top level (or the
    first below the parent) being 1; with it a thread comes whole, and `page` and `limit` count for nothing.
    """

    listing: ListingType | None = None
    sort: CommentSortType = CommentSortType.HOT
    max_depth: int | None = None
    page: int | None = None
    limit: int | None = None
    community_id: CommunityId | None = None
    post_id: PostId | None = None
    parent_id: CommentId | None = None
    creator_id: PersonId | None = None
    saved_only: bool = False
    liked_only: bool = False
    disliked_only: bool = False
    among: tuple[CommentId, ...] | None = None


class Site(Struct):
    """What a list must know of this site."""

    private: bool
    listing: ListingType


SITE = Shape(
    Site,
    private="COALESCE(local_site.private_instance, FALSE)",
    listing="COALESCE(local_site.default_post_listing_type, 'Local')",
)


class Order(StrEnum):
    """An order that SQL makes. A plus before the first column keeps it from leading the way through an index."""

    NEW = "comment.published DESC, comment.id DESC"
    OLD = "comment.published, comment.id"
    TOP = "counts.score DESC, counts.comment_id DESC"
    DISPUTED = "LEAST(counts.upvotes, counts.downvotes) DESC, counts.comment_id DESC"
    SAVED = "saved.published DESC, comment.id DESC"


class Part(StrEnum):
    """Which comments of a list are meant: all, or those on one side of what Hot or Controversial rank by."""

    ALL = ""
    FRESH = " AND comment.published > :since AND comment.published < :now"
    NOT_FRESH = " AND NOT (comment.published > :since AND comment.published < :now)"
    CONTESTED = " AND counts.upvotes > 0 AND counts.downvotes > 0"
    NOT_CONTESTED = " AND NOT (counts.upvotes > 0 AND counts.downvotes > 0)"


class Key(Struct):
    """What the order of a comment hangs on."""

    id: CommentId
    published: Micros
    score: int
    upvotes: int
    downvotes: int


_KEY = Shape(Key, "counts", id="comment.id", published="comment.published")


class Survey(Struct):
    """What must be known before a walk. `sparse`: the communities of the list hold so few comments that gathering them is cheaper than
    walking over all. `top_score` is the highest score of a comment, `daily` about how many comments of the list came in a day, the last
    one before the youngest, which came `quiet_for` ago."""

    site: Site
    sparse: bool
    top_score: int
    daily: float
    quiet_for: Micros


_SETS = {
    ListingType.SUBSCRIBED: "SELECT community_id FROM community_follower WHERE person_id = :viewer",
    ListingType.MODERATOR_VIEW: "SELECT community_id FROM community_moderator WHERE person_id = :viewer",
    ListingType.LOCAL: "SELECT id FROM community WHERE local",
}
_ONE = "SELECT id FROM community WHERE id = :community"


def survey(tx: Transaction, viewer: Viewer | None, query: CommentQuery, listing: ListingType | None, wanted: int) -> Survey:
    """What is to be known before a walk that ends after `wanted` comments.

    With n comments, of which the list may take m, such a walk passes wanted n / m of them, and gathering reads m at three times the cost a
    row (measured on SQLite): the cheaper wins.
    """
    members = _members(query, listing)
    row = tx.one(
        f"""SELECT {SITE.columns}, COALESCE((SELECT MAX(score) FROM comment_aggregates), 0), COALESCE((SELECT MAX(id) FROM comment), 0),
                   COALESCE((SELECT SUM(comments) FROM community_aggregates WHERE community_id IN ({members or "SELECT 0"})), 0),
                   (SELECT MAX(published) FROM comment WHERE published <= :now),
                   (SELECT id FROM comment
                     WHERE published > (SELECT MAX(published) FROM comment WHERE published <= :now) - :day ORDER BY published LIMIT 1)
              FROM (SELECT 1 AS one) always LEFT JOIN local_site ON local_site.id > 0""",
        viewer=viewer.id if viewer else 0,
        community=query.community_id,
        now=tx.now,
        day=DAY,
    )
    if row is None:
        raise LookupError("a left join from one row answers one row")
    top_score, newest, held, youngest, first_of_day = row[SITE.width :]
    walk, gather = min(newest, wanted * newest // max(1, int(held))), 3 * int(held)
    share = 1.0 if members is None else min(1.0, int(held) / max(1, newest))
    daily = share * max(1, newest - first_of_day + 1) if first_of_day else 0.0
    quiet_for = 0 if youngest is None else tx.now - youngest
    return Survey(site=SITE.build(row), sparse=members is not None and gather < walk, top_score=top_score, daily=daily, quiet_for=quiet_for)


def keys(
    tx: Transaction,
    viewer: Viewer | None,
    query: CommentQuery,
    listing: ListingType | None,
    order: Order | None,
    *,
    part: Part = Part.ALL,
    since: Micros = 0,
    before: tuple[int, CommentId] | None = None,
    tiers: Sequence[Slice] = (),
    sparse: bool = False,
    limit: int | None = None,
    offset: int = 0,
) -> list[Key]:
    """The keys of the comments that pass the filters, across all posts, in an order or in none.

    `since` parts the fresh from the others; `before` continues a walk by DISPUTED after this number of votes and id; with `tiers` there are
    only those in the slices, without an order; `limit` None is no limit.
    """
    tables, conditions, leads = _source(query, listing, order, sparse)
    if tiers:
        tables, conditions = f"{slices.TABLE} CROSS JOIN {tables}", f"{slices.within('counts')} AND {conditions}"
    following = "" if before is None else _FOLLOWING
    if sparse and part is Part.FRESH:
        following += " AND topic.newest_comment_time > :since"  # no comment is younger than the newest one
    ordered = f" ORDER BY {'' if leads else '+'}{order}" if order else ""
    bounded = "" if limit is None else " LIMIT :limit OFFSET :offset"
    rows = tx.all(
        f"""SELECT {_KEY.columns} FROM {tables}
             WHERE {conditions}{part}{following}{_places(viewer, query, listing)}{tastes(viewer, query, listing)}
             {ordered}{bounded}""",
        since=since,
        place=before[0] if before else None,
        id=before[1] if before else None,
        limit=limit,
        offset=offset,
        **slices.values(tiers),
        **values(tx, viewer, query),
    )
    return [_KEY.build(row) for row in rows]


# Said twice, as SQLite looks no pair up that begins with an expression.
_FOLLOWING = """ AND LEAST(counts.upvotes, counts.downvotes) <= :place
        AND (LEAST(counts.upvotes, counts.downvotes), counts.comment_id) < (:place, :id)"""

_PLACE = "post_aggregates topic CROSS JOIN community"
_JOINED = "counts.comment_id = comment.id AND topic.post_id = comment.post_id AND community.id = topic.community_id"


def _source(query: CommentQuery, listing: ListingType | None, order: Order | None, sparse: bool) -> tuple[str, str, bool]:
    """The tables in their order, how they hang together, and whether the order of the list may lead the way."""
    members = _members(query, listing)
    comments = "comment CROSS JOIN comment_aggregates counts"
    if query.among is not None:
        # What is gone, or stands below what is gone, is not found, though lists show that something stood there.
        here = "NOT comment.removed AND NOT comment.deleted AND topic.listed AND NOT community.removed AND NOT community.deleted"
        return f"{comments} CROSS JOIN {_PLACE}", f"comment.id AMONG :among AND {here} AND {_JOINED}", False
    if query.saved_only:
        own = "saved.person_id = :viewer AND comment.id = saved.comment_id"
        tables = f"comment_saved saved CROSS JOIN {comments} CROSS JOIN {_PLACE} LEFT JOIN comment_vote vote ON {_OWN_VOTE}"
        return tables, f"{own} AND {_JOINED}", False
    if query.liked_only or query.disliked_only:
        own = "vote.person_id = :viewer AND vote.local AND comment.id = vote.comment_id"
        return f"comment_vote vote CROSS JOIN {comments} CROSS JOIN {_PLACE}", f"{own} AND {_JOINED}", False
    if query.creator_id is None and sparse and members is not None:
        return f"{_PLACE} CROSS JOIN {comments}", f"topic.community_id IN ({members}) AND {_JOINED}", False
    if query.creator_id is None and order in (Order.TOP, Order.DISPUTED, None):
        # The narrow table first, for it is read whole.
        return f"comment_aggregates counts CROSS JOIN comment CROSS JOIN {_PLACE}", _JOINED, True
    return f"{comments} CROSS JOIN {_PLACE}", _JOINED, True


_OWN_VOTE = "vote.comment_id = saved.comment_id AND vote.person_id = saved.person_id"


def _members(query: CommentQuery, listing: ListingType | None) -> str | None:
    """The communities that a list takes from, where they are not all."""
    if query.community_id is not None:
        return _ONE
    return _SETS.get(listing) if listing else None


def _places(viewer: Viewer | None, query: CommentQuery, listing: ListingType | None) -> str:
    """The communities that a list of this kind takes from; `comment_thread.open_to` says the same of one."""
    followed = f"community.id IN ({_SETS[ListingType.SUBSCRIBED]})"
    moderated = f"community.id IN ({_SETS[ListingType.MODERATOR_VIEW]})"
    conditions = []
    if query.community_id is not None:
        conditions.append("community.id = :community")
    if viewer is None:
        conditions.append("community.visibility = 'Public'")
    if listing is ListingType.MODERATOR_VIEW:
        return _and([*conditions, moderated])
    conditions += [
        "community.id NOT IN (SELECT community_id FROM community_block WHERE person_id = :viewer)",
        "community.instance_id NOT IN (SELECT instance_id FROM instance_block WHERE person_id = :viewer)",
    ]
    if listing is ListingType.SUBSCRIBED:
        return _and([*conditions, followed])
    if listing is ListingType.LOCAL:
        conditions.append("community.local")
    if listing is None:
        return _and(conditions)
    return _and([*conditions, f"(NOT community.hidden OR {followed})"])


def tastes(viewer: Viewer | None, query: CommentQuery, listing: ListingType | None) -> str:
    """Conditions on the comments themselves, each after an AND: what is asked, and what the viewer has switched off or blocked (but for
    moderators at work). They speak of `comment`, and of `saved` and `vote`, the viewer's marks, where the query asks for those."""
    conditions = []
    if query.creator_id is not None:
        conditions.append("comment.creator_id = :creator")
    if query.max_depth is not None:
        conditions.append("LENGTH(comment.path) - LENGTH(REPLACE(comment.path, '.', '')) <= :deepest")
    if query.saved_only:
        conditions.append("saved.person_id IS NOT NULL")
    if viewer is not None and (query.liked_only or query.disliked_only):
        conditions.append(f"vote.score = {1 if query.liked_only else -1} AND comment.creator_id <> :viewer")
    if viewer is not None and not viewer.local_user.show_bot_accounts:
        conditions.append("NOT EXISTS (SELECT 1 FROM person bot WHERE bot.id = comment.creator_id AND bot.bot_account)")
    if viewer is not None and listing is not ListingType.MODERATOR_VIEW:
        conditions.append("comment.creator_id NOT IN (SELECT target_id FROM person_block WHERE person_id = :viewer)")
        if viewer.languages:
            conditions.append("comment.language_id AMONG :languages")
    return _and(conditions)


def _and(conditions: list[str]) -> str:
    return "".join(f" AND {condition}" for condition in conditions)


def values(tx: Transaction, viewer: Viewer | None, query: CommentQuery, parent_path: str = "0") -> dict[str, object]:
    """The parameters of the conditions here."""
    return {
        "viewer": viewer.id if viewer else 0,
        "now": tx.now,
        "community": query.community_id,
        "creator": query.creator_id,
        "deepest": parent_path.count(".") + (query.max_depth or 0),
        "among": list(query.among or ()),
        "languages": list(viewer.languages) if viewer else [],
    }
