"""One instance being told what it has not heard, until it has heard all or does not answer."""

import asyncio
import random

from lemmy_lite.config import Config
from lemmy_lite.federation import backoff
from lemmy_lite.federation.queue import Queue
from lemmy_lite.federation.sending import Outcome, Sending
from lemmy_lite.model.clock import Micros
from lemmy_lite.model.ids import InstanceId
from lemmy_lite.storage.database import Database
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import delivery, instance, sent_activity
from lemmy_lite.storage.tables.delivery import Delivery as State
from lemmy_lite.storage.tables.sent_activity import SentActivity

PIECE = 64
"""Activities read from the log at a time; with payloads of 3 kB, a hundred busy hosts hold some 20 MB."""
SAVE_SECONDS = 1.0
"""Cursors are saved that often; after a crash so much is sent again, and known to the receivers."""

Send = asyncio.Task[tuple[SentActivity, Outcome]]


class Telling:
    """Sends several activities at once, those about one object in their order, and keeps the cursor."""

    def __init__(self, config: Config, database: Database, sending: Sending, state: State) -> None:
        self._config = config
        self._database = database
        self._sending = sending
        self._state = state
        self._queue = Queue(state.last_successful_id)
        self._newest = state.last_successful_id
        self._saved = state.last_successful_id
        self._save_at = 0.0
        self._delivered: Micros | None = None
        self._failed = False

    async def run(self, *, allowed: bool) -> None:
        """Tell all there is. `allowed`: the admins let us speak with the instance; what it misses meanwhile is not told later."""
        domain = await self._database.read(instance.domain, self._state.instance_id)
        sends: set[Send] = set()
        try:
            while not self._failed:
                await self._load()
                while len(sends) < self._slots() and (activity := self._queue.next()):
                    sends.add(asyncio.create_task(self._send(activity, domain, allowed=allowed)))
                if not sends:
                    break
                done, sends = await asyncio.wait(sends, return_when=asyncio.FIRST_COMPLETED)
                self._note(done)
                await self._save(now=False)
            if sends:
                done, sends = await asyncio.wait(sends)
                self._note(done)
        finally:
            for task in sends:
                task.cancel()
            await self._save(now=True)
        if self._failed:
            fresh = self._delivered is not None
            await self._database.write(_fail, self._config, self._state.instance_id, 1 if fresh else self._state.fail_count + 1, fresh)

    def _slots(self) -> int:
        """One send at a time until an instance that failed has answered."""
        if self._state.fail_count and self._delivered is None:
            return 1
        return self._config.federation.concurrent_sends_per_instance

    async def _load(self) -> None:
        """Read on in the log when little is left, and at its end look whether it has grown."""
        while self._queue.waiting < PIECE // 2:
            if self._queue.loaded_to >= self._newest:
                self._newest = await self._database.read(sent_activity.newest)
                if self._queue.loaded_to >= self._newest:
                    return
            found = await self._database.read(sent_activity.concerning, self._state.instance_id, self._queue.loaded_to, PIECE)
            # A row may have come in between the two reads; the piece ends where the log was known to end, or with it.
            end = found[-1].id if found and (len(found) == PIECE or found[-1].id > self._newest) else self._newest
            self._queue.load(found, end)

    async def _send(self, activity: SentActivity, domain: str, *, allowed: bool) -> tuple[SentActivity, Outcome]:
        if not allowed:
            return activity, Outcome.SETTLED
        return activity, await self._sending.send(activity, self._state.instance_id, domain)

    def _note(self, done: set[Send]) -> None:
        for task in done:
            activity, outcome = task.result()
            if outcome is Outcome.FAILED:
                self._failed = True
                self._queue.postpone(activity.id)
                continue
            self._queue.settle(activity.id)
            if outcome is Outcome.DELIVERED:
                self._delivered = activity.published

    async def _save(self, *, now: bool) -> None:
        """Keep the cursor: at rest, and now and then on the way."""
        clock = asyncio.get_running_loop().time()
        well = self._delivered is not None and not self._failed
        if self._queue.cursor > self._saved and (now or clock >= self._save_at):
            await self._database.write(delivery.advance, self._state.instance_id, self._queue.cursor, self._delivered, delivered=well)
            self._saved = self._queue.cursor
            self._save_at = clock + SAVE_SECONDS


def _fail(tx: Transaction, config: Config, instance_id: InstanceId, failures: int, afresh: bool) -> None:
    """Note a failure; `afresh` when the instance had just answered, so that it counts as the first."""
    if afresh:
        delivery.wake(tx, instance_id)
    state = delivery.get(tx, instance_id)
    since = state.failing_since if state and state.failing_since else tx.now
    asleep = backoff.is_asleep(config, since, tx.now)
    wait = int(backoff.PROBE_AFTER * random.uniform(0.8, 1.2)) if asleep else backoff.pause(config, failures)
    delivery.fail(tx, instance_id, failures, tx.now + wait, asleep=asleep)
