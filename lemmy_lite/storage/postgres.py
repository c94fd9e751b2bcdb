"""Postgres, for those who outgrow one machine: a psycopg pool behind the same workers and transactions as SQLite's.

psycopg is an optional extra and is imported here and in membership.py, when a Postgres database is configured.
"""

import asyncio
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import Final, TypeVar

import psycopg
from psycopg_pool import ConnectionPool, PoolTimeout

from lemmy_lite.storage.claims import Claim
from lemmy_lite.storage.dialect import POSTGRES, Values
from lemmy_lite.storage.errors import Conflict, StorageError, Trouble, TryAgain
from lemmy_lite.storage.query import Row

T = TypeVar("T")
_CONNECT_SECONDS = 10
_SESSION: Final = (
    # A machine that stops with a transaction open must not hold its rows for hours: Postgres notices within half a minute, or a minute.
    "SET idle_in_transaction_session_timeout = 60000",
    "SET tcp_keepalives_idle = 10",
    "SET tcp_keepalives_interval = 5",
    "SET tcp_keepalives_count = 3",
    "SET tcp_user_timeout = 25000",
)
_TRY_AGAIN_SECONDS = 0.25


class PostgresSession:
    """One connection as the transaction sees it."""

    dialect = POSTGRES

    def __init__(self, connection: psycopg.Connection[Row]) -> None:
        self.connection = connection

    def fetch(self, sql: str, values: Values) -> list[Row]:
        """Run a statement that answers rows."""
        with _in_our_words():
            return self.connection.execute(sql.encode(), values).fetchall()

    def run(self, sql: str, values: Values) -> int:
        """Run a statement and answer the number of rows it changed."""
        with _in_our_words():
            return self.connection.execute(sql.encode(), values).rowcount

    def run_many(self, sql: str, values: Iterable[Values]) -> None:
        """Run one statement for each set of values."""
        with _in_our_words(), self.connection.cursor() as cursor:
            cursor.executemany(sql.encode(), values)

    def control(self, statement: str) -> None:
        """BEGIN, SAVEPOINT, RELEASE, ROLLBACK, COMMIT. Not prepared, as it may be two statements."""
        with _in_our_words():
            self.connection.execute(statement.encode(), prepare=False)

    def changes(self) -> int | None:
        """Not told."""
        return None

    @contextmanager
    def turn(self) -> Iterator[None]:
        """For the length of a `with`, nobody else is here who lost to others: those write one after the other, and so get on."""
        self.control(f"SELECT pg_advisory_lock({int(Claim.TURN)}, 0)")
        try:
            yield
        finally:
            with suppress(StorageError, TryAgain):  # with a session that has ended the claim is gone, and what was done in it stands
                self.control(f"SELECT pg_advisory_unlock({int(Claim.TURN)}, 0)")

    def others(self) -> int | None:
        """Not told."""
        return None

    def end(self) -> None:
        """Undo what is open, if anything is."""
        if self.connection.info.transaction_status != psycopg.pq.TransactionStatus.IDLE and not self.connection.closed:
            self.connection.execute(b"ROLLBACK")


class PostgresWorker:
    """A thread that borrows a connection from the pool for each function sent to it."""

    begin_read = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
    # Verbs look before they write, as the only writer of their process; between processes only SERIALIZABLE keeps that true.
    # Who finds a row taken loses as soon as the other commits, so waiting long is for nothing, and two who wait for each other are told
    # apart by Postgres only after a second.
    begin_write = "BEGIN ISOLATION LEVEL SERIALIZABLE; SET LOCAL lock_timeout = 200"

    def __init__(self, pool: "ConnectionPool[psycopg.Connection[Row]]", name: str) -> None:
        self._pool = pool
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=name)

    async def work(self, function: Callable[[PostgresSession], T]) -> T:
        """Run a function of the session on this worker's thread."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._call, function)

    async def forget(self) -> None:
        """Pages are Postgres' own affair."""

    def _call(self, function: Callable[[PostgresSession], T]) -> T:
        try:
            with self._pool.connection(timeout=_CONNECT_SECONDS) as connection:
                return function(PostgresSession(connection))
        except (PoolTimeout, psycopg.OperationalError) as error:
            raise StorageError(Trouble.BUSY, error) from error

    async def close(self) -> None:
        """Wait for the work in hand and end the thread."""
        await asyncio.get_running_loop().run_in_executor(None, self._thread.shutdown)


@contextmanager
def _in_our_words() -> Iterator[None]:
    """What the driver raises, translated. Of a conflict no more is kept: Postgres tells the values of the row, and logs show causes."""
    try:
        yield
    except psycopg.Error as error:
        said = _translated(error)
        raise said from (None if isinstance(said, Conflict) else error)


def _translated(error: psycopg.Error) -> Exception:
    """A driver's error in our words, by SQLSTATE."""
    state = error.sqlstate or ""
    if state in ("40001", "40P01", "55P03"):
        return TryAgain(str(error))
    if state.startswith("23"):
        return Conflict(error.diag.message_primary or "a rule of the schema is broken")
    if state.startswith("53"):
        return StorageError(Trouble.FULL, error)
    if state.startswith(("08", "57")) or isinstance(error, psycopg.OperationalError):
        return StorageError(Trouble.BUSY, error)
    return error


def _configure(connection: psycopg.Connection[Row]) -> None:
    for statement in _SESSION:
        connection.execute(statement.encode())


def _reach(url: str) -> None:
    """Wait until the server takes a connection: the pool itself would not say why it does not. Raises StorageError."""
    deadline = time.monotonic() + _CONNECT_SECONDS
    while True:
        try:
            psycopg.connect(url, autocommit=True, connect_timeout=_CONNECT_SECONDS).close()
            return
        except psycopg.OperationalError as error:
            if time.monotonic() > deadline:
                reason = " ".join(str(error).split())
                raise StorageError(Trouble.BROKEN, f"no connection to Postgres within {_CONNECT_SECONDS} s: {reason}") from error
        time.sleep(_TRY_AGAIN_SECONDS)


async def open_pool(url: str, size: int) -> "ConnectionPool[psycopg.Connection[Row]]":
    """A pool of `size` connections in autocommit, so that our own BEGIN and COMMIT are the only ones.

    Raises StorageError when the server does not answer within ten seconds.
    """

    def connect() -> "ConnectionPool[psycopg.Connection[Row]]":
        pool: ConnectionPool[psycopg.Connection[Row]] = ConnectionPool(
            url,
            min_size=1,
            max_size=size,
            kwargs={"autocommit": True},
            open=False,
            check=ConnectionPool.check_connection,
            configure=_configure,
        )
        _reach(url)
        pool.open()
        try:
            pool.wait(_CONNECT_SECONDS)
        except PoolTimeout as error:
            pool.close()
            raise StorageError(Trouble.BROKEN, f"no connection to Postgres within {_CONNECT_SECONDS} s: {error}") from error
        return pool

    return await asyncio.get_running_loop().run_in_executor(None, connect)
