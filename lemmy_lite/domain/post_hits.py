"""Posts that a search has found, in the order of a list (hits.py)."""

from typing import Any

from lemmy_lite.domain import hits
from lemmy_lite.domain.ranking import Key, Sorting
from lemmy_lite.model.events import PostCounted
from lemmy_lite.model.ids import PostId
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.views import hits as views
from lemmy_lite.storage.views.post_listing import Active, Part
from lemmy_lite.storage.views.post_selection import Selection


class Hits:
    """The posts among which a selection is, with the counters that they had at the frozen moment (`before`, as in frozen_walk.py)."""

    def __init__(
        self, tx: Transaction, selection: Selection, sorting: Sorting, before: dict[PostId, PostCounted], *, active: Active
    ) -> None:
        self._tx = tx
        self._selection = selection
        self._sorting = sorting
        self._before = before
        self._active = active
        self._among = list((selection.holding and selection.holding.among) or ())

    def first(self, count: int) -> list[Key]:
        """The keys of the first `count` posts that pass the filters, in their order: those of a walk through the same selection."""
        return hits.first(count, len(self._among), self._best, self._shown)

    def _best(self, wanted: int) -> list[Key]:
        return sorted(self._near(wanted), reverse=True)[:wanted]

    def _shown(self, keys: list[Key]) -> list[Key]:
        shown = views.shown_posts(self._tx, self._selection, [PostId(key.id) for key in keys])
        return [key for key in keys if key.id in shown]

    def _near(self, wanted: int) -> list[Key]:
        """The first `wanted` of all, and some more, in no order."""
        if len(self._among) <= 2 * wanted:
            return self._keys(self._among)
        others = [number for number in self._among if number not in self._before] if self._before else self._among
        # The database does not know what had other counters at the frozen moment.
        changed = [number for number in self._among if number in self._before] if len(others) < len(self._among) else []
        first = self._ranked(others, wanted) if self._sorting.order.ranked else self._keys(others, first=wanted)
        return first + (self._keys(changed) if changed else [])

    def _ranked(self, among: list[PostId], wanted: int) -> list[Key]:
        """The same of some that are as the database has them, in an order that ranks."""
        now, sample = self._sorting.frozen, hits.sampled(len(among), wanted)
        newest = self._keys(among[:sample]) if sample else []
        if len(newest) >= wanted:
            last = sorted(newest, reverse=True)[wanted - 1]
            if last.main > 0 and not last.pinned:
                least = hits.least(self._sorting.sort, last.main, now, self._active)
                return newest + self._keys(among[sample:], least=least)
        first = self._keys(among, week=hits.week(now), first=wanted)
        if len(first) == wanted and (first[-1].main > 0 or first[-1].pinned):
            return self._keys(among)
        return first

    def _keys(self, among: list[PostId], **bounds: Any) -> list[Key]:
        """Keys of those that are within a bound (views.posts)."""
        rows = views.posts(self._tx, self._selection, self._sorting.sort, among, **bounds)
        return [self._sorting.key(row, self._before.get(row.id), pinned=int(row.part == Part.PINNED)) for row in rows]
