"""One instance being told what it has not heard, until it has heard all or does not answer."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from lemmy_lite.config import Config
from lemmy_lite.federation.cursors import Cursors
from lemmy_lite.federation.log import Log
from lemmy_lite.federation.queue import Queue
from lemmy_lite.federation.sending import Inboxes, Outcome, Sending, Sent
from lemmy_lite.federation.survey import Concerned
from lemmy_lite.model.clock import Micros
from lemmy_lite.model.ids import ActivityId
from lemmy_lite.model.struct import Struct
from lemmy_lite.storage.errors import StorageError
from lemmy_lite.storage.tables.sent_activity import SentActivity

logger = logging.getLogger(__name__)

PIECE = 32
"""Activities read from the log at a time; a hundred instances that catch up, each at another place, hold some 10 MB."""

Send = asyncio.Task[tuple[SentActivity, Sent]]
Allowed = Callable[[], Awaitable[bool]]
"""Whether the admins let us speak with the instance, now."""


class Heard(Struct, kw_only=True):
    """How it ended. `told_to`: up to where the log was looked at, when all was settled. `wait`: what a failing instance asked for,
    `trouble`: what went wrong with it."""

    failed: bool
    answered: bool
    told_to: ActivityId
    wait: float = 0.0
    trouble: str | None = None


class Telling:
    """Sends several activities at once, those about one object in their order, and moves the cursor."""

    def __init__(self, config: Config, log: Log, sending: Sending, cursors: Cursors, concerned: Concerned) -> None:
        self._config = config
        self._log = log
        self._sending = sending
        self._cursors = cursors
        self._state = concerned.state
        self._domain = concerned.domain
        self._inboxes: Inboxes = concerned.inboxes
        cursor = cursors.of(concerned.state)
        self._queue = Queue(cursor)
        self._newest = cursor
        self._saved = cursor
        self._delivered: Micros | None = None
        self._has_answered = False
        self._wait = 0.0
        self._trouble: str | None = None
        self._failed = False
        self._reads_on = True

    def hand(self, piece: list[SentActivity], told_to: ActivityId, to: ActivityId) -> None:
        """Give it the new piece of the log, where it has been told everything up to `told_to`: it need not read for itself."""
        mine = [each for each in piece if each.id > told_to and (each.everyone or each.inboxes or each.community_id in self._inboxes)]
        self._queue.load(mine, to)
        self._reads_on = False

    @property
    def oldest(self) -> Micros | None:
        """When the oldest activity came into the log of those that are read and not told yet."""
        return self._queue.oldest

    async def run(self, *, allowed: Allowed) -> Heard:
        """Tell all there is. What the admins do not allow the instance to be told, before each single thing, is not told later either."""
        sends: set[Send] = set()
        try:
            while not self._failed:
                await self._load()
                while len(sends) < self._slots() and (activity := self._queue.next()):
                    sends.add(asyncio.create_task(self._send(activity, allowed=allowed)))
                if not sends:
                    break
                done, sends = await asyncio.wait(sends, return_when=asyncio.FIRST_COMPLETED)
                self._note(done)
                self._save()
            if sends:
                done, sends = await asyncio.wait(sends)
                self._note(done)
        finally:
            for task in sends:
                task.cancel()
            self._save()
        return Heard(
            failed=self._failed,
            answered=self._delivered is not None,
            told_to=self._queue.cursor,
            wait=self._wait,
            trouble=self._trouble,
        )

    def _slots(self) -> int:
        """One send at a time until the instance has answered: a sick one never holds more. Later sends begin with answers, so that one
        which falls silent in the middle is sent nothing more, and a slow one loses nothing."""
        return self._config.federation.concurrent_sends_per_instance if self._has_answered else 1

    async def _load(self) -> None:
        """Read on in the log when little is left, and at its end look whether it has grown."""
        while self._reads_on and self._queue.waiting < PIECE // 2:
            if self._queue.loaded_to >= self._newest:
                self._newest = await self._log.newest()
                if self._queue.loaded_to >= self._newest:
                    return
            found, inboxes = await self._log.concerning(self._state.instance_id, self._queue.loaded_to, self._newest, PIECE)
            self._inboxes.update(inboxes)
            end = found[-1].id if len(found) == PIECE else self._newest
            self._queue.load(found, end)

    async def _send(self, activity: SentActivity, *, allowed: Allowed) -> tuple[SentActivity, Sent]:
        if not await allowed():
            return activity, Sent(outcome=Outcome.SETTLED)
        try:
            return activity, await self._sending.send(activity, self._state.instance_id, self._domain, self._inboxes)
        except StorageError:
            raise
        except Exception:
            # A fault of ours with this one activity: those behind it flow, and it stays in the log, where people find it by its id.
            logger.exception("could not send %s to %s; it is passed over", activity.ap_id, self._domain)
            return activity, Sent(outcome=Outcome.SETTLED)

    def _note(self, done: set[Send]) -> None:
        for task in done:
            activity, sent = task.result()
            if sent.outcome is Outcome.FAILED:
                self._failed = True
                self._wait = max(self._wait, sent.wait)
                self._trouble = sent.trouble
                self._queue.postpone(activity.id)
                continue
            self._queue.settle(activity.id)
            if sent.outcome in (Outcome.DELIVERED, Outcome.KNOWN):
                self._delivered = activity.published
            self._has_answered |= sent.outcome is Outcome.DELIVERED

    def _save(self) -> None:
        if self._queue.cursor > self._saved:
            well = self._delivered is not None and not self._failed
            self._cursors.advance(self._state.instance_id, self._queue.cursor, self._delivered, delivered=well)
            self._saved = self._queue.cursor
