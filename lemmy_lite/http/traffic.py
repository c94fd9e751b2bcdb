"""What was asked since the start, and how it went: numbers in memory, for the metrics and the dashboard.

Counted by the path's template, never by the path: what clients invent cannot make new lines.
"""

from bisect import bisect_left
from typing import Final, NamedTuple

BUCKETS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Upper bounds of durations in seconds, as in Lemmy's metrics; what takes longer is counted in the last, endless one."""
UNKNOWN: Final = "unknown"
"""The template of a path that leads nowhere."""


class Line(NamedTuple):
    """What is counted together."""

    endpoint: str
    method: str
    status: int


class Count:
    """How many, how long altogether, and how many in each bucket."""

    __slots__ = ("buckets", "number", "seconds")

    def __init__(self) -> None:
        self.number = 0
        self.seconds = 0.0
        self.buckets = [0] * (len(BUCKETS) + 1)


class Traffic:
    """The counters. Not for several threads: they live on the event loop."""

    def __init__(self) -> None:
        self.counts: dict[Line, Count] = {}

    def note(self, endpoint: str | None, method: str, status: int, seconds: float) -> None:
        """One request was answered; `endpoint` is the path's template, None where there is none."""
        line = Line(endpoint or UNKNOWN, method if method in _METHODS else UNKNOWN, status)
        count = self.counts.get(line)
        if count is None:
            count = self.counts[line] = Count()
        count.number += 1
        count.seconds += seconds
        count.buckets[bisect_left(BUCKETS, seconds)] += 1


_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
