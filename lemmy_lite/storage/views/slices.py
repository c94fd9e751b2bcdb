"""A slice of time for each tier of scores: what domain/tier_scan.py, scaled_scan.py and top_scan.py ask of posts and comments."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Final, NamedTuple

from lemmy_lite.model.clock import Micros
from lemmy_lite.model.score_tier import NUMBER


class Slice(NamedTuple):
    """A stretch of time, its end included."""

    after: Micros
    until: Micros


class Class(NamedTuple):
    """Communities with so many active people in a month: `low` at least, fewer than `high`. A slice for each tier of scores; where the
    class is `quiet` they are all the same, and the communities lead to the posts."""

    low: int
    high: int
    tiers: tuple[Slice, ...]
    quiet: bool


class Zone(NamedTuple):
    """A slice of one tier in communities of some classes."""

    tier: int
    after: Micros
    until: Micros
    low: int
    high: int


BUSIEST: Final = 2**31 - 1
"""More active people than there are."""


def zones(classes: Sequence[Class]) -> list[Zone]:
    """What these classes have, each time of a tier once. They come from the quietest to the busiest, and a quieter one's slices neither
    begin nor end later: so the classes that have a time stand beside each other."""
    found = []
    for tier in range(NUMBER):
        slices = [each.tiers[tier] for each in classes]
        edges = sorted({edge for each in slices for edge in each})
        for after, until in pairwise(edges):
            having = [each for each, (start, end) in zip(classes, slices, strict=True) if start <= after and until <= end]
            if having:
                found.append(Zone(tier, after, until, having[0].low, having[-1].high))
    return found


def holds(classes: Sequence[Class], tier: int, time: Micros, active: int | None = None) -> bool:
    """Whether what has this tier and time lies in a slice of one of these classes, or of that with so many active people."""
    return any(
        each.tiers[tier].after < time <= each.tiers[tier].until and (active is None or each.low <= active < each.high) for each in classes
    )


def zone_table(name: str, number: int) -> str:
    """So many zones, to be joined first; the name tells several such tables of a statement apart."""
    first = ", ".join(f"CAST(:{name}_{column}_0 AS BIGINT) AS {column}" for column in Zone._fields)
    rows = (", ".join(f":{name}_{column}_{row}" for column in Zone._fields) for row in range(1, number))
    return f"({' UNION ALL '.join(f'SELECT {row}' for row in (first, *rows))}) slice"


def zone_values(name: str, zones: Sequence[Zone]) -> dict[str, int]:
    """The parameters of `zone_table`."""
    return {f"{name}_{column}_{row}": value for row, zone in enumerate(zones) for column, value in zone._asdict().items()}


_ROWS: Final = " UNION ALL ".join(
    f"SELECT {tier} AS tier, CAST(:after_{tier} AS BIGINT) AS after, CAST(:until_{tier} AS BIGINT) AS until" for tier in range(NUMBER)
)
TABLE: Final = f"({_ROWS}) slice"
"""To be joined first: CROSS JOIN keeps it there on SQLite."""


def within(table: str, time: str = "published") -> str:
    """The condition that rows of this table lie in the slices by one of their times."""
    return f"{table}.tier = slice.tier AND {table}.{time} > slice.after AND {table}.{time} <= slice.until"


def told(table: str, tiers: Sequence[Slice], time: str = "published") -> str:
    """The same without TABLE, where something else leads to the rows: they are found by time, and most that lie in no slice are told by
    their tier alone."""
    conditions = [f"{table}.{time} > :earliest AND {table}.{time} <= :latest", f"{table}.{time} > {_of_tier(table, 'after')}"]
    if len({each.until for each in tiers}) > 1:
        conditions.append(f"{table}.{time} <= {_of_tier(table, 'until')}")
    return " AND ".join(conditions)


def _of_tier(table: str, name: str) -> str:
    cases = " ".join(f"WHEN {tier} THEN :{name}_{tier}" for tier in range(NUMBER - 1))
    return f"CASE {table}.tier {cases} ELSE :{name}_{NUMBER - 1} END"


def values(tiers: Sequence[Slice]) -> dict[str, Micros]:
    """The parameters of TABLE and of `told`; none for no slices."""
    found: dict[str, Micros] = {}
    for tier, (after, until) in enumerate(tiers):
        found |= {f"after_{tier}": after, f"until_{tier}": until}
    if tiers:
        found |= {"earliest": min(each.after for each in tiers), "latest": max(each.until for each in tiers)}
    return found
