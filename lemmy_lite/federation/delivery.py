"""Telling other instances what happened here: a cursor per instance into one log, persistent, several sends at once per healthy host.

The log and the cursors are in the database, so kill -9 loses nothing; what was under way then is sent again, and receivers know it by
its id. A failing instance holds one slot and no memory; thousands of dead ones cost nothing but their retries, spread over a day.
"""

import asyncio
import logging
import random

from lemmy_lite.context import Context
from lemmy_lite.federation import backoff
from lemmy_lite.federation.errors import Refused
from lemmy_lite.federation.policy import Policy
from lemmy_lite.federation.queue import Queue
from lemmy_lite.federation.sending import Outcome, Sending
from lemmy_lite.model.clock import SECOND, Micros
from lemmy_lite.model.events import Event
from lemmy_lite.model.ids import ActivityId, InstanceId
from lemmy_lite.storage.database import Database
from lemmy_lite.storage.errors import StorageError, Trouble
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import delivery, instance, sent_activity
from lemmy_lite.storage.tables.delivery import Delivery as State
from lemmy_lite.storage.tables.sent_activity import SentActivity

log = logging.getLogger(__name__)

PIECE = 64
"""Activities read from the log at a time; with payloads of 3 kB, a hundred busy hosts hold some 20 MB."""
MOST_FAILING_AT_ONCE = 32
"""Failing hosts that are tried at the same time: they mostly time out, and must not take the connections of the living."""
SAVE_SECONDS = 1.0
"""Cursors are saved that often; after a crash so much is sent again, and known to the receivers."""
LONGEST_SLEEP_SECONDS = 60.0


class Delivery:
    """The dispatcher and a task for each instance that has something to be told."""

    def __init__(self, context: Context, database: Database, policy: Policy) -> None:
        self._context = context
        self._database = database
        self._policy = policy
        self._sending = Sending(context, database)
        self._wake = asyncio.Event()
        self._tasks: dict[InstanceId, asyncio.Task[None]] = {}
        self._failing: set[InstanceId] = set()
        self._dispatcher: asyncio.Task[None] | None = None
        self._closing = False

    def start(self) -> None:
        """Begin to deliver what waits."""
        self._dispatcher = asyncio.create_task(self._dispatch(), name="delivery")
        self.wake()

    def wake(self, _: Event | None = None) -> None:
        """Something may have been appended to the log. Cheap; called after every commit that tells of an event."""
        self._wake.set()

    async def seen(self, host: str) -> None:
        """An instance spoke to us, so it lives: what waits for it goes out now."""
        if await self._database.read(_is_failing, host) and await self._database.write(_wake_host, host):
            self.wake()

    async def idle(self) -> None:
        """Wait until every reachable instance has been told everything."""
        while True:
            while self._tasks or self._wake.is_set():
                await asyncio.sleep(0.01)
            newest = await self._database.read(sent_activity.newest)
            if not await self._database.read(delivery.behind, newest, self._context.clock.now()) and not self._tasks:
                return

    async def close(self) -> None:
        """Stop; what is under way is given up and sent again after the next start."""
        self._closing = True
        tasks = [*self._tasks.values(), *([self._dispatcher] if self._dispatcher else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _dispatch(self) -> None:
        while True:
            self._wake.clear()
            try:
                pause = await self._start_those_behind()
            except StorageError as trouble:
                if trouble.trouble is Trouble.CLOSED:
                    return
                log.error("delivery: %s", trouble)
                pause = 1.0
            try:
                await asyncio.wait_for(self._wake.wait(), pause)
            except TimeoutError:
                continue

    async def _start_those_behind(self) -> float:
        """Give a task to each instance that can be told something; answers how many seconds to sleep unless woken."""
        now = self._context.clock.now()
        newest, states, next_retry = await self._database.read(_behind, now)
        for state in states:
            if state.instance_id in self._tasks:
                continue
            if state.fail_count:
                if len(self._failing) >= MOST_FAILING_AT_ONCE:
                    continue
                self._failing.add(state.instance_id)
            self._tasks[state.instance_id] = asyncio.create_task(self._run(state, newest), name=f"delivery to {state.instance_id}")
        if next_retry is None:
            return LONGEST_SLEEP_SECONDS
        return min(max((next_retry - now) / SECOND, 0.02), LONGEST_SLEEP_SECONDS)

    async def _run(self, state: State, newest: ActivityId) -> None:
        try:
            await _Telling(self, state).run(newest)
        except StorageError as trouble:
            if trouble.trouble is not Trouble.CLOSED:
                log.error("delivery to instance %d: %s", state.instance_id, trouble)
        except Exception:
            log.exception("delivery to instance %d", state.instance_id)
            await asyncio.sleep(1)  # A fault of ours must not make a loop that keeps the machine busy.
        finally:
            self._tasks.pop(state.instance_id, None)
            self._failing.discard(state.instance_id)
            self._wake.set()


class _Telling:
    """One instance being told what it has not heard, until it has heard all or does not answer."""

    def __init__(self, owner: Delivery, state: State) -> None:
        self._owner = owner
        self._context = owner._context
        self._database = owner._database
        self._state = state
        self._queue = Queue(state.last_successful_id)
        self._saved = state.last_successful_id
        self._save_at = 0.0
        self._delivered: Micros | None = None
        self._failed = False
        self._domain = ""

    async def run(self, newest: ActivityId) -> None:
        self._domain = await self._database.read(instance.domain, self._state.instance_id)
        allowed = await self._is_allowed()
        sends: set[asyncio.Task[tuple[SentActivity, Outcome]]] = set()
        try:
            while not self._failed:
                if self._queue.waiting < PIECE // 2:
                    newest = await self._load(newest)
                while not self._failed and len(sends) < self._slots() and (activity := self._queue.next()):
                    sends.add(asyncio.create_task(self._send(activity, allowed=allowed)))
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
            if self._owner._closing:
                await asyncio.shield(self._save(now=True))
            else:
                await self._save(now=True)
        if self._failed:
            await self._back_off()

    def _slots(self) -> int:
        """One send at a time until an instance that failed has answered."""
        if self._state.fail_count and self._delivered is None:
            return 1
        return self._context.config.federation.concurrent_sends_per_instance

    async def _load(self, newest: ActivityId) -> ActivityId:
        """Read on in the log; answers its end as it is now."""
        if self._queue.loaded_to >= newest:
            newest = await self._database.read(sent_activity.newest)
        if self._queue.loaded_to < newest:
            found = await self._database.read(sent_activity.concerning, self._state.instance_id, self._queue.loaded_to, PIECE)
            end = found[-1].id if len(found) == PIECE else newest
            self._queue.load(found, end)
        return newest

    async def _send(self, activity: SentActivity, *, allowed: bool) -> tuple[SentActivity, Outcome]:
        if not allowed:
            return activity, Outcome.SETTLED
        return activity, await self._owner._sending.send(activity, self._state.instance_id, self._domain)

    def _note(self, done: set[asyncio.Task[tuple[SentActivity, Outcome]]]) -> None:
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
        if self._queue.cursor <= self._saved or not (now or clock >= self._save_at):
            return
        delivered = self._delivered is not None
        await self._database.write(
            delivery.advance, self._state.instance_id, self._queue.cursor, self._delivered, delivered=delivered and not self._failed
        )
        self._saved = self._queue.cursor
        self._save_at = clock + SAVE_SECONDS

    async def _back_off(self) -> None:
        failures = 1 if self._delivered is not None else self._state.fail_count + 1
        await self._database.write(_fail, self._context, self._state.instance_id, failures, afresh=self._delivered is not None)

    async def _is_allowed(self) -> bool:
        """Whether the admins let us speak with the instance; what it misses meanwhile is not told later, as with Lemmy."""
        try:
            await self._owner._policy.require(f"https://{self._domain}")
        except Refused:
            return False
        return True


def _behind(tx: Transaction, now: Micros) -> tuple[ActivityId, list[State], Micros | None]:
    newest = sent_activity.newest(tx)
    return newest, delivery.behind(tx, newest, now), delivery.next_retry(tx)


def _fail(tx: Transaction, context: Context, instance_id: InstanceId, failures: int, *, afresh: bool) -> None:
    if afresh:
        delivery.wake(tx, instance_id)
    state = delivery.get(tx, instance_id)
    since = state.failing_since if state and state.failing_since else tx.now
    asleep = backoff.is_asleep(context.config, since, tx.now)
    wait = int(backoff.PROBE_AFTER * random.uniform(0.8, 1.2)) if asleep else backoff.pause(context.config, failures)
    delivery.fail(tx, instance_id, failures, tx.now + wait, asleep=asleep)


def _is_failing(tx: Transaction, host: str) -> bool:
    number = instance.find(tx, host)
    state = delivery.get(tx, number) if number is not None else None
    return state is not None and state.fail_count > 0


def _wake_host(tx: Transaction, host: str) -> bool:
    return delivery.wake(tx, instance.get_or_create(tx, host))
