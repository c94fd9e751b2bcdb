"""How far the ranked posts of a list are read, tier by tier of their scores (README.md, "ranks in tiers").

A walk from the newest backwards passes by everybody's small posts until even the highest score there is could rank no more. In a tier all
scores are alike, so there it ends where the tier can have nothing more for the page: of a million posts a page reads some hundred.
"""

from functools import lru_cache
from typing import Final

from lemmy_lite.domain.ranking import RANKED_FOR, Bounds, hot_rank
from lemmy_lite.model.clock import HOUR, MINUTE, Micros
from lemmy_lite.model.listing import SortType
from lemmy_lite.model.score_tier import EDGES
from lemmy_lite.storage.views.post_listing import Active
from lemmy_lite.storage.views.slices import Slice

TYPICAL: Final = 98
"""The score that the posts of a page are thought to have. Nothing hangs on it but how many statements a page takes."""
_FURTHER: Final = 3
"""How many times as far a further statement goes, where nothing was found; else at most once as far, for lower tiers are fuller."""
_SURPLUS: Final = 1.2
LEAST_RANK: Final = 1e-6
"""Lower than any."""
_BELOW: Final = [Bounds(SortType.HOT, top - 1, least=least) for least, top in zip((0, *EDGES), EDGES, strict=False)]
"""Of all tiers but the highest."""


@lru_cache(maxsize=64)
def _scaled_bounds(active: Active, highest: int) -> list[Bounds]:
    """Of all tiers; a page by Scaled asks for those of eight classes of communities."""
    tops = zip((0, *EDGES), (*(edge - 1 for edge in EDGES), highest), strict=True)
    return [Bounds(SortType.SCALED, top, active, least=least) for least, top in tops]


class TierScan:
    """The progress of one walk through the posts that have a rank at a moment.

    `per_hour` is about how many posts of the list come in an hour; `reached` the rank after which the walk begins, None at the top. So many
    posts as `at_once` are read with one statement, whatever is wanted. `scaled`, for Scaled alone, is how busy communities of the list are.
    Nothing has come for `quiet_for`: where a server was cut off for a day, the walk begins with what came before.
    """

    def __init__(
        self,
        frozen: Micros,
        top_score: int,
        per_hour: float,
        at_once: int,
        reached: float | None = None,
        scaled: Active | None = None,
        quiet_for: Micros = 0,
    ) -> None:
        self._frozen = frozen
        self._per_hour = max(per_hour, 1 / 60)
        self.at_once = per_hour * RANKED_FOR / HOUR <= at_once
        """Whether all of the week is so little that the first slices hold it."""
        highest = max(top_score, EDGES[-1])
        if scaled is None:
            self._bounds = [*_BELOW, Bounds(SortType.HOT, highest, least=EDGES[-1])]
        else:
            self._bounds = _scaled_bounds(scaled, highest)
        youngest = [bounds.youngest(reached) if reached else 0 for bounds in self._bounds]
        self._until = [frozen - max(1, age) for age in youngest]
        typical = Bounds(SortType.HOT, TYPICAL, least=TYPICAL)
        self._began = self._age = typical.youngest(reached) if reached else min(max(quiet_for, 0), RANKED_FOR)
        self.rank = float("inf")
        """Nothing that is unread has this rank or a higher one; 0 when all is read."""

    def next(self, missing: int, found: int, least: float | None) -> tuple[Slice, ...]:
        """The slices to be read for `missing` more posts, `found` of this walk having been found so far; or, with `least`, for all that
        have this rank or a higher one."""
        rank = LEAST_RANK if self.at_once else least or self._estimate(missing, found)
        slices = []
        for tier, bounds in enumerate(self._bounds):
            after = self._frozen - min(bounds.oldest(rank) + 1, RANKED_FOR)
            slices.append(Slice(min(after, self._until[tier]), self._until[tier]))
        self._until = [each.after for each in slices]
        self.rank = 0.0 if all(until <= self._frozen - RANKED_FOR for until in self._until) else rank
        return tuple(slices)

    def _estimate(self, missing: int, found: int) -> float:
        """A rank at which about as many more posts are found: as if all had the same score, and came as often as so far."""
        gone = self._age - self._began
        if not gone:
            further = int(missing / self._per_hour * HOUR)
        else:
            further = max(gone // 3, min(gone, int(gone * missing / found * _SURPLUS))) if found else _FURTHER * gone
        self._age += max(further, MINUTE)
        return hot_rank(TYPICAL, self._age) or LEAST_RANK
