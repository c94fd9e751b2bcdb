"""Telling other instances what happened here: a cursor per instance into one log, persistent, several sends at once per healthy host.

The log and the cursors are in the database, so kill -9 loses nothing; what was under way then is sent again, and receivers know it by
its id. A failing instance holds one slot and no memory; thousands of dead ones cost nothing but their retries, spread over a day.
"""

import asyncio
import contextlib
import logging

from lemmy_lite.context import Context
from lemmy_lite.federation.errors import Refused
from lemmy_lite.federation.policy import Policy
from lemmy_lite.federation.sending import Sending
from lemmy_lite.federation.survey import survey
from lemmy_lite.federation.telling import Telling
from lemmy_lite.model.clock import SECOND
from lemmy_lite.model.events import Event
from lemmy_lite.model.ids import ActivityId, InstanceId
from lemmy_lite.storage.database import Database
from lemmy_lite.storage.errors import StorageError, Trouble
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import delivery, instance
from lemmy_lite.storage.tables.delivery import Delivery as State

log = logging.getLogger(__name__)

MOST_FAILING_AT_ONCE = 32
"""Failing hosts that are tried at the same time: they mostly time out, and must not take the connections of the living."""
LONGEST_SLEEP_SECONDS = 60.0
SEEN_SECONDS = 10.0
"""A busy sender is looked at that often, not with each of its activities."""
SHORTEST_SLEEP_SECONDS = 0.05
BUSY_SLEEP_SECONDS = 1.0
"""Between looks while a failing instance that is due waits for its turn; each end of a task is a look too."""


class Delivery:
    """The dispatcher, and a task for each instance that has something to be told."""

    def __init__(self, context: Context, database: Database, policy: Policy) -> None:
        self._context = context
        self._database = database
        self._policy = policy
        self._sending = Sending(context, database)
        self._wake = asyncio.Event()
        self._tasks: dict[InstanceId, asyncio.Task[None]] = {}
        self._failing: set[InstanceId] = set()
        self._again: set[InstanceId] = set()
        self._seen_at: dict[str, float] = {}
        self._surveyed_to: ActivityId | None = None
        self._dispatcher: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to deliver what waits."""
        self._dispatcher = asyncio.create_task(self._dispatch(), name="delivery")

    def wake(self, _: Event | None = None) -> None:
        """Something may have been appended to the log. Cheap; called after every commit that tells of an event."""
        self._wake.set()

    async def seen(self, host: str) -> None:
        """An instance (a host without port) spoke to us, so it lives: what waits for it goes out now."""
        now = asyncio.get_running_loop().time()
        if now - self._seen_at.get(host, 0) < SEEN_SECONDS:
            return
        self._seen_at[host] = now
        if await self._database.read(_failing, host) and (number := await self._database.write(_revive, host)) is not None:
            self._again.add(number)
            self.wake()

    async def close(self) -> None:
        """Stop; what is under way is given up and sent again after the next start."""
        tasks = [*([self._dispatcher] if self._dispatcher else []), *self._tasks.values()]
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
                pause = BUSY_SLEEP_SECONDS
            # Not wait_for: before Python 3.12 it may swallow the cancellation that comes together with the wake (bpo-37658).
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await self._wake.wait()

    async def _start_those_behind(self) -> float:
        """Give a task to each instance that can be told something; answers how many seconds to sleep unless woken."""
        now = self._context.clock.now()
        again, self._again = self._again, set()
        found = await self._database.read(survey, self._surveyed_to, again, now)
        self._surveyed_to = found.newest
        must_wait = False
        for state in found.states:
            if state.instance_id in self._tasks:
                # Its task may have looked at the log for the last time just before this.
                self._again.add(state.instance_id)
                must_wait = True
            elif state.fail_count and len(self._failing) >= MOST_FAILING_AT_ONCE:
                must_wait = True
            else:
                self._begin(state)
        if found.next_retry is None:
            return LONGEST_SLEEP_SECONDS
        shortest = BUSY_SLEEP_SECONDS if must_wait else SHORTEST_SLEEP_SECONDS
        return min(max((found.next_retry - now) / SECOND, shortest), LONGEST_SLEEP_SECONDS)

    def _begin(self, state: State) -> None:
        if state.fail_count:
            self._failing.add(state.instance_id)
        self._tasks[state.instance_id] = asyncio.create_task(self._tell(state), name=f"delivery to instance {state.instance_id}")

    async def _tell(self, state: State) -> None:
        try:
            allowed = await self._is_allowed(state.instance_id)
            await Telling(self._context.config, self._database, self._sending, state).run(allowed=allowed)
        except StorageError as trouble:
            if trouble.trouble is not Trouble.CLOSED:
                log.error("delivery to instance %d: %s", state.instance_id, trouble)
        except Exception:
            log.exception("delivery to instance %d", state.instance_id)
            await asyncio.sleep(BUSY_SLEEP_SECONDS)  # A fault of ours must not become a loop that keeps the machine busy.
        finally:
            del self._tasks[state.instance_id]
            self._failing.discard(state.instance_id)
            self._wake.set()

    async def _is_allowed(self, instance_id: InstanceId) -> bool:
        try:
            await self._policy.require_host(await self._database.read(instance.domain, instance_id))
        except Refused:
            return False
        return True


def _failing(tx: Transaction, host: str) -> bool:
    number = instance.find(tx, host)
    state = delivery.get(tx, number) if number is not None else None
    return state is not None and state.fail_count > 0


def _revive(tx: Transaction, host: str) -> InstanceId | None:
    number = instance.find(tx, host)
    return number if number is not None and delivery.wake(tx, number) else None
