"""An upgrade in a process of its own that dies at a statement: `python -m tests.faults.upgrading URL STATEMENT BACKUPS`.

At 0 it comes to its end, and prints how many migrations ran and how many statements they were, and every word of progress with its second.
"""

import asyncio
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from lemmy_lite.model.clock import Clock
from lemmy_lite.storage.database import open_database
from lemmy_lite.storage.migrations import runner
from lemmy_lite.storage.postgres import PostgresSession
from lemmy_lite.storage.sqlite import SqliteSession


class Counter:
    """Counts the statements that change something, and dies before one of them."""

    def __init__(self, dies_at: int) -> None:
        self.statements = 0
        self._dies_at = dies_at

    def count(self) -> None:
        self.statements += 1
        if self.statements == self._dies_at:
            os.kill(os.getpid(), signal.SIGKILL)

    def around(self, run: Callable[..., Any]) -> Callable[..., Any]:
        """The same, counted."""

        def counted(session: Any, statement: str, *rest: Any) -> Any:
            if statement.split(maxsplit=1)[0] not in ("BEGIN", "ROLLBACK", "SAVEPOINT", "RELEASE"):
                self.count()
            return run(session, statement, *rest)

        return counted


async def upgrade(url: str, dies_at: int, backups: Path) -> None:
    """All of it."""
    began = time.monotonic()

    def told(what: str) -> None:
        print(f"{time.monotonic() - began:.1f} {what}", flush=True)  # noqa: T201  # this is what it is for

    counter = Counter(dies_at)
    database = await open_database(url, Clock())
    kind: Any = SqliteSession if database.dialect.is_sqlite else PostgresSession
    kind.run, kind.control = counter.around(kind.run), counter.around(kind.control)
    number = await runner.migrate(database, snapshots=backups, progress=told)
    await database.close()
    print(f"{number} {counter.statements}")  # noqa: T201


if __name__ == "__main__":
    asyncio.run(upgrade(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3])))
