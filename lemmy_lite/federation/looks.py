"""Looks at actors whom somebody names before anything is proved: a few at a time, fewer at one host, and who is slow gives way.

Who finds no place waits some seconds for one, in a bounded row.

Whoever can reach the inbox, or asks a site that wants signed requests for a document, makes us ask wherever they like. So one host that
answers a byte a second, under however many names, must not keep those of other hosts from being met.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Hashable
from functools import partial
from typing import Any, Final, TypeVar

from lemmy_lite.context import Context
from lemmy_lite.crypto.signatures import SignedRequest
from lemmy_lite.federation import origins, signatures
from lemmy_lite.federation.errors import Gone, Refused, TryLater
from lemmy_lite.federation.objects import actor as of_actors
from lemmy_lite.federation.protocol import actors
from lemmy_lite.federation.protocol.reading import Malformed, into
from lemmy_lite.model.struct import Struct

T = TypeVar("T")

MOST: Final = 64
"""At the same time; what is beyond waits."""
MOST_AT_ONE_HOST: Final = 8
"""So many people of one host are met at once: most answer within a fifth of a second."""
MOST_WAITING: Final = 128
MOST_WAITING_AT_ONE_HOST: Final = 32
"""For a place; what is beyond is asked to come back, as each that waits holds its request in memory. Mastodon sends what different people
did at the same time, and pauses an inbox that refuses often."""
WAITING_SECONDS: Final = 4.0
"""For a place, at most: peers give up a request after some ten seconds, and the look has to end before that."""
SLOW_SECONDS: Final = 3.0
"""Where all places are taken, a look that has lasted longer than this ends for the next one: names of hosts cost nobody anything."""
_LATER: Final = 0.05
"""Seconds by which a timer may differ from the clock."""


class Looks:
    """The looks that are under way, and those that wait for a place. For one event loop."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._shared: dict[Hashable, _Look] = {}
        # Each stands in one of these, in the order in which they came and began.
        self._waiting: list[_Look] = []
        self._placed: list[_Look] = []

    async def share(self, what: Hashable, ap_id: str, look: Callable[[], Awaitable[T]]) -> T:
        """What `look`, which asks at `ap_id`, brings; who comes with the same `what` meanwhile waits for the same answer.

        Raises what `look` raises, TryLater when too many wait or no place is free in time, Refused for an id that has no host.
        """
        found = self._shared.get(what)
        if found is None:
            found = _Look(origins.domain(ap_id), self._clock)
            self._admit(found)
            self._shared[what] = found
            task = found.task = asyncio.create_task(found.run(look))
            task.add_done_callback(partial(self._ended, what, found))
        answer: T = await asyncio.shield(found.task)
        return answer

    def _admit(self, look: "_Look") -> None:
        """Give it a place, or let it wait for one."""
        self._waiting.append(look)
        self._fill()
        if look not in self._waiting:
            return
        at_its_host = sum(each.host == look.host for each in self._waiting)
        if at_its_host > MOST_WAITING_AT_ONE_HOST or len(self._waiting) > MOST_WAITING:
            self._waiting.remove(look)
            raise TryLater(f"too many strangers of {look.host} at once" if at_its_host > MOST_WAITING_AT_ONE_HOST else "too many strangers")

    def _fill(self) -> None:
        """Give the places that are free to those who wait: first to hosts of which the fewest are under way."""
        at_host = Counter(each.host for each in self._placed)
        while may := [each for each in self._waiting if at_host[each.host] < MOST_AT_ONE_HOST]:
            if len(self._placed) >= MOST and not any(each.give_way() for each in self._placed):
                return
            first = min(may, key=lambda each: at_host[each.host])
            at_host[first.host] += 1
            self._waiting.remove(first)
            self._placed.append(first)
            first.place.set_result(asyncio.get_running_loop().call_later(SLOW_SECONDS + _LATER, self._fill))

    def _ended(self, what: Hashable, look: "_Look", task: asyncio.Task[Any]) -> None:
        del self._shared[what]
        (self._waiting if look in self._waiting else self._placed).remove(look)
        if look.place.done() and not look.place.cancelled():
            look.place.result().cancel()
        if not task.cancelled():
            task.exception()  # all who waited may have gone
        self._fill()


class _Look:
    """One of them."""

    task: asyncio.Task[Any]

    def __init__(self, host: str, clock: Callable[[], float]) -> None:
        self.host = host
        self.place: asyncio.Future[asyncio.TimerHandle] = asyncio.get_running_loop().create_future()
        """Holds, as soon as it has one, what tells those who wait that it is slow."""
        self._clock = clock
        self._limit = asyncio.timeout(None)
        self._began: float | None = None

    async def run(self, look: Callable[[], Awaitable[Any]]) -> Any:
        """Wait for the place, and look. Raises TryLater, and what `look` raises."""
        try:
            async with asyncio.timeout(WAITING_SECONDS):
                await self.place
        except TimeoutError as cause:
            raise TryLater(f"too many strangers of {self.host} or of other hosts at once") from cause
        try:
            async with self._limit:
                self._began = self._clock()
                try:
                    return await look()
                finally:
                    self._began = None
        except TimeoutError as cause:
            raise TryLater(f"{self.host} is slow, and others wait") from cause

    def give_way(self) -> bool:
        """End now, if it has been slow; answers whether it does."""
        if self._began is None or self._clock() - self._began < SLOW_SECONDS:
            return False
        self._began = None
        self._limit.reschedule(asyncio.get_running_loop().time())
        return True


class Found(Struct):
    """What a look at an actor's home has brought: the actor's key, or why there is none.

    A request that others signed in the actor's name leaves no trace here, or it would silence whom it names.
    """

    looked_at: float
    public_key: str | None = None
    trouble: Refused | TryLater | None = None

    def has_signed(self, signed: SignedRequest) -> bool:
        """Whether the key is the one that was used."""
        return self.public_key is not None and signatures.fits(signed, self.public_key)

    def require(self, signed: SignedRequest, actor_id: str) -> None:
        """Refuse what the actor did not sign. Raises the trouble, else Refused (`wrong_signature`)."""
        if self.trouble is not None:
            raise self.trouble.afresh()
        if not self.has_signed(signed):
            raise wrong_signature(actor_id)


def wrong_signature(actor_id: str) -> Refused:
    """The refusal of a request that somebody else signed, or the actor with a key that nobody knows."""
    return Refused("wrong_signature", f"the signature is not that of {actor_id[:200]}")


def judged(context: Context, document: dict[str, object]) -> actors.Actor:
    """The actor of a fetched document, judged and not stored. Raises Refused, Gone."""
    if document.get("type") == "Tombstone":
        raise Gone(str(document.get("id")))
    try:
        wire = into(actors.Actor, document)
    except Malformed as cause:
        raise Refused("malformed", f"{str(document.get('id'))[:200]}: {cause}") from cause
    of_actors.verify(context.config, wire)
    return wire
