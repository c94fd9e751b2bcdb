"""How long the writer waits before its next commit, so that those who come back after an answer share one.

A commit costs much whatever it holds: transaction, log, a hop to the thread and back. Where many write at the same time each of them comes
back a moment after its answer, and to begin with the first who is back leaves the others to a commit of their own (README.md). So the
writer waits until most of them are there, but never longer than the last commit took, and not again for a while where it was in vain.
"""

from typing import Final

_MOST: Final = 3 / 4
"""Of those who could be back: to wait for the last one would keep all for the slowest."""
LONGEST: Final = 0.02
"""Seconds. What is back later has other things to do."""
_RESTS: Final = 64
"""Commits, at most, after which it is tried again where nobody came back."""


class Linger:
    """One for a writer; for its event loop alone."""

    def __init__(self, batch: int) -> None:
        """`batch`: units that one commit holds at most."""
        self._batch = batch
        self._waits = False
        self._rest = 0
        self._pause = 1
        self.enough = 1
        """With so many units in the queue the next commit begins."""

    def answered(self, units: int, waiting: int, took: float) -> float:
        """A commit of so many units took so many seconds, and others wait already; for how many seconds to wait for more."""
        wanted = min(self._batch, int((units + waiting) * _MOST))
        self._rest = max(0, self._rest - 1)
        self._waits = units > 1 and waiting < wanted and not self._rest
        self.enough = wanted if self._waits else 1
        return min(took, LONGEST) if self._waits else 0.0

    def ended(self, waiting: int) -> None:
        """The wait is over, and so many units are in the queue."""
        if self._waits and waiting >= self.enough:
            self._pause = 1
        elif self._waits:
            self._pause = min(2 * self._pause, _RESTS)
            self._rest = self._pause
        self._waits, self.enough = False, 1
