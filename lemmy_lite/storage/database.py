"""The database as the rest of the house knows it: `read` a view, `write` a verb, each in one hop."""

import asyncio
import logging
from collections.abc import Callable, Hashable
from pathlib import Path
from typing import Any, Concatenate, Final, Literal, ParamSpec, TypeVar
from urllib.parse import unquote, urlsplit

from lemmy_lite.model.clock import Clock
from lemmy_lite.model.events import Event
from lemmy_lite.storage import damage, gathering, told_file, vote_file
from lemmy_lite.storage.aside import Aside, Unready
from lemmy_lite.storage.dialect import POSTGRES, SQLITE, Dialect
from lemmy_lite.storage.errors import StorageError, Trouble
from lemmy_lite.storage.pending import Pending
from lemmy_lite.storage.processes import Processes
from lemmy_lite.storage.query import Session, Transaction
from lemmy_lite.storage.told_file import ToldFile
from lemmy_lite.storage.vote_file import VoteFile
from lemmy_lite.storage.writer import After, Within, Worker, Writer

log = logging.getLogger(__name__)

P = ParamSpec("P")
T = TypeVar("T")


LOG_PAGES: Final = 12_000
"""50 MB of log before it is folded back: what several merges of votes have changed is then written once (README.md)."""
MOST_MADE: Final = 16
"""Things made ahead of one unit of work, which runs once more for each. None has needed half of them; one that does makes them all."""
SOON: Final = 20_000
"""Characters that are read even for who will not wait long, those before them counted: 10 ms as a rule, 150 at worst."""


class Database:
    """One writer, a pool of readers, and the subscribers of what happens.

    `read` and `write` run a plain function of a Transaction on a database thread. Errors raised by the function reach the caller as
    they are; StorageError means that the database itself is in trouble and nothing was kept.
    """

    def __init__(
        self,
        dialect: Dialect,
        writer: Worker,
        readers: list[Worker],
        *,
        batch: int,
        clock: Clock,
        votes: VoteFile | None = None,
        told: ToldFile | None = None,
        processes: Processes | None = None,
        file: Path | None = None,
    ) -> None:
        self.dialect = dialect
        self.clock = clock
        self.processes = processes or Processes()
        """The others that use this database; to be started by whoever runs an instance."""
        self.aside = Aside()
        """Where things are made that units of work ask for."""
        self.trace: Callable[[str], None] | None = None
        self.damage: str | None = None
        """What is wrong with the pages of the file, in a sentence: nothing is written any more."""
        self._file = file
        self._writer_thread = writer
        self._readers = readers
        self._free: asyncio.LifoQueue[Worker] = asyncio.LifoQueue()
        for reader in readers:
            self._free.put_nowait(reader)
        self.pending = Pending(gathers=dialect.is_sqlite, file=votes)
        self._writer = Writer(writer, batch, clock.now, self._traced, self.pending, self._require_whole)
        self.told = told or ToldFile()
        """Which messages other instances have just taken; on SQLite it outlives a kill."""
        self._on_close: list[Callable[[], None]] = []

    def _traced(self, sql: str) -> None:
        if self.trace:
            self.trace(sql)

    async def read(self, view: Callable[Concatenate[Transaction, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a view in one consistent snapshot."""
        reader = await self._free.get()
        try:
            return await reader.work(lambda session: self._snapshot(session, reader.begin_read, lambda tx: view(tx, *args, **kwargs)))
        except StorageError as trouble:
            self._hear(trouble)
            raise
        finally:
            self._free.put_nowait(reader)

    async def forget(self) -> None:
        """Give up the pages that connections keep in memory: what follows reads them anew, from the system's own cache."""
        for worker in (*self._readers, self._writer_thread):
            await worker.forget()

    def _snapshot(self, session: Session, begin: str, view: Callable[[Transaction], T]) -> T:
        session.control(begin)
        try:
            return view(Transaction(session, self.clock.now(), self._traced if self.trace else None, pending=self.pending))
        finally:
            session.control("ROLLBACK")

    async def write(self, verb: Callable[Concatenate[Transaction, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a verb; the answer comes after the commit that makes it durable. What takes long to make is made ahead of it, aside."""
        return await self._made_ready(lambda tx: verb(tx, *args, **kwargs))

    async def attempt(self, verb: Callable[Concatenate[Transaction, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Like `write`, for who will not wait long: raises Unready where much has to be read ahead, or much else is before it (SOON). Then
        nothing has happened."""
        return await self._made_ready(lambda tx: verb(tx, *args, **kwargs), patient=False)

    async def note(self, verb: Callable[Concatenate[Transaction, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Like `write`, for what nobody sees but those whom it concerns: what is kept for strangers (http/kept.py) stays good.

        Events that the verb appends say otherwise, as always.
        """

        def quietly(tx: Transaction) -> T:
            tx.own = True
            return verb(tx, *args, **kwargs)

        return await self._made_ready(quietly)

    async def _made_ready(self, verb: Callable[[Transaction], T], *, patient: bool = True) -> T:
        ready: dict[Hashable, Any] = {}
        while len(ready) < MOST_MADE:
            try:
                return await self._written(_with(verb, ready))
            except Unready as unready:
                if not patient and unready.size + self.aside.asked(unready.host) > SOON:
                    raise
                ready[unready.key] = await self.aside.make(unready.host, unready.make, unready.size)
        return await self._written(verb)

    async def _written(self, verb: Callable[[Transaction], T]) -> T:
        try:
            return await self._writer.write(verb)
        except StorageError as trouble:
            self._hear(trouble)
            raise

    def _hear(self, trouble: StorageError) -> None:
        if trouble.trouble is Trouble.DAMAGED:
            self.distrust(trouble.reason)

    def distrust(self, what: str) -> None:
        """Write nothing any more into a file whose pages are not what they should be, and remember why for the next start. Reading goes on
        as far as it can. `what` is a sentence; the first one stays."""
        if self.damage is not None or self._file is None:
            return
        self.damage = what
        log.critical("the database is damaged, and nothing is written any more: %s", what)
        try:
            damage.note(self._file, what)
        except OSError as trouble:
            log.error("that the database is damaged could not be noted: %s", trouble)

    def _require_whole(self) -> None:
        if self.damage is not None:
            raise StorageError(Trouble.DAMAGED, self.damage)

    def within(self, subscriber: Within, *kinds: type[Event]) -> None:
        """Call `subscriber(tx, event)` in the transaction of each event, or of those of these kinds: deed and announcement share a fate."""
        self._writer.within.add(subscriber, kinds)

    def after(self, subscriber: After, *kinds: type[Event]) -> None:
        """Call `subscriber(event)` on the event loop after the commit of each event, or of those of these kinds. It must not raise or
        block."""
        self._writer.after.add(subscriber, kinds)

    @property
    def commits(self) -> int:
        """How many commits the writer has made: the measure of group commit."""
        return self._writer.commits

    @property
    def trouble(self) -> StorageError | None:
        """Why nothing can be written at present, as far as somebody has tried; reading may go on."""
        return self._writer.trouble

    @property
    def seen(self) -> tuple[int, int]:
        """How many commits strangers have to see at once, and how many soon (storage.query.Reach)."""
        return self._writer.seen_at_once, self._writer.seen_soon

    @property
    def readers(self) -> tuple[int, int]:
        """How many reads can go on at a time, and how many more could begin now."""
        return len(self._readers), self._free.qsize()

    async def maintain(self, function: Callable[Concatenate[Session, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a function on the writer's thread outside any transaction: migrations, checkpoints, VACUUM."""
        self._require_whole()

        def alone(session: Session) -> T:
            try:
                return function(session, *args, **kwargs)
            finally:
                self._writer.recollection.forget()

        return await self._writer_thread.work(alone)

    async def shrink(self) -> None:
        """Let the page caches go, which fill when much is read once; what is asked for again the system holds in its own."""
        if self.dialect.is_sqlite:
            for worker in (self._writer_thread, *self._readers):
                await worker.work(lambda session: session.fetch("PRAGMA shrink_memory", {}))

    async def recall(self) -> None:
        """Learn of the votes that wait in the log: once, when the schema stands. A database that gathers none may have been given some by
        another one (copying.py); they go to their tables."""

        def load(session: Session) -> None:
            gathering.load(Transaction(session, self.clock.now(), pending=self.pending), self.pending)

        await self.maintain(load)
        await self.fold_votes()
        while len(self.pending) and not self.dialect.is_sqlite:
            await self.write(gathering.merge)

    async def fold_votes(self) -> int:
        """Bring what is still needed of the file of votes to the table; answers how many commits had written it. Raises StorageError."""
        file = self.pending.file
        if file is None or file.epoch is None:
            return 0

        def fold(session: Session) -> int:
            session.control("BEGIN IMMEDIATE")
            try:
                done = gathering.fold(Transaction(session, self.clock.now(), pending=self.pending), self.pending)
                session.control("COMMIT")
            except BaseException:
                session.control("ROLLBACK")
                raise
            file.retire()
            return done

        return await self.maintain(fold)

    async def close(self) -> None:
        """Finish waiting writes, close readers, then the writer (it alone may checkpoint). After it the file of the database is all there
        is, unless the disk is in trouble."""
        await self._writer.close()
        for reader in self._readers:
            await reader.close()
        await self._leave_votes()
        await self._writer_thread.close()
        self.told.close()
        for function in self._on_close:
            await asyncio.get_running_loop().run_in_executor(None, function)

    async def _leave_votes(self) -> None:
        file = self.pending.file
        if file is None:
            return
        try:
            await self.fold_votes()
            file.remove()
        except (StorageError, OSError) as trouble:
            log.warning("some votes wait beside the database, and the next start takes them up: %s", trouble)
            file.close()


def _with(verb: Callable[[Transaction], T], ready: dict[Hashable, Any]) -> Callable[[Transaction], T]:
    def unit(tx: Transaction) -> T:
        tx.ready = ready
        return verb(tx)

    return unit


async def open_database(
    url: str,
    clock: Clock,
    *,
    readers: int = 2,
    batch: int = 256,
    synchronous: Literal["full", "normal"] = "full",
    cache_mb: int = 8,
    log_pages: int = LOG_PAGES,
) -> Database:
    """Open `sqlite:///path/lemmy.db` or `postgresql://…`, without touching the schema. `cache_mb` is what the page caches of all SQLite
    connections take together. `log_pages`: after so many pages SQLite's log is folded back.

    Raises StorageError when it cannot be opened, or when Postgres is asked for and its optional extra is not installed.
    """
    if url.startswith("sqlite:"):
        return await _open_sqlite(Path(unquote(urlsplit(url).path)), clock, readers, batch, synchronous, cache_mb, log_pages)
    return await _open_postgres(url, clock, readers, batch)


async def _open_sqlite(
    path: Path, clock: Clock, readers: int, batch: int, synchronous: Literal["full", "normal"], cache_mb: int, log_pages: int
) -> Database:
    from lemmy_lite.storage.sqlite import open_worker

    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    path.touch(mode=0o600)
    # A reader forgets its pages with each commit of the writer, which alone keeps its own.
    to_write, to_read = max(1, cache_mb // 2), max(1, cache_mb // 2 // readers)
    writer = await open_worker(path, writer=True, synchronous=synchronous, cache_mb=to_write, log_pages=log_pages)
    pool: list[Any] = [await open_worker(path, writer=False, synchronous=synchronous, cache_mb=to_read) for _ in range(readers)]
    # Votes beside the database may tell of rows that it does not hold after a power cut, unless each of its commits is durable.
    votes = VoteFile(vote_file.beside(path), read_only=synchronous != "full")
    told = ToldFile(told_file.beside(path))
    return Database(SQLITE, writer, pool, batch=batch, clock=clock, votes=votes, told=told, file=path)


async def _open_postgres(url: str, clock: Clock, readers: int, batch: int) -> Database:
    try:
        from lemmy_lite.storage.cluster import Cluster
        from lemmy_lite.storage.postgres import PostgresWorker, open_pool
    except ImportError as error:
        raise StorageError(Trouble.BROKEN, f"Postgres needs the optional packages psycopg and psycopg-pool ({error})") from error
    url = url.replace("postgres://", "postgresql://", 1)
    pool = await open_pool(url, readers + 1)
    workers: list[Any] = [PostgresWorker(pool, f"postgres-{number}") for number in range(readers + 1)]
    database = Database(POSTGRES, workers[0], workers[1:], batch=batch, clock=clock, processes=Cluster(url, clock.now))
    database._on_close.append(pool.close)
    return database
