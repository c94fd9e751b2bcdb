"""Lists of posts: front pages, communities, profiles, what is saved or voted on. The API, the web site and the feeds all ask here."""

from collections.abc import Callable
from functools import partial
from typing import TypeVar

from msgspec import structs

from lemmy_lite.domain import post_cursor, post_hits, ranking, scan_plan
from lemmy_lite.domain.frozen_walk import Walk
from lemmy_lite.domain.kept_walk import KeptWalk
from lemmy_lite.domain.post_cursor import Reached
from lemmy_lite.domain.ranking import Key, Sorting
from lemmy_lite.domain.scan_plan import Plan
from lemmy_lite.model.clock import Micros
from lemmy_lite.model.errors import LemmyError
from lemmy_lite.model.events import PostCounted
from lemmy_lite.model.ids import CommunityId, PersonId, PostId
from lemmy_lite.model.listing import ListingType, SortType
from lemmy_lite.model.post import PostView
from lemmy_lite.model.struct import Struct
from lemmy_lite.model.viewer import Viewer
from lemmy_lite.storage.history import History
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.views import post, post_listing
from lemmy_lite.storage.views.post_listing import Facts, Part
from lemmy_lite.storage.views.post_selection import Holding, Selection

W = TypeVar("W", bound=Walk)

LIMIT_DEFAULT, LIMIT_MAX, PAGE_MAX = 10, 50, 100


class PostQuery(Struct):
    """What a list shows. Absent `listing`, `sort` and `show_` follow the viewer's settings, then the site's.

    A list of one community shows All. `creator_id` makes a profile, which hides neither read nor hidden posts; `url` finds cross-posts,
    `holding` what domain/search.py asks for.
    `page` counts from 1 to 100, `limit` is 1 to 50 posts. `page_cursor` is the `next_page` of the page before, or Lemmy's own.
    """

    listing: ListingType | None = None
    sort: SortType | None = None
    community_id: CommunityId | None = None
    creator_id: PersonId | None = None
    url: str | None = None
    holding: Holding | None = None
    saved_only: bool | None = None
    liked_only: bool | None = None
    disliked_only: bool | None = None
    show_hidden: bool | None = None
    show_read: bool | None = None
    show_nsfw: bool | None = None
    page: int | None = None
    limit: int | None = None
    page_cursor: str | None = None


class PostPage(Struct, kw_only=True):
    """One page; `next_page` is the cursor of the next, absent when this page is empty (as in Lemmy, the last page has one too)."""

    posts: list[PostView]
    next_page: str | None = None


def page(tx: Transaction, history: History, viewer: Viewer | None, query: PostQuery) -> PostPage:
    """One page of a list, as the viewer may see it; three statements, one more for a cursor of Lemmy's kind or a deep page, and mostly one
    more where many posts have a rank.

    Following `next_page`, every post that was there at the first page comes exactly once, in the order of that moment, whatever is voted,
    commented and posted meanwhile, for as long as `history` remembers (an hour). Posts that are removed, or that the viewer hides, reads or
    blocks meanwhile, go out of the list; posts pinned or unpinned meanwhile may be missed or come again.

    Raises LemmyError: couldnt_get_posts for limits out of range and cursors that are not ours, for another list, or beside `page` on
    Subscribed; contradicting_filters, instance_is_private.
    """
    limit, offset = _span(query)
    if query.liked_only and query.disliked_only:
        raise LemmyError("contradicting_filters")
    cursor = post_cursor.read(query.page_cursor, tx.now) if query.page_cursor is not None else None
    viewer_id = viewer.id if viewer else None
    asked = _listing(viewer, query)
    frozen = cursor.frozen if isinstance(cursor, Reached) else tx.now
    wanted_sort = query.sort or (viewer.local_user.default_sort_type if viewer else None)
    window = ranking.since(wanted_sort, frozen) if wanted_sort else None
    facts = post_listing.survey(
        tx, viewer_id, asked or ListingType.LOCAL, window, query.community_id, scaled=wanted_sort is SortType.SCALED
    )
    if facts.private and viewer is None:
        raise LemmyError("instance_is_private")
    sort = wanted_sort or facts.sort
    listing = asked or facts.listing
    if listing is ListingType.SUBSCRIBED and viewer and cursor is not None and offset:
        raise LemmyError("couldnt_get_posts", cause="page beside page_cursor")
    if isinstance(cursor, Reached) and (cursor.sort is not sort or cursor.saved != bool(query.saved_only)):
        raise LemmyError("couldnt_get_posts", cause="the cursor of another list")
    newest = cursor.newest if isinstance(cursor, Reached) else facts.newest
    order = post_listing.order_of(sort, saved_only=bool(query.saved_only))
    since = ranking.since(sort, frozen)
    plan = scan_plan.cheapest(facts, order, offset + limit, one=query.community_id is not None)
    selection = _selection(viewer, query, facts, listing, since, newest, plan)
    sorting = Sorting(sort, order, frozen)
    before = {**(tx.pending.counted() if tx.pending else {}), **history.since(frozen)}
    reached = cursor.key if isinstance(cursor, Reached) else None
    if cursor is not None and not isinstance(cursor, Reached):
        row = post_listing.locate(tx, selection, sort, cursor)
        if row is None:
            raise LemmyError("couldnt_get_posts", cause="the cursor names no post")
        reached = sorting.key(row, before.get(row.id), pinned=int(row.part == Part.PINNED))

    def begun(kind: type[W]) -> W:
        return kind(
            tx,
            selection,
            sorting,
            before,
            top_score=facts.top_score,
            active=facts.active,
            reached=reached,
            width=plan.slice,
            expected=scan_plan.expected(facts),
            quiet=facts.quiet,
            quiet_for=facts.quiet_for,
        )

    if reached is not None and order.ranked and not reached.pinned and reached.main > 0 and not offset:
        keys = _turned(tx, history, selection, sorting, before, facts, partial(begun, KeptWalk), reached, limit)
    elif reached is None and query.holding is not None and query.holding.among is not None:
        keys = post_hits.Hits(tx, selection, sorting, before, active=facts.active).first(offset + limit)[offset:]
    else:
        keys = begun(Walk).first(offset + limit)[offset:]
    return PostPage(
        posts=post.by_ids(tx, viewer_id, [PostId(key.id) for key in keys]),
        next_page=_after(keys[-1], sort, selection, frozen) if keys else None,
    )


def _turned(
    tx: Transaction,
    history: History,
    selection: Selection,
    sorting: Sorting,
    before: dict[PostId, PostCounted],
    facts: Facts,
    begin: Callable[[], KeptWalk],
    reached: Key,
    limit: int,
) -> list[Key]:
    """The keys of a page deep in a ranked list, by the walk that read the page before, if it is still there, else by one that begins."""
    name = (structs.replace(selection, gather=False, by_date=False, sieve=False), sorting.sort, sorting.frozen, facts.active)
    walk = history.read_ahead.take(name)
    if isinstance(walk, KeptWalk) and walk.covers(reached):
        walk.resume(tx, before)
    else:
        walk = begin()
    keys = walk.after(reached, limit)
    if walk.lasting:
        history.read_ahead.keep(name, walk)
    return keys


def _after(key: Key, sort: SortType, selection: Selection, frozen: Micros) -> str:
    return post_cursor.write(Reached(sort=sort, saved=selection.saved_only, frozen=frozen, newest=selection.newest, key=key))


def _span(query: PostQuery) -> tuple[int, int]:
    """How many posts, after how many."""
    limit = LIMIT_DEFAULT if query.limit is None else query.limit
    number = 1 if query.page is None else query.page
    if not 1 <= limit <= LIMIT_MAX or not 1 <= number <= PAGE_MAX:
        raise LemmyError("couldnt_get_posts", cause=f"page {number}, limit {limit}")
    return limit, limit * (number - 1)


def _listing(viewer: Viewer | None, query: PostQuery) -> ListingType | None:
    """What is listed; None leaves it to the site."""
    if query.community_id is not None or query.creator_id is not None or query.url is not None:
        return ListingType.ALL if query.listing is None or query.community_id is not None else query.listing
    return query.listing or (viewer.local_user.default_listing_type if viewer else None)


def _selection(
    viewer: Viewer | None, query: PostQuery, facts: Facts, listing: ListingType, since: Micros | None, newest: PostId, plan: Plan
) -> Selection:
    user = viewer.local_user if viewer else None
    at_home = viewer is not None and query.creator_id is None
    show_read = query.show_read if query.show_read is not None else user is None or user.show_read_posts
    show_nsfw = query.show_nsfw if query.show_nsfw is not None else user.show_nsfw if user else facts.warned
    saved = bool(query.saved_only)
    return Selection(
        viewer_id=viewer.id if viewer else None,
        admin=user is not None and user.admin,
        listing=listing,
        community_id=query.community_id,
        creator_id=query.creator_id,
        url=query.url,
        holding=query.holding,
        saved_only=saved,
        vote=(1 if query.liked_only else -1 if query.disliked_only else 0) if viewer else 0,
        hide_read=at_home and not show_read and not saved,
        hide_hidden=at_home and not query.show_hidden,
        hide_nsfw=not show_nsfw,
        hide_bots=user is not None and not user.show_bot_accounts,
        languages=viewer.languages if viewer else (),
        since=since,
        newest=newest,
        gather=plan.gather and (query.community_id is not None or listing is not ListingType.ALL),
        by_date=plan.by_date,
        sieve=plan.sieve,
    )
