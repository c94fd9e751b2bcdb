"""Rows into a database by the million: one connection, no indices and no foreign keys meanwhile, and no log."""

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, Protocol
from urllib.parse import unquote, urlsplit

import psycopg
from psycopg import sql

from lemmy_lite.storage.dialect import POSTGRES
from lemmy_lite.storage.postgres import PostgresSession
from lemmy_lite.storage.query import Session
from lemmy_lite.storage.sqlite import SqliteSession
from tests.bench.data.batch import Batch

_HASH_SIZE = 2**20
"""SQLite's own (fts5.html, "The 'hashsize' option" is named in its source alone)."""


class Loader(Protocol):
    """An open database that takes rows. What it was told is kept once `loading` of the same name has ended well."""

    def load(self, batch: Batch, rows: Iterable[tuple[Any, ...]]) -> None:
        """Write the rows of a batch."""

    def execute(self, statement: str, values: dict[str, Any] | None = None) -> list[tuple[Any, ...]]:
        """Run one statement with `:name` parameters; answers its rows, if it has any."""

    def gather(self, most: int | None) -> None:
        """How many bytes of the index of words are held in memory before they are written; None for as many as ever, and the index is then
        as it is where it grew over years: nearly all of it in one part, which the parts of today are far too small to be merged with."""

    @property
    def session(self) -> Session:
        """The same connection as the program's own functions take it."""

    def finish(self) -> Iterator[str]:
        """Make the indices again and settle ids; names each step before it."""


@contextmanager
def opened(url: str) -> Iterator[Loader]:
    """A loader for `sqlite:///…` or `postgresql://…`, on a database that has the schema already."""
    if url.startswith("sqlite:"):
        connection = sqlite3.connect(unquote(urlsplit(url).path), isolation_level=None)
        try:
            yield _Sqlite(connection)
        finally:
            connection.close()
    else:
        with psycopg.connect(url) as postgres:
            yield _Postgres(postgres)


class _Sqlite:
    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._indices: list[tuple[str, str]] = []
        for pragma in ("journal_mode = MEMORY", "synchronous = OFF", "foreign_keys = OFF", "cache_size = -400000", "temp_store = MEMORY"):
            connection.execute(f"PRAGMA {pragma}")
        connection.execute("BEGIN")
        self.session: Session = SqliteSession(connection)

    def load(self, batch: Batch, rows: Iterable[tuple[Any, ...]]) -> None:
        if not self._indices:
            self._indices = self.execute("SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL")
            for name, _ in self._indices:
                self.execute(f"DROP INDEX {name}")
        marks = ", ".join("?" * (batch.columns.count(",") + 1))
        self._connection.executemany(f"INSERT INTO {batch.table} ({batch.columns}) VALUES ({marks})", rows)

    def execute(self, statement: str, values: dict[str, Any] | None = None) -> list[tuple[Any, ...]]:
        return self._connection.execute(statement, values or {}).fetchall()

    def gather(self, most: int | None) -> None:
        for (table,) in self.execute("SELECT name FROM sqlite_master WHERE sql LIKE 'CREATE VIRTUAL TABLE %fts5%'"):
            self.execute(f"INSERT INTO {table} ({table}, rank) VALUES ('hashsize', {most or _HASH_SIZE})")
            if most is None:
                # Sixteen parts of a level are merged into one of the next. A part of years is at the fifth level, not at the first, where
                # the sixteen commits of today would already have it written anew. Each `optimize` with something to do lifts it by two.
                for columns, values in (("rowid, terms", "0, 'grown'"), (f"{table}, rowid, terms", "'delete', 0, 'grown'")):
                    self.execute(f"INSERT INTO {table} ({columns}) VALUES ({values})")
                    self.execute(f"INSERT INTO {table} ({table}) VALUES ('optimize')")

    def finish(self) -> Iterator[str]:
        """No ANALYZE: a running instance has no statistics either, and its queries are written for that (views/post_listing.py)."""
        for name, text in self._indices:
            yield f"index {name}"
            self.execute(text)
        yield "commit"
        self.execute("COMMIT")
        self.execute("PRAGMA journal_mode = WAL")


class _Postgres:
    """Needs a superuser, who alone may leave foreign keys unchecked while rows come in."""

    def __init__(self, connection: psycopg.Connection) -> None:
        self._connection = connection
        self._indices: list[tuple[str, str]] = []
        self._tables: set[str] = set()
        self.session: Session = PostgresSession(connection)
        self.execute("SET session_replication_role = replica")
        self.execute("SET maintenance_work_mem = '512MB'")

    def load(self, batch: Batch, rows: Iterable[tuple[Any, ...]]) -> None:
        if not self._indices:
            self._indices = self.execute(
                """SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'
                      AND indexname NOT IN (SELECT conname FROM pg_constraint)"""
            )
            for name, _ in self._indices:
                self.execute(f"DROP INDEX {name}")
        self._tables.add(batch.table)
        columns = sql.SQL(", ").join(sql.Identifier(column.strip()) for column in batch.columns.split(","))
        with self._connection.cursor().copy(sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(batch.table), columns)) as copy:
            for row in rows:
                copy.write_row(row)

    def gather(self, most: int | None) -> None:
        """Postgres gathers what comes for an index by itself."""

    def execute(self, statement: str, values: dict[str, Any] | None = None) -> list[tuple[Any, ...]]:
        cursor = self._connection.execute(POSTGRES.statement(statement).encode(), values or {})
        return cursor.fetchall() if cursor.description else []

    def finish(self) -> Iterator[str]:
        for name, text in self._indices:
            yield f"index {name}"
            self.execute(text)
        yield "ids"
        for table in sorted(self._tables):
            if self.execute("SELECT 1 FROM information_schema.columns WHERE table_name = :name AND is_identity = 'YES'", {"name": table}):
                self.execute(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT MAX(id) FROM {table}))")
        yield "commit"
        self._connection.commit()
        yield "statistics"
        self.execute("ANALYZE")
        self._connection.commit()
