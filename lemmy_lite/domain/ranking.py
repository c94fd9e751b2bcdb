"""The rank mathematics of posts: Lemmy's formulas, bounds that let a scan stop early, and the key of a post in each order.

No rank is stored (DESIGN §4). With w = log10(max(2, score + 2)) ** (-1/1.8), a rank orders posts as the lines w * (T - t) do, T being now
plus two hours: so at a given moment a post's rank follows from its score and one time, and a page from an index over that time alone.
"""

import math
from datetime import timedelta
from typing import NamedTuple

from lemmy_lite.domain.vote import controversy
from lemmy_lite.model.clock import DAY, HOUR, Micros, micros, moment
from lemmy_lite.model.events import PostCounted
from lemmy_lite.model.listing import SortType
from lemmy_lite.storage.views.post_listing import ANY_ACTIVE, Active, Order, Row

RANKED_FOR: Micros = 7 * DAY
_DECAY = 1.8
_LOWEST = math.log10(2)
_MOST_ACTIVE = 10_000_000_000  # more people than there are
_BUSY = (3000, 300, 100, 30, 10)
"""Active people in a month from which on a community is asked for more: each step is about half as much again, in powers of ten."""
_SLACK = 1 + 1e-9  # bounds are widened by more than float64 can err

_HOURS = {SortType.TOP_HOUR: 1, SortType.TOP_SIX_HOUR: 6, SortType.TOP_TWELVE_HOUR: 12, SortType.TOP_DAY: 24, SortType.TOP_WEEK: 7 * 24}
_MONTHS = {
    SortType.TOP_MONTH: 1,
    SortType.TOP_THREE_MONTHS: 3,
    SortType.TOP_SIX_MONTHS: 6,
    SortType.TOP_NINE_MONTHS: 9,
    SortType.TOP_YEAR: 12,
}


class Key(NamedTuple):
    """A post's place in an order; a greater key comes first. `main` is what the sort goes by, `second` the date where that decides."""

    pinned: int
    main: float
    second: Micros
    id: int


def hot_rank(score: int, age: Micros) -> float:
    """Lemmy's hot rank of a post `age` microseconds after the time it counts from; 0 after a week, and before that time has come.

    The time is that of publication for Hot and Scaled, of the newest comment (newest_comment_time_necro) for Active. Source: `hot_rank` in
    Lemmy 0.19, replaceable_schema/utils.sql; scores are raised to 2 at least, so that a rank is never 0 or less within the week.
    """
    if not 0 < age < RANKED_FOR:
        return 0.0
    return math.log10(max(2, score + 2)) / math.pow(age / HOUR + 2, _DECAY)


def scaled_rank(score: int, age: Micros, users_active_month: int) -> float:
    """The hot rank, divided by how busy the community is (`scaled_rank`, same source)."""
    return hot_rank(score, age) / math.log10(2 + users_active_month)


class Bounds:
    """How far a scan over time must go. `top_score` is the highest score a row can have, `least` the lowest, `active` how busy communities
    of the list are; ages are in microseconds."""

    def __init__(self, sort: SortType, top_score: int, active: Active = ANY_ACTIVE, *, least: int = 0) -> None:
        scaled = sort is SortType.SCALED
        quietest, most = active
        self._most = math.log10(2 + quietest) if scaled else 1.0
        self._top = math.log10(max(2, top_score + 2)) / self._most
        lowest = math.log10(max(2, least + 2))
        self._bottom = lowest / (math.log10(2 + (_MOST_ACTIVE if most is None else most)) if scaled else 1.0)
        self.are_wide = scaled and quietest != most
        """Whether a post may stand far up without a score, for being in a quiet community."""

    def least_in_busy(self, rank: float, age: Micros) -> tuple[tuple[int, int], ...]:
        """`least_score` for communities of more and more active people, the busiest first; none but for Scaled."""
        asked = ((active, self.least_score(rank, age, active)) for active in _BUSY if self.are_wide)
        return tuple((active, least) for active, least in asked if least is not None)

    def most(self, age: Micros) -> float:
        """The highest rank that a post of this age or older can have."""
        return self._top / (max(age, 0) / HOUR + 2) ** _DECAY * _SLACK if age < RANKED_FOR else 0.0

    def youngest(self, rank: float) -> Micros:
        """Every post with this rank or a lower one, but for those without rank, is at least so old."""
        hours = (self._bottom / (rank * _SLACK)) ** (1 / _DECAY) / _SLACK - 2
        return int(min(max(0, hours * HOUR), RANKED_FOR))

    def oldest(self, rank: float) -> Micros:
        """No post that is older has this rank or a higher one."""
        hours = (self._top / rank) ** (1 / _DECAY) * _SLACK - 2
        return int(min(RANKED_FOR, hours * HOUR + 1))

    def least_score(self, rank: float, age: Micros, active: int = 0) -> int | None:
        """No post of this age or older with a lower score has this rank or a higher one; None when any score may do. With `active`, of
        Scaled alone, that is said of communities with so many active people a month or more."""
        most = max(self._most, math.log10(2 + active))
        needed = rank * (max(age, 0) / HOUR + 2) ** _DECAY * most / _SLACK
        return math.floor(10**needed / _SLACK) - 3 if _LOWEST < needed < 15 else None


def since(sort: SortType, now: Micros) -> Micros | None:
    """Posts published at this moment or earlier are not in the window of a Top sort; None where there is no window.

    Months are those of the calendar, with the day clipped to the length of the month, as Postgres subtracts them.
    """
    if sort in _HOURS:
        return now - _HOURS[sort] * HOUR
    if sort not in _MONTHS:
        return None
    then = moment(now)
    months = then.year * 12 + then.month - 1 - _MONTHS[sort]
    first = then.replace(year=months // 12, month=months % 12 + 1, day=1)
    length = ((first + timedelta(days=31)).replace(day=1) - first).days
    return micros(first.replace(day=min(then.day, length)))


class Sorting:
    """The order of one listing, frozen at `moment`."""

    def __init__(self, sort: SortType, order: Order, frozen: Micros) -> None:
        self.sort = sort
        self.order = order
        self.frozen = frozen
        self.follows_counters = order.name not in ("published", "saved")
        """Whether a change of counters can move a post out of the range in which an index would show it."""

    def key(self, row: Row, before: PostCounted | None = None, *, pinned: int = 0) -> Key:
        """The key of a row; `before` are its counters at the frozen moment where they have changed since."""
        main = self._ranked(row, before) if self.order.ranked else self._plain(row, before)
        return Key(pinned, main, row.published if self.order.published else 0, row.id)

    def time_of(self, before: PostCounted) -> Micros:
        """The time from which the rank of a post with these counters decays."""
        return before.newest_comment_time_necro if self.sort is SortType.ACTIVE else before.published

    def main_of(self, before: PostCounted) -> float:
        """The main part of a key from old counters alone; for orders that follow counters."""
        if self.order.ranked:
            return hot_rank(before.score, self.frozen - self.time_of(before))
        return self._counter(before)

    def _ranked(self, row: Row, before: PostCounted | None) -> float:
        time, score = row.value, row.score
        if before is not None:
            score, time = before.score, self.time_of(before)
        if self.sort is SortType.SCALED:
            return scaled_rank(score, self.frozen - time, row.active)
        return hot_rank(score, self.frozen - time)

    def _plain(self, row: Row, before: PostCounted | None) -> float:
        if before is not None and self.follows_counters:
            return self._counter(before)
        value: float = -row.value if self.order.ascending else row.value
        return value

    def _counter(self, before: PostCounted) -> float:
        if self.order.name == "controversy":
            return controversy(before.upvotes, before.downvotes)
        value: float = getattr(before, self.order.name)
        return value
