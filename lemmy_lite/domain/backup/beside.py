"""What takes long beside a running server, in a thread, and ends soon when the server does."""

import asyncio
import threading
from collections.abc import Callable
from typing import Final, TypeVar

from lemmy_lite.domain.backup.manifest import Stopped
from lemmy_lite.domain.backup.taking import Progress

T = TypeVar("T")

PATIENCE: Final = 5.0
"""Seconds that a stop waits for the thread: a disk that hangs must not keep the database from being closed."""


async def beside(work: Callable[[Progress], T]) -> T:
    """Do `work` in a thread. Where this is cancelled, the progress that it tells is its end: Stopped is raised there, and this waits until
    what was half done is cleared away."""
    halt = threading.Event()

    def progress(_: str, __: int, ___: int) -> None:
        if halt.is_set():
            raise Stopped("the server stops")

    # No task: when the loop ends it cancels those, and would not know any more when the thread has ended.
    working = asyncio.get_running_loop().run_in_executor(None, work, progress)
    try:
        return await asyncio.shield(working)
    except asyncio.CancelledError:
        halt.set()
        await asyncio.wait([working], timeout=PATIENCE)
        raise
