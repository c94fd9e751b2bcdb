"""Looks at actors whom somebody names before anything is proved: a few at a time, fewer at one host, and who is slow gives way.

Whoever can reach the inbox, or asks a site that wants signed requests for a document, makes us ask wherever they like. So one host that
answers a byte a second, under however many names, must not keep those of other hosts from being met.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Hashable
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
"""At the same time; what is beyond is asked to come back."""
MOST_AT_ONE_HOST: Final = 8
"""So many people of one host are met at once: most answer within a fifth of a second."""
SLOW_SECONDS: Final = 3.0
"""Where all places are taken, a look that has lasted longer than this ends for the next one: names of hosts cost nobody anything."""


class Looks:
    """The looks that are under way. For one event loop."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._under_way: dict[Hashable, _Look] = {}

    async def share(self, what: Hashable, ap_id: str, look: Callable[[], Awaitable[T]]) -> T:
        """What `look`, which asks at `ap_id`, brings; who comes with the same `what` meanwhile waits for the same answer.

        Raises what `look` raises, TryLater when too many are under way, Refused for an id that has no host.
        """
        found = self._under_way.get(what)
        if found is None:
            host = origins.domain(ap_id)
            self._require_room(host)
            found = self._under_way[what] = _Look(host, self._clock, look)
            found.task.add_done_callback(lambda task: self._ended(what, task))
        answer: T = await asyncio.shield(found.task)
        return answer

    def _require_room(self, host: str) -> None:
        if sum(each.host == host for each in self._under_way.values()) >= MOST_AT_ONE_HOST:
            raise TryLater(f"too many strangers of {host} at once")
        # They stand in the order in which they began.
        if len(self._under_way) >= MOST and not any(each.give_way() for each in self._under_way.values()):
            raise TryLater("too many strangers at once")

    def _ended(self, what: Hashable, task: asyncio.Task[Any]) -> None:
        del self._under_way[what]
        if not task.cancelled():
            task.exception()  # all who waited may have gone


class _Look:
    """One of them."""

    def __init__(self, host: str, clock: Callable[[], float], look: Callable[[], Awaitable[Any]]) -> None:
        self.host = host
        self._clock = clock
        self._limit = asyncio.timeout(None)
        self._began: float | None = None
        self.task: asyncio.Task[Any] = asyncio.create_task(self._run(look))

    async def _run(self, look: Callable[[], Awaitable[Any]]) -> Any:
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
