"""Keeps the process small: freed memory goes back to the system, and the collector leaves alone what the start has made.

What each of the two saves was measured; the figures stand in packaging/README.md.
"""

import asyncio
import ctypes
import gc
import importlib.util
import sys
import threading
import time
from collections.abc import Awaitable, Callable, Iterable
from types import ModuleType
from typing import Any

# Numbers of glibc's mallopt(3); other C libraries have no such call, or another allocator that needs no such word.
_TRIM_THRESHOLD = -1
_MMAP_THRESHOLD = -3
_ARENA_MAX = -8

LARGE = 128 * 1024
"""Bytes of a block that is mapped by itself and so goes back to the system when it is freed."""

ARENAS = 2
"""Heaps that all threads share. glibc's own number is eight for each core, each of which keeps its own leftovers."""


SECONDS_TO_SETTLE = 1.5
"""After the start, in which jobs look through the database for what they left: whole tables that nobody asks for again."""
SECONDS_BETWEEN = 60.0
A_LITTLE = 0.5
"""Seconds of processor time in which hardly anything is left behind: an idle server is not woken for it."""


POSTPONED = ("yaml", "pdb", "attr", "attrs", "tarfile", "logging.config")
"""Modules that are imported where they are hardly ever used: by Litestar for documents that are turned off, a debugger and another kind of
class, by Granian for logs of its own, and by our backups."""


_WAITS = "__waits__"
_running = threading.RLock()


class _Postponed(ModuleType):
    """A module that is run when something in it is asked for. The standard library's LazyLoader gives in to a second import already."""

    def __getattr__(self, name: str) -> Any:
        with _running:  # another thread that asks meanwhile waits for the whole module
            if self.__dict__.pop(_WAITS, False):
                spec = self.__spec__
                assert spec is not None
                assert spec.loader is not None
                spec.loader.exec_module(self)
                setattr(self, "__class__", ModuleType)  # noqa: B010  for mypy a class never changes
        if name not in self.__dict__:
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}", name=name, obj=self)
        return self.__dict__[name]


def postpone(names: Iterable[str] = POSTPONED) -> None:
    """Have these modules run with the first use of something in them, instead of with their import. For the first line of a program.

    One that is imported already, or that is not installed, is left alone.
    """
    for name in names:
        spec = None if name in sys.modules else importlib.util.find_spec(name)
        if spec is None:
            continue
        module: ModuleType = importlib.util.module_from_spec(spec)
        module.__class__ = _Postponed
        module.__dict__[_WAITS] = True
        sys.modules[name] = module
        package, _, own = name.rpartition(".")
        if package:
            setattr(sys.modules[package], own, module)


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
    forget: Callable[[], Awaitable[None]],
    *,
    settled: float = SECONDS_TO_SETTLE,
    every: float = SECONDS_BETWEEN,
    worked: Callable[[], float] = time.process_time,
    give: Callable[[], None] = give_back,
) -> None:
    """Give back when the start is over, and again and again, for as long as the task lives, after each while in which the process has
    worked. `worked` is processor time in seconds; `forget` gives up what only the start has read.

    SQLite's pages come and go between what lives, so that little of what they leave lies at the end of a heap, where it would go by itself.
    """
    await asyncio.sleep(settled)
    await forget()
    await asyncio.to_thread(give)
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
