"""Telling other instances what happened here: a cursor per instance into one log, persistent, several sends at once per healthy host.

The log and the cursors are in the database, so kill -9 loses nothing; what was under way then is sent again, and receivers know it by
its id. A failing instance holds one slot and little memory; thousands of dead ones cost nothing but their retries, spread over a day.
"""

import asyncio
import contextlib
import logging
import time

from lemmy_lite.context import Context
from lemmy_lite.federation import backoff
from lemmy_lite.federation.backoff import Failure
from lemmy_lite.federation.clock_gate import ClockGate
from lemmy_lite.federation.cursors import Cursors
from lemmy_lite.federation.errors import Refused
from lemmy_lite.federation.log import Log
from lemmy_lite.federation.policy import Policy
from lemmy_lite.federation.schedule import TRIES_PER_SECOND, Schedule
from lemmy_lite.federation.sending import Sending
from lemmy_lite.federation.signing import Signing
from lemmy_lite.federation.survey import Concerned, Survey, survey
from lemmy_lite.federation.telling import Heard, Telling
from lemmy_lite.model.clock import SECOND, Micros
from lemmy_lite.model.events import Event
from lemmy_lite.model.ids import ActivityId, InstanceId
from lemmy_lite.storage.database import Database
from lemmy_lite.storage.errors import StorageError, Trouble
from lemmy_lite.storage.processes import SHARES
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import delivery, sent_activity

logger = logging.getLogger(__name__)

MOST_FAILING_AT_ONCE = 32
"""Failing hosts that are tried at the same time: they mostly time out, and must not take the connections of the living."""
MOST_AT_ONCE = 2000
MOST_READING_AT_ONCE = 128
"""Instances that catch up and read the log for themselves; those that hear only what is new share it."""
SURVEY_SECONDS = 0.02
"""Between two looks at the log: in a busy minute one look serves many events."""
SEEN_SECONDS = 10.0
"""An instance that speaks to us and takes nothing is tried that often at most."""
LONGEST_SLEEP_SECONDS = 60.0
RETRY = "retry"
"""What processes call to each other: an instance is to be tried now, whoever tells it."""
SHARED_SLEEP_SECONDS = 1.0
"""Where other processes write to the log, nobody wakes this one."""
SHORTEST_SLEEP_SECONDS = 0.05
BUSY_SLEEP_SECONDS = 1.0
"""Between looks while an instance waits for its turn; each end of a task is a look too."""
FAST_TRIES_PER_SECOND = 100.0


class Delivery:
    """The dispatcher, and a task for each instance that has something to be told."""

    def __init__(self, context: Context, database: Database, policy: Policy, signing: Signing, gate: ClockGate) -> None:
        self._context = context
        self._database = database
        self._policy = policy
        self._gate = gate
        self._sending = Sending(context, database, signing)
        self._log = Log(database)
        self._cursors = Cursors(database)
        self._schedule = Schedule(FAST_TRIES_PER_SECOND if context.config.testing.fast_federation else TRIES_PER_SECOND)
        self._wake = asyncio.Event()
        self._tasks: dict[InstanceId, asyncio.Task[None]] = {}
        self._tellings: dict[InstanceId, Telling] = {}
        self._reading: set[InstanceId] = set()
        self._trying: set[InstanceId] = set()
        self._again: dict[InstanceId, None] = {}  # in the order of arrival
        self._revived: dict[InstanceId, float] = {}
        self._told_to: dict[InstanceId, ActivityId] = {}
        self._surveyed_to: ActivityId | None = None
        self._new: set[int] = set(database.processes.shares)
        self._answered: Micros = 0  # when anybody was told something last
        self._dispatcher: asyncio.Task[None] | None = None
        database.processes.when_sharing(self._gain, self._lose)
        database.processes.when_called(RETRY, self.retry_here)

    def start(self) -> None:
        """Begin to deliver what waits, unless another process does it."""
        if not self._context.config.process.disable_activity_sending:
            self._dispatcher = asyncio.create_task(self._dispatch(), name="delivery")
            if self._database.processes.are_several:
                self._database.processes.watch(sent_activity.newest, lambda _: self.wake())

    def _gain(self, shares: frozenset[int]) -> None:
        """These instances are ours to tell from now on; another process may have told them some until a moment ago."""
        self._new |= shares
        for number in [number for number in self._told_to if number % SHARES in shares]:
            del self._told_to[number]
        self.wake()

    async def _lose(self, shares: frozenset[int]) -> None:
        """Stop telling some instances, which another process will go on with where the cursors are. Nothing that is under way is lost: it
        is sent again with the same id."""
        self._new -= shares
        leaving = {number: task for number, task in self._tasks.items() if number % SHARES in shares}
        for task in leaving.values():
            task.cancel()
        await asyncio.gather(*leaving.values(), return_exceptions=True)
        self._schedule.forget_some(lambda number: number % SHARES in shares)
        self._again = {number: None for number in self._again if number % SHARES not in shares}
        with contextlib.suppress(StorageError):
            await self._cursors.save()

    def wake(self, _: Event | None = None) -> None:
        """Something may have been appended to the log. Cheap; called after every commit that tells of an event."""
        self._wake.set()

    def seen(self, host: str) -> None:
        """An instance (a host without port) spoke to us, so it lives: what waits for it goes out now."""
        number = self._schedule.find(host)
        if number is None or number in self._tasks:
            return
        now = asyncio.get_running_loop().time()
        if now - self._revived.get(number, -SEEN_SECONDS) >= SEEN_SECONDS:
            self._revived[number] = now
            self._try_now(number)

    def retry(self, host: str) -> None:
        """Somebody wants an instance (a host without port) to be tried now, however long it was to be left alone."""
        self.retry_here(host)
        self._database.processes.call(RETRY, host)

    def retry_here(self, host: str) -> None:
        """The same, where it is this process that tells the instance."""
        number = self._schedule.find(host)
        if number is not None and number not in self._tasks:
            self._try_now(number)

    def _try_now(self, number: InstanceId) -> None:
        self._schedule.postpone(number, 0.0)
        self._again[number] = None
        self.wake()

    @property
    def under_way(self) -> int:
        """How many instances are being told something."""
        return len(self._tasks)

    @property
    def oldest_under_way(self) -> Micros | None:
        """When the oldest activity came into the log of those that are being told."""
        return min((each.oldest for each in self._tellings.values() if each.oldest is not None), default=None)

    @property
    def told(self) -> int:
        """How many instances have been told all that concerns them."""
        return len(self._told_to)

    @property
    def failing(self) -> int:
        """How many instances wait for another try."""
        return len(self._schedule)

    @property
    def asleep(self) -> int:
        """How many of these get one a day."""
        return self._schedule.asleep

    async def close(self) -> None:
        """Stop; what is under way is given up and sent again after the next start."""
        tasks = [*([self._dispatcher] if self._dispatcher else []), *self._tasks.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._cursors.close()

    async def _dispatch(self) -> None:
        while True:
            self._wake.clear()
            looked_at = time.monotonic()
            try:
                await self._gate.opened()
                if self._new:
                    await self._take_up()
                pause = await self._start_those_behind()
            except StorageError as trouble:
                if trouble.trouble is Trouble.CLOSED:
                    return
                logger.error("delivery: %s", trouble)
                pause = BUSY_SLEEP_SECONDS
            # Not wait_for: before Python 3.12 it may swallow the cancellation that comes together with the wake (bpo-37658).
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await self._wake.wait()
            await asyncio.sleep(max(0.0, looked_at + SURVEY_SECONDS - time.monotonic()))

    async def _take_up(self) -> None:
        """Plan the tries that an earlier run, or another process, has left, and look at everything that is new to us. A wall clock that was
        wrong then delays no try beyond the longest pause."""
        now, new = self._context.clock.now(), frozenset(self._new)
        for state, domain in await self._database.read(delivery.failing):
            if state.instance_id % SHARES in new and self._is_mine(state.instance_id):
                left = ((state.next_retry or now) - now) / SECOND
                self._schedule.put(state.instance_id, domain, backoff.bounded(self._context.config, left), asleep=state.asleep)
        self._new -= new
        self._surveyed_to = None

    async def _start_those_behind(self) -> float:
        """Give a task to each instance that can be told something; answers how many seconds to sleep unless woken."""
        tries = set(self._schedule.take(MOST_FAILING_AT_ONCE - len(self._trying)))
        again = self._take_again()
        try:
            newest = await self._log.newest() if self._database.processes.are_several else None
            surveyed_to = self._surveyed_to
            found = await self._database.read(survey, surveyed_to, tries | again, newest)
        except StorageError:
            self._again = dict.fromkeys([*again, *self._again])
            for number in tries:
                self._schedule.postpone(number, BUSY_SLEEP_SECONDS)
            raise
        for concerned in found.concerned:
            number = concerned.state.instance_id
            if number % SHARES in self._new:
                continue  # its cursor may have been moved by another process since we looked
            wanted = number in tries or number in again or number not in self._schedule
            if wanted and self._is_mine(number) and not self._begin(concerned, found, is_try=number in tries):
                self._again[number] = None
        for number in tries - self._tasks.keys():
            self._schedule.postpone(number, BUSY_SLEEP_SECONDS)
        self._surveyed_to = found.newest
        return 0.0 if self._new else self._sleep()

    def _take_again(self) -> set[InstanceId]:
        """Instances that have to be looked at besides those that the new piece of the log concerns: as many as there is room for."""
        room = MOST_READING_AT_ONCE - len(self._reading)
        taken = [number for number in self._again if number not in self._tasks][:room]
        for number in taken:
            del self._again[number]
        return set(taken)

    def _sleep(self) -> float:
        process = self._context.config.process
        shared = process.federate_process_count > 1 or process.disable_http_server
        longest = SHARED_SLEEP_SECONDS if shared else BUSY_SLEEP_SECONDS if self._again else LONGEST_SLEEP_SECONDS
        next_try = self._schedule.seconds()
        if next_try is None or len(self._trying) >= MOST_FAILING_AT_ONCE:
            return longest
        return min(max(next_try, SHORTEST_SLEEP_SECONDS), longest)

    def _begin(self, concerned: Concerned, found: Survey, *, is_try: bool) -> bool:
        """Start a task, if there is room and none of the instance's is running: that one may have looked at the log just before this."""
        number = concerned.state.instance_id
        if number in self._tasks or len(self._tasks) >= MOST_AT_ONCE:
            return False
        told_to = max(self._told_to.pop(number, ActivityId(0)), self._cursors.of(concerned.state))
        telling = Telling(self._context.config, self._log, self._sending, self._cursors, concerned)
        if found.piece is not None and self._surveyed_to is not None and told_to >= self._surveyed_to:
            telling.hand(found.piece, told_to, found.newest)
        elif len(self._reading) >= MOST_READING_AT_ONCE and not is_try:
            return False
        else:
            self._reading.add(number)
        if is_try:
            self._trying.add(number)
        self._tellings[number] = telling
        self._tasks[number] = asyncio.create_task(self._tell(concerned, telling), name=f"delivery to {concerned.domain}")
        return True

    async def _tell(self, concerned: Concerned, telling: Telling) -> None:
        number = concerned.state.instance_id
        try:
            heard = await telling.run(allowed=lambda: self._is_allowed(concerned.domain))
            await self._settle(concerned, heard)
        except StorageError as trouble:
            if trouble.trouble is not Trouble.CLOSED:
                logger.error("delivery to %s: %s", concerned.domain, trouble)
            self._resume(number)
        except Exception:
            logger.exception("delivery to %s", concerned.domain)
            await asyncio.sleep(BUSY_SLEEP_SECONDS)  # A fault of ours must not become a loop that keeps the machine busy.
            self._resume(number)
        finally:
            del self._tasks[number]
            del self._tellings[number]
            self._reading.discard(number)
            was_trying = number in self._trying
            self._trying.discard(number)
            # Who is well needs no other look: a thousand of them end within a second or two.
            if self._again or was_trying or number in self._schedule:
                self._wake.set()

    def _resume(self, number: InstanceId) -> None:
        """Go on with an instance after a trouble of our own."""
        if number in self._schedule:
            self._schedule.postpone(number, BUSY_SLEEP_SECONDS)
        else:
            self._again[number] = None

    async def _settle(self, concerned: Concerned, heard: Heard) -> None:
        """Note how it went: plan the next try of an instance that fails, forget the failures of one that answers."""
        number, was_failing = concerned.state.instance_id, concerned.state.fail_count > 0
        if heard.failed:
            afresh = heard.answered or number in self._revived
            before = 0 if afresh else concerned.state.fail_count
            self._cursors.doubt(number)
            if heard.answered:
                self._answered = self._context.clock.now()
            failure = await self._database.note(_fail, self._context, number, before + 1, afresh, heard, self._answered)
            self._schedule.put(number, concerned.domain, failure.seconds, asleep=failure.asleep)
            # What was written while it did not answer waits for the pause too: one post would else have all that are mute tried at once.
            self._again.pop(number, None)
            return
        self._told_to[number] = heard.told_to
        if heard.answered:
            self._answered = self._context.clock.now()
        if not was_failing:
            return
        if heard.answered:
            self._schedule.succeeded()
            self._schedule.forget(number)
            self._revived.pop(number, None)
        else:
            # Nothing that still concerns it is left in the log. It is asked again when there is, a day from now at the earliest.
            self._schedule.succeeded()
            self._schedule.put(number, concerned.domain, backoff.probe_seconds(), asleep=concerned.state.asleep)

    async def _is_allowed(self, domain: str) -> bool:
        try:
            await self._policy.require_host(domain)
        except Refused:
            return False
        return True

    def _is_mine(self, instance_id: InstanceId) -> bool:
        """Whether this process sends to an instance: by what the processes share among themselves, or by hand, as in Lemmy."""
        process = self._context.config.process
        if process.federate_process_count == 1:
            return self._database.processes.is_mine(instance_id)
        return instance_id % process.federate_process_count == process.federate_process_index - 1


def _fail(tx: Transaction, context: Context, number: InstanceId, failures: int, afresh: bool, heard: Heard, answered: Micros) -> Failure:
    """Note a failure; `afresh` when the instance had just shown that it lives, so that it counts as the first. `answered` is when anybody
    was told something last."""
    if afresh:
        delivery.wake(tx, number)
    state = delivery.get(tx, number)
    since = state.failing_since if state and state.failing_since else tx.now
    failure = backoff.failure(context.config, failures, tx.now - since, heard.wait, all_fail=answered < since)
    delivery.fail(tx, number, failures, tx.now + int(failure.seconds * SECOND), asleep=failure.asleep, trouble=heard.trouble)
    return failure
