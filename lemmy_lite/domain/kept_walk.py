"""Walks that go on where the page before ended, instead of reading the week anew for each page (README.md, 2026-11-23).

The posts of a page deep in a ranked list are of all ages, so reading them means to read most of what is ranked. What does not belong to
the page belongs to later ones: it is kept, in runs of 24 bytes a post, and the next page merges the runs.
"""

import heapq
from array import array
from collections.abc import Iterator
from typing import Any

from lemmy_lite.domain.frozen_walk import Walk
from lemmy_lite.domain.ranking import Key
from lemmy_lite.model.events import PostCounted
from lemmy_lite.model.ids import PostId
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.views import post_listing
from lemmy_lite.storage.views.post_listing import FAR, Part, Scan

CHUNK = 300
"""Rows that are read at first when what is kept does not fill a page; each further statement of a page reads twice as many."""

_Inverse = tuple[float, int, int]
"""A key turned round, so that the first in the order is the least."""


class _Run:
    """Keys in their order. They are all unpinned."""

    __slots__ = ("at", "ids", "mains", "seconds")

    def __init__(self) -> None:
        self.mains, self.seconds, self.ids = array("d"), array("q"), array("q")
        self.at = 0

    def append(self, main: float, second: int, number: int) -> None:
        self.mains.append(main)
        self.seconds.append(second)
        self.ids.append(number)

    def inverse(self, at: int) -> _Inverse:
        return -self.mains[at], -self.seconds[at], -self.ids[at]

    def __len__(self) -> int:
        return len(self.ids)


class KeptWalk(Walk):
    """A walk through the ranked posts of a list after some key with a rank, which outlives the transaction that it began in."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._passed = _Run()
        """What came since the walk began, in its order, whether or not it was shown."""
        self._ahead: list[tuple[_Inverse, int, _Run]] = []
        """A heap of runs by their first keys that have not passed; the number is the run's own."""
        self._runs = 0
        self._held = 0
        self._fresh = True
        self._unranked_read = False

    @property
    def size(self) -> int:
        """Rows that are kept; posts that are known to have changed count as two."""
        return self._held + len(self._passed) + 2 * len(self._before)

    @property
    def lasting(self) -> bool:
        """Whether there is more to keep: what has no rank is found by an index, page by page."""
        return (bool(self._ahead) or Part.HEAD in self._due) and not self._unranked_read

    def covers(self, key: Key) -> bool:
        """Whether what comes after `key` is the next that this walk has or reads: not before its beginning, nor beyond what has passed."""
        if self._reached is None or key > self._reached:
            return False
        end = len(self._passed)
        wanted = (-key.main, -key.second, -key.id)
        return key == self._reached or (end > 0 and wanted <= self._passed.inverse(end - 1))

    def resume(self, tx: Transaction, before: dict[PostId, PostCounted]) -> None:
        """Go on in another transaction, `before` being what has changed until then.

        A post that changed since the last page stands in the index at another place now. Where the index was read already it is known;
        where not, it is looked up by id from now on, at its old place; in tiers, with the slice that it was in.
        """
        self._tx, self._fresh = tx, False
        new = {number: counted for number, counted in before.items() if number not in self._before}
        if self._sorting.follows_counters and self._tiers is not None:
            unranked = [(0.0, number) for number, counted in new.items() if not self._is_ranked(self._sorting.time_of(counted))]
            self._changes = sorted([*self._changes, *unranked])
            self._await_changes()
        elif self._sorting.follows_counters:
            head = self._positions[Part.HEAD]
            unread = (head.value, head.id) if Part.HEAD in self._due else (self._start, FAR)
            changes = [
                (self._sorting.main_of(counted), number)
                for number, counted in new.items()
                if not unread <= (counted.newest_comment_time_necro, number) < (self._sorting.frozen, 0)
            ]
            self._changes = sorted([*self._changes, *changes])
            self._await_changes()
        # What a post counted at the frozen moment stays true, also when nobody else remembers it any more.
        self._before, self._placed = {**before, **self._before}, None

    def after(self, key: Key, count: int) -> list[Key]:
        """The keys of the next `count` posts after `key`; fewer at the end of the list.

        What was read for an earlier page is looked at again: it may have been removed, hidden or blocked since.
        """
        found: list[Key] = []
        at = self._place((-key.main, -key.second, -key.id))
        while len(found) < count:
            batch = list(self._keys(at, count - len(found), count))
            if not batch:
                break
            at += len(batch)
            passing = set(self._passing(batch)) if not self._fresh else None
            found += [each for each in batch if passing is None or each.id in passing]
        return found

    def _place(self, wanted: _Inverse) -> int:
        """The place of the first key behind `wanted` among those that have passed."""
        low, high = 0, len(self._passed)
        while low < high:
            middle = (low + high) // 2
            if self._passed.inverse(middle) <= wanted:
                low = middle + 1
            else:
                high = middle
        return low

    def _keys(self, at: int, number: int, count: int) -> Iterator[Key]:
        limit = CHUNK
        while len(self._passed) < at + number:
            bounds = {part: (-bound.main, -bound.second, -bound.id) for part, bound in self._due.items()}
            first = min(bounds.values(), default=None)
            while self._ahead and len(self._passed) < at + number and (first is None or self._ahead[0][0] < first):
                self._pass()
            if first is None or len(self._passed) >= at + number:
                break
            parts = {part for part, bound in bounds.items() if not self._ahead or bound <= self._ahead[0][0]}
            if Part.HEAD in parts:
                parts -= {Part.FUTURE, Part.OLD}
            self._unranked_read |= not parts.isdisjoint({Part.FUTURE, Part.OLD})
            self._read(parts, None, limit, count)
            self._take_up()
            limit *= 2
            self._width = self._width and 2 * self._width
        for place in range(at, min(at + number, len(self._passed))):
            main, second, identity = self._passed.inverse(place)
            yield Key(0, -main, -second, -identity)

    def _missing(self, limit: int, _count: int) -> int:
        return limit

    def _pass(self) -> None:
        """The first of all runs goes by."""
        (main, second, identity), number, run = self._ahead[0]
        self._passed.append(-main, -second, -identity)
        self._held -= 1
        run.at += 1
        if run.at < len(run):
            heapq.heapreplace(self._ahead, (run.inverse(run.at), number, run))
        else:
            heapq.heappop(self._ahead)

    def _take_up(self) -> None:
        """Make a run of what was read."""
        if not self._found:
            return
        run = _Run()
        for key in sorted(self._found, reverse=True):
            run.append(key.main, key.second, key.id)
        self._found.clear()
        self._held += len(run)
        self._runs += 1
        heapq.heappush(self._ahead, (run.inverse(0), self._runs, run))

    def _passing(self, keys: list[Key]) -> list[PostId]:
        asked = Scan(limit=0, tail=0, changed=tuple(PostId(key.id) for key in keys))
        return [row.id for row in post_listing.scan(self._tx, self._selection, self._sorting.sort, asked)]
