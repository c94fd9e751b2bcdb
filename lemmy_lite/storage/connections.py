"""Connections of one's own, beside those of a running server: for backups, copies and commands.

They read in a snapshot. To a SQLite file that a server has open nothing may be written through them, as only the server's one writer may
write and checkpoint (sqlite.py); what is written through them are new files and Postgres.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote, urlsplit

from lemmy_lite.storage import claims
from lemmy_lite.storage.claims import Claim
from lemmy_lite.storage.errors import NotYet, StorageError, Trouble
from lemmy_lite.storage.query import Session, Transaction
from lemmy_lite.storage.sqlite import ERRORS, SqliteSession, cannot_open, teach

if TYPE_CHECKING:
    from lemmy_lite.storage.postgres import PostgresSession


def path_of(url: str) -> Path:
    """The file that `sqlite:///path` names."""
    return Path("/" + unquote(urlsplit(url).path).lstrip("/"))


@contextmanager
def opened(path: Path, *, read_only: bool) -> Iterator[SqliteSession]:
    """A connection of one's own. Raises NotYet where there is nothing to be read, StorageError for what does not open."""
    if read_only:
        _require_file(path)
    mode = "ro" if read_only else "rwc"
    try:
        connection = sqlite3.connect(f"file:{quote(str(path))}?mode={mode}", uri=True, isolation_level=None, timeout=10)
    except ERRORS as error:
        raise cannot_open(path, error) from error
    with closing(connection):
        try:
            connection.execute("SELECT COUNT(*) FROM sqlite_master").fetchone()
        except ERRORS as error:
            raise cannot_open(path, error) from error
        connection.execute("PRAGMA foreign_keys = ON")
        teach(connection)
        yield SqliteSession(connection)


def require(url: str) -> None:
    """Raises NotYet where `sqlite:///path` names a file that no start has made yet."""
    if url.startswith("sqlite:"):
        _require_file(path_of(url))


def _require_file(path: Path) -> None:
    if not path.exists():
        raise NotYet(f"there is no {path} yet: the first start, `lemmy-lite serve`, makes it")


@contextmanager
def session(url: str, *, read_only: bool = False) -> Iterator[Session]:
    """A connection of one's own to `sqlite:///path` or `postgresql://…`, for the length of a `with`. Raises StorageError, NotYet."""
    if url.startswith("sqlite:"):
        with opened(path_of(url), read_only=read_only) as found:
            yield found
        return
    with postgres(url) as found_there:
        yield found_there


@contextmanager
def alone(url: str) -> Iterator[None]:
    """For the length of a `with`, no process serves from a Postgres, on whichever machine, and none starts: it would wait until the end.
    Nothing on SQLite, where the lock of the data folder says the same. Raises StorageError where one does, at either end of the `with`."""
    if url.startswith("sqlite:"):
        yield
        return
    with postgres(url) as found:
        tx = Transaction(found, 0)
        if not claims.take(tx, Claim.OPENING):
            raise StorageError(Trouble.BUSY, "a process is just starting on this database: stop it first, on whichever machine it is")
        _require_nobody(tx, "stop them all first, on whichever machine they are")
        yield
        # One that had looked before and was on its way in: it is seen as soon as it has begun.
        _require_nobody(tx, "what it takes in may be missing in the copy; stop it, and copy again, to a database that is empty")


def _require_nobody(tx: Transaction, what: str) -> None:
    counts, _ = claims.held(tx)
    if number := counts.get(Claim.PRESENT, 0):
        running = "1 process runs" if number == 1 else f"{number} processes run"
        raise StorageError(Trouble.BUSY, f"{running} on this database: {what}")


@contextmanager
def postgres(url: str) -> "Iterator[PostgresSession]":
    """A connection of one's own to `postgresql://…`, each statement by itself, for the length of a `with`. Raises StorageError."""
    try:
        import psycopg

        from lemmy_lite.storage.postgres import PostgresSession
    except ImportError as error:
        raise StorageError(Trouble.BROKEN, f"Postgres needs the optional packages psycopg and psycopg-pool ({error})") from error
    try:
        connection = psycopg.connect(url.replace("postgres://", "postgresql://", 1), autocommit=True, connect_timeout=10)
    except psycopg.Error as error:
        raise StorageError(Trouble.BROKEN, f"no connection to Postgres: {' '.join(str(error).split())}") from error
    with connection:
        yield PostgresSession(connection)
