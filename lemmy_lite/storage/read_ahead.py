"""What walks through lists have read beyond the pages they showed, for as long as their readers go on turning (see domain/README.md).

All of it can be read again, so anything may be forgotten at any moment.
"""

from collections import OrderedDict
from collections.abc import Hashable
from threading import Lock
from typing import Protocol

MOST_ROWS = 200_000
"""Rows of all walks together, 24 bytes each: 5 MB."""
MOST_WALKS = 200


class Kept(Protocol):
    """A walk between two pages. `size` is how many rows it holds."""

    @property
    def size(self) -> int:
        """Rows that it holds."""


class ReadAhead:
    """Walks by their names, those turned last; used by all database threads.

    A walk is taken out while somebody turns its page, so that two threads never hold the same one: the second reads anew.
    """

    def __init__(self, *, rows: int = MOST_ROWS, walks: int = MOST_WALKS) -> None:
        self._most_rows = rows
        self._most_walks = walks
        self._walks: OrderedDict[Hashable, tuple[Kept, int]] = OrderedDict()
        self._rows = 0
        self._lock = Lock()

    def take(self, name: Hashable) -> Kept | None:
        """The walk with this name, which is forgotten here; None when there is none."""
        with self._lock:
            found = self._walks.pop(name, None)
            if found is None:
                return None
            self._rows -= found[1]
            return found[0]

    def keep(self, name: Hashable, walk: Kept) -> None:
        """Remember a walk, and forget those turned longest ago where there are too many."""
        size = walk.size
        with self._lock:
            before = self._walks.pop(name, None)
            self._walks[name] = (walk, size)
            self._rows += size - (before[1] if before else 0)
            while self._rows > self._most_rows or len(self._walks) > self._most_walks:
                self._rows -= self._walks.popitem(last=False)[1][1]
