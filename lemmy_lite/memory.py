"""Keeps the process small: freed memory goes back to the system, and the collector leaves alone what the start has made.

What each of the two saves was measured; the figures stand in packaging/README.md.
"""

import asyncio
import ctypes
import gc
import time
from collections.abc import Callable

# Numbers of glibc's mallopt(3); other C libraries have no such call, or another allocator that needs no such word.
_TRIM_THRESHOLD = -1
_MMAP_THRESHOLD = -3
_ARENA_MAX = -8

LARGE = 128 * 1024
"""Bytes of a block that is mapped by itself and so goes back to the system when it is freed."""

ARENAS = 2
"""Heaps that all threads share. glibc's own number is eight for each core, each of which keeps its own leftovers."""


SECONDS_BETWEEN = 60.0
A_LITTLE = 0.5
"""Seconds of processor time in which hardly anything is left behind: an idle server is not woken for it."""


def bound_heap() -> None:
    """Tell the C library to give back what is freed. For the first line of a long-running command, before other threads start.

    glibc raises its threshold for large blocks to the size of the largest block that was ever freed; the 19 MB of the first
    password check would let the heap keep everything below that for ever.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        for option, value in ((_MMAP_THRESHOLD, LARGE), (_TRIM_THRESHOLD, LARGE), (_ARENA_MAX, ARENAS)):
            mallopt(option, value)


def give_back() -> None:
    """Give the system what lies free between what is used. glibc's malloc_trim(3), a millisecond or two."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)


async def keep_small(
    *, every: float = SECONDS_BETWEEN, worked: Callable[[], float] = time.process_time, give: Callable[[], None] = give_back
) -> None:
    """Give back again and again, for as long as the task lives, after each while in which the process has worked. `worked` is processor
    time in seconds.

    SQLite's pages come and go between what lives, so that little of what they leave lies at the end of a heap, where it would go by itself.
    """
    before = worked()
    while True:
        await asyncio.sleep(every)
        if worked() - before >= A_LITTLE:
            await asyncio.to_thread(give)
            before = worked()


def spare_start() -> None:
    """Take what lives now (modules, schemas, routes) out of every later collection, which would find no garbage in it.

    For the moment when all is built. A full collection walks some 100,000 objects less, and stops no request for 40 ms (0.2 s on a Pi).
    """
    gc.collect()
    gc.freeze()
