"""A thread that somebody looks at is filled behind their back: when they come again, or reload, the missing comments are there.

Cheap for whoever tells: a look into memory. A thread is looked at once in a while, visitors without an account cause few looks in all, for
they may be crawlers, and what comes when there is no room is forgotten.
"""

import asyncio
import logging
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable

from lemmy_lite.context import Context
from lemmy_lite.domain import disk_thread
from lemmy_lite.federation.backfill.account import Account
from lemmy_lite.federation.backfill.listings import Place
from lemmy_lite.federation.backfill.taking import TROUBLE, Interrupted
from lemmy_lite.federation.backfill.threads import Threads
from lemmy_lite.federation.policy import Policy
from lemmy_lite.model.community import Community
from lemmy_lite.model.ids import PostId
from lemmy_lite.model.post import Post
from lemmy_lite.storage.database import Database
from lemmy_lite.storage.errors import StorageError, Trouble
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import community, post

log = logging.getLogger(__name__)

AGAIN_SECONDS = 900.0
"""What is written meanwhile arrives by itself where the community is followed."""
MOST_WAITING = 100
MOST_REMEMBERED = 10_000
WORKERS = 2
STRANGERS_AN_HOUR = 60
"""Threads that visitors without an account cause to be filled."""
MOST_COMMENTS = 300
MOST_REQUESTS = 400
MOST_BYTES = 16 * 2**20


class Opened:
    """Takes notice of opened threads."""

    def __init__(
        self,
        context: Context,
        database: Database,
        policy: Policy,
        threads: Threads,
        place: Callable[[Community], Awaitable[Place | None]],
        reopen: Callable[[PostId], Awaitable[object]],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._fast = context.config.testing.fast_federation
        self._database = database
        self._policy = policy
        self._threads = threads
        self._place = place
        self._reopen = reopen
        self._clock = clock
        self._waiting: asyncio.Queue[PostId] = asyncio.Queue(MOST_WAITING)
        self._looked: OrderedDict[PostId, float] = OrderedDict()
        self._strangers_next = 0.0
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Begin to work."""
        self._tasks = [asyncio.create_task(self._work(), name=f"opened threads {number}") for number in range(WORKERS)]

    async def close(self) -> None:
        """Stop; what waits is forgotten."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def opened(self, post_id: PostId, *, by_account: bool) -> None:
        """Somebody looks at a thread."""
        now = self._clock()
        again = 1.0 if self._fast else AGAIN_SECONDS
        if self._waiting.full() or now - self._looked.get(post_id, now - again) < again:
            return
        if not by_account and not self.allows_stranger():
            return
        self._looked[post_id] = now
        self._looked.move_to_end(post_id)
        if len(self._looked) > MOST_REMEMBERED:
            self._looked.popitem(last=False)
        self._waiting.put_nowait(post_id)

    def allows_stranger(self) -> bool:
        """Whether a visitor without an account may cause one more look: an even pace with an hour's worth at once."""
        now = self._clock()
        interval = 3600 / STRANGERS_AN_HOUR
        if self._strangers_next > now:
            return False
        self._strangers_next = max(self._strangers_next, now - 3600) + interval
        return True

    async def _work(self) -> None:
        while True:
            post_id = await self._waiting.get()
            try:
                await self._fill(post_id)
            except (*TROUBLE, Interrupted) as trouble:
                log.info("thread of post %d: %s", post_id, trouble)
            except StorageError as trouble:
                if trouble.trouble is Trouble.CLOSED:
                    return
                log.error("thread of post %d: %s", post_id, trouble)
            except Exception:
                log.exception("thread of post %d", post_id)

    async def _fill(self, post_id: PostId) -> None:
        if await self._database.read(disk_thread.missing, post_id) is not None:
            await self._reopen(post_id)
        found = await self._database.read(_elsewhere, post_id)
        if found is None or not (await self._policy.lists()).enabled:
            return
        of, home = found
        await self._policy.require(home.actor_id)
        came = await self._threads.fill(of, home, await self._place(home), Account(MOST_REQUESTS, MOST_BYTES), MOST_COMMENTS)
        if came:
            log.info("%d comments came to %s, which was opened", came, of.ap_id)


def _elsewhere(tx: Transaction, post_id: PostId) -> tuple[Post, Community] | None:
    """A post in a community of another instance, which that instance knows more of than we do."""
    found = post.get(tx, post_id)
    if found is None or found.deleted or found.removed:
        return None
    home = community.existing(tx, found.community_id)
    return None if home.local or home.deleted or home.removed else (found, home)
