"""Votes that come in within a second share one wait for the disk, where nobody loses by it.

A commit writes two pages however little it holds, so ten votes a second in ten commits cost an SD card ten times what they cost in one.
But Lemmy sends to each instance one activity after the other and waits for the answer: a sender who has more to say is answered at once,
else its queue would grow.
"""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable

SECONDS = 1.0
IN_HASTE = 0.5
"""A sender who comes again so soon after an answer has a queue, or nearly."""
MOST_REMEMBERED = 1_000


class Patience:
    """Who waits for whom. `seconds` is the longest wait."""

    def __init__(self, seconds: float = SECONDS, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._clock = clock
        self._answered: OrderedDict[str, float] = OrderedDict()
        self._together: asyncio.Event | None = None
        self._ending: asyncio.TimerHandle | None = None

    async def share(self, host: str) -> None:
        """Wait for others, or go on with all who wait."""
        if self._clock() - self._answered.get(host, -IN_HASTE) < IN_HASTE:
            self.release()
            return
        if self._together is None:
            self._together = asyncio.Event()
            self._ending = asyncio.get_running_loop().call_later(self._seconds, self.release)
        await self._together.wait()

    def answered(self, host: str) -> None:
        """A host is answered now."""
        self._answered[host] = self._clock()
        self._answered.move_to_end(host)
        if len(self._answered) > MOST_REMEMBERED:
            self._answered.popitem(last=False)

    def release(self) -> None:
        """Let all go on who wait."""
        if self._together is not None:
            self._together.set()
        if self._ending is not None:
            self._ending.cancel()
        self._together = self._ending = None
