"""What was asked of each surface since the start, and how it went: a few numbers in memory, for the metrics and the dashboard."""

from collections import defaultdict


class Traffic:
    """The counters. Not for several threads: they are written on the event loop, and read whole numbers are never wrong."""

    def __init__(self) -> None:
        self.answers: dict[tuple[str, int], int] = defaultdict(int)
        """By surface and status."""
        self.seconds: dict[str, float] = defaultdict(float)
        """By surface, from the request's head to the end of the answer."""

    def note(self, surface: str, status: int, seconds: float) -> None:
        """One request was answered."""
        self.answers[surface, status] += 1
        self.seconds[surface] += seconds
