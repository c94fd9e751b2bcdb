"""What a unit of work needs and takes long to make: made on a thread while nobody holds the writer, one thing at a time.

A unit that meets something of the kind raises `Unready` and is undone; it runs again with what was made. Whoever asks for much makes
themselves wait, and others for a turn each; what people here ask for never waits for what other instances send.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Hashable
from contextlib import asynccontextmanager
from typing import Any, Final, TypeVar

T = TypeVar("T")

OURS: Final = ""
"""Stands for the people of this instance, where others are known by their host."""
AT_ONCE: Final = 1
"""Threads for ours, and as many for others. They all wait for the same interpreter, so more would not be faster."""


class Unready(Exception):
    """A unit of work needs what `make` makes: have it made aside for `host`, remember it under `key`, and run the unit again.

    `size` is how much there is to be read, in characters.
    """

    def __init__(self, key: Hashable, make: Callable[[], Any], host: str, size: int) -> None:
        super().__init__("a unit of work was begun before all that it needs was made")
        self.key = key
        self.make = make
        self.host = host
        self.size = size


class Aside:
    """Makes for one process."""

    def __init__(self) -> None:
        self._places = {ours: asyncio.Semaphore(AT_ONCE) for ours in (True, False)}
        self._asked = {True: 0, False: 0}
        self._turns: dict[str, _Turn] = {}

    def asked(self, host: str) -> int:
        """How many characters are to be read before what is asked for now."""
        return self._asked[host == OURS]

    async def make(self, host: str, make: Callable[[], T], size: int) -> T:
        """What `make` answers; a host has one thing in hand at a time, so that others come in between. Raises what it raises."""
        async with self._counted(host, size), self._turn(host), self._places[host == OURS]:
            work = asyncio.ensure_future(asyncio.to_thread(make))
            try:
                return await asyncio.shield(work)
            finally:
                # Whoever is gone meanwhile has left their thread behind: it keeps their place, or there would be more and more of them.
                if not work.done():
                    await asyncio.wait([work])

    @property
    def idle(self) -> bool:
        """Whether nobody waits for anything."""
        return not self._turns

    @asynccontextmanager
    async def _counted(self, host: str, size: int) -> AsyncIterator[None]:
        self._asked[host == OURS] += size
        try:
            yield
        finally:
            self._asked[host == OURS] -= size

    @asynccontextmanager
    async def _turn(self, host: str) -> AsyncIterator[None]:
        turn = self._turns.setdefault(host, _Turn())
        turn.wanted += 1
        try:
            async with turn.lock:
                yield
        finally:
            turn.wanted -= 1
            if not turn.wanted:
                del self._turns[host]


class _Turn:
    def __init__(self) -> None:
        self.lock = asyncio.Lock()
        self.wanted = 0
