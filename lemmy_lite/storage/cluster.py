"""Several processes on one Postgres: one leads, each tells its share of the other instances, and what one learns the others hear.

A beat of some milliseconds, two and a half times a second, over a session of its own (membership.py). Whoever is cut off from Postgres
for longer than PATIENCE takes it that others have taken its place, which Postgres does not allow earlier; so no two lead at a time.
"""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from functools import partial
from typing import Any, Final, TypeVar

from lemmy_lite.model.clock import Micros
from lemmy_lite.storage import claims
from lemmy_lite.storage.errors import StorageError, Trouble
from lemmy_lite.storage.membership import Asked, Found, Membership, Word, alone_at_opening, fair
from lemmy_lite.storage.processes import SHARES, Processes, Talk
from lemmy_lite.storage.query import Transaction

T = TypeVar("T")
log = logging.getLogger(__name__)

BEAT: Final = 0.4
"""Seconds between two looks at each other: what one says at its beat the others hear at theirs, within a second."""
PATIENCE: Final = 3.0
"""Seconds that a beat may take. Postgres gives nothing away before it has waited for longer (membership.py)."""
AGAIN_SECONDS: Final = 10.0
"""A word is not called again so soon."""
MOST_WORDS: Final = 2_000


class Cluster(Processes):
    """One process of several on a Postgres."""

    def __init__(self, url: str, now: Callable[[], Micros], *, beat: float = BEAT, patience: float = PATIENCE) -> None:
        super().__init__()
        self._url = url
        self._now = now
        self._beat = beat
        self._patience = patience
        self._membership = Membership(url, now)
        self._thread: ThreadPoolExecutor | None = None
        self._closed = False
        self._wants: tuple[bool, bool] = (False, False)
        self._shares: frozenset[int] = frozenset()
        self._left: frozenset[int] = frozenset()
        self._present = 1
        self._sending = 0
        self._waiting: dict[Word, None] = {}
        self._called: dict[Word, float] = {}
        self._cut = False
        self._task: asyncio.Task[None] | None = None

    def afresh(self) -> "Cluster":
        """On the same Postgres."""
        return Cluster(self._url, self._now, beat=self._beat, patience=self._patience)

    @property
    def are_several(self) -> bool:
        """There may always be others."""
        return True

    @property
    def number(self) -> int:
        """As many as the last beat has seen."""
        return self._present

    @property
    def shares(self) -> frozenset[int]:
        """All of them before the start."""
        return self._shares if self._thread is not None or self._closed else super().shares

    def is_mine(self, number: int) -> bool:
        """By the instance's number."""
        return number % SHARES in self.shares

    def call(self, topic: str, word: str) -> None:
        """Said with the next beat, and not again for a while."""
        said, now = (topic, word), time.monotonic()
        if self._thread is None or self._called.get(said, -AGAIN_SECONDS) > now - AGAIN_SECONDS or len(self._waiting) >= MOST_WORDS:
            return
        self._waiting[said] = None
        self._called[said] = now
        if len(self._called) > MOST_WORDS:
            self._called = {each: at for each, at in self._called.items() if at > now - AGAIN_SECONDS}

    def lane(self, host: str) -> AbstractAsyncContextManager[bool]:
        """Claimed for as long as it is worked at."""
        return self._lane(host)

    def opening(self) -> AbstractAsyncContextManager[None]:
        """By a session of its own, that nothing else is lost with."""
        return self._opening()

    async def start(self, *, leads: bool = True, sends: bool = True) -> None:
        """Join the others; what is free is taken before this returns. Where Postgres is away just now, as soon as it is back."""
        self._wants = leads, sends
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="processes")
        await self._once()
        self._task = asyncio.create_task(self._run(), name="processes")

    async def close(self) -> None:
        """Leave in order: stop what only one may do, then let it go."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        await self._follow()
        await self._leave(self._shares)
        self._closed = True
        if self._thread is not None:
            with suppress(TimeoutError):
                await self._work(self._membership.close)
            self._thread.shutdown(wait=False)
            self._thread = None

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(self._beat)
            await self._once()

    async def _once(self) -> None:
        """One beat. Whatever happens in it, there is another one."""
        try:
            await self._leave(frozenset(sorted(self._shares)[fair(self._sending) :]) if self._sending else frozenset())
            talks = tuple(self._talks)
            await self._take(await self._work(partial(self._membership.beat, self._asked(talks))), talks)
        except Exception as trouble:
            await self._cut_loose(trouble)

    def _asked(self, talks: Sequence[Talk]) -> Asked:
        words, self._waiting = list(self._waiting), {}
        left, self._left = self._left, frozenset()
        looks = [partial(_look, each.look, each.say()) for each in talks]
        return Asked(*self._wants, left, words, looks)

    async def _take(self, found: Found, talks: Sequence[Talk]) -> None:
        if self._cut:
            log.info("this process is with the others again")
            self._cut = False
        self._present, self._sending = found.present, found.sending
        if gained := found.shares - self._shares:
            self._shares = found.shares
            for hear in self._gained:
                hear(gained)
        if found.leads and not self.leads:
            log.info("this process does the scheduled work from now on")
            await self._lead()
        for topic, word in found.called:
            if topic in self._heard:
                _told(self._heard[topic], word)
        for talk, seen in zip(talks, found.seen, strict=True):
            _told(talk.hear, seen)

    async def _leave(self, shares: frozenset[int]) -> None:
        """Stop telling the instances of some shares; the next beat lets the shares go."""
        if shares:
            self._shares -= shares
            self._left |= shares
            for lose in self._lost:
                await lose(shares)

    async def _cut_loose(self, trouble: Exception) -> None:
        """Claims are gone, or no longer to be trusted."""
        if not self._cut:
            expected = isinstance(trouble, StorageError | TimeoutError)
            log.warning("this process is cut off from the others: %s", str(trouble) or "Postgres did not answer", exc_info=not expected)
        self._cut = True
        for stop in self._cut_off:
            stop()
        await asyncio.gather(self._follow(), self._leave(self._shares))
        self._left = frozenset()
        with suppress(TimeoutError, StorageError):
            await self._work(self._membership.close)

    async def _work(self, function: Callable[[], T]) -> T:
        """On the thread of the session. Raises TimeoutError after PATIENCE: what has not begun by then never does, and what has may still
        end well, so that the next beat tells what is ours."""
        if self._thread is None:
            raise StorageError(Trouble.CLOSED, "this process has left the others")
        async with asyncio.timeout(self._patience):
            return await asyncio.get_running_loop().run_in_executor(self._thread, function)

    @asynccontextmanager
    async def _lane(self, host: str) -> AsyncIterator[bool]:
        if self._thread is None:
            yield not self._closed
            return
        number = claims.digest(host)
        try:
            epoch = await self._work(partial(self._membership.take_lane, number))
        except (TimeoutError, StorageError):
            epoch = None
        try:
            yield epoch is not None
        finally:
            if epoch is not None:
                with suppress(TimeoutError, StorageError):
                    await asyncio.shield(self._work(partial(self._membership.leave_lane, number, epoch)))

    @asynccontextmanager
    async def _opening(self) -> AsyncIterator[None]:
        done = await asyncio.to_thread(alone_at_opening, self._url)
        try:
            yield
        finally:
            await asyncio.to_thread(done)


def _told(hear: Callable[[Any], None], what: Any) -> None:
    """One who stumbles over what he hears must not part the process from the others."""
    try:
        hear(what)
    except Exception:
        log.exception("what other processes say could not be taken in")


def _look(look: Callable[[Transaction, Any], Any], said: Any, tx: Transaction) -> Any:
    return look(tx, said)
