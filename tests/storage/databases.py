"""Databases for tests: opened, migrated and closed around an async body, on both kinds."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from lemmy_lite.model.clock import Clock
from lemmy_lite.storage.database import Database, open_database
from lemmy_lite.storage.migrations.runner import migrate


@asynccontextmanager
async def migrated(url: str, *, clock: Clock | None = None, batch: int = 256) -> AsyncIterator[Database]:
    """An open database with the newest schema."""
    database = await open_database(url, clock or Clock(), batch=batch)
    try:
        await migrate(database)
        yield database
    finally:
        await database.close()


def on(url: str, body: Callable[[Database], Awaitable[None]], *, batch: int = 256) -> None:
    """Run an async body with a migrated database."""

    async def run() -> None:
        async with migrated(url, batch=batch) as database:
            await body(database)

    asyncio.run(run())
