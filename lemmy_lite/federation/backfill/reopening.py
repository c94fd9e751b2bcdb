"""An old post whose text left the disk comes back when somebody opens it (domain/README.md, "What leaves first").

Whoever opens it waits for a moment; what takes longer goes on behind their back. What could not be had is noted with its trouble, so that
the page can say so, and is tried again a while later.
"""

import asyncio
import logging
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Final, NamedTuple

from lemmy_lite.context import Context
from lemmy_lite.domain import disk_thread
from lemmy_lite.federation.errors import Gone, Refused, TryLater
from lemmy_lite.federation.fetch import Fetcher
from lemmy_lite.federation.policy import Policy
from lemmy_lite.federation.store import Store
from lemmy_lite.model.ids import PostId
from lemmy_lite.net.errors import NetError
from lemmy_lite.storage.database import Database
from lemmy_lite.storage.errors import StorageError
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import post, spent
from lemmy_lite.text.translations import Phrase, phrase

log = logging.getLogger(__name__)

PATIENCE: Final = 4.0
"""Seconds that a reader waits."""
AGAIN_SECONDS: Final = 300.0
MOST_UNDER_WAY: Final = 8
MOST_REMEMBERED: Final = 10_000


class _Missing(NamedTuple):
    ap_id: str
    is_here: bool


class Reopening:
    """Fetches such posts, each once at a time. `allows_stranger` spends what visitors without an account may cause."""

    def __init__(
        self,
        context: Context,
        database: Database,
        policy: Policy,
        fetcher: Fetcher,
        store: Store,
        allows_stranger: Callable[[], bool],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._context = context
        self._again = 1.0 if context.config.testing.fast_federation else AGAIN_SECONDS
        self._database = database
        self._policy = policy
        self._fetcher = fetcher
        self._store = store
        self._allows_stranger = allows_stranger
        self._clock = clock
        self._asked: OrderedDict[PostId, float] = OrderedDict()
        self._under_way: dict[PostId, asyncio.Task[bool]] = {}

    async def close(self) -> None:
        """Stop; what is not back comes with the next reader."""
        tasks = list(self._under_way.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def reopen(self, post_id: PostId, *, by_account: bool) -> bool:
        """Have a post back whose text, or all of it, is missing; answers whether it is here now. Never raises for what its home does."""
        task = self._under_way.get(post_id)
        if task is None:
            missing = await self._database.read(_missing, post_id)
            if missing is None or not self._may_ask(post_id, by_account=by_account):
                return False
            task = self._under_way[post_id] = asyncio.create_task(self._fetch(post_id, missing), name=f"reopening of post {post_id}")
            task.add_done_callback(lambda _: self._under_way.pop(post_id, None))
        await asyncio.wait({task}, timeout=PATIENCE)
        return task.done() and not task.cancelled() and task.result()

    def _may_ask(self, post_id: PostId, *, by_account: bool) -> bool:
        now = self._clock()
        full = self._context.room is not None and self._context.room.shut() is not None
        if full or len(self._under_way) >= MOST_UNDER_WAY or now - self._asked.get(post_id, now - self._again) < self._again:
            return False
        if not by_account and not self._allows_stranger():
            return False
        self._asked[post_id] = now
        self._asked.move_to_end(post_id)
        if len(self._asked) > MOST_REMEMBERED:
            self._asked.popitem(last=False)
        return True

    async def _fetch(self, post_id: PostId, missing: _Missing) -> bool:
        try:
            if not (await self._policy.lists()).enabled:
                return False
            await self._policy.require(missing.ap_id)
            budget = self._fetcher.budget()
            await self._store.document(await self._fetcher.exactly(missing.ap_id, budget), budget)
        except (Refused, TryLater, NetError) as trouble:
            log.info("post %d does not come back from %s: %s", post_id, missing.ap_id[:200], trouble)
            if missing.is_here:
                await self._database.note(spent.note_trouble, post_id, str(_told(trouble)))
            return False
        except StorageError as trouble:
            log.error("post %d does not come back: %s", post_id, trouble)
            return False
        except Exception:
            log.exception("post %d does not come back", post_id)
            return False
        return True


def _told(trouble: Exception) -> Phrase:
    if isinstance(trouble, Gone):
        return phrase("Its home has it no more.")
    return phrase("Its home did not show it.") if isinstance(trouble, Refused) else phrase("Its home does not answer.")


def _missing(tx: Transaction, post_id: PostId) -> _Missing | None:
    """Where a post comes from whose text, or all of it, is missing."""
    if disk_thread.missing(tx, post_id) is not None:
        return _Missing(post.existing(tx, post_id).ap_id, is_here=True)
    ap_id = spent.ap_id_of(tx, post_id)
    return None if ap_id is None else _Missing(ap_id, is_here=False)
