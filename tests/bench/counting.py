"""Counts of one piece of work on the database: statements, rows that came back, steps of SQLite's machine. Noise cannot touch them."""

import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from lemmy_lite.storage.query import Row, Transaction
from lemmy_lite.storage.sqlite import SqliteSession, teach

T = TypeVar("T")

_STEPS = 10
"""Steps between two calls of the counter: each costs as much as several steps."""


class Counts(NamedTuple):
    """What a piece of work took. `steps` are instructions of SQLite's virtual machine, to within ten: some ten or twenty for a row that
    is looked at, so they tell of rows that are read and thrown away as well."""

    statements: int
    rows: int
    steps: int


class CountingSession(SqliteSession):
    """A session that counts."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        super().__init__(connection)
        teach(connection)
        self.statements = self.rows = self.ticks = 0
        connection.set_progress_handler(self._tick, _STEPS)

    def _tick(self) -> int:
        self.ticks += 1
        return 0

    def fetch(self, sql: str, values: Mapping[str, Any]) -> list[Row]:
        """Run a statement and count what it gives."""
        found = super().fetch(sql, values)
        self.statements += 1
        self.rows += len(found)
        return found

    def run(self, sql: str, values: Mapping[str, Any]) -> int:
        """Run a statement that changes rows."""
        self.statements += 1
        return super().run(sql, values)


@contextmanager
def reading(path: Path, *, counts: bool = True) -> Iterator[Callable[[Callable[[Transaction], T]], tuple[T, Counts]]]:
    """Gives a function that runs a view on the database in a file, in a snapshot of its own, and answers what it gave and took.
    Without `counts` it runs as fast as the program does, and only rows and statements are told."""
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True, isolation_level=None)
    connection.execute("PRAGMA cache_size = -16000")

    def counted(view: Callable[[Transaction], T]) -> tuple[T, Counts]:
        session = CountingSession(connection)
        if not counts:
            connection.set_progress_handler(None, 0)
        session.control("BEGIN")
        try:
            found = view(Transaction(session, time.time_ns() // 1000))
        finally:
            session.control("ROLLBACK")
        return found, Counts(session.statements, session.rows, session.ticks * _STEPS)

    try:
        yield counted
    finally:
        connection.close()
