"""Which way to the posts of a list reads the fewest rows (README.md, "how a list finds its rows").

Neither database knows that one viewer follows a tenth of everything and another one quiet village, or that an hour holds ten posts and a
week ten thousand. A few numbers of the site decide between three ways: along the index of the order, passing by what does not belong;
through the communities of the list, slice of time by slice of time; or through all posts of the window, by date.
"""

from lemmy_lite.model.clock import DAY, HOUR, Micros
from lemmy_lite.model.score_tier import NUMBER
from lemmy_lite.model.struct import Struct
from lemmy_lite.storage.views.post_listing import Facts, Order

_PASSED = 8
"""What a row costs that an index alone rules out. This and the next ones in steps of SQLite's machine, as scripts/bench counts them."""
_WALKED = 12
"""And one that its community or its tier rules out."""
_GATHERED = 55
_SOUGHT = 15
"""One community of a set in one slice of time."""
_READ_AT_ONCE = 5
"""One community of a set that is read before a walk, and"""
_ASKED = 7
"""what it saves of each row that the walk passes by."""
_IN_TIERS = 2.5
"""How many times the rows of a page are read in tiers."""
_BESIDE = 4
"""And how many times as many are ruled out by their tier, where communities lead to the rows."""
_IN_WINDOW = 4
"""And of the window of a Top sort, where the lowest tier is read whole."""
_FIRST_RANKED = 3
"""How many times the rows of a page the first slice of a ranked list holds."""
_LONGEST: Micros = 2 * 365 * DAY
_SHORTEST: Micros = HOUR


class Plan(Struct):
    """`gather`: through the communities of the list; `by_date`: through the window of a Top sort, by date in
    tiers of scores; `sieve`: a walk passes by what is in none of the communities of the list, which are read before. `slice` is how much
    time the first statement looks at when gathering in order of time, None for all of it."""

    gather: bool = False
    by_date: bool = False
    sieve: bool = False
    slice: Micros | None = None


def cheapest(facts: Facts, order: Order, wanted: int, *, one: bool = False) -> Plan:
    """The plan for a page that ends after `wanted` posts of a list. `one`: of one community, whose orders by time have indexes."""
    if one and (order.by_time or order.ascending) and not order.tiered:
        return Plan(gather=True)
    total = max(1, int(facts.newest))
    share = _share(facts)
    in_window = total if facts.window is None else min(total, max(1, facts.window))
    rows_walked = _IN_TIERS * wanted if order.tiered else wanted
    passed = rows_walked / share * total / in_window
    if order.ranked:
        passed = min(passed, 7 * facts.daily + rows_walked)
    told, sieve = _told_apart(facts, passed if facts.window is None else rows_walked / share, one=one)
    walking = passed * (_WALKED if facts.window is None else _PASSED) + rows_walked * _GATHERED + told
    plans = [(walking, Plan(sieve=sieve))]
    if facts.window is not None:
        found = min(in_window, _IN_WINDOW * wanted)
        passed = min(in_window, found / share)
        told, sieve = _told_apart(facts, passed, one=one)
        plans.append((passed * _WALKED + found * _GATHERED + NUMBER * _SOUGHT + told, Plan(by_date=True, sieve=sieve)))
    if facts.gatherable:
        plans.append(_gathering(facts, order, wanted, share, facts.posts * in_window / total))
    return min(plans, key=lambda costed: costed[0])[1]


def _told_apart(facts: Facts, rows: float, *, one: bool) -> tuple[float, bool]:
    """What it costs beside to tell which of so many rows belong to the list, and whether its communities are read before for that."""
    if not facts.gatherable or one:
        return 0.0, False
    asked, read = rows * _ASKED, float(facts.communities * _READ_AT_ONCE)
    return min(asked, read), read < asked


def expected(facts: Facts) -> float:
    """About how many posts of the list come in a day; with a window, how many are in it."""
    return (facts.daily if facts.window is None else facts.window) * _share(facts)


def _share(facts: Facts) -> float:
    """How much of all posts the list takes."""
    return min(1.0, max(1, facts.posts) / max(1, int(facts.newest))) if facts.gatherable else 1.0


def _gathering(facts: Facts, order: Order, wanted: int, share: float, held: float) -> tuple[float, Plan]:
    """What it costs to gather, `held` being how many posts the communities have."""
    if not order.by_time:
        return held * _GATHERED + facts.communities * _SOUGHT, Plan(gather=True)
    daily = facts.daily * share
    # Days differ threefold between night and noon, so the first slice holds rather too much.
    first = _FIRST_RANKED * wanted if order.ranked else wanted
    width = int(min(_LONGEST, max(_SHORTEST, 2 * first * DAY / daily))) if daily else _LONGEST
    plan = Plan(gather=True, slice=width if width < _LONGEST else None)
    sought = 2 * facts.communities * _SOUGHT
    if order.ranked:
        ranked = min(held, 7 * daily + 1)
        return sought + min(ranked, _IN_TIERS * wanted) * _GATHERED + min(ranked, _BESIDE * _IN_TIERS * wanted) * _WALKED, plan
    return sought + min(held, 2 * wanted, daily * width / DAY + wanted) * _GATHERED, plan
