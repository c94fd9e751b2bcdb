"""Actors of other instances looked at anew, once a day at most, when they are used: their names and pictures, and above all their keys.

Used is a community that tells us something, whoever writes in it, and what somebody looks up. Votes are not: a busy instance would ask for
tens of thousands of people a day (Lemmy does).
"""

import asyncio
import logging
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

from lemmy_lite.context import Context
from lemmy_lite.domain import community as communities
from lemmy_lite.domain import leaving
from lemmy_lite.federation.backfill.backfills import Backfills
from lemmy_lite.federation.backfill.polite import EXCHANGE, Polite
from lemmy_lite.federation.errors import Gone, Refused, TryLater
from lemmy_lite.federation.fetch import Fetcher
from lemmy_lite.federation.inbox.senders import Senders
from lemmy_lite.federation.store import Store
from lemmy_lite.model.clock import DAY, Micros
from lemmy_lite.model.community import Community
from lemmy_lite.model.events import CommentCreated, CommentEdited, Event, PostCreated, PostEdited
from lemmy_lite.model.ids import PersonId
from lemmy_lite.net.budget import Budget
from lemmy_lite.net.errors import NetError
from lemmy_lite.storage.database import Database
from lemmy_lite.storage.errors import StorageError, Trouble
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import actor as actors
from lemmy_lite.storage.tables.actor import Actor

log = logging.getLogger(__name__)

FRESH: Final[Micros] = DAY
"""As in Lemmy (ACTOR_REFETCH_INTERVAL_SECONDS)."""
AGAIN_SECONDS: Final = 3600.0
"""An actor is not thought of again for so long, whether its home answered or not."""
MOST_WAITING: Final = 1000
MOST_REMEMBERED: Final = 20_000
LOOKUP_SECONDS: Final = 5.0
"""Somebody waits for what was looked up; it is shown as it was when its home is slower."""

_TROUBLE = (Refused, TryLater, NetError)


class Refresh:
    """Looks at one actor after the other."""

    HEARS: Final = (PostCreated, PostEdited, CommentCreated, CommentEdited)

    def __init__(
        self,
        context: Context,
        database: Database,
        polite: Polite,
        store: Store,
        senders: Senders,
        backfills: Backfills,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._context = context
        self._database = database
        self._polite = polite
        self._store = store.through(polite)
        self._senders = senders
        self._backfills = backfills
        self._clock = clock
        self._again = 0.0 if context.config.testing.fast_federation else AGAIN_SECONDS
        self._thought_of: OrderedDict[str | PersonId, float] = OrderedDict()
        self._waiting: asyncio.Queue[str | PersonId] = asyncio.Queue(MOST_WAITING)
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to work."""
        self._task = asyncio.create_task(self._work(), name="refresh of actors")

    async def close(self) -> None:
        """Stop; who waits is thought of again when used again."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def used(self, actor: str | PersonId) -> None:
        """An actor was used. Costs a look into memory."""
        if not self._waiting.full() and self._is_due(actor):
            self._waiting.put_nowait(actor)

    def after(self, event: Event | None) -> None:
        """Subscriber after the commit: who wrote something was used."""
        if isinstance(event, self.HEARS):
            self.used(event.actor_id)

    async def looked_up(self, ap_id: str, fetcher: Fetcher) -> None:
        """Somebody looked an actor up and waits for it: refresh it now if it is old, but not for long."""
        if not self._is_due(ap_id):
            return
        old = await self._database.read(_old, ap_id)
        if old is None:
            return
        try:
            async with asyncio.timeout(LOOKUP_SECONDS):
                await self._look(old, fetcher, fetcher.budget())
        except TimeoutError:
            log.info("%s is shown as it was: its home is slow", ap_id)

    def _is_due(self, actor: str | PersonId) -> bool:
        now = self._clock()
        if self._thought_of.get(actor, 0.0) > now:
            return False
        self._thought_of[actor] = now + self._again
        self._thought_of.move_to_end(actor)
        if len(self._thought_of) > MOST_REMEMBERED:
            self._thought_of.popitem(last=False)
        return True

    async def _work(self) -> None:
        while True:
            actor = await self._waiting.get()
            try:
                if (old := await self._database.read(_old, actor)) is not None:
                    await self._look(old, self._polite, Budget(EXCHANGE))
            except StorageError as trouble:
                if trouble.trouble is Trouble.CLOSED:
                    return
                log.error("refresh of %s: %s", actor, trouble)
            except Exception:
                log.exception("refresh of %s", actor)

    async def _look(self, old: Actor, fetcher: Fetcher, budget: Budget) -> None:
        """Store what an actor's own id says now, or that it is gone. Any trouble leaves things as they are."""
        try:
            document = await fetcher.exactly(old.ap_id, budget)
            stored = await self._store.document(document, budget)
        except Gone as gone:
            if gone.for_good:
                await self._database.write(_bury, old.ap_id)
                log.info("%s is gone", old.ap_id)
            return
        except _TROUBLE as trouble:
            log.info("could not refresh %s: %s", old.ap_id, trouble)
            return
        finally:
            self._senders.forget(old.ap_id)
        if isinstance(stored, Community):
            await self._backfills.refreshed(stored, budget)


def _old(tx: Transaction, actor: str | PersonId) -> Actor | None:
    """An actor of another instance that was not looked at for a day."""
    found = actors.get(tx, actor) if isinstance(actor, str) else actors.of_person(tx, actor)
    if found is None or found.private_key is not None or found.site_id is not None or found.last_refreshed_at > tx.now - FRESH:
        return None
    return found


def _bury(tx: Transaction, ap_id: str) -> None:
    """Its home says that an actor is gone: it is deleted here too, and asked for again in a day at the earliest."""
    found = actors.get(tx, ap_id)
    if found is None:
        return
    if found.person_id is not None:
        leaving.receive_deleted(tx, found.person_id)
    elif found.community_id is not None:
        communities.receive_deleted(tx, found.community_id)
    actors.looked_at(tx, ap_id)
