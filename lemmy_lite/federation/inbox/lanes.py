"""Applying what was acknowledged: a lane per sending host, each in the order of arrival.

One slow host holds up nobody else; a crash loses nothing, as rows leave only with their effect; what cannot be applied is put aside.
"""

import asyncio
import logging
import random
from collections.abc import Callable

from lemmy_lite.context import Context
from lemmy_lite.federation.errors import Refused, TryLater
from lemmy_lite.federation.fetch import Fetcher
from lemmy_lite.federation.inbox import applying
from lemmy_lite.federation.store import Store
from lemmy_lite.net.errors import NetError
from lemmy_lite.storage.database import Database
from lemmy_lite.storage.errors import StorageError, Trouble
from lemmy_lite.storage.tables import inbox_activity
from lemmy_lite.storage.tables.inbox_activity import InboxActivity

log = logging.getLogger(__name__)

MOST_WAITING = 20_000
"""Acknowledged activities that may wait; beyond it senders are asked to come back later."""
MOST_ATTEMPTS = 5
"""Tries before an activity is parked: some two minutes, after which a host that is away keeps only itself waiting."""
FIRST_PAUSE_SECONDS = 1.0
LONGEST_PAUSE_SECONDS = 60.0


class Lanes:
    """The tasks that apply; `wake(host)` after each append."""

    def __init__(
        self, context: Context, database: Database, fetcher: Fetcher, store: Store, applied: Callable[[InboxActivity], None]
    ) -> None:
        self._context = context
        self._database = database
        self._fetcher = fetcher
        self._store = store
        self._applied = applied
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._again: set[str] = set()
        self._waiting = 0
        self._closing = False

    async def start(self) -> None:
        """Take up what an earlier run has left."""
        self._waiting = await self._database.read(inbox_activity.waiting)
        for host in await self._database.read(inbox_activity.hosts):
            self.wake(host)

    @property
    def is_full(self) -> bool:
        """Whether more must not be acknowledged now."""
        return self._closing or self._waiting >= MOST_WAITING

    def appended(self, host: str) -> None:
        """One more row of a host waits."""
        self._waiting += 1
        self.wake(host)

    def wake(self, host: str) -> None:
        """See to a host's rows."""
        if self._closing:
            return
        if host in self._tasks:
            self._again.add(host)
            return
        self._tasks[host] = asyncio.create_task(self._run(host), name=f"inbox lane {host}")

    async def idle(self) -> None:
        """Wait until every lane has come to rest."""
        while self._tasks:
            await asyncio.wait(list(self._tasks.values()))

    async def close(self) -> None:
        """Stop after the transactions in hand; the rest waits for the next start."""
        self._closing = True
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _run(self, host: str) -> None:
        try:
            while not self._closing:
                self._again.discard(host)
                row = await self._database.read(inbox_activity.next_of, host)
                if row is not None:
                    await self._settle(row)
                elif host not in self._again:
                    break
        except StorageError as trouble:
            if trouble.trouble is not Trouble.CLOSED:
                log.error("inbox lane of %s: %s; it goes on with the next activity or start", host, trouble)
        except Exception:
            log.exception("inbox lane of %s", host)
        finally:
            del self._tasks[host]
            if host in self._again:
                self.wake(host)

    async def _settle(self, row: InboxActivity) -> None:
        """Apply one row, drop it, or put it aside."""
        for attempt in range(row.attempts, MOST_ATTEMPTS):
            try:
                await self._apply(row)
                return
            except Refused as refusal:
                log.info("dropped %s from %s: %s", row.ap_id, row.host, refusal)
                await self._database.write(applying.drop, row, refusal)
                self._waiting -= 1
                return
            except (TryLater, NetError, StorageError) as trouble:
                if isinstance(trouble, StorageError) and trouble.trouble is Trouble.CLOSED:
                    raise
                log.info("postponed %s from %s: %s", row.ap_id, row.host, trouble)
                if not isinstance(trouble, StorageError):
                    await self._database.write(inbox_activity.count_attempt, row.id)
            except Exception:
                log.exception("could not apply %s from %s", row.ap_id, row.host)
                await self._database.write(inbox_activity.count_attempt, row.id)
            await asyncio.sleep(self._pause(attempt))
        log.warning("parked %s from %s after %d tries", row.ap_id, row.host, MOST_ATTEMPTS)
        await self._database.write(inbox_activity.park, row.id, f"could not be applied in {MOST_ATTEMPTS} tries")
        self._waiting -= 1

    async def _apply(self, row: InboxActivity) -> None:
        budget = self._fetcher.budget()
        await self._store.perform(lambda tx, evidence: applying.apply(tx, evidence, self._context, row), budget)
        self._waiting -= 1
        self._applied(row)

    def _pause(self, attempt: int) -> float:
        seconds = min(FIRST_PAUSE_SECONDS * 4.0**attempt, LONGEST_PAUSE_SECONDS)
        if self._context.config.testing.fast_federation:
            seconds = min(seconds / 10, 0.5)
        return seconds * random.uniform(0.75, 1.25)
