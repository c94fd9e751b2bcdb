"""Databases for tests: opened, migrated and closed around an async body, on both kinds."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import psycopg

from lemmy_lite.model.clock import Clock
from lemmy_lite.storage.cluster import Cluster
from lemmy_lite.storage.database import Database, open_database
from lemmy_lite.storage.migrations.runner import migrate
from lemmy_lite.storage.processes import Processes


@asynccontextmanager
async def migrated(url: str, *, clock: Clock | None = None, batch: int = 256) -> AsyncIterator[Database]:
    """An open database with the newest schema."""
    database = await open_database(url, clock or Clock(), batch=batch)
    try:
        await migrate(database)
        yield database
    finally:
        await database.close()


async def cut_off(processes: Processes) -> None:
    """Postgres ends the session with which a process belongs to the others, as if the line had broken."""
    assert isinstance(processes, Cluster)
    session = processes._membership._connection
    assert session is not None

    def end() -> None:
        with psycopg.connect(processes._url, autocommit=True) as connection:
            connection.execute("SELECT pg_terminate_backend(%s)", [session.info.backend_pid])

    await asyncio.to_thread(end)


def on(url: str, body: Callable[[Database], Awaitable[None]], *, batch: int = 256) -> None:
    """Run an async body with a migrated database."""

    async def run() -> None:
        async with migrated(url, batch=batch) as database:
            await body(database)

    asyncio.run(run())
