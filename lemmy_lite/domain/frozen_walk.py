"""Walks through posts in one order, frozen at the moment of the first page (README.md, 2026-11-22).

The parts of a listing are read until no unread row can come before the last one wanted; then what was found is the page.
"""

from typing import Any

from msgspec import structs

from lemmy_lite.domain.ranking import RANKED_FOR, Bounds, Key, Sorting
from lemmy_lite.domain.scaled_scan import ScaledScan
from lemmy_lite.domain.tier_scan import TierScan
from lemmy_lite.domain.top_scan import TopScan
from lemmy_lite.model.clock import Micros
from lemmy_lite.model.events import PostCounted
from lemmy_lite.model.ids import PostId
from lemmy_lite.model.listing import SortType
from lemmy_lite.model.score_tier import tier_of
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.views import post_listing
from lemmy_lite.storage.views.post_listing import FAR, LEAST, Active, Part, Position, Row, Scan
from lemmy_lite.storage.views.post_selection import Selection, Source, source_of
from lemmy_lite.storage.views.slices import Class, holds

FIRST_ROWS = 120
"""How many rows a ranked head reads at first: enough for most pages of a front page; each further statement reads four times as many, but
only of what has the score for it."""
SCALED_BY = 3
"""How many times as many Scaled reads: a post of a quiet community may stand far up without a score, so little can be left out."""
CHANGED_ROWS = 200
_LAST = Key(0, 0.0, FAR, FAR)  # before every post without rank
_TOP = Position(FAR, FAR, FAR)


class Walk:
    """One page's way through the parts of a listing.

    `before` holds the counters that posts had at the frozen moment, for those which may have changed since (History.since).
    `reached` is the key after which the page begins, None at the start. With `width`, what is gathered is read in slices of time, the first
    one so long and each further one four times as long; for orders by time alone. `expected` is about how many posts of the list come in a
    day, or are in the window of a Top sort: what reading in tiers begins with. `quiet` is that of ScaledScan, and nothing has come for
    `quiet_for`.
    """

    def __init__(
        self,
        tx: Transaction,
        selection: Selection,
        sorting: Sorting,
        before: dict[PostId, PostCounted],
        *,
        top_score: int,
        active: Active,
        reached: Key | None,
        width: Micros | None = None,
        expected: float = 0.0,
        quiet: int = 0,
        quiet_for: Micros = 0,
    ) -> None:
        self._tx = tx
        self._selection = selection
        self._sorting = sorting
        self._before = before
        self._reached = reached
        self._width = width if sorting.order.by_time else None
        top_score = max([top_score, *(counted.score for counted in before.values())])
        self._bounds = Bounds(sorting.sort, top_score, active)
        self._start: Micros = sorting.frozen - RANKED_FOR
        self._end = self._start if sorting.order.ranked else None
        """How far the head need be read for this page."""
        self._found: list[Key] = []
        self._positions: dict[Part, Position] = {}
        self._due: dict[Part, Key] = {}  # what is not read to its end, with a key that nothing unread there comes before
        if not selection.saved_only and (reached is None or reached.pinned):
            self._due[Part.PINNED] = Key(1, float(FAR), FAR, FAR)
        after = reached if reached and not reached.pinned else None
        self._tiers = self._in_order_of_tiers(after.main if after else None, top_score, active, expected, quiet, quiet_for)
        self._placed: list[tuple[int, Micros, PostId]] | None = None
        self._passed_by = 0
        """Rows of the head that were read."""
        self._begin(after)
        self._changes = self._changes_after(reached) if sorting.follows_counters else []
        self._await_changes()

    def _in_order_of_tiers(
        self, reached: float | None, top_score: int, active: Active, expected: float, quiet: int, quiet_for: Micros
    ) -> TierScan | ScaledScan | TopScan | None:
        """How the head is read where tiers of scores lead to it."""
        if not post_listing.is_tiered(self._selection, self._sorting.order):
            return None
        if self._selection.since is not None:
            return TopScan(self._selection.since, expected, FIRST_ROWS, reached)
        if reached is not None and reached <= 0:
            return None  # only what has no rank is left
        if self._bounds.are_wide and source_of(self._selection) is Source.WALK:
            return ScaledScan(self._sorting.frozen, top_score, expected / 24, FIRST_ROWS, active, quiet, reached, quiet_for)
        scaled = active if self._sorting.sort is SortType.SCALED else None
        return TierScan(self._sorting.frozen, top_score, expected / 24, FIRST_ROWS, reached, scaled, quiet_for)

    def first(self, count: int) -> list[Key]:
        """The keys of the next `count` posts, in their order; fewer at the end of the list."""
        limit = FIRST_ROWS * (SCALED_BY if self._bounds.are_wide else 1) if self._sorting.order.ranked else 0
        limit = max(limit, count + min(len(self._before), count))
        while True:
            self._found.sort(reverse=True)
            last = self._found[count - 1] if len(self._found) >= count else None
            parts = {part for part, bound in self._due.items() if last is None or last < bound}
            if not parts:
                return self._found[:count]
            if Part.HEAD in parts and (self._width is not None or (self._tiers is not None and not self._tiers.at_once)):
                # By index the tails would cost next to nothing, but these would be gathered, and slices of tiers seldom end the head.
                parts -= {Part.FUTURE, Part.OLD}
            self._read(parts, last, limit, count)
            limit *= 4
            self._width = self._width and 4 * self._width

    def _begin(self, key: Key | None) -> None:
        """Where head and tails begin: at the top, or after `key`."""
        order = self._sorting.order
        after = Position(0, key.second, key.id) if key else _TOP
        if self._tiers is not None:
            self._due[Part.HEAD] = Key(0, float(FAR), FAR, FAR)
            after = _TOP
            if not order.ranked:
                return
        if order.ranked:
            if self._tiers is None and (key is None or key.main > 0):
                newest = self._sorting.frozen - (self._bounds.youngest(key.main) if key else 0)
                time, number = min((newest, FAR), (self._sorting.frozen, 0))
                self._wait(Part.HEAD, Position(time, 0, number), Key(0, float(FAR), FAR, FAR))
                after = _TOP
            self._wait(Part.FUTURE, after, _LAST)
            published, number = min((after.published, after.id), (self._start, FAR))
            self._wait(Part.OLD, Position(0, published, number), _LAST)
            return
        if order.tail and key and key.main <= 0:
            self._wait(Part.OLD, after, _LAST)
            return
        if order.tail:
            self._wait(Part.OLD, _TOP, _LAST)
        self._wait(Part.HEAD, self._plain_head(key), Key(0, float(FAR), FAR, FAR))

    def _plain_head(self, key: Key | None) -> Position:
        order = self._sorting.order
        if key is None:
            return Position(-FAR if order.ascending else float(FAR) if order.tail else FAR, FAR, FAR)
        if order.tail:
            return Position(float(key.main), key.second, key.id)
        return Position(-int(key.main) if order.ascending else int(key.main), key.second, key.id)

    def _wait(self, part: Part, position: Position, bound: Key) -> None:
        self._positions[part] = position
        self._due[part] = bound

    def _changes_after(self, reached: Key | None) -> list[tuple[float, PostId]]:
        """Posts that an index may show elsewhere than they were at the frozen moment, the first in the order last. Where ranks are read in
        tiers, those with a rank are looked up with the slice that they were in."""
        if isinstance(self._tiers, TierScan | ScaledScan):
            return [(0.0, number) for number, counted in self._before.items() if not self._is_ranked(self._sorting.time_of(counted))]
        limit = reached.main if reached and not reached.pinned else float("inf")
        changes = [(self._sorting.main_of(counted), number) for number, counted in self._before.items()]
        return sorted(change for change in changes if change[0] <= limit)

    def _is_elsewhere(self, classes: tuple[Class, ...], before: PostCounted, active: int) -> bool:
        time = self._sorting.time_of(before)
        return self._is_ranked(time) and not holds(classes, tier_of(before.score), time, active)

    def _is_ranked(self, time: Micros) -> bool:
        return self._start < time < self._sorting.frozen

    def _await_changes(self) -> None:
        if self._changes:
            self._due[Part.CHANGED] = Key(0, self._changes[-1][0], FAR, FAR)
        else:
            self._due.pop(Part.CHANGED, None)

    def _read(self, parts: set[Part], last: Key | None, limit: int, count: int) -> None:
        """One statement: the next rows of these parts."""
        changed: list[tuple[float, PostId]] = []
        if Part.CHANGED in parts:
            self._changes, changed = self._changes[:-CHANGED_ROWS], self._changes[-CHANGED_ROWS:]
        tail = count + min(len(self._before), count)
        wanted = self._wanted(parts, last, limit, tail, tuple(number for _, number in changed))
        if self._tiers is not None and Part.HEAD in parts:
            wanted = self._in_tiers(wanted, self._tiers, self._missing(limit, count), last)
        rows: dict[int, list[Row]] = {}
        for row in post_listing.scan(self._tx, self._selection, self._sorting.sort, wanted):
            rows.setdefault(row.part, []).append(row)
            self._take(row, wanted.classes)
        if Part.CHANGED in parts:
            self._await_changes()
        self._due.pop(Part.PINNED, None)
        head = rows.get(Part.HEAD, [])
        if self._tiers is not None and Part.HEAD in parts:
            self._passed_by += len(head) + len(rows.get(Part.CHANGED, []))
            self._await_tiers(self._tiers)
        elif Part.HEAD in parts:
            self._advance(Part.HEAD, head, limit, wanted.head_start)
        if Part.HEAD not in parts or len(head) < limit:  # else the tails were not read
            for part in parts & {Part.FUTURE, Part.OLD}:
                self._advance(part, rows.get(part, []), tail, wanted.old_start)

    def _missing(self, _limit: int, count: int) -> int:
        """How many posts of tiers the next statement should find."""
        missing = max(1, count - len(self._found))
        return missing + missing // 2 if self._selection.gather else missing  # one statement more seeks out each community again

    def _in_tiers(self, scan: Scan, tiers: TierScan | ScaledScan | TopScan, missing: int, last: Key | None) -> Scan:
        """The same with the next slices, and with the posts that were in them at the frozen moment, wherever an index shows them now."""
        if isinstance(tiers, ScaledScan):
            classes = tiers.next(missing, self._passed_by, last.main if last else None)
            moved = [number for tier, time, number in self._places_before() if holds(classes, tier, time)]
            return structs.replace(scan, classes=classes, changed=(*scan.changed, *moved))
        slices = tiers.next(missing, self._passed_by, last.main if last else None)
        moved = [number for tier, time, number in self._places_before() if slices[tier].after < time <= slices[tier].until]
        return structs.replace(scan, tiers=slices, changed=(*scan.changed, *moved))

    def _places_before(self) -> list[tuple[int, Micros, PostId]]:
        """Tier, time and id of what has changed and had a rank. Votes that wait can be on thousands of posts: each is looked at once."""
        if self._placed is None:
            times = ((number, counted, self._sorting.time_of(counted)) for number, counted in self._before.items())
            ranked = isinstance(self._tiers, TierScan | ScaledScan)
            self._placed = [(tier_of(counted.score), time, number) for number, counted, time in times if ranked and self._is_ranked(time)]
        return self._placed

    def _await_tiers(self, tiers: TierScan | ScaledScan | TopScan) -> None:
        if tiers.rank:
            self._due[Part.HEAD] = Key(0, tiers.rank, -FAR, 0)  # after all that have this rank, as they were read
        else:
            del self._due[Part.HEAD]

    def _wanted(self, parts: set[Part], last: Key | None, limit: int, tail: int, changed: tuple[PostId, ...]) -> Scan:
        positions = {part: self._positions[part] for part in parts & self._positions.keys()}
        scan = Scan(
            limit=limit,
            tail=tail,
            pinned=Part.PINNED in parts,
            head=positions.get(Part.HEAD),
            future=positions.get(Part.FUTURE),
            old=positions.get(Part.OLD),
            start=self._start,
            end=self._sorting.frozen,
            head_start=self._slice(positions[Part.HEAD].value, self._end) if Part.HEAD in positions else self._end,
            old_start=self._slice(positions[Part.OLD].published, None) if Part.OLD in positions else None,
            changed=changed,
        )
        if scan.head is None or last is None or last.main <= 0 or not self._sorting.order.ranked:
            return scan
        age = self._sorting.frozen - scan.head.value
        least, in_busy = self._bounds.least_score(last.main, age), self._bounds.least_in_busy(last.main, age)
        lowest = least if least is not None or not in_busy else LEAST
        kept = () if lowest is None else tuple(number for number, counted in self._before.items() if counted.score >= lowest)
        oldest = self._sorting.frozen - self._bounds.oldest(last.main)
        self._end = max(self._start, oldest - 1)
        return structs.replace(scan, head_start=max(scan.head_start or 0, self._end), least_score=least, least_in_busy=in_busy, kept=kept)

    def _slice(self, value: Any, end: Micros | None) -> Micros | None:
        """Where the slice of time that begins at `value` ends, at `end` at the latest; None is no end."""
        if self._width is None:
            return end
        start = min(int(value), self._sorting.frozen) - self._width
        return end if start <= (end or 0) else start

    def _take(self, row: Row, classes: tuple[Class, ...]) -> None:
        """Keep a row that lies ahead. Where an index follows the counters, as one of tiers does, a changed post counts only where it was
        looked up by id; with classes, that is done for those of its community."""
        pinned = row.part == Part.PINNED
        before = self._before.get(row.id)
        moved = self._sorting.follows_counters or (self._tiers is not None and row.part == Part.HEAD)
        if before is not None and moved and not pinned and row.part != Part.CHANGED:
            return
        if classes and before is not None and row.part == Part.CHANGED and self._is_elsewhere(classes, before, row.active):
            return
        key = self._sorting.key(row, before, pinned=int(pinned))
        if self._reached is None or key < self._reached:
            self._found.append(key)

    def _advance(self, part: Part, rows: list[Row], limit: int, start: Micros | None) -> None:
        """Note how far a part is read now: to its last row, else to the start of its slice of time, else to its end."""
        if len(rows) >= limit:
            last = rows[-1]
            self._positions[part] = Position(last.value, last.published, last.id)
            if part is Part.HEAD and self._sorting.order.ranked:
                self._due[part] = self._no_better_before(last.value)
            else:
                self._due[part] = Key(0, 0.0, last.published, last.id) if part is not Part.HEAD else self._sorting.key(last)
            return
        end = self._end if part is Part.HEAD else None
        if part is Part.FUTURE or self._width is None or start is None or start <= (end or 0):
            del self._due[part]
            return
        self._positions[part] = Position(start, start, FAR)
        if part is Part.OLD:
            self._due[part] = Key(0, 0.0, start, FAR)
        else:
            self._due[part] = self._no_better_before(start) if self._sorting.order.ranked else Key(0, float(start), FAR, FAR)

    def _no_better_before(self, time: Micros) -> Key:
        return Key(0, self._bounds.most(self._sorting.frozen - time), FAR, FAR)
