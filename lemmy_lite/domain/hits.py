"""The first of what a search has found, in the order of a list, as far as the viewer may see it.

A common word is had by thousands, and a page shows twenty of them. So hits are put in order by what the order hangs on alone, and only the
first are asked for with the filters of a list, until the page is full: the filters never change who stands before whom.
"""

from collections.abc import Callable
from typing import TypeVar

from lemmy_lite.domain.ranking import RANKED_FOR, Bounds
from lemmy_lite.model.clock import Micros
from lemmy_lite.model.listing import SortType
from lemmy_lite.storage.views.hits import LEVELS, Least, Week
from lemmy_lite.storage.views.post_listing import ANY_ACTIVE, Active

T = TypeVar("T")

SPARE = 5
"""Hits that are looked at beyond a page and a quarter; of those found on the test data one in thirty may not be seen."""
FEW = 400
"""So few are not worth a sample."""
SAMPLE = 120
"""The newest hits, the first of which tell what older ones must have."""


def first(count: int, total: int, best: Callable[[int], list[T]], shown: Callable[[list[T]], list[T]]) -> list[T]:
    """The first `count` of `total` hits that the viewer may see. `best` answers the first so many of all, in their order; `shown` leaves
    out of some what the viewer may not see."""
    found: list[T] = []
    asked, wanted = 0, count + count // 4 + SPARE
    while True:
        some = best(min(wanted, total))
        found += shown(some[asked:])
        if len(found) >= count or len(some) < wanted:
            return found[:count]
        asked, wanted = wanted, 8 * wanted


def sampled(total: int, wanted: int) -> int:
    """How many of the newest are read to know a bound when the first `wanted` are to be found; 0 where there are too few for that."""
    sample = max(SAMPLE, 3 * wanted)
    return sample if total > max(FEW, 2 * sample) else 0


def week(now: Micros) -> Week:
    """The times between which a rank is not 0 now."""
    return now - RANKED_FOR, now


def least(sort: SortType, rank: float, now: Micros, active: Active = ANY_ACTIVE) -> Least:
    """What a hit must have to be ranked so high now. A rank that counts is not 0."""
    oldest = (Bounds(sort, level - 1, active).oldest(rank) for level in LEVELS)
    return Least(since=(*(now - age - 1 for age in oldest), now - RANKED_FOR))
