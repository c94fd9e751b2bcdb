"""SQLite: connections owned by aiosqlite, one thread each; one of them writes and checkpoints, the others only read.

SQLite before 3.51.3 can corrupt a WAL when two connections write or checkpoint at once (security.md §3), hence a single writer, and
readers that are `query_only` and closed before it.
"""

import asyncio
import json
import sqlite3
from collections.abc import Awaitable, Callable, Iterable
from contextlib import AbstractContextManager, nullcontext
from functools import lru_cache
from pathlib import Path
from typing import Literal, TypeVar

import aiosqlite

from lemmy_lite.storage import terms
from lemmy_lite.storage.dialect import SQLITE, Values
from lemmy_lite.storage.digests import digest
from lemmy_lite.storage.errors import Conflict, StorageError, Trouble
from lemmy_lite.storage.query import Row
from lemmy_lite.storage.terms import Wanted

T = TypeVar("T")

APPLICATION_ID = 0x4C4D4C54  # "LMLT": tells `file` and us whose database this is


class SqliteSession:
    """One connection as the transaction sees it."""

    dialect = SQLITE

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection

    def fetch(self, sql: str, values: Values) -> list[Row]:
        """Run a statement that answers rows."""
        try:
            return self.connection.execute(sql, values).fetchall()
        except ERRORS as error:
            raise _translated(error) from error

    def run(self, sql: str, values: Values) -> int:
        """Run a statement and answer the number of rows it changed."""
        try:
            return self.connection.execute(sql, values).rowcount
        except ERRORS as error:
            raise _translated(error) from error

    def run_many(self, sql: str, values: Iterable[Values]) -> None:
        """Run one statement for each set of values."""
        try:
            self.connection.executemany(sql, values)
        except ERRORS as error:
            raise _translated(error) from error

    def control(self, statement: str) -> None:
        """BEGIN, SAVEPOINT, RELEASE, ROLLBACK, COMMIT."""
        try:
            self.connection.execute(statement)
        except ERRORS as error:
            raise _translated(error) from error

    def turn(self) -> AbstractContextManager[None]:
        """Nobody else writes."""
        return nullcontext()

    def changes(self) -> int | None:
        """How many rows this connection has changed so far, undone changes among them."""
        return self.connection.total_changes

    def others(self) -> int | None:
        """A number that changes with every commit of another connection."""
        number: int = self.fetch("PRAGMA data_version", {})[0][0]
        return number

    def end(self) -> None:
        """Undo what is open, if anything is: SQLite itself rolls back on a full disk or an I/O error."""
        if self.connection.in_transaction:
            self.connection.execute("ROLLBACK")


class SqliteWorker(aiosqlite.Connection):
    """A thread with a connection, to which whole functions are sent in one hop."""

    begin_read = "BEGIN"
    begin_write = "BEGIN IMMEDIATE"

    async def work(self, function: Callable[[SqliteSession], T]) -> T:
        """Run a function of the session on the connection's thread.

        aiosqlite's own way of running a call on its thread is the protected `_execute`; its public methods cost one hop a statement,
        which measured a third of the throughput (DESIGN §2). A test in tests/storage holds the name.
        """

        def call() -> T:
            return function(SqliteSession(self._conn))

        run: Callable[[Callable[[], T]], Awaitable[T]] = self._execute
        return await run(call)

    async def forget(self) -> None:
        """Give up the pages that are kept in memory and that nothing uses now."""
        await self.work(lambda session: session.control("PRAGMA shrink_memory"))


ERRORS = (sqlite3.Error, UnicodeDecodeError)
"""What reading a file raises. The second: where its schema is damaged, SQLite names things that are no text, and Python cannot read why."""
_NO_TEXT = "Could not decode to UTF-8"


def is_damage(error: Exception) -> bool:
    """Whether pages of the file are not what they should be. An index of words alone that is (SQLITE_CORRUPT_VTAB) can be made anew.

    Text that is no UTF-8 was never written by us: Python gives SQLite no other, and says this about what it reads without a code.
    """
    code = getattr(error, "sqlite_errorcode", 0)
    if isinstance(error, UnicodeDecodeError) or (not code and str(error).startswith(_NO_TEXT)):
        return True
    return code & 0xFF in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB) and code != sqlite3.SQLITE_CORRUPT_VTAB


def told(error: Exception) -> str:
    """What a driver says of damage, without the value that it cannot read: that may be a secret."""
    if isinstance(error, UnicodeDecodeError):
        return "the names of its tables are no text"
    return str(error).partition(" with text ")[0]


def cannot_open(path: Path, error: Exception) -> StorageError:
    """Why a file did not open, in a sentence."""
    return StorageError(Trouble.DAMAGED if is_damage(error) else Trouble.BROKEN, f"cannot open {path}: {told(error)}")


def _translated(error: Exception) -> Exception:
    """A driver's error in our words, by SQLite's primary result code."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code == sqlite3.SQLITE_CONSTRAINT:
        return Conflict(str(error))
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return StorageError(Trouble.BUSY, error)
    if code == sqlite3.SQLITE_FULL:
        return StorageError(Trouble.FULL, error)
    if is_damage(error):
        return StorageError(Trouble.DAMAGED, told(error))
    if code in (sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN):
        return StorageError(Trouble.BROKEN, error)
    return error


async def open_worker(
    path: Path, *, writer: bool, synchronous: Literal["full", "normal"], cache_mb: int, log_pages: int = 1000
) -> SqliteWorker:
    """Open one connection: the single writer, or a reader that cannot write.

    `cache_mb` is the page cache of this connection in megabytes. The writer folds the log back after `log_pages` pages.
    Raises StorageError when the file cannot be opened.
    """

    def connect() -> sqlite3.Connection:
        connection = sqlite3.connect(path, isolation_level=None, cached_statements=512, timeout=10, check_same_thread=False)
        try:
            teach(connection)
            if writer:
                _mark(connection)
            for pragma in _pragmas(writer, synchronous, cache_mb, log_pages):
                connection.execute(f"PRAGMA {pragma}")
        except BaseException:
            connection.close()
            raise
        return connection

    # Not on the worker's own thread: where that fails, aiosqlite lets it end by itself, which may be after the event loop.
    try:
        connection = await asyncio.to_thread(connect)
    except ERRORS as error:
        raise cannot_open(path, error) from error
    worker = SqliteWorker(lambda: connection, 64)
    await worker
    return worker


def teach(connection: sqlite3.Connection) -> None:
    """What shared SQL needs of a connection that SQLite does not have by itself (dialect.py)."""
    connection.create_function("holds_terms", -1, _holds_terms, deterministic=True)
    connection.create_function("digest", 1, digest, deterministic=True)


def _holds_terms(asked: str, *texts: str | None) -> bool:
    """What HOLDS of shared SQL is on SQLite: a table of FTS5 cannot be asked for one row without its list of rows being read."""
    return terms.holds(_asked(asked), texts)


@lru_cache(maxsize=16)
def _asked(text: str) -> Wanted:
    whole, beginning = json.loads(text)
    return Wanted(tuple(whole), tuple(beginning))


def _mark(connection: sqlite3.Connection) -> None:
    """What a new file is marked with. These pragmas write even where nothing changes, and a file whose schema is refused later must stay
    as it was. auto_vacuum 2 is INCREMENTAL; it must come before the first table."""
    for name, value in (("auto_vacuum", 2), ("application_id", APPLICATION_ID)):
        if connection.execute(f"PRAGMA {name}").fetchone()[0] != value:
            connection.execute(f"PRAGMA {name} = {value}")


def _pragmas(writer: bool, synchronous: str, cache_mb: int, log_pages: int) -> list[str]:
    shared = ["foreign_keys = ON", f"cache_size = {-1024 * cache_mb}", "temp_store = MEMORY", "trusted_schema = OFF"]
    if not writer:
        return [*shared, "query_only = ON"]
    return [
        "journal_mode = WAL",
        f"synchronous = {synchronous.upper()}",
        f"wal_autocheckpoint = {log_pages}",
        f"journal_size_limit = {log_pages * 4096}",  # a log that had to grow behind a long reader is cut off again
        *shared,
    ]
