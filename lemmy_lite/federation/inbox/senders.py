"""Proving who sent a request: the actor's stored key, or the one in the actor's own document, fetched at most once in a while.

A flood of bad signatures under many names costs one fetch per name and few minutes, however many requests come (security.md R12).
"""

import math
import time
from collections import OrderedDict
from collections.abc import Callable
from functools import partial

from lemmy_lite.context import Context
from lemmy_lite.crypto.signatures import SignedRequest
from lemmy_lite.domain.key_rotation import NOTICED_SECONDS
from lemmy_lite.federation import signatures
from lemmy_lite.federation.errors import Refused, TryLater
from lemmy_lite.federation.fetch import Document, Fetcher
from lemmy_lite.federation.looks import Found, Looks, judged, wrong_signature
from lemmy_lite.federation.objects import person as persons
from lemmy_lite.federation.protocol import actors, values
from lemmy_lite.federation.protocol.reading import into
from lemmy_lite.federation.store import Store
from lemmy_lite.net.budget import Budget
from lemmy_lite.storage.database import Database
from lemmy_lite.storage.tables import actor as rows
from lemmy_lite.storage.tables.actor import Actor

SECONDS_BETWEEN_LOOKS = 300.0
SECONDS_AFTER_TROUBLE = 10.0
MOST_REMEMBERED = 4000
"""Actors whose look is remembered, about 1 kB each."""
SECONDS_AT_HAND = 1.0
"""For which a key in memory is good where another process may learn of a new one; where there is none, it is NOTICED_SECONDS."""
MOST_AT_HAND = 1024
"""Senders whose key is kept in memory, about 2 kB each."""


class Senders:
    """Judges signatures; remembers for a while what a look at an actor has brought, never whose request it was for."""

    def __init__(
        self,
        context: Context,
        database: Database,
        fetcher: Fetcher,
        store: Store,
        looks: Looks,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._context = context
        self._database = database
        self._fetcher = fetcher
        self._store = store
        self._looks = looks
        # Apart, so that who was found needs no second place among those whom many wait to look at.
        self._entries = Looks()
        self._clock = clock
        self._known: OrderedDict[str, tuple[float, Actor]] = OrderedDict()
        self._good_for = SECONDS_AT_HAND if database.processes.are_several else NOTICED_SECONDS
        self._looked: OrderedDict[tuple[str, bool], Found] = OrderedDict()

    async def prove(self, signed: SignedRequest, actor_id: str, *, as_site: bool = False) -> None:
        """Refuse a request that the actor did not sign. With `as_site` it may be a site that speaks for itself (Application): it is entered
        as a bot, as whoever reports needs a row, and may do no more than any account of its host.

        Raises Refused (`foreign_key`, `wrong_signature`, what is wrong with the actor's document), Gone when the actor is no more,
        TryLater when the actor's home does not answer, or too many strangers come at once.
        """
        signatures.require_key_of(signed, actor_id)
        if await self._fits_row(signed, actor_id):
            return
        look = (actor_id, as_site)
        found = self._remembered(look)
        # Whose first request was forged is looked at once more when a true one comes: what they are is not kept, but for the key.
        if found is None or found.has_signed(signed):
            found = await self._looks.share((Senders, *look), actor_id, partial(self._look, look))
        found.require(signed, actor_id)
        if isinstance(found, _Shown):
            # A stranger's row is written only for a request that the stranger really signed.
            await self._entries.share(look, actor_id, partial(self._enter, look, found))
        if not await self._fits_row(signed, actor_id):
            # Its home shows the key and the row has another: that would be so the next time as well.
            self._remember(look, Found(looked_at=self._clock(), trouble=wrong_signature(actor_id)))
            raise wrong_signature(actor_id)

    async def _fits_row(self, signed: SignedRequest, actor_id: str) -> bool:
        """Whether it was signed with the key in the actor's row."""
        since, at_hand = self._known.get(actor_id, (-math.inf, None))
        if at_hand is not None and self._clock() - since < self._good_for and signatures.holds(signed, at_hand):
            return True
        known = await self._database.read(rows.get, actor_id)
        if known is None or not signatures.holds(signed, known):
            return False
        self._know(known)
        return True

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

    async def _look(self, look: tuple[str, bool]) -> Found:
        """Ask for an actor at its own id, and remember its key, or why there is none."""
        actor_id, _ = look
        budget = self._fetcher.budget()
        try:
            document = await self._fetcher.exactly(actor_id, budget)
            key = judged(self._context, document).public_key.public_key_pem
        except (Refused, TryLater) as trouble:
            return self._remember(look, Found(looked_at=self._clock(), trouble=trouble.afresh()))
        self._remember(look, Found(looked_at=self._clock(), public_key=key))
        return _Shown(looked_at=self._clock(), public_key=key, document=document, budget=budget)

    async def _enter(self, look: tuple[str, bool], shown: "_Shown") -> None:
        """Enter or refresh the row of an actor whose request was proved; what is wrong with it is remembered, too."""
        actor_id, as_site = look
        try:
            if as_site and values.kind(shown.document) in actors.SITE_TYPES:
                site = into(actors.Person, shown.document)
                begin = self._store.evidence(shown.document)
                await self._store.perform(lambda tx, evidence: persons.receive(tx, evidence, self._context, site), shown.budget, begin)
            else:
                await self._store.document(shown.document, shown.budget)
        except (Refused, TryLater) as trouble:
            self._remember(look, Found(looked_at=self._clock(), trouble=trouble.afresh()))
            raise
        finally:
            self.forget(actor_id)

    def _remember(self, look: tuple[str, bool], found: Found) -> Found:
        self._looked[look] = found
        self._looked.move_to_end(look)
        if len(self._looked) > MOST_REMEMBERED:
            self._looked.popitem(last=False)
        return found

    def _remembered(self, look: tuple[str, bool]) -> Found | None:
        """What was found a moment ago."""
        found = self._looked.get(look)
        if found is None:
            return None
        seconds = SECONDS_AFTER_TROUBLE if isinstance(found.trouble, TryLater) else SECONDS_BETWEEN_LOOKS
        if self._context.config.testing.fast_federation:
            seconds = min(seconds, 1.0)
        return found if self._clock() < found.looked_at + seconds else None


class _Shown(Found, kw_only=True):
    """An actor as its home has just shown it."""

    document: Document
    budget: Budget
