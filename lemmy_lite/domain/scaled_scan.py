"""How far Scaled is read over all posts, by tiers of scores and classes of communities (README.md, "which posts Scaled reads").

Scaled divides the rank of Hot by how busy a community is, up to thirteen times. Each class of communities that are alike busy has its own
slices of time, so of the busy ones as little is read as of Hot. The quietest communities may reach far back, but there are few of them with
few posts: these are found through the communities, whatever their scores.
"""

import math
from itertools import pairwise
from typing import Final

from lemmy_lite.domain.ranking import hot_rank
from lemmy_lite.domain.tier_scan import LEAST_RANK, TYPICAL, TierScan
from lemmy_lite.model.clock import HOUR, MINUTE, Micros
from lemmy_lite.model.score_tier import NUMBER
from lemmy_lite.storage.views.post_listing import Active
from lemmy_lite.storage.views.slices import BUSIEST, Class, Slice

_STEPS: Final = (3, 10, 30, 70, 200, 600, 2500)
"""Active people in a month with which a class begins: each is about a third busier than the one before, as Scaled counts it."""
_FACTOR: Final = math.log10(2 + 100)
"""What the posts of a page are thought to be divided by. Nothing hangs on it, nor on the next two, but how many statements a page takes."""
_ROSE: Final = 5 * HOUR // 4
"""How long a post takes to be voted up, however many others there are."""
_PER_POST: Final = 2.5
"""How many posts come for each of a page."""


class ScaledScan:
    """The progress of one walk through the posts that have a rank at a moment, as TierScan's; `active` is how busy communities of the list
    are, those with fewer active people than `quiet` are read through the communities."""

    def __init__(
        self,
        frozen: Micros,
        top_score: int,
        per_hour: float,
        at_once: int,
        active: Active,
        quiet: int,
        reached: float | None = None,
        quiet_for: Micros = 0,
    ) -> None:
        least, most = active[0], BUSIEST if active[1] is None else active[1] + 1
        edges = [least, *(step for step in sorted({*_STEPS, quiet}) if least < step < most), most]
        self._classes = [
            (low, high, TierScan(frozen, top_score, per_hour, at_once, reached, (low, high - 1))) for low, high in pairwise(edges)
        ]
        self._quiet = quiet
        self._until: dict[int, Micros] = {}
        """How far back each quiet class is read."""
        self._per_hour = max(per_hour, 1 / 60)
        self.at_once = self._classes[0][-1].at_once
        self._age = 0
        self._quiet_for = quiet_for
        self._reached = reached
        self.rank = float("inf")
        """Nothing that is unread has this rank or a higher one; 0 when all is read."""

    def next(self, missing: int, found: int, least: float | None) -> tuple[Class, ...]:
        """The slices to be read for `missing` more posts, `found` of this walk having been found so far; or, with `least`, for all that
        have this rank or a higher one."""
        rank = least or self._estimate(missing, found)
        classes = []
        for low, high, scan in self._classes:
            tiers = scan.next(missing, found, rank)
            if high <= self._quiet:
                # All tiers at once: from where the lowest begins to where the highest ends.
                until = self._until.get(low, tiers[0].until)
                self._until[low] = after = min(until, tiers[-1].after)
                tiers = (Slice(after, until),) * NUMBER
            classes.append(Class(low, high, tiers, quiet=high <= self._quiet))
        self.rank = rank if any(scan.rank for *_, scan in self._classes) else 0.0
        return tuple(classes)

    def _estimate(self, missing: int, found: int) -> float:
        """A rank at which about as many more posts are found."""
        if not self._age and self._reached is None:
            self._age = max(_ROSE, self._quiet_for) + int(_PER_POST * missing / self._per_hour * HOUR)
        elif not self._age:
            self._age = self._age_of(self._reached or LEAST_RANK) + int(_PER_POST * missing / self._per_hour * HOUR)
        else:
            self._age += max(MINUTE, self._age // 3 if not found else min(self._age, self._age * missing // found))
        return hot_rank(TYPICAL, self._age) / _FACTOR or LEAST_RANK

    @staticmethod
    def _age_of(rank: float) -> Micros:
        """The age at which a typical post has this rank."""
        return max(0, int(((math.log10(TYPICAL + 2) / _FACTOR / rank) ** (1 / 1.8) - 2) * HOUR))
