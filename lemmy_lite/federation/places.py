"""How many sends are under way at once, whose turn it is next, and what happens to those that get no answer."""

import asyncio
from collections import deque
from types import TracebackType

PLACES = 256
"""Sends under way to all instances together, those apart that have been without an answer for long."""
LONG_SECONDS = 1.0
"""After so long without an answer a send gives its place to another, or some hundred sick hosts would stop everybody for ten seconds."""
MOST_LONG = 192
"""Sends that have given their places away and still wait: with the others fewer than connections may be open (net/options.py)."""
LATE_SECONDS = 0.25
"""Where the clock of the event loop is later than this, sends wait for us and not for their hosts: more of them would time out."""
BEGIN_AT_ONCE = 8
"""Sends that begin in one round of the event loop, some five milliseconds of signing on a fast machine: requests go in between."""


class Places:
    """The places, given in the order in which they were asked for: everybody's first message goes before anybody's second.

    `async with places.one(): …` For one event loop.
    """

    def __init__(self, number: int = PLACES) -> None:
        self._free = number
        self._long = 0
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._granting = False

    def one(self) -> "Place":
        """A place for one send."""
        return Place(self)

    async def take(self) -> None:
        """Wait for a place."""
        turn = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        self._grant_soon()
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self.give_back()
            raise

    def give_back(self) -> None:
        """A place is free again."""
        self._free += 1
        self._grant_soon()

    def lend(self) -> bool:
        """A send has no answer for long: let another have its place, unless too many have done so."""
        if self._long >= MOST_LONG:
            return False
        self._long += 1
        self.give_back()
        return True

    def ended_long(self) -> None:
        """A send that gave its place away has ended."""
        self._long -= 1

    def _grant_soon(self) -> None:
        if not self._granting and self._free and self._waiting:
            self._granting = True
            asyncio.get_running_loop().call_soon(self._grant)

    def _grant(self) -> None:
        self._granting = False
        for _ in range(min(BEGIN_AT_ONCE, self._free)):
            while self._waiting and self._waiting[0].done():  # cancelled meanwhile
                self._waiting.popleft()
            if not self._waiting:
                return
            self._free -= 1
            self._waiting.popleft().set_result(None)
        self._grant_soon()


class Place:
    """One send's place; given back early where the answer takes long."""

    __slots__ = ("_is_lent", "_places", "_timer")

    def __init__(self, places: Places) -> None:
        self._places = places
        self._is_lent = False
        self._timer: asyncio.TimerHandle | None = None

    async def __aenter__(self) -> None:
        await self._places.take()
        self._timer = asyncio.get_running_loop().call_later(LONG_SECONDS, self._lend)

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._timer is not None:
            self._timer.cancel()
        if self._is_lent:
            self._places.ended_long()
        else:
            self._places.give_back()

    def _lend(self) -> None:
        loop = asyncio.get_running_loop()
        assert self._timer is not None
        is_late = loop.time() - self._timer.when() > LATE_SECONDS
        self._is_lent = not is_late and self._places.lend()
        if not self._is_lent:
            self._timer = loop.call_later(LONG_SECONDS, self._lend)
