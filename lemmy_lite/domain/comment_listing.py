"""Lists of comments: threads, front pages, profiles, what is saved or voted on. The API, the web site and the feeds all ask here.

No rank is stored (DESIGN §4). A thread is read whole and put in order here, without the 300 comments where Lemmy stops.
"""

import heapq
from collections.abc import Callable, Iterable
from typing import Any

from msgspec.structs import astuple

from lemmy_lite.domain import rendering
from lemmy_lite.domain.ranking import RANKED_FOR, hot_rank
from lemmy_lite.domain.tier_scan import TierScan
from lemmy_lite.domain.vote import controversy
from lemmy_lite.model.clock import Micros, micros
from lemmy_lite.model.comment import CommentView
from lemmy_lite.model.errors import LemmyError
from lemmy_lite.model.ids import CommentId, PostId
from lemmy_lite.model.listing import CommentSortType, ListingType
from lemmy_lite.model.paging import Page, page
from lemmy_lite.model.struct import Struct
from lemmy_lite.model.viewer import Viewer
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.views import comment, comment_listing, comment_thread
from lemmy_lite.storage.views.comment_listing import CommentQuery, Key, Order, Part, Site, Survey
from lemmy_lite.storage.views.comment_thread import Line, Setting
from lemmy_lite.text import markdown

__all__ = ["CommentQuery", "Node", "listing", "one", "thread"]

MOST_WITHOUT_A_POST = 300
"""With `max_depth` but neither post nor parent, a list holds no more: it is no thread then, but could be the whole site (Lemmy's bound)."""

WHOLE_CHARACTERS = 16 * 2**20
LEAST_WHOLE = 300
"""A whole thread ends where its texts exceed so many characters, but not before so many comments, where Lemmy's ends. Each view repeats the
post and its author: ten thousand comments on one of 50,000 characters would be half a gigabyte of JSON for anybody who asks."""

_CHUNK = 200
"""Rows of the first step of a scan; each further one reads twice as many, up to _LARGEST_CHUNK."""
_LARGEST_CHUNK = 1600

SortKey = tuple[Any, ...]


def one(tx: Transaction, viewer: Viewer | None, comment_id: CommentId) -> CommentView:
    """One comment as the viewer may see it. Raises LemmyError: couldnt_find_comment."""
    found = comment.read(tx, viewer, comment_id)
    if found is None:
        raise LemmyError("couldnt_find_comment")
    return found


def listing(tx: Transaction, viewer: Viewer | None, query: CommentQuery) -> list[CommentView]:
    """One page of a list, or with `max_depth` a whole thread, as the viewer may see it; three statements.

    Within a post (or below a parent), distinguished comments stand first. A whole thread comes as Lemmy sends it: siblings together in
    the order of the sort, groups of siblings by the path of their parent, so that a parent always comes before its children. Saved
    comments go by the time of saving, whatever the sort. Without an account nothing is saved, and filters of votes do nothing.

    Raises LemmyError: couldnt_get_comments for a page out of bounds, contradicting_filters, couldnt_find_comment when the parent is
    missing, instance_is_private.
    """
    if query.liked_only and query.disliked_only:
        raise LemmyError("contradicting_filters")
    if query.post_id is not None or query.parent_id is not None:
        return _in_post(tx, viewer, query)
    return _across_posts(tx, viewer, query)


class Node:
    """A comment of a thread on a page: the view, its text as HTML ("" where the text is not shown), the answers in their order, and the
    depth, 0 at the top of what is shown."""

    __slots__ = ("children", "depth", "html", "view")

    def __init__(self, view: CommentView, html: str, depth: int) -> None:
        self.view = view
        self.html = html
        self.depth = depth
        self.children: list[Node] = []


def thread(
    tx: Transaction,
    viewer: Viewer | None,
    post_id: PostId,
    sort: CommentSortType = CommentSortType.HOT,
    focus: CommentId | None = None,
    *,
    options: markdown.Options = markdown.PLAIN_OPTIONS,
) -> list[Node]:
    """The comments of a post as a tree, or those below `focus` with itself at the top; three statements.

    The answers to a comment that the viewer has hidden (by a block, a language, a bot) hang below the nearest one that is shown. HTML of an
    older renderer is rendered anew with `options`, not stored: a read does not write. Whether the viewer may see the post is asked before.

    Raises LemmyError: couldnt_find_comment when the focus is not a comment of this post, instance_is_private.
    """
    query = CommentQuery(post_id=post_id, parent_id=focus, sort=sort)
    place = _setting(tx, viewer, query)
    if place is not None and place.post.id != post_id:
        raise LemmyError("couldnt_find_comment")
    if place is None or not comment_thread.open_to(place, viewer, None, None):
        return []
    lines = comment_thread.lines(tx, viewer, query, None, place, with_html=True)
    lines.sort(key=_line_key(query, tx.now), reverse=True)
    views = _views(tx, viewer, place, lines)
    return _tree([Node(view, _html(line, options), 0) for view, line in zip(views, lines, strict=True)])


def _in_post(tx: Transaction, viewer: Viewer | None, query: CommentQuery) -> list[CommentView]:
    wanted = None if query.max_depth is not None else page(query.limit, query.page, error="couldnt_get_comments")
    place = _setting(tx, viewer, query)
    if place is None or (query.post_id is not None and place.post.id != query.post_id):
        return []
    kind = _kind(viewer, query, place.site.listing)
    if not comment_thread.open_to(place, viewer, kind, query.community_id):
        return []
    lines = comment_thread.lines(tx, viewer, query, kind, place)
    lines.sort(key=_line_key(query, tx.now), reverse=True)
    if wanted is not None:
        lines = lines[wanted.offset : wanted.offset + wanted.limit]
    elif not query.saved_only:
        # Paths compare as Lemmy's ltree does: label by label as text, for the dot comes before every digit.
        lines.sort(key=lambda line: line.comment.path.rpartition(".")[0])
        return _bounded(_views(tx, viewer, place, lines))
    return _views(tx, viewer, place, lines)


def _bounded(views: list[CommentView]) -> list[CommentView]:
    """As many comments of a whole thread, in their order, as an answer may hold: parents come before their children, so none is without."""
    total, of_others = 0, dict[int, int]()
    for number, view in enumerate(views):
        # Post, community and author are the same object in all views that have them.
        for shared in (view.post, view.community, view.creator):
            if id(shared) not in of_others:
                of_others[id(shared)] = _characters(shared)
            total += of_others[id(shared)]
        total += len(view.comment.content) + len(view.comment.ap_id)
        if total > WHOLE_CHARACTERS and number >= LEAST_WHOLE:
            return views[:number]
    return views


def _characters(shared: Struct) -> int:
    """The characters of all its texts and addresses."""
    return sum(len(value) for value in astuple(shared) if isinstance(value, str))


def _setting(tx: Transaction, viewer: Viewer | None, query: CommentQuery) -> Setting | None:
    place = comment_thread.setting(tx, viewer, query)
    if place is None and query.parent_id is not None:
        raise LemmyError("couldnt_find_comment")
    if place is not None:
        _check_private(viewer, place.site)
    return place


def _check_private(viewer: Viewer | None, site: Site) -> None:
    if viewer is None and site.private:
        raise LemmyError("instance_is_private")


def _views(tx: Transaction, viewer: Viewer | None, place: Setting, lines: list[Line]) -> list[CommentView]:
    authors = comment_thread.creators(tx, viewer, place.community.id, {line.comment.creator_id for line in lines})
    return [comment_thread.view(place, line, authors[line.comment.creator_id]) for line in lines]


def _kind(viewer: Viewer | None, query: CommentQuery, default: ListingType) -> ListingType | None:
    """What kind of list is asked for, `default` being the site's; None takes from any place, as profiles do."""
    if query.community_id is not None:
        return ListingType.ALL
    if query.listing is not None or query.creator_id is not None:
        return query.listing
    return viewer.local_user.default_listing_type if viewer else default


def _line_key(query: CommentQuery, now: Micros) -> Callable[[Line], SortKey]:
    """The key of a comment within a post, greatest first."""
    by_sort = SORTS[query.sort]

    def key(line: Line) -> SortKey:
        counts = line.counts
        found = Key(
            id=line.comment.id,
            published=micros(line.comment.published),
            score=counts.score,
            upvotes=counts.upvotes,
            downvotes=counts.downvotes,
        )
        saved_at = (line.saved_at or 0) if query.saved_only else 0
        return (saved_at, line.comment.distinguished, *by_sort(found, now))

    return key


SORTS: dict[CommentSortType, Callable[[Key, Micros], SortKey]] = {
    CommentSortType.HOT: lambda key, now: (hot_rank(key.score, now - key.published), key.score, key.id),
    CommentSortType.TOP: lambda key, now: (key.score, key.id),
    CommentSortType.NEW: lambda key, now: (key.published, key.id),
    CommentSortType.OLD: lambda key, now: (-key.published, -key.id),
    CommentSortType.CONTROVERSIAL: lambda key, now: (controversy(key.upvotes, key.downvotes), key.published, key.id),
}
"""What each sort goes by, greatest first; where Lemmy leaves equals to chance, the newer stands first."""


def _tree(nodes: list[Node]) -> list[Node]:
    """Nodes hung below their nearest ancestor among them, siblings in the order given. A thread can be deep, so nothing recurses."""
    by_id = {node.view.comment.id: node for node in nodes}
    roots: list[Node] = []
    for node in nodes:
        above = reversed(node.view.comment.path.split(".")[:-1])
        parent = next((by_id[CommentId(int(number))] for number in above if int(number) in by_id), None)
        (roots if parent is None else parent.children).append(node)
    waiting = list(roots)
    while waiting:
        node = waiting.pop()
        for child in node.children:
            child.depth = node.depth + 1
        waiting.extend(node.children)
    return roots


def _html(line: Line, options: markdown.Options) -> str:
    if not line.comment.content:
        return ""
    return rendering.of_stored(line.comment.content, (line.html, line.html_version), options)


def _across_posts(tx: Transaction, viewer: Viewer | None, query: CommentQuery) -> list[CommentView]:
    whole = query.max_depth is not None
    wanted = Page(limit=MOST_WITHOUT_A_POST) if whole else page(query.limit, query.page, error="couldnt_get_comments")
    survey = comment_listing.survey(tx, viewer, query, _kind(viewer, query, ListingType.LOCAL), _walked(query.sort, wanted))
    _check_private(viewer, survey.site)
    if viewer is None and query.saved_only:
        return []
    walk = _Walk(tx, viewer, query, _kind(viewer, query, survey.site.listing), survey)
    return comment.by_ids(tx, viewer.id if viewer else None, walk.ids(wanted))


def _walked(sort: CommentSortType, wanted: Page) -> int:
    """About how many comments a walk reads that is led by an index: where bounds end it, many more than are wanted."""
    number = wanted.offset + wanted.limit
    return 2 * number if sort is CommentSortType.HOT else 20 * number if sort is CommentSortType.CONTROVERSIAL else number


class _Walk:
    """Finds the comments of one page across all posts.

    Hot and Controversial rank some comments (the fresh, the contested) by what SQL does not compute; those come first, sorted here, and the
    rest follows in an order that SQL makes: for Hot by score, as Lemmy has it for comments without rank.
    """

    def __init__(self, tx: Transaction, viewer: Viewer | None, query: CommentQuery, kind: ListingType | None, survey: Survey) -> None:
        self._tx = tx
        self._sort = query.sort
        self._since = tx.now - RANKED_FOR
        self._saved_only = query.saved_only
        self._top_score, self._per_hour, self._quiet_for = survey.top_score, survey.daily / 24, survey.quiet_for
        self._gathers = survey.sparse or query.among is not None or query.creator_id is not None or query.liked_only or query.disliked_only
        anonymous = viewer is None and (query.liked_only or query.disliked_only)
        asked = CommentQuery(
            max_depth=query.max_depth,
            community_id=query.community_id,
            creator_id=query.creator_id,
            among=query.among,
            saved_only=query.saved_only,
            liked_only=query.liked_only and not anonymous,
            disliked_only=query.disliked_only and not anonymous,
        )

        def keys(order: Order | None, **more: Any) -> list[Key]:
            return comment_listing.keys(tx, viewer, asked, kind, order, sparse=survey.sparse, **{"since": self._since, **more})

        self._keys = keys

    def ids(self, wanted: Page) -> list[CommentId]:
        """The ids of a page, in their order."""
        if self._saved_only:
            return self._plain(Order.SAVED, Part.ALL, wanted.limit, wanted.offset)
        if self._sort is CommentSortType.HOT:
            return self._ranked(self._hottest(wanted.offset + wanted.limit), Order.TOP, Part.NOT_FRESH, wanted)
        if self._sort is CommentSortType.CONTROVERSIAL:
            return self._ranked(self._most_disputed(wanted.offset + wanted.limit), Order.NEW, Part.NOT_CONTESTED, wanted)
        return self._plain(_ORDERS[self._sort], Part.ALL, wanted.limit, wanted.offset)

    def _plain(self, order: Order, part: Part, limit: int, offset: int) -> list[CommentId]:
        return [key.id for key in self._keys(order, part=part, limit=limit, offset=offset)]

    def _ranked(self, first: list[Key], order: Order, rest: Part, wanted: Page) -> list[CommentId]:
        """A page that starts among the ranked ones, of which `first` are all that could stand on it or before it."""
        found = [key.id for key in first[wanted.offset :]]
        missing = wanted.limit - len(found)
        if missing > 0:
            found += self._plain(order, rest, missing, max(0, wanted.offset - len(first)))
        return found

    def _first(self, keys: Iterable[Key], number: int) -> list[Key]:
        by_sort, now = SORTS[self._sort], self._tx.now
        return heapq.nlargest(number, keys, key=lambda key: by_sort(key, now))

    def _hottest(self, number: int) -> list[Key]:
        """The `number` hottest comments; `tier_scan.py` says how far each tier of scores is read for them."""
        if self._gathers:
            return self._first(self._keys(None, part=Part.FRESH), number)
        now, found = self._tx.now, 0
        best: list[Key] = []
        scan = TierScan(now, self._top_score, self._per_hour, _CHUNK, quiet_for=self._quiet_for)
        while scan.rank:
            worst = hot_rank(best[-1].score, now - best[-1].published) if len(best) == number else None
            if worst is not None and worst >= scan.rank:
                break
            chunk = self._keys(None, part=Part.FRESH, tiers=scan.next(number - len(best), found, worst))
            found += len(chunk)
            best = self._first([*best, *chunk], number)
        return best

    def _most_disputed(self, number: int) -> list[Key]:
        """The `number` most disputed comments. Walks from the largest minority of votes down, in steps, until what follows the last row
        read cannot be better than the worst of those found: with m such votes a comment has at most 2m, where both sides are equal."""
        if self._gathers:
            return self._first(self._keys(None, part=Part.CONTESTED), number)
        best: list[Key] = []
        before, limit = None, _CHUNK
        while True:
            chunk = self._keys(Order.DISPUTED, part=Part.CONTESTED, before=before, limit=limit)
            best = self._first([*best, *chunk], number)
            if len(chunk) < limit:
                return best
            minority = min(chunk[-1].upvotes, chunk[-1].downvotes)
            if len(best) == number and controversy(best[-1].upvotes, best[-1].downvotes) > 2 * minority:
                return best
            before, limit = (minority, chunk[-1].id), min(2 * limit, _LARGEST_CHUNK)


_ORDERS = {CommentSortType.NEW: Order.NEW, CommentSortType.OLD: Order.OLD, CommentSortType.TOP: Order.TOP}
