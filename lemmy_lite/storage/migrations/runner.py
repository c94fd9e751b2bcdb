"""Brings a database to the newest schema, or refuses with a sentence that says what to do."""

import os
import sqlite3
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import cast

from lemmy_lite.model.clock import Clock, Micros
from lemmy_lite.storage.database import Database, open_database
from lemmy_lite.storage.errors import SchemaError, StorageError, Trouble, TryAgain
from lemmy_lite.storage.migrations import MIGRATIONS, NEWEST, health
from lemmy_lite.storage.migrations.migration import Migration
from lemmy_lite.storage.query import Session
from lemmy_lite.storage.sqlite import SqliteSession


async def migrate_at(url: str, clock: Clock) -> None:
    """Bring the database at an address to the newest schema, where no server has it open. Raises as `migrate`, and StorageError."""
    database = await open_database(url, clock)
    try:
        await migrate(database)
    finally:
        await database.close()


async def migrate(database: Database, *, snapshots: Path | None = None, progress: Callable[[str], None] = lambda _: None) -> int:
    """Run every migration that is missing, and judge the outcome, in one transaction; answers how many ran.

    So a program that is killed, a disk that is full and a migration that fails all leave the database as it was. Before the first
    one on a SQLite database that holds data, a copy goes to `snapshots` (a folder), for `lemmy-lite rollback`. Raises SchemaError when the
    schema is newer than this program or belongs to Lemmy itself, and when the upgrade failed. On Postgres one process does it at a time.
    """
    async with database.processes.opening():
        return await _migrate(database, snapshots, progress)


async def _migrate(database: Database, snapshots: Path | None, progress: Callable[[str], None]) -> int:
    found = await database.maintain(_version)
    if found > NEWEST:
        raise SchemaError(
            f"the database has schema {found}, this program knows up to {NEWEST}: start the newer program again, or restore an older backup"
        )
    missing = [migration for migration in MIGRATIONS if migration.number > found]
    if missing and found and snapshots is not None and database.dialect.is_sqlite:
        progress(f"copying the database of schema {found} aside")
        await database.maintain(lambda session: _snapshot(cast(SqliteSession, session), snapshots / f"before-schema-{NEWEST}.db"))
    if missing:
        try:
            await database.maintain(partial(_upgrade, missing=missing, now=database.clock.now(), progress=progress))
        except Exception as error:  # whatever a driver or a view says of a schema that is not as it should be
            if not found or isinstance(error, TryAgain) or (isinstance(error, StorageError) and error.trouble is not Trouble.BROKEN):
                raise
            raise SchemaError(
                f"the upgrade to schema {NEWEST} failed, and the database is as it was, with schema {found}: {error}. "
                "Start the former program again, and please report this"
            ) from error
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


def _upgrade(session: Session, *, missing: list[Migration], now: Micros, progress: Callable[[str], None]) -> None:
    """Two processes that start at once on Postgres wait for each other here; the second finds the work done."""
    session.control("BEGIN IMMEDIATE" if session.dialect.is_sqlite else "BEGIN")
    try:
        if not session.dialect.is_sqlite:
            session.run("LOCK TABLE schema_version IN EXCLUSIVE MODE", {})
        found = _version(session)
        before = health.figures(session) if found else {}
        for migration in missing:
            if found < migration.number:
                progress(f"schema {migration.number}: {migration.name}")
                _run(session, migration)
        if before:
            progress("looking whether all is well")
            health.judge(session, before, now)
        session.control("COMMIT")
    except BaseException:
        session.control("ROLLBACK")
        raise


def _run(session: Session, migration: Migration) -> None:
    for statement in migration.statements(sqlite=session.dialect.is_sqlite):
        session.run(session.dialect.schema(statement), {})
    if session.dialect.is_sqlite:
        session.run(f"PRAGMA user_version = {migration.number}", {})
    else:
        session.run("INSERT INTO schema_version (number) VALUES (%(number)s)", {"number": migration.number})


def _snapshot(session: SqliteSession, target: Path) -> None:
    """Whole or not there: it is written aside, and takes its name when it lies on the disk."""
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    aside = target.with_name(f".{target.name}.part")
    aside.unlink(missing_ok=True)
    aside.touch(mode=0o600)
    copy = sqlite3.connect(aside)
    try:
        session.connection.backup(copy)
        copy.execute("PRAGMA journal_mode = DELETE")
    except sqlite3.Error as error:
        raise StorageError(Trouble.FULL if "full" in str(error) else Trouble.BROKEN, f"copying the database aside: {error}") from error
    finally:
        copy.close()
    with aside.open("rb") as written:
        os.fsync(written.fileno())
    aside.replace(target)
