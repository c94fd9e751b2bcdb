"""Proving who sent a request: the actor's stored key, or the one in the actor's own document, fetched at most once in a while.

A flood of bad signatures under many names costs one fetch per name and few minutes, however many requests come (security.md R12).
"""

import asyncio
import math
import time
from collections import OrderedDict
from collections.abc import Callable

from lemmy_lite.context import Context
from lemmy_lite.crypto.signatures import SignedRequest
from lemmy_lite.domain.key_rotation import NOTICED_SECONDS
from lemmy_lite.federation import signatures
from lemmy_lite.federation.errors import Gone, Refused, TryLater
from lemmy_lite.federation.fetch import Fetcher
from lemmy_lite.federation.objects import actor as of_actors
from lemmy_lite.federation.objects import person as persons
from lemmy_lite.federation.protocol import actors, values
from lemmy_lite.federation.protocol.reading import Malformed, into
from lemmy_lite.federation.store import Store
from lemmy_lite.storage.database import Database
from lemmy_lite.storage.tables import actor as rows
from lemmy_lite.storage.tables.actor import Actor

SECONDS_BETWEEN_LOOKS = 300.0
SECONDS_AFTER_TROUBLE = 10.0
MOST_LOOKS = 64
"""Unknown senders who are looked up at the same time; a flood of invented names finds us busy."""
MOST_REMEMBERED = 10_000
SECONDS_AT_HAND = 1.0
"""For which a key in memory is good where another process may learn of a new one; where there is none, it is NOTICED_SECONDS."""
MOST_AT_HAND = 1024
"""Senders whose key is kept in memory, about 2 kB each."""


class Senders:
    """Judges signatures; remembers for a while which actors were looked up in vain."""

    def __init__(
        self, context: Context, database: Database, fetcher: Fetcher, store: Store, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._context = context
        self._database = database
        self._fetcher = fetcher
        self._store = store
        self._clock = clock
        self._known: OrderedDict[str, tuple[float, Actor]] = OrderedDict()
        self._good_for = SECONDS_AT_HAND if database.processes.are_several else NOTICED_SECONDS
        self._looked: OrderedDict[tuple[str, bool], tuple[float, Exception | None]] = OrderedDict()
        self._looking: dict[tuple[str, bool], asyncio.Task[None]] = {}

    async def prove(self, signed: SignedRequest, actor_id: str, *, as_site: bool = False) -> None:
        """Refuse a request that the actor did not sign. With `as_site` it may be a site that speaks for itself (Application): it is entered
        as a bot, as whoever reports needs a row, and may do no more than any account of its host.

        Raises Refused (`foreign_key`, `wrong_signature`, what is wrong with the actor's document), Gone when the actor is no more,
        TryLater when the actor's home does not answer.
        """
        signatures.require_key_of(signed, actor_id)
        since, at_hand = self._known.get(actor_id, (-math.inf, None))
        if at_hand is not None and self._clock() - since < self._good_for and signatures.holds(signed, at_hand):
            return
        known = await self._database.read(rows.get, actor_id)
        if known is not None and signatures.holds(signed, known):
            self._know(known)
            return
        await self._look(signed, actor_id, as_site=as_site)
        known = await self._database.read(rows.get, actor_id)
        if known is None or not signatures.holds(signed, known):
            raise Refused("wrong_signature", f"the signature is not that of {actor_id[:200]}")

    def _know(self, actor: Actor) -> None:
        """Keep a busy sender at hand for a moment: a new key shows by not fitting, but the old one must not count any more."""
        self._known[actor.ap_id] = (self._clock(), actor)
        self._known.move_to_end(actor.ap_id)
        if len(self._known) > MOST_AT_HAND:
            self._known.popitem(last=False)

    def forget(self, actor_id: str) -> None:
        """The actor may have another key now: look at its row again before believing a signature."""
        self._known.pop(actor_id, None)

    async def is_known(self, actor_id: str) -> bool:
        """Whether the actor has been met."""
        return await self._database.read(rows.get, actor_id) is not None

    async def _look(self, signed: SignedRequest, actor_id: str, *, as_site: bool) -> None:
        """Fetch the actor anew, unless that was done a moment ago; requests that come meanwhile wait for the same look."""
        self._forget_looks()
        look = (actor_id, as_site)
        if look in self._looked:
            _, trouble = self._looked[look]
            if trouble is not None:
                raise trouble
            return
        task = self._looking.get(look)
        if task is None and len(self._looking) >= MOST_LOOKS:
            raise TryLater("too many senders are unknown at once")
        if task is None:
            task = self._looking[look] = asyncio.create_task(self._refresh(signed, actor_id, as_site=as_site))
            task.add_done_callback(lambda _: self._looking.pop(look, None))
        await asyncio.shield(task)

    async def _refresh(self, signed: SignedRequest, actor_id: str, *, as_site: bool) -> None:
        try:
            budget = self._fetcher.budget()
            document = await self._fetcher.exactly(actor_id, budget)
            # A stranger's row is written only for a request that the stranger really signed.
            if not signatures.holds(signed, _as_actor(self._context, document, actor_id)):
                raise Refused("wrong_signature", f"the signature is not that of {actor_id[:200]}")
            if as_site and values.kind(document) in actors.SITE_TYPES:
                await self._database.write(persons.receive, self._context, into(actors.Person, document))
            else:
                await self._store.document(document, budget)
            self.forget(actor_id)
        except (Refused, TryLater) as trouble:
            self._remember((actor_id, as_site), trouble)
            raise
        self._remember((actor_id, as_site), None)

    def _remember(self, look: tuple[str, bool], trouble: Exception | None) -> None:
        seconds = SECONDS_AFTER_TROUBLE if isinstance(trouble, TryLater) else SECONDS_BETWEEN_LOOKS
        if self._context.config.testing.fast_federation:
            seconds = min(seconds, 1.0)
        self._looked[look] = (self._clock() + seconds, trouble)
        while len(self._looked) > MOST_REMEMBERED:
            self._looked.popitem(last=False)

    def _forget_looks(self) -> None:
        now = self._clock()
        for look in [each for each, (until, _) in self._looked.items() if until <= now][:100]:
            del self._looked[look]


def _as_actor(context: Context, document: dict[str, object], actor_id: str) -> Actor:
    """The actor of a fetched document, judged but not stored. Raises Refused."""
    if document.get("type") == "Tombstone":
        raise Gone(actor_id)
    try:
        wire = into(actors.Actor, document)
    except Malformed as cause:
        raise Refused("malformed", f"{actor_id[:200]}: {cause}") from cause
    of_actors.verify(context.config, wire)
    return of_actors.unstored(wire)
