"""Damage to a SQLite file: looked for page by page while a server runs, and remembered in a file beside it, `lemmy.db-damaged`, so that no
later start writes to it as if nothing had been.
"""

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Final
from urllib.parse import quote

from lemmy_lite.storage import files
from lemmy_lite.storage.sqlite import ERRORS, is_damage, told

MOST_TOLD: Final = 3
_PAUSE: Final = 0.05
"""Seconds between two tables, in which the log can be folded back."""


def known(database: Path) -> str | None:
    """What is remembered of damage to a file, in a sentence."""
    try:
        return _mark(database).read_text().strip() or "it is damaged"
    except FileNotFoundError:
        return None


def note(database: Path, what: str) -> None:
    """Remember it; on the disk when this returns. Raises OSError."""
    descriptor = os.open(_mark(database), os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600)
    try:
        os.write(descriptor, f"{what}\n".encode())
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    files.sync_folder(database.parent)


def forget(database: Path) -> None:
    """The file is whole: it was mended, or another took its place."""
    _mark(database).unlink(missing_ok=True)


def look_through(database: Path) -> str | None:
    """Read every page, in a thread, table by table with a snapshot for each, so that the log need not grow as long as it takes; answers
    what is wrong in a sentence. Raises sqlite3.Error where the file cannot be read for another reason."""
    faults: list[str] = []
    try:
        with closing(reading(database)) as connection:
            for table in list(_tables(connection)):
                found = [row[0] for row in connection.execute(f"PRAGMA integrity_check({_quoted(table)})")]
                faults += [f"{table}: {fault}" for fault in found if fault != "ok"]
                if len(faults) >= MOST_TOLD:
                    break
                time.sleep(_PAUSE)
    except (sqlite3.DatabaseError, UnicodeDecodeError) as error:
        if not is_damage(error):
            raise
        faults.append(told(error))
    return said(faults)


def unreadable(connection: sqlite3.Connection) -> str | None:
    """The first text that is none, in a sentence: SQLite looks for no such thing. Reads every value, so only where damage is suspected."""
    for table in list(_tables(connection)):
        try:
            for _ in connection.execute(f"SELECT * FROM {_quoted(table)}"):
                pass
        except ERRORS as error:
            if not is_damage(error):
                raise
            return f"{table}: {told(error)}"
    return None


def said(faults: list[str]) -> str | None:
    """Faults as a sentence; None where there are none."""
    if not faults:
        return None
    more = f", and {len(faults) - MOST_TOLD} more" if len(faults) > MOST_TOLD else ""
    return "; ".join(" ".join(fault.split()) for fault in faults[:MOST_TOLD]) + more


def reading(database: Path) -> sqlite3.Connection:
    """A connection that writes nothing into the file."""
    return sqlite3.connect(f"file:{quote(str(database))}?mode=ro", uri=True, isolation_level=None, timeout=10, check_same_thread=False)


def _tables(connection: sqlite3.Connection) -> Iterator[str]:
    """Those with pages of their own, `sqlite_master` first."""
    yield "sqlite_master"
    for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND rootpage > 0 ORDER BY name"):
        yield name


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _mark(database: Path) -> Path:
    return database.with_name(f"{database.name}-damaged")
