"""A slice of time for each tier of scores: what domain/tier_scan.py and top_scan.py ask of posts and comments."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from lemmy_lite.model.clock import Micros
from lemmy_lite.model.score_tier import NUMBER


class Slice(NamedTuple):
    """A stretch of time, its end included."""

    after: Micros
    until: Micros


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
