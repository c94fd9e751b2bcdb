"""How far the window of a Top sort is read, tier by tier of scores from the highest (README.md, "ranks in tiers").

By score alone a walk passes by the best of all years, by date it reads all of the window; a tier of the window is read whole, and the page
is full before the many posts with a handful of votes.
"""

from math import log2
from typing import Final

from lemmy_lite.model.clock import Micros
from lemmy_lite.model.score_tier import EDGES, NUMBER, tier_of
from lemmy_lite.storage.views.post_listing import FAR
from lemmy_lite.storage.views.slices import Slice

_EMPTY: Final = Slice(0, 0)
_SMALL: Final = 2
"""Up to two to this power most scores lie, and beyond it each tier has about half as many posts as the one below. Nothing hangs on it but
how many statements a page takes."""


class TopScan:
    """The progress of one walk through the posts that came after `since`, about `in_window` of them.

    `reached` is the score after which the walk begins, None at the top. So many posts as `at_once` are read with one statement.
    """

    def __init__(self, since: Micros, in_window: float, at_once: int, reached: float | None = None) -> None:
        self._since = since
        self._in_window = max(1.0, in_window)
        self.at_once = in_window <= at_once
        """Whether the window holds so little that the first slices hold it."""
        self._lowest = NUMBER if reached is None else tier_of(int(reached)) + 1
        self.rank = float("inf")
        """Nothing that is unread has this score or a higher one; 0 when all is read."""

    def next(self, missing: int, found: int, least: float | None) -> tuple[Slice, ...]:
        """The slices to be read for `missing` more posts, `found` of this walk having been found so far; or, with `least`, for all that
        have this score or a higher one."""
        before = self._lowest
        if self.at_once:
            self._lowest = 0
        elif least is not None:
            self._lowest = tier_of(int(least))
        elif found:
            self._lowest -= 1 if found > missing else 2
        else:
            self._lowest -= max(1, before - self._likely(missing))
        self._lowest = max(0, min(self._lowest, before - 1))
        self.rank = float(EDGES[self._lowest - 1]) if self._lowest else 0.0
        return tuple(Slice(self._since, FAR) if self._lowest <= tier < before else _EMPTY for tier in range(NUMBER))

    def _likely(self, missing: int) -> int:
        """The tier down to which so many posts may be found."""
        return tier_of(int(2 ** (_SMALL + log2(max(1.0, self._in_window / missing)))))
