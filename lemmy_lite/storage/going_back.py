"""The way back from an upgrade: the copy of the database that was made before it takes its place again. SQLite only."""

import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Final

from lemmy_lite.model.clock import Clock, Micros
from lemmy_lite.model.struct import Struct
from lemmy_lite.storage import files, snapshot
from lemmy_lite.storage.connections import opened
from lemmy_lite.storage.errors import StorageError, Trouble
from lemmy_lite.storage.sqlite import ERRORS, SqliteSession

PATTERN: Final = "before-schema-*.db"
KEPT_PATTERN: Final = "rolled-back-*.db"
"""What the database was before somebody went back: what people wrote meanwhile is nowhere else, so it is never dropped by itself."""
KEPT: Final = 2
"""Copies that stay, each as large as the database was: before the last upgrade, and the one before, which may have been of the same day."""
_SPARE: Final = 16 * 10**6
"""Bytes that must stay free on the disk beside a copy."""
_WRITTEN: Final = {"posts": "post", "comments": "comment", "private messages": "private_message", "people": "person", "votes": "post_vote"}
"""What people would miss, and its table; each has `published`."""


class Copy(Struct):
    """A copy that an upgrade has made: of which schema, and when (microseconds)."""

    path: Path
    schema: int
    made: Micros


def make_copy(database: Path, folder: Path, schema: int, clock: Clock) -> None:
    """Copy the database aside before an upgrade to `schema`, with the votes that a killed server has left beside it. Nobody may write
    meanwhile.

    Whole or not there: it is written aside, and takes its name when it lies on the disk. Of older ones only the newest stays, so that there
    are KEPT. Raises StorageError, FULL where there is no room for it, before anything is written.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    target = folder / PATTERN.replace("*", str(schema))
    for old in [each for each in copies(folder) if each != target][KEPT - 1 :]:
        old.unlink()
    _clear(folder)
    size = sum(each.stat().st_size for each in (database, _log_of(database)) if each.exists())
    _require_free(folder, size, "The copy made before an upgrade")
    aside = target.with_name(f".{target.name}.part")
    try:
        snapshot.take_file(database, aside, clock, lambda *_: None)
        aside.replace(target)
    finally:
        _clear(folder)
    files.sync_folder(folder)


def copies(folder: Path, pattern: str = PATTERN) -> list[Path]:
    """Those of a folder, the newest first."""
    return sorted(folder.glob(pattern), key=lambda path: path.stat().st_mtime_ns, reverse=True)


def copy_at(path: Path) -> Copy:
    """What a file is. Raises StorageError where it cannot be opened."""
    with opened(path, read_only=True) as session:
        number = int(session.fetch("PRAGMA user_version", {})[0][0])
    return Copy(path=path, schema=number, made=path.stat().st_mtime_ns // 1000)


def lost(database: Path, since: Micros) -> dict[str, int]:
    """What was written here after a moment, by what it is; what is nothing is left out. What came from elsewhere counts too."""
    counts = {}
    with opened(database, read_only=True) as session:
        there = {row[0] for row in session.fetch("SELECT name FROM sqlite_master WHERE type = 'table'", {})}
        for word, table in _WRITTEN.items():
            if table in there:
                counts[word] = int(session.fetch(f"SELECT COUNT(*) FROM {table} WHERE published > :since", {"since": since})[0][0])
    return {word: number for word, number in counts.items() if number}


def go_back(database: Path, copy: Copy, kept: Path) -> None:
    """Put a copy in the database's place; the database as it was becomes `kept`. Nobody may have it open: hold the folder's lock.

    Killed at any moment, there is one of the two in its place, whole. Raises StorageError, SchemaError, OSError.
    """
    snapshot.check(copy.path, thorough=False)
    aside = database.with_name(f".{database.name}.part")
    aside.unlink(missing_ok=True)
    _require_free(database.parent, copy.path.stat().st_size, "Going back")
    try:
        shutil.copyfile(copy.path, aside)
        aside.chmod(0o600)
        _fold(database)
        # A second name, and no other place: without a database the next start would make a new one.
        kept.unlink(missing_ok=True)
        os.link(database, kept)
        files.sync(aside)
        files.sync(kept)
        aside.replace(database)
    finally:
        aside.unlink(missing_ok=True)
    files.sync_folder(database.parent)


def _clear(folder: Path) -> None:
    """Take away what was not finished, here or by a process that was killed."""
    for left in folder.glob(f".{PATTERN}.part*"):
        left.unlink()


def _log_of(database: Path) -> Path:
    return database.with_name(f"{database.name}-wal")


def _require_free(folder: Path, size: int, what: str) -> None:
    if shutil.disk_usage(folder).free < size + _SPARE:
        there = [str(path) for path in copies(folder, KEPT_PATTERN)]
        may_go = f" What may go, if nobody needs it any more: {', '.join(there)}." if there else ""
        raise StorageError(Trouble.FULL, f"{what} needs {(size + _SPARE) // 10**6} MB of free space in {folder}.{may_go}")


def _fold(database: Path) -> None:
    """Bring what is still in the log and in the file of votes into it, and remove both, or the log would be taken for the copy's."""
    try:
        with closing(sqlite3.connect(database, isolation_level=None)) as connection:
            snapshot.take_in_votes(SqliteSession(connection), database, Clock())
            mode = connection.execute("PRAGMA journal_mode = DELETE").fetchone()[0]
    except ERRORS as error:
        raise StorageError(Trouble.BROKEN, f"{database}: {error}") from error
    if mode != "delete":
        raise StorageError(Trouble.BUSY, f"{database} is open in another program")
