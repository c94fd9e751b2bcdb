"""Brings a database to the newest schema, or refuses with a sentence that says what to do."""

import sqlite3
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import cast

from lemmy_lite.storage.database import Database
from lemmy_lite.storage.errors import SchemaError
from lemmy_lite.storage.migrations import MIGRATIONS, NEWEST
from lemmy_lite.storage.migrations.migration import Migration
from lemmy_lite.storage.query import Session
from lemmy_lite.storage.sqlite import SqliteSession


async def migrate(database: Database, *, snapshots: Path | None = None, progress: Callable[[str], None] = lambda _: None) -> int:
    """Run every migration that is missing, each in its own transaction; answers how many ran.

    Before the first one on a SQLite database that holds data, a copy goes to `snapshots` (a folder). Raises SchemaError when the schema is
    newer than this program or belongs to Lemmy itself.
    """
    found = await database.maintain(_version)
    if found > NEWEST:
        raise SchemaError(
            f"the database has schema {found}, this program knows up to {NEWEST}: start the newer program again, or restore an older backup"
        )
    missing = [migration for migration in MIGRATIONS if migration.number > found]
    if missing and found and snapshots is not None and database.dialect.is_sqlite:
        await database.maintain(lambda session: _snapshot(cast(SqliteSession, session), snapshots / f"before-schema-{NEWEST}.db"))
    for migration in missing:
        progress(f"schema {migration.number}: {migration.name}")
        await database.maintain(partial(_run, migration=migration))
    await database.recall()
    return len(missing)


def _version(session: Session) -> int:
    if session.dialect.is_sqlite:
        return int(session.fetch("PRAGMA user_version", {})[0][0])
    foreign = session.fetch("SELECT to_regclass('__diesel_schema_migrations') IS NOT NULL", {})[0][0]
    if foreign:
        raise SchemaError(
            "this Postgres database belongs to Lemmy itself: give lemmy_lite one of its own, and take the data over with `lemmy-lite adopt`"
        )
    session.run("CREATE TABLE IF NOT EXISTS schema_version (number BIGINT NOT NULL)", {})
    return int(session.fetch("SELECT COALESCE(MAX(number), 0) FROM schema_version", {})[0][0])


def _run(session: Session, migration: Migration) -> None:
    """Two processes that start at once on Postgres wait for each other here; the second finds the work done."""
    session.control("BEGIN IMMEDIATE" if session.dialect.is_sqlite else "BEGIN")
    try:
        if not session.dialect.is_sqlite:
            session.run("LOCK TABLE schema_version IN EXCLUSIVE MODE", {})
        if _version(session) < migration.number:
            for statement in migration.statements(sqlite=session.dialect.is_sqlite):
                session.run(session.dialect.schema(statement), {})
            if session.dialect.is_sqlite:
                session.run(f"PRAGMA user_version = {migration.number}", {})
            else:
                session.run("INSERT INTO schema_version (number) VALUES (%(number)s)", {"number": migration.number})
        session.control("COMMIT")
    except BaseException:
        session.control("ROLLBACK")
        raise


def _snapshot(session: SqliteSession, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    target.unlink(missing_ok=True)
    copy = sqlite3.connect(target)
    try:
        session.connection.backup(copy)
    finally:
        copy.close()
    target.chmod(0o600)
