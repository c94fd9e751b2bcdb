"""Brings a database to the newest schema, or refuses with a sentence that says what to do."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Final

from lemmy_lite.model.clock import Clock, Micros
from lemmy_lite.storage import going_back
from lemmy_lite.storage.database import Database, open_database
from lemmy_lite.storage.errors import SchemaError, StorageError, Trouble, TryAgain, too_new
from lemmy_lite.storage.migrations import MIGRATIONS, NEWEST, health
from lemmy_lite.storage.migrations.migration import Migration
from lemmy_lite.storage.query import Session

TOLD_EVERY: Final = 20.0
"""Seconds after which it is said again that a step goes on: systemd waits a minute for each word (app/serving.py)."""


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
    async with _told(progress) as progress, database.processes.opening():
        return await _migrated(database, snapshots, progress)


async def _migrated(database: Database, snapshots: Path | None, progress: Callable[[str], None]) -> int:
    found = await database.maintain(_version)
    if found > NEWEST:
        raise too_new(found, NEWEST)
    missing = [migration for migration in MIGRATIONS if migration.number > found]
    if missing and found and snapshots is not None and database.dialect.is_sqlite:
        progress(f"copying the database of schema {found} aside")
        await database.maintain(partial(_copy_aside, folder=snapshots, clock=database.clock))
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


def _copy_aside(session: Session, *, folder: Path, clock: Clock) -> None:
    """On the writer's thread, so that nothing is written meanwhile."""
    source = Path(session.fetch("SELECT file FROM pragma_database_list WHERE name = 'main'", {})[0][0])
    going_back.make_copy(source, folder, NEWEST, clock)


@asynccontextmanager
async def _told(progress: Callable[[str], None]) -> AsyncIterator[Callable[[str], None]]:
    """A progress that is repeated while a step takes long."""
    step, since = "", time.monotonic()

    def begin(what: str) -> None:
        nonlocal step, since
        step, since = what, time.monotonic()
        progress(what)

    async def repeat() -> None:
        while True:
            await asyncio.sleep(TOLD_EVERY)
            if step and time.monotonic() - since >= TOLD_EVERY:
                progress(f"{step}, for {time.monotonic() - since:.0f} s now")

    repeating = asyncio.create_task(repeat(), name="progress of the upgrade")
    try:
        yield begin
    finally:
        repeating.cancel()
