"""All of it together: one object, made by the service, that fills communities and threads in the background.

It also notices absences: ours, by what the database received last, and those of others, by who speaks again after a long silence.
"""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Awaitable
from functools import partial
from typing import Final

from lemmy_lite.context import Context
from lemmy_lite.federation.backfill.filling import Filling
from lemmy_lite.federation.backfill.front import Front
from lemmy_lite.federation.backfill.listings import Listings
from lemmy_lite.federation.backfill.opened import Opened
from lemmy_lite.federation.backfill.polite import Polite
from lemmy_lite.federation.backfill.reopening import Reopening
from lemmy_lite.federation.backfill.taking import Taking
from lemmy_lite.federation.backfill.threads import Threads
from lemmy_lite.federation.fetch import Fetcher
from lemmy_lite.federation.policy import Policy
from lemmy_lite.federation.software import Software
from lemmy_lite.federation.store import Store
from lemmy_lite.model.clock import DAY, SECOND, Micros
from lemmy_lite.model.community import Community
from lemmy_lite.model.events import CommunityFollowed, Event
from lemmy_lite.model.ids import PostId
from lemmy_lite.net.budget import Budget
from lemmy_lite.storage.database import Database
from lemmy_lite.storage.errors import StorageError, Trouble
from lemmy_lite.storage.tables import backfill, community, received_activity
from lemmy_lite.storage.tables.backfill import Backfill

log = logging.getLogger(__name__)

SILENCE_OF_A_HOST: Final[Micros] = DAY
"""Peers repeat what they could not deliver for days; one that was silent for longer may have forgotten us, or been away itself."""
SILENCE_WHILE_RUNNING: Final = 6
"""So many times federation.catch_up_after without a word from anybody, while this program ran, is taken for a lost connection: an
instance that follows little may hear nothing for hours."""
MOST_HOSTS: Final = 4096


class Backfills:
    """Fills what came too late or not at all."""

    HEARS: Final = (CommunityFollowed,)

    def __init__(
        self,
        context: Context,
        database: Database,
        policy: Policy,
        *,
        fetcher: Fetcher,
        polite: Polite,
        store: Store,
        software: Software,
    ) -> None:
        self._context = context
        self._database = database
        self._at_once = Front(context, database, fetcher, store)
        stored = store.through(polite)
        listing = Listings(polite, policy)
        taking = Taking(context, database, polite, stored, polite.pace)
        threads = Threads(database, polite, listing, taking)
        self._front = Front(context, database, polite, stored)
        self._filling = Filling(
            context, database, policy, polite, software, front=self._front, listing=listing, taking=taking, threads=threads
        )
        self._opened = Opened(context, database, policy, threads, self._filling.place, partial(self.reopen, by_account=True))
        self._reopening = Reopening(context, database, policy, fetcher, store, self._opened.allows_stranger)
        self._heard: OrderedDict[str, Micros] = OrderedDict()
        self._heard_anybody: Micros | None = None
        self._background: set[asyncio.Task[None]] = set()

    def start(self) -> None:
        """Begin to work for those who open threads."""
        self._opened.start()

    async def lead(self) -> None:
        """Go on with what an earlier run, or another process, has left, and catch up if all were away: one process of several does that."""
        last = await self._database.read(received_activity.newest)
        if last is not None and self._context.clock.now() - last > self._context.config.federation.catch_up_after * SECOND:
            await self._filling.catch_up(last)
        self._filling.start()

    async def follow(self) -> None:
        """Leave that to another process; the page in hand is walked again there."""
        await self._filling.close()

    async def close(self) -> None:
        """Stop; what is not finished goes on after the next start."""
        for task in self._background:
            task.cancel()
        await asyncio.gather(*self._background, return_exceptions=True)
        await self._opened.close()
        await self._reopening.close()
        await self._filling.close()

    async def resolved(self, found: Community, budget: Budget) -> None:
        """A community has become known: its moderators and count at once, everything else after the answer."""
        named = await self._database.read(community.collections, found.id)
        await asyncio.gather(self._at_once.moderators(found, named, budget), self._at_once.followers(found, named, budget))
        await self._database.write(backfill.begin, found.id)
        self._filling.wake()

    async def refreshed(self, found: Community, budget: Budget) -> None:
        """A community was looked at anew: its moderators and count, too."""
        named = await self._database.read(community.collections, found.id)
        await self._front.moderators(found, named, budget)
        await self._front.followers(found, named, budget)

    def after(self, event: Event | None) -> None:
        """Subscriber after the commit: somebody may follow what nobody here followed before."""
        if isinstance(event, CommunityFollowed) and event.following:
            self._filling.wake()

    def opened(self, post_id: PostId, *, by_account: bool) -> None:
        """Somebody looks at a thread."""
        self._opened.opened(post_id, by_account=by_account)

    async def reopen(self, post_id: PostId, *, by_account: bool) -> bool:
        """Have an old post back whose text left the disk; answers whether it is here now. Never raises for what its home does."""
        return await self._reopening.reopen(post_id, by_account=by_account)

    def heard_elsewhere(self, host: str) -> None:
        """An instance spoke to another process of ours, which does what is to be done."""
        self._heard[host] = self._heard_anybody = self._context.clock.now()
        self._heard.move_to_end(host)
        if len(self._heard) > MOST_HOSTS:
            self._heard.popitem(last=False)

    def heard(self, host: str) -> None:
        """An instance spoke to us. After a long silence there may be things that it no longer tells by itself."""
        now = self._context.clock.now()
        last, anybody = self._heard.get(host), self._heard_anybody
        self.heard_elsewhere(host)
        if anybody is not None and now - anybody > SILENCE_WHILE_RUNNING * self._context.config.federation.catch_up_after * SECOND:
            self._begin(self._filling.catch_up(anybody))
        elif last is not None and now - last > SILENCE_OF_A_HOST:
            self._begin(self._filling.catch_up(last, host))

    async def all_of_them(self) -> list[Backfill]:
        """How far each community is filled, the latest first."""
        return await self._database.read(backfill.all_of_them)

    def _begin(self, work: Awaitable[None]) -> None:
        task = asyncio.create_task(self._done(work), name="catching up")
        self._background.add(task)
        task.add_done_callback(self._background.discard)

    async def _done(self, work: Awaitable[None]) -> None:
        try:
            await work
        except StorageError as trouble:
            if trouble.trouble is not Trouble.CLOSED:
                log.error("catching up: %s", trouble)
