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


def values(tiers: Sequence[Slice]) -> dict[str, Micros]:
    """The parameters of TABLE; none for no slices."""
    found: dict[str, Micros] = {}
    for tier, (after, until) in enumerate(tiers):
        found |= {f"after_{tier}": after, f"until_{tier}": until}
    return found
