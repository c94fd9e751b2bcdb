"""What is looked at before a SQLite file is opened to be written (security.md, rule 26): is it ours, do we know its schema, is it whole.

Nothing of the file changes by it, and nothing changes afterwards where this refuses.
"""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Final

from lemmy_lite.storage import damage, log_check
from lemmy_lite.storage.errors import StorageError, Trouble, too_new
from lemmy_lite.storage.migrations import NEWEST
from lemmy_lite.storage.sqlite import APPLICATION_ID, ERRORS, cannot_open, is_damage, told

LARGEST_CHECKED: Final = 64 * 2**20
"""Bytes of a file that is read page by page at each start, about a second on a small board; larger ones are read every night
(scheduler/jobs.py), and here once something was found."""


def look(database: Path, *, durable: bool) -> None:
    """`durable`: each commit waits for the disk, so nothing of the log but its last commit can be torn.

    Raises SchemaError for a schema of a newer program, StorageError(DAMAGED) for a file that is not whole or not ours.
    """
    if not database.exists() or database.stat().st_size == 0:
        return
    suspected = damage.known(database) is not None
    thorough = "integrity_check" if suspected else "quick_check" if database.stat().st_size <= LARGEST_CHECKED else None
    try:
        with closing(damage.reading(database)) as connection:
            found = _examined(connection, database, thorough, durable=durable)
    except ERRORS as error:
        if not is_damage(error):
            raise cannot_open(database, error) from error
        found = told(error)
    if found is not None:
        raise StorageError(Trouble.DAMAGED, f"{database}: {found}")
    if suspected:
        damage.forget(database)


def _examined(connection: sqlite3.Connection, database: Path, thorough: str | None, *, durable: bool) -> str | None:
    tables = int(connection.execute("SELECT COUNT(*) FROM sqlite_master").fetchone()[0])
    mark, schema = (int(connection.execute(f"PRAGMA {name}").fetchone()[0]) for name in ("application_id", "user_version"))
    if durable and (lost := log_check.lost(database)) is not None:
        return lost
    if tables and mark != APPLICATION_ID:
        return "this is not a database of lemmy_lite, or its first page is damaged"
    if schema > NEWEST:
        raise too_new(schema, NEWEST)
    if thorough is None:
        return None
    found = damage.said([row[0] for row in connection.execute(f"PRAGMA {thorough}({damage.MOST_TOLD})") if row[0] != "ok"])
    return damage.unreadable(connection) if found is None and thorough == "integrity_check" else found
