"""The one writer: concurrent units of work share a commit, each undone alone where it fails, and are answered after it.

An acknowledged unit is durable: callers wait for the commit that holds their work (security.md, rule 20).
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, Protocol, TypeVar

from lemmy_lite.model.clock import HOUR, Micros
from lemmy_lite.model.events import Event
from lemmy_lite.storage import gathering
from lemmy_lite.storage.errors import StorageError, Trouble, TryAgain
from lemmy_lite.storage.linger import Linger
from lemmy_lite.storage.pending import Pending
from lemmy_lite.storage.query import Reach, Session, Transaction
from lemmy_lite.storage.recollection import Recollection
from lemmy_lite.storage.subscribers import Subscribers
from lemmy_lite.storage.tables import vote_log
from lemmy_lite.storage.tables.vote_log import Entry

T = TypeVar("T")
log = logging.getLogger(__name__)
HELD_STILL: Micros = 3 * HOUR
"""A clock that is set back by less stands still until it has caught up, so that what comes later is never dated earlier. Set back by more,
it had been wrong by far, as a board without a battery is until it has asked for the time: then what happens is dated as it says now."""
_TOGETHER = 2
"""Attempts at a whole batch, once it is its turn, before each unit is tried for itself."""
_ATTEMPTS = 12
"""A unit that loses to other processes this often, in spite of its turn, is answered "busy"."""

Within = Callable[[Transaction, Event], None]
After = Callable[[Event], None]


class WritingSession(Session, Protocol):
    """A session that can be brought back to rest after an error."""

    def end(self) -> None:
        """Undo what is open, if anything is."""

    def turn(self) -> AbstractContextManager[None]:
        """For the length of a `with`, nobody else is here who lost to others."""

    def changes(self) -> int | None:
        """How many rows this connection has changed so far, undone changes among them; None where that is not told."""

    def others(self) -> int | None:
        """A number that changes with every commit of another connection; None where there is none."""


class Worker(Protocol):
    """A database thread."""

    begin_read: str
    begin_write: str

    async def work(self, function: Callable[[Any], T]) -> T:
        """Run a function of the session on the thread."""

    async def forget(self) -> None:
        """Give up the pages that it keeps in memory."""

    async def close(self) -> None:
        """Finish the work in hand and end the thread."""


class Unit:
    """One unit of work on its way through the writer."""

    __slots__ = ("error", "events", "future", "reach", "result", "verb")

    def __init__(self, verb: Callable[[Transaction], Any], future: "asyncio.Future[Any]") -> None:
        self.verb = verb
        self.future = future
        self.result: Any = None
        self.error: BaseException | None = None
        self.events: list[Event] = []
        self.reach = Reach.OWN


class _Undoing:
    """How a unit that fails is undone, without those that share its commit. On SQLite a savepoint is opened before the first change, and
    none for a unit that is alone: then the transaction begins anew. On Postgres one failed SELECT spoils all, so it is opened at once."""

    def __init__(self, session: WritingSession, begin: str, *, alone: bool) -> None:
        self._session = session
        self._begin = begin if alone and session.dialect.is_sqlite else None
        self._changed = False
        if not session.dialect.is_sqlite:
            self.prepare()

    def prepare(self) -> None:
        """Something may change now."""
        self._changed = True
        if self._begin is None:
            self._session.control("SAVEPOINT unit")

    def undo(self) -> None:
        """The unit has failed."""
        if self._changed and self._begin is not None:
            self._session.end()
            self._session.control(self._begin)
        elif self._changed:
            self._session.control("ROLLBACK TO SAVEPOINT unit")

    def end(self) -> None:
        """The unit is done, or undone."""
        if self._changed and self._begin is None:
            self._session.control("RELEASE SAVEPOINT unit")


class Writer:
    """Gathers units while a commit is under way and gives the next commit all of them, at most `batch`."""

    def __init__(
        self,
        worker: Worker,
        batch: int,
        now: Callable[[], Micros],
        trace: Callable[[str], None] | None,
        pending: Pending,
        require: Callable[[], None] = lambda: None,
    ) -> None:
        """`require` raises StorageError where nothing may be written any more; it is asked before each commit."""
        self._worker = worker
        self._require = require
        self._pending = pending
        self.recollection = Recollection()
        """Used on the worker's thread alone."""
        self._forgot = False
        self._batch = batch
        self._now = now
        self._trace = trace
        self._last: Micros = 0
        self._waiting: list[Unit] = []
        self._wake = asyncio.Event()
        self._linger = Linger(batch)
        self._closing = False
        self.within: Subscribers[Within] = Subscribers()
        self.after: Subscribers[After] = Subscribers()
        self.trouble: StorageError | None = None
        """Why the disk did not take the last thing that was to be written; None since it took something again."""
        self.commits = 0
        self.seen_at_once = 0
        self.seen_soon = 0
        self._task = asyncio.create_task(self._run(), name="writer")

    async def write(self, verb: Callable[[Transaction], T]) -> T:
        """Run a verb and answer its result once the commit that holds it is durable."""
        if self._closing or self._task.done():
            raise StorageError(Trouble.CLOSED, "the database is closed")
        unit = Unit(verb, asyncio.get_running_loop().create_future())
        self._waiting.append(unit)
        if len(self._waiting) >= self._linger.enough:
            self._wake.set()
        result: T = await unit.future
        return result

    async def close(self) -> None:
        """Finish what waits, then stop. The worker is closed by its owner."""
        self._closing = True
        self._wake.set()
        await self._task

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        while self._waiting or not self._closing:
            await self._wake.wait()
            self._wake.clear()
            while self._waiting:
                units, self._waiting = self._waiting[: self._batch], self._waiting[self._batch :]
                begun = loop.time()
                await self._commit(units)
                await self._lingered(self._linger.answered(len(units), len(self._waiting), loop.time() - begun))

    async def _lingered(self, seconds: float) -> None:
        """Wait so long for those who were just answered, or until enough of them are back."""
        if seconds and not self._closing:
            self._wake.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await self._wake.wait()
        self._linger.ended(len(self._waiting))

    async def _commit(self, units: list[Unit]) -> None:
        try:
            self._require()
            await self._worker.work(lambda session: self._perform(session, units))
        except Exception as error:
            # The commit itself failed: nothing of the batch was kept, and every caller is told so.
            if isinstance(error, StorageError) and error.trouble is Trouble.BROKEN:
                self.trouble = error
            for unit in units:
                unit.error = unit.error or error
                unit.events = []
        for unit in units:
            self._answer(unit)

    def _answer(self, unit: Unit) -> None:
        for event in unit.events:
            self._tell(event)
        if unit.future.cancelled():
            return
        if unit.error is not None:
            unit.future.set_exception(unit.error)
        else:
            unit.future.set_result(unit.result)

    def _tell(self, event: Event) -> None:
        for subscriber in self.after.of(type(event)):
            try:
                subscriber(event)
            except Exception:
                # The deed is done and its caller waits: one deaf subscriber must not stop the writer.
                log.exception("a subscriber failed on %s", type(event).__name__)

    def _perform(self, session: WritingSession, units: list[Unit]) -> None:
        """On the writer's thread: all units in one transaction. Where another process stood in the way, once more, one process after the
        other; in the end each unit in its own."""
        try:
            self._transact(session, units)
        except TryAgain:
            with session.turn():
                self._in_turn(session, units)

    def _in_turn(self, session: WritingSession, units: list[Unit]) -> None:
        for _ in range(_TOGETHER if len(units) > 1 else 0):
            try:
                self._transact(session, units)
                return
            except TryAgain:
                continue
        for unit in units:
            self._alone(session, unit)

    def _alone(self, session: WritingSession, unit: Unit) -> None:
        for attempt in range(_ATTEMPTS):
            try:
                self._transact(session, [unit])
                return
            except TryAgain as error:
                if attempt == _ATTEMPTS - 1:
                    unit.error, unit.events = StorageError(Trouble.BUSY, error), []

    def _transact(self, session: WritingSession, units: list[Unit]) -> None:
        if self._forgot:
            self._recall(session)
        try:
            session.control(self._worker.begin_write)
            self.recollection.begin(session.others())
            before, alone = session.changes(), len(units) == 1
            gathered = [entry for unit in units if (entry := self._attempt(session, unit, alone=alone)) is not None]
            undone = alone and units[0].error is not None
            self._keep(session, gathered, nothing_else=before is not None and (undone or session.changes() == before))
            self.commits += 1
            reach = max((unit.reach for unit in units if unit.error is None), default=Reach.OWN)
            self.seen_at_once += reach is Reach.AT_ONCE
            self.seen_soon += reach is Reach.SOON
        except BaseException:
            self.recollection.forget()
            session.end()
            self._recall(session)
            raise

    def _keep(self, session: WritingSession, gathered: list[Entry], *, nothing_else: bool) -> None:
        """Make durable what the units did. Waiting votes alone go to the file, which costs a tenth of a commit."""
        file = self._pending.file
        if gathered and nothing_else and file is not None and file.takes(payload := vote_log.packed(gathered)):
            session.control("ROLLBACK")
            file.append(payload)
        else:
            epoch = gathering.keep(Transaction(session, self._last, self._trace), self._pending, gathered)
            session.control("COMMIT")
            if epoch is not None and file is not None:
                file.begin(epoch)
        if gathered or not nothing_else:
            self.trouble = None
        self._pending.kept = self._pending.newest

    def _recall(self, session: WritingSession) -> None:
        """Memory may know of votes that were not kept: look at the log again, or before the next commit where even that fails."""
        self._forgot = self._pending.newest > 0
        if not self._forgot:
            return
        try:
            session.control(self._worker.begin_read)
            gathering.load(Transaction(session, self._now(), pending=self._pending), self._pending)
            self._forgot = False
        except Exception:
            log.exception("the log of votes could not be read")
        finally:
            session.end()

    def _attempt(self, session: WritingSession, unit: Unit, *, alone: bool) -> Entry | None:
        """Do the work of a unit, which may be `alone` in its transaction; answers what the log has to keep of it."""
        unit.error, unit.events, unit.reach = None, [], Reach.OWN
        now = self._now()
        self._last = max(now, self._last + 1) if now > self._last - HELD_STILL else now
        tx = Transaction(session, self._last, self._trace, self.within.of, self._pending, self.recollection)
        gathered = None
        undoing = _Undoing(session, self._worker.begin_write, alone=alone)
        self.recollection.begin_unit(undoing.prepare if session.dialect.is_sqlite else None)
        try:
            unit.result = unit.verb(tx)
            tx.announce()
            gathering.finish(tx)
        except (StorageError, TryAgain):
            raise
        except Exception as error:
            unit.error = error
            undoing.undo()
            self.recollection.undo_unit()
        else:
            unit.events, unit.reach = tx.events, tx.reach
            if tx.share is not None:
                self._pending.take(tx.share, tx.now)
                gathered = gathering.entry(tx.share)
        undoing.end()
        return gathered
