"""Copies of a database as one SQLite file, beside a running server, and the check that a copy is whole.

A connection of its own reads in one snapshot and never writes: in WAL the server goes on writing meanwhile, and only its connection may
checkpoint (sqlite.py).
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

from lemmy_lite.model.clock import Clock
from lemmy_lite.storage import copying, files, gathering, vote_file
from lemmy_lite.storage.connections import opened, path_of, session
from lemmy_lite.storage.copying import Progress
from lemmy_lite.storage.errors import SchemaError, StorageError, Trouble
from lemmy_lite.storage.migrations import MIGRATIONS, NEWEST
from lemmy_lite.storage.migrations.m0009_vote_log import MIGRATION as VOTE_LOG
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.sqlite import APPLICATION_ID, ERRORS, SqliteSession
from lemmy_lite.storage.tables import vote_log

_PAGES: Final = 1_000
"""Pages copied between two looks at the progress: 4 MB."""
_STEPS: Final = 1_000_000
"""Steps of SQLite's machine between two looks at the progress of a check: some milliseconds."""
_MOST_FAULTS: Final = 20


def take(url: str, target: Path, clock: Clock, progress: Progress) -> None:
    """Write the state of this moment to `target`, a new file, synced to the disk. Raises StorageError, SchemaError, NotYet, OSError."""
    if url.startswith("sqlite:"):
        take_file(path_of(url), target, clock, progress)
        return
    with session(url, read_only=True) as source, new(target) as made:
        copying.copy(source, made, clock, progress)
    _finish(target)


def take_file(source: Path, target: Path, clock: Clock, progress: Progress) -> None:
    """The same of a SQLite file, of whatever schema, with the votes that wait beside it."""
    try:
        _copy_file(source, target, clock, progress)
        _finish(target)
    except ERRORS as error:
        raise StorageError(Trouble.FULL if "full" in str(error) else Trouble.BROKEN, f"copying {source}: {error}") from error


def take_in_votes(found: SqliteSession, database: Path, clock: Clock) -> None:
    """Bring the votes that wait beside a file into it, and take the file of votes away. Nobody else may have the database open."""
    epoch = _epoch(found)
    if epoch is not None:
        found.control("BEGIN IMMEDIATE")
        gathering.enter(Transaction(found, clock.now()), list(vote_file.read(vote_file.beside(database), epoch)))
        found.control("COMMIT")
    vote_file.beside(database).unlink(missing_ok=True)


@contextmanager
def new(path: Path) -> Iterator[SqliteSession]:
    """An empty database file with the newest schema, for the length of a `with`."""
    path.touch(mode=0o600)
    with opened(path, read_only=False) as made:
        made.fetch("PRAGMA auto_vacuum = 2", {})
        made.run(f"PRAGMA application_id = {APPLICATION_ID}", {})
        made.fetch("PRAGMA journal_mode = WAL", {})
        made.control("BEGIN")
        for migration in MIGRATIONS:
            for statement in migration.statements(sqlite=True):
                made.run(made.dialect.schema(statement), {})
        made.run(f"PRAGMA user_version = {NEWEST}", {})
        made.control("COMMIT")
        yield made


def check(path: Path, *, thorough: bool = True, progress: Progress = lambda *_: None) -> None:
    """Read a copy and see that it is whole: its pages, its references, a schema that we know. Raises SchemaError, StorageError, and what
    `progress` raises."""
    with opened(path, read_only=True) as found, _told(found, progress):
        try:
            faults = [row[0] for row in found.fetch(f"PRAGMA {'integrity_check' if thorough else 'quick_check'}({_MOST_FAULTS})", {})]
            dangling = found.fetch("PRAGMA foreign_key_check", {}) if thorough else []
            number, mark = (int(found.fetch(f"PRAGMA {name}", {})[0][0]) for name in ("user_version", "application_id"))
        except ERRORS as error:
            raise StorageError(Trouble.BROKEN, f"{path}: {error}") from error
    if mark != APPLICATION_ID or not number:
        raise SchemaError(f"{path} is not a database of lemmy_lite")
    if number > NEWEST:
        raise SchemaError(f"{path} has schema {number}, this program knows up to {NEWEST}: it was made by a newer one")
    if faults != ["ok"] or dangling:
        raise StorageError(Trouble.BROKEN, f"{path} is damaged: {'; '.join(map(str, faults if faults != ['ok'] else dangling[:3]))}")


@contextmanager
def _told(found: SqliteSession, progress: Progress) -> Iterator[None]:
    """SQLite does not say how far a check is, so a progress is told that it goes on; and what it raises breaks the check off."""
    raised: list[BaseException] = []

    def tell() -> int:
        try:
            progress("checking", 0, 1)
        except BaseException as error:  # of whatever kind: SQLite's own error says only that it was interrupted
            raised.append(error)
        return len(raised)

    progress("checking", 0, 1)
    found.connection.set_progress_handler(tell, _STEPS)
    try:
        yield
    except StorageError:
        if raised:
            raise raised[0] from None
        raise
    finally:
        found.connection.set_progress_handler(None, 0)
    if raised:
        raise raised[0]


def uploads(path: Path) -> dict[str, int]:
    """The files of uploads that a copy names, with the bytes that it says they have."""
    with opened(path, read_only=True) as found:
        return {
            row[0]: int(row[1]) for row in found.fetch("SELECT file, MAX(bytes) FROM local_image WHERE file IS NOT NULL GROUP BY file", {})
        }


def _copy_file(source: Path, target: Path, clock: Clock, progress: Progress) -> None:
    target.touch(mode=0o600)
    with opened(source, read_only=True) as found, closing(sqlite3.connect(target)) as copy:
        epoch, votes = _begin(found, source)

        def told(_: int, remaining: int, total: int) -> None:
            progress("pages", total - remaining, total)

        try:
            found.connection.backup(copy, pages=_PAGES, progress=told)
        finally:
            found.control("ROLLBACK")
        if epoch is not None:
            gathering.enter(Transaction(SqliteSession(copy), clock.now()), votes)
            copy.commit()


def _begin(found: SqliteSession, source: Path) -> tuple[bytes | None, list[bytes]]:
    """Begin a snapshot; answers the epoch of the file of votes beside it, and what waits there.

    The file is looked at first, so that it names nobody whom the snapshot does not hold; that its votes went to the table meanwhile is seen
    by the epoch, and both are looked at again.
    """
    while True:
        epoch = _epoch(found)
        votes = list(vote_file.read(vote_file.beside(source), epoch)) if epoch else []
        found.control("BEGIN")
        if _epoch(found) == epoch:  # the snapshot begins with this read
            return epoch, votes
        found.control("ROLLBACK")


def _epoch(found: SqliteSession) -> bytes | None:
    has_log = copying.version(found) >= VOTE_LOG.number
    return vote_log.epoch(Transaction(found, 0)) if has_log else None


def _finish(target: Path) -> None:
    """What was written by pieces is one file again, without a log beside it, and on the disk."""
    with closing(sqlite3.connect(target)) as connection:
        connection.execute("PRAGMA journal_mode = DELETE")
    files.sync(target)
    files.sync_folder(target.parent)
