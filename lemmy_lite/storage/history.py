"""What the counters of posts were a moment ago, so that a reader who turns pages sees the order of the first page (see domain/README.md).

Fed twice by each change: within the transaction, so that no snapshot can hold a change that History lacks, and after the commit, to
learn since when every new snapshot holds it.
"""

from collections import deque
from collections.abc import Callable
from threading import Lock
from typing import Final

from lemmy_lite.model.clock import HOUR, Micros
from lemmy_lite.model.events import Event, PostCounted
from lemmy_lite.model.ids import PostId
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.read_ahead import ReadAhead

HEARS: Final = (PostCounted,)
KEPT_FOR: Micros = HOUR
KEPT_CHANGES = 10_000  # some 2 MB; at ten votes a second the last quarter of an hour


class _Change:
    """A post's counters before a change; `settled` is when the change was known to be committed or undone."""

    __slots__ = ("before", "settled")

    def __init__(self, before: PostCounted) -> None:
        self.before = before
        self.settled: Micros | None = None


class History:
    """The changes of posts' counters during the last hour, at most `changes` of them; used by all database threads.

    `now` is the clock of the Database. When memory is short of the changes since a moment (an older moment, more changes than are kept,
    a restart, another process on Postgres), `since` knows less, and the pages of such a walk follow today's counters for those posts.

    `read_ahead` holds the walks themselves, those whose pages were turned last.
    """

    def __init__(self, now: Callable[[], Micros], *, changes: int = KEPT_CHANGES) -> None:
        self._now = now
        self._most = changes
        self._changes: deque[_Change] = deque()
        self._open: deque[_Change] = deque()
        self._lock = Lock()
        self.read_ahead = ReadAhead()

    def within(self, _tx: Transaction, event: Event) -> None:
        """Subscriber within the transaction: the change may be committed at any moment from now on."""
        if isinstance(event, PostCounted):
            change = _Change(event)
            with self._lock:
                self._changes.append(change)
                self._open.append(change)
                self._forget()

    def after(self, event: Event) -> None:
        """Subscriber after the commit: snapshots begun from now on hold the change.

        The one writer commits in order, so changes that were announced earlier and never came here have been undone.
        """
        if not isinstance(event, PostCounted):
            return
        with self._lock:
            now = self._now()
            while self._open:
                change = self._open.popleft()
                change.settled = now
                if change.before is event:
                    break

    def since(self, moment: Micros) -> dict[PostId, PostCounted]:
        """The counters that posts had at `moment`, for every post whose counters may have changed since.

        To be called after the first statement of a transaction whose `now` is `moment` or later: then each change that its snapshot holds
        is known here. Changes beyond the snapshot do no harm, as what was before the first of them is what the snapshot shows.
        """
        found: dict[PostId, PostCounted] = {}
        with self._lock:
            for change in reversed(self._changes):
                if change.settled is not None and change.settled <= moment:
                    break
                found[change.before.post_id] = change.before
        return found

    def _forget(self) -> None:
        """Drop what is too old or too much. On a full disk every commit fails, so even what is open has a bound."""
        while len(self._open) > self._most:
            self._open.popleft()
        oldest = self._now() - KEPT_FOR
        while self._changes:
            settled = self._changes[0].settled
            if len(self._changes) <= self._most and (settled is None or settled >= oldest):
                break
            self._changes.popleft()
