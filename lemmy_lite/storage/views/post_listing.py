"""Which posts a listing shows: the filters of Lemmy 0.19 and the scans over the indexes of post_aggregates.

A listing is scanned in parts (pinned posts, the sorted head, the tails of what has no rank, posts whose counters changed meanwhile); one
statement reads several parts, each in its own order and with its own limit. The order between them is the work of domain/ranking.py.

Two ways to read one order are kept apart by hand, because SQLite plans without statistics: a unary plus keeps a column from being
looked up in an index (on Postgres as well), and CROSS JOIN keeps the tables in their order.
"""

from enum import IntEnum
from typing import Any, Final, NamedTuple

from lemmy_lite.model.clock import DAY, Micros
from lemmy_lite.model.ids import CommunityId, PersonId, PostId
from lemmy_lite.model.listing import ListingType, SortType
from lemmy_lite.model.score_tier import NUMBER
from lemmy_lite.model.struct import Struct
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.views import slices
from lemmy_lite.storage.views.post_selection import SETS, Selection, Source, filtered, pinned, source_of

FAR = 2**62
"""Beyond every id and every time."""
LEAST = -(2**31)
"""Below every score."""
Active = tuple[int, int | None]
"""How many people the quietest and the busiest community of a list have in a month; None for however many there may be."""
ANY_ACTIVE: Final[Active] = (0, None)
QUIETEST = 250
"""So many of all communities are asked for their posts by Scaled: each costs ten steps of SQLite's machine."""
COUNTED = 200
"""Posts of a window that are counted: each costs four steps of SQLite's machine."""


class Order(NamedTuple):
    """What a sort goes by first: a counter or time of the post, or `saved`, when the viewer saved it.

    `published` says whether the date decides between equals, `ranked` that the name is the time from which a rank decays, `tiered` that a
    walk over all posts reads it in tiers of scores, `tail` that what has value 0 follows by date from another index.
    """

    name: str
    ascending: bool = False
    published: bool = True
    ranked: bool = False
    tiered: bool = False
    tail: bool = False

    @property
    def by_time(self) -> bool:
        """Whether the newest must be read first, so that slices of time can be."""
        return self.ranked or (self.name == "published" and not self.ascending)

    @property
    def column(self) -> str:
        """The column that holds it."""
        return "s.published" if self.name == "saved" else f"a.{self.name}"


_TOP = Order("score")
_ORDERS = {
    SortType.ACTIVE: Order("newest_comment_time_necro", ranked=True, tiered=True),
    SortType.HOT: Order("published", ranked=True, tiered=True),
    SortType.SCALED: Order("published", ranked=True, tiered=True),
    SortType.NEW: Order("published", published=False),
    SortType.OLD: Order("published", ascending=True, published=False),
    SortType.NEW_COMMENTS: Order("newest_comment_time", published=False),
    SortType.MOST_COMMENTS: Order("comments"),
    SortType.CONTROVERSIAL: Order("controversy", tail=True),
}
_SAVED = Order("saved", published=False)


def order_of(sort: SortType, *, saved_only: bool = False) -> Order:
    """How a sort is read. Saved posts go by the time of saving, whatever the sort, as in Lemmy."""
    return _SAVED if saved_only else _ORDERS.get(sort, _TOP)


class Part(IntEnum):
    """Where a row comes from."""

    PINNED = 1
    HEAD = 2
    FUTURE = 3
    OLD = 4
    CHANGED = 5


class Row(NamedTuple):
    """What the order of a post hangs on. `value` is the Order's column; `active` is filled for Scaled alone."""

    part: int
    id: PostId
    published: Micros
    value: Any
    score: int
    active: int


class Position(NamedTuple):
    """A place in the order of a part: everything there comes strictly after it."""

    value: Any
    published: Micros
    id: int


class Facts(NamedTuple):
    """What must be known before a scan. `top_score` is the highest score there is, `newest` the highest id, `daily` about how many posts
    came in the last day before the youngest, which came `quiet_for` ago, `window` about how many since the moment that was asked for, None
    when none was. `gatherable`: the listing takes from one community or a set of them, `communities` in all, with `posts` posts; then
    `active` is known of them. Some QUIETEST of all communities have fewer active people than `quiet`; it is 0 where that was not asked for.
    """

    private: bool
    sort: SortType
    listing: ListingType
    warned: bool
    newest: PostId
    top_score: int
    daily: int
    window: int | None
    gatherable: bool
    communities: int
    posts: int
    active: Active
    quiet: int = 0
    quiet_for: Micros = 0


def survey(
    tx: Transaction,
    viewer_id: PersonId | None,
    listing: ListingType,
    since: Micros | None = None,
    community_id: CommunityId | None = None,
    *,
    scaled: bool = False,
) -> Facts:
    """What is to be known of the site before a scan; the first statement of a listing, so its snapshot begins here at the latest.

    How many posts are younger is told by ids, which says too much where old posts were fetched late. So windows of a day or two, where
    that matters, are counted, up to COUNTED. With `scaled`, `quiet` is told where the list takes from all communities.
    """
    members = SETS.get(listing) if viewer_id is not None or listing is ListingType.LOCAL else None
    if community_id is not None:
        members = "SELECT CAST(:community AS BIGINT) AS community_id"
    most = COUNTED if since is not None and since > tx.now - 2 * DAY else 0
    row = tx.one(
        f"""SELECT local_site.private_instance, local_site.default_sort_type, local_site.default_post_listing_type,
                   site.content_warning IS NOT NULL, held.communities, held.posts,
                   COALESCE((SELECT MAX(post_id) FROM post_aggregates), 0), COALESCE((SELECT MAX(score) FROM post_aggregates), 0),
                   (SELECT MAX(published) FROM post_aggregates WHERE published <= :now),
                   (SELECT post_id FROM post_aggregates
                     WHERE published > (SELECT MAX(published) FROM post_aggregates WHERE published <= :now) - :day
                     ORDER BY published LIMIT 1),
                   (SELECT post_id FROM post_aggregates WHERE published > :since ORDER BY published LIMIT 1),
                   (SELECT COUNT(*) FROM (SELECT 1 FROM post_aggregates WHERE published > :since LIMIT :most) counted),
                   held.least_active, held.most_active,
                   (SELECT users_active_month FROM community_aggregates ORDER BY users_active_month LIMIT :scaled OFFSET :quietest)
              FROM (SELECT COUNT(*) AS communities, COALESCE(SUM(posts), 0) AS posts,
                           COALESCE(MIN(users_active_month), 0) AS least_active, COALESCE(MAX(users_active_month), 0) AS most_active
                      FROM ({members or "SELECT 0 AS community_id"}) member
                     CROSS JOIN community_aggregates counts WHERE counts.community_id = member.community_id) held
              LEFT JOIN local_site ON local_site.id > 0 LEFT JOIN site ON site.id = local_site.site_id""",
        viewer=viewer_id or 0,
        community=community_id,
        now=tx.now,
        day=DAY,
        since=FAR if since is None else since,
        most=most,
        scaled=int(scaled and members is None),
        quietest=QUIETEST,
    )
    if row is None:
        raise LookupError("one row always comes of one row and left joins")
    private, sort, kind, warned, communities, posts, newest, top_score, youngest, *further = row
    first_of_day, first_since, counted, least, busiest, quiet = further

    def by_ids(first: int | None) -> int:
        return max(1, newest - first + 1) if first else 0

    return Facts(
        private=bool(private),
        sort=SortType(sort) if sort else SortType.ACTIVE,
        listing=ListingType(kind) if kind else ListingType.LOCAL,
        warned=bool(warned),
        newest=newest,
        top_score=top_score,
        daily=by_ids(first_of_day),
        window=None if since is None else counted if counted < most else by_ids(first_since),
        gatherable=members is not None,
        communities=communities,
        posts=int(posts),
        active=(least, busiest) if members is not None else ANY_ACTIVE,
        quiet=(slices.BUSIEST if quiet is None else quiet) if scaled and members is None else 0,
        quiet_for=0 if youngest is None else tx.now - youngest,
    )


def locate(tx: Transaction, selection: Selection, sort: SortType, post_id: PostId) -> Row | None:
    """The row of one post, whether or not the filters let it pass; None when there is none.

    Among saved posts nothing is pinned, and a post that is not saved has no place.
    """
    order = order_of(sort, saved_only=selection.saved_only)
    first = "FALSE" if selection.saved_only else pinned(selection)
    part = f"CASE WHEN {first} THEN {Part.PINNED:d} ELSE {Part.HEAD:d} END"
    saved = "CROSS JOIN post_saved s" if selection.saved_only else ""
    only_saved = "AND s.post_id = a.post_id AND s.person_id = :viewer" if selection.saved_only else ""
    row = tx.one(
        f"SELECT {part}, {columns(order, sort)} FROM post_aggregates a {saved} WHERE a.post_id = :post {only_saved}",
        post=post_id,
        viewer=selection.viewer_id or 0,
    )
    return Row(*row) if row else None


class Scan(Struct):
    """What one statement reads: each part from its position on, `limit` rows of the head, `tail` of each tail; absent parts are not read.

    For ranked orders `start` and `end` are the times between which a rank is not 0: after the start lies the head, from the end on the
    future, before the start the old. `head_start` and `old_start` are as far as head and old need be read, None to their end;
    `least_score` leaves out what cannot reach the page, but for the posts in `kept`; `least_in_busy` asks for more in communities with so
    many active people a month at least, the busiest first. `changed` are posts to look up by id.

    With `tiers`, a slice of time for each tier of scores, the head is all that lies in them, without order or limit; with `classes` those
    of each class of communities.
    """

    limit: int
    tail: int
    pinned: bool = False
    head: Position | None = None
    future: Position | None = None
    old: Position | None = None
    start: Micros = 0
    end: Micros = 0
    head_start: Micros | None = None
    old_start: Micros | None = None
    least_score: int | None = None
    least_in_busy: tuple[tuple[int, int], ...] = ()
    kept: tuple[PostId, ...] = ()
    changed: tuple[PostId, ...] = ()
    tiers: tuple[slices.Slice, ...] = ()
    classes: tuple[slices.Class, ...] = ()


def is_tiered(selection: Selection, order: Order) -> bool:
    """Whether the head of a listing is read by `Scan.tiers`: ranks, over all posts or through communities, and windows of Top sorts,
    where a walk over all posts leads to them."""
    source = source_of(selection)
    if order.tiered:
        return source in (Source.WALK, Source.GATHER) or (source is Source.COMMUNITY and selection.creator_id is None)
    return source is Source.WALK and order.name == "score" and selection.by_date and selection.since is not None


def scan(tx: Transaction, selection: Selection, sort: SortType, wanted: Scan) -> list[Row]:
    """Rows that pass the filters, part by part, in one statement.

    The tails are read only when the head of the same statement ends before its limit.
    """
    order = order_of(sort, saved_only=selection.saved_only)
    values: dict[str, Any] = {
        "viewer": selection.viewer_id or 0,
        "community": selection.community_id,
        "creator": selection.creator_id,
        "url": selection.url,
        "among": list(selection.holding.among or ()) if selection.holding else [],
        "match": selection.holding.match if selection.holding else None,
        "vote": selection.vote,
        "languages": list(selection.languages),
        "since": selection.since,
        "newest": selection.newest,
        "limit": wanted.limit,
        "tail": wanted.tail,
        "start": wanted.start,
        "end": wanted.end,
        "head_start": wanted.head_start,
        "old_start": wanted.old_start,
        "least": LEAST if wanted.least_score is None else wanted.least_score,
        "kept": list(wanted.kept),
        "changed": list(wanted.changed),
    }
    values |= slices.values(wanted.tiers)
    zones = _zones(wanted)
    for source, asked in zones.items():
        values |= slices.zone_values(source, asked)
    for number, (active, least) in enumerate(wanted.least_in_busy):
        values |= {f"active_{number}": active, f"least_{number}": least}
    for name, position in (("head", wanted.head), ("future", wanted.future), ("old", wanted.old)):
        if position is not None:
            values |= {f"{name}_value": position.value, f"{name}_published": position.published, f"{name}_id": position.id}
    return [Row(*row) for row in tx.all(_statement(selection, sort, order, wanted, zones), **values)]


def _statement(selection: Selection, sort: SortType, order: Order, wanted: Scan, zones: dict[Source, list[slices.Zone]]) -> str:
    source = source_of(selection)
    unpinned = "" if selection.saved_only else f" AND NOT {pinned(selection)}"
    # A condition would be tested row by row on SQLite; a limit of 0 ends a part before its first row.
    has_head = wanted.head is not None or wanted.tiers or wanted.classes
    tail = "CASE WHEN (SELECT COUNT(*) FROM head) < :limit THEN :tail ELSE 0 END" if has_head else ":tail"

    def part(number: Part, source: Source, conditions: str, ending: str = "", first: str = "", told: str = "") -> str:
        tables, filters = filtered(selection, source, by_date=source not in (Source.WALK, Source.PINNED, Source.IDS))
        return f"SELECT {number:d} AS part, {columns(order, sort)} FROM {first}{tables} WHERE {told}{filters}{conditions}{ending}"

    parts = []
    if wanted.future is not None:
        in_tiers = source is Source.WALK and is_tiered(selection, order)
        tiers = f" AND a.tier IN ({', '.join(map(str, range(NUMBER)))})" if in_tiers else ""
        parts.append(part(Part.FUTURE, source, unpinned + tiers + _future_conditions(order), _by_date("+", tail)))
    if wanted.old is not None:
        sliced = wanted.old_start is not None
        plus = "+" if source is Source.OWN or (source is Source.GATHER and not sliced) else ""
        since = " AND a.published > :old_start" if sliced else ""
        parts.append(part(Part.OLD, source, unpinned + _old_conditions(order, plus) + since, _by_date("+" if sliced else plus, tail)))
    if wanted.changed:
        parts.append(part(Part.CHANGED, Source.IDS, f"{unpinned} AND a.post_id AMONG :changed"))
    if wanted.pinned:
        parts.append(part(Part.PINNED, Source.PINNED, f" AND {pinned(selection)}"))
    rest = " UNION ALL ".join(f"SELECT * FROM ({text}) part_{number}" for number, text in enumerate(parts))
    if not has_head:
        return rest
    if wanted.classes:
        heads = (_in_zones(selection, sort, order, each, len(asked)) for each, asked in zones.items())
        head = " UNION ALL ".join(text + unpinned for text in heads)
    elif wanted.tiers:
        time = order.name if order.ranked else "published"
        if source is Source.WALK:
            head = part(Part.HEAD, source, unpinned, first=f"{slices.TABLE} CROSS JOIN ", told=f"{slices.within('a', time)} AND ")
        else:
            head = part(Part.HEAD, source, unpinned, told=f"{slices.told('a', wanted.tiers, time)} AND ")
    else:
        plus = _plus(selection, order, source)
        head = part(Part.HEAD, source, unpinned + _head_conditions(order, source, wanted, plus), _head_ending(order, plus))
    return f"WITH head AS MATERIALIZED ({head}) SELECT * FROM head{' UNION ALL ' if rest else ''}{rest}"


def _zones(wanted: Scan) -> dict[Source, list[slices.Zone]]:
    """The zones that its classes have, by what leads to their posts. Where the communities do, each is sought out once."""
    if not wanted.classes:
        return {}
    walked = slices.zones([each for each in wanted.classes if not each.quiet])
    gathered = [slices.Zone(0, *each.tiers[0], each.low, each.high) for each in wanted.classes if each.quiet]
    return {source: zones for source, zones in ((Source.WALK, walked), (Source.QUIET, gathered)) if zones}


def _in_zones(selection: Selection, sort: SortType, order: Order, source: Source, number: int) -> str:
    """All that lies in so many zones."""
    tables, filters = filtered(selection, source, by_date=source is Source.QUIET, placed=True)
    active = "place.users_active_month >= slice.low AND place.users_active_month < slice.high"
    found = f"{'a.tier = slice.tier AND ' if source is Source.WALK else ''}a.published > slice.after AND a.published <= slice.until"
    tables = f"{slices.zone_table(source, number)} CROSS JOIN {tables}"
    row = columns(order, sort, "place.users_active_month")
    return f"SELECT {Part.HEAD:d} AS part, {row} FROM {tables} WHERE {found} AND {active} AND {filters}"


_ACTIVE: Final = "COALESCE((SELECT users_active_month FROM community_aggregates ca WHERE ca.community_id = a.community_id), 0)"


def columns(order: Order, sort: SortType, active: str = _ACTIVE) -> str:
    """What a Row is read from, but for its part, out of `post_aggregates a`; `active` is where its community's activity is found."""
    return f"a.post_id, a.published, {order.column} AS value, a.score, {active if sort is SortType.SCALED else 0} AS active"


def _plus(selection: Selection, order: Order, source: Source) -> str:
    """Whether the order's column must be kept from its index, so that the rows are found through the source and then sorted."""
    if source is Source.WALK:
        return ""
    if source is Source.COMMUNITY:
        return "" if order.name in ("published", "newest_comment_time_necro") else "+"
    if source is Source.CREATOR:
        return "" if order.name == "published" else "+"
    return "+"


def _head_conditions(order: Order, source: Source, wanted: Scan, plus: str) -> str:
    column = order.column
    if source is Source.GATHER and wanted.head_start is not None:
        plus = ""  # what is gathered is found through (community, time), and only its order is made by sorting
    since = f" AND {plus}{column} > :head_start" if wanted.head_start is not None else ""
    if order.ranked:
        return f"{since} AND ({plus}{column}, a.post_id) < (:head_value, :head_id){_least(wanted)}"
    if order.ascending:
        return f" AND {plus}{column} >= :head_value AND ({column} > :head_value OR a.post_id < :head_id)"
    positive = " AND a.controversy > 0" if order.tail else ""
    if wanted.head is not None and wanted.head.value >= FAR:
        return f"{positive}{since} AND {plus}{column} <= :head_value"  # a third of what it costs to compare two or three columns
    if order.published:
        return f"{positive} AND ({plus}{column}, a.published, a.post_id) < (:head_value, :head_published, :head_id)"
    return f"{positive}{since} AND ({plus}{column}, a.post_id) < (:head_value, :head_id)"


def _least(wanted: Scan) -> str:
    """What has the score for the page; no other row is answered."""
    if wanted.least_score is None and not wanted.least_in_busy:
        return ""
    needed = ":least"
    if wanted.least_in_busy:
        levels = " ".join(
            f"WHEN users_active_month >= :active_{number} THEN :least_{number}" for number in range(len(wanted.least_in_busy))
        )
        busy = f"SELECT CASE {levels} END FROM community_aggregates ca WHERE ca.community_id = a.community_id"
        needed = f":least AND (a.score >= :least_0 OR a.score >= COALESCE(({busy}), :least))"
    return f" AND (a.score >= {needed} OR a.post_id AMONG :kept)"


def _head_ending(order: Order, plus: str) -> str:
    direction = "ASC" if order.ascending else "DESC"
    date = ", a.published DESC" if order.published and not order.ranked else ""
    return f" ORDER BY {plus}{order.column} {direction}{date}, a.post_id DESC LIMIT :limit"


def _future_conditions(order: Order) -> str:
    return f" AND {order.column} >= :end AND (+a.published, a.post_id) < (:future_published, :future_id)"


def _old_conditions(order: Order, plus: str) -> str:
    without_rank = f"+{order.column} <= :start" if order.ranked else "NOT a.controversy > 0"
    return f" AND {without_rank} AND ({plus}a.published, a.post_id) < (:old_published, :old_id)"


def _by_date(plus: str, limit: str) -> str:
    return f" ORDER BY {plus}a.published DESC, a.post_id DESC LIMIT {limit}"
