"""Applying what comes in: at once where nothing has to be fetched or converted, else in a lane per sending host, in the order of arrival.

One slow host holds up nobody else; a crash loses nothing, as what was acknowledged is either in effect or in a row that leaves with its
effect; what cannot be applied is put aside. Of several processes on one database one at a time works at a lane, whoever took in what
waits there; all look at each beat which lanes nobody works at.
"""

import asyncio
import logging
import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, nullcontext

from lemmy_lite.context import Context
from lemmy_lite.domain import vote_merging
from lemmy_lite.federation.errors import Behind, Needs, Refused, TryLater
from lemmy_lite.federation.fetch import Document, Fetcher
from lemmy_lite.federation.inbox import applying
from lemmy_lite.federation.inbox.order import Order
from lemmy_lite.federation.inbox.patience import Patience
from lemmy_lite.federation.protocol.activities import Activity
from lemmy_lite.federation.protocol.reading import read
from lemmy_lite.federation.store import Store
from lemmy_lite.model.struct import Struct
from lemmy_lite.net.errors import NetError
from lemmy_lite.storage.aside import Unready
from lemmy_lite.storage.database import Database
from lemmy_lite.storage.errors import StorageError, Trouble
from lemmy_lite.storage.processes import Talk
from lemmy_lite.storage.tables import inbox_activity
from lemmy_lite.storage.tables.inbox_activity import InboxActivity

log = logging.getLogger(__name__)

MOST_WAITING = 20_000
"""Acknowledged activities that may wait; beyond it senders are asked to come back later."""
MOST_ATTEMPTS = 5
"""Tries before an activity is parked: some two minutes, after which a host that is away keeps only itself waiting."""
MOST_AT_ONCE = 4
"""Activities that are applied in the transaction in which they arrive. In a busy moment more are kept in rows, which costs a tenth of their
effect, so that senders are answered at once and our own people's writes do not wait behind those of others."""
MOST_VOTES_AT_ONCE = 128
"""The same for votes where they wait in the log (storage/README.md): then their effect costs less than a row."""
PIECE = 32
MOST_PLACES = 32
"""Lanes that apply at the same time and share their commits, while nothing comes in."""
BUSY = 8
"""Activities that are coming in at the same time: then only federation.inbox_workers lanes apply, so that what comes in is answered."""
FAST_SECONDS = 0.02
FIRST_PAUSE_SECONDS = 1.0
LONGEST_PAUSE_SECONDS = 60.0


class Arrived(Struct):
    """A verified activity: `document` is its `body` as it was read, `activity` its Struct. `is_vote`: see voting.is_vote."""

    host: str
    actor_id: str
    document: Document
    activity: Activity
    body: bytes
    is_vote: bool

    @property
    def ap_id(self) -> str:
        """Its id."""
        return self.activity.id


class Lanes:
    """The tasks that apply. `applied(actor_id, body)` is called after each effect."""

    def __init__(self, context: Context, database: Database, fetcher: Fetcher, store: Store, applied: Callable[[str, bytes], None]) -> None:
        self._context = context
        self._database = database
        self._fetcher = fetcher
        self._store = store
        self._applied = applied
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._again: set[str] = set()
        self._order = Order()
        self._waiting = 0
        self._at_once = 0
        self._arriving = 0
        self._places = asyncio.Semaphore(MOST_PLACES)
        self._few_places = asyncio.Semaphore(context.config.federation.inbox_workers)
        self._closing = False
        self._merging: asyncio.Task[None] | None = None
        self._patience = Patience(FAST_SECONDS) if context.config.testing.fast_federation else Patience()
        self._others = database.processes.are_several
        database.processes.when_cut_off(self._give_up)

    async def start(self) -> None:
        """Take up what an earlier run has left, and go on looking where others may leave something."""
        if self._others:
            self._database.processes.talk(Talk(tuple, lambda tx, _: inbox_activity.by_host(tx), self._look))
        self._waiting = await self._database.read(inbox_activity.waiting)
        for host in await self._database.read(inbox_activity.hosts):
            self._order.found(host)
            self.wake(host)

    def _look(self, waiting: dict[str, int]) -> None:
        """What waits in all lanes, whoever took it in: see to those that nobody works at."""
        self._waiting = sum(waiting.values())
        for host in waiting:
            if host not in self._tasks:
                self.wake(host)

    def _give_up(self) -> None:
        """Others may work at our lanes by now."""
        for task in self._tasks.values():
            task.cancel()

    @property
    def is_full(self) -> bool:
        """Whether more must not be acknowledged now."""
        return self._closing or self._waiting >= MOST_WAITING

    @property
    def waiting(self) -> int:
        """Acknowledged activities that are not in effect yet."""
        return self._waiting

    @property
    def busy(self) -> int:
        """How many hosts have something waiting."""
        return len(self._tasks)

    async def take(self, arrived: Arrived) -> None:
        """Give an activity its effect, or keep it durably for its lane. Raises StorageError; then it is not ours."""
        if self._database.pending.is_gathering and arrived.is_vote:
            await self._patience.share(arrived.host)
            passes = self._at_once < MOST_VOTES_AT_ONCE and self._order.lets_pass(arrived.host, arrived.document)
            taken = passes and await self._apply_at_once(arrived)
            self._patience.answered(arrived.host)
            self._merge_when_due()
        else:
            quiet = self._at_once < MOST_AT_ONCE and len(self._tasks) < MOST_AT_ONCE
            taken = quiet and arrived.host not in self._tasks and await self._apply_at_once(arrived)
        if taken:
            return
        row = arrived.ap_id, arrived.host, arrived.actor_id, arrived.body
        self._arriving += 1
        kept, is_new = self._order.keep(arrived.host, arrived.ap_id, arrived.document), False
        try:
            is_new = await self._database.note(inbox_activity.insert_new, *row)
        finally:
            self._arriving -= 1
            if kept and not is_new:
                self._order.settled(arrived.host, arrived.ap_id)
        if is_new:
            self._waiting += 1
            self.wake(arrived.host)

    def _merge_when_due(self) -> None:
        """After an outage a hundred thousand votes come within the minute between two looks of the clock."""
        if self._merging is None or self._merging.done():
            due = not self._closing and self._database.pending.due(self._context.clock.now())
            self._merging = asyncio.create_task(self._merge(), name="merge of votes") if due else None

    async def _merge(self) -> None:
        try:
            await vote_merging.merge(self._database)
        except StorageError as trouble:
            log.error("votes could not be merged: %s; they wait on", trouble)

    async def _apply_at_once(self, arrived: Arrived) -> bool:
        """Answers False where something stands in the way: then nothing has happened."""
        self._at_once += 1
        try:
            host = arrived.host if self._others else None
            evidence = self._store.evidence(arrived.document)
            given = evidence, self._context, arrived.document, arrived.activity, arrived.is_vote, host
            if await self._database.attempt(applying.apply_at_once, *given):
                self._applied(arrived.actor_id, arrived.body)
        except Refused as refusal:
            log.info("dropped %s from %s: %s", arrived.ap_id, arrived.host, refusal)
            await self._database.note(applying.drop_at_once, arrived.ap_id, refusal)
        except (Needs, Unready, Behind):
            return False
        except StorageError:
            raise
        except Exception:
            # A fault of ours: the lane tries again, says what it is, and parks it in the end.
            return False
        finally:
            self._at_once -= 1
        return True

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
        self._patience.release()
        tasks = [*self._tasks.values(), *([self._merging] if self._merging else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _run(self, host: str) -> None:
        try:
            async with self._database.processes.lane(host) as mine:
                if not mine:
                    self._again.discard(host)  # who works at it sees what is new, and if not, we do with the next beat
                while mine and not self._closing:
                    self._again.discard(host)
                    rows = await self._database.read(inbox_activity.oldest_of, host, PIECE)
                    for row in rows:
                        await self._settle(row)
                        self._order.settled(host, row.ap_id)
                    if not rows and host not in self._again:
                        self._order.rested(host)
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
                await self._apply_when_there_is_room(row)
                return
            except Refused as refusal:
                log.info("dropped %s from %s: %s", row.ap_id, row.host, refusal)
                await self._database.note(applying.drop, row, refusal)
                self._waiting -= 1
                return
            except (TryLater, NetError, StorageError) as trouble:
                if isinstance(trouble, StorageError) and trouble.trouble is Trouble.CLOSED:
                    raise
                log.info("postponed %s from %s: %s", row.ap_id, row.host, trouble)
                if not isinstance(trouble, StorageError):
                    await self._database.note(inbox_activity.count_attempt, row.id)
            except Exception:
                log.exception("could not apply %s from %s", row.ap_id, row.host)
                await self._database.note(inbox_activity.count_attempt, row.id)
            await asyncio.sleep(self._pause(attempt))
        log.warning("parked %s from %s after %d tries", row.ap_id, row.host, MOST_ATTEMPTS)
        await self._database.note(inbox_activity.park, row.id, f"could not be applied in {MOST_ATTEMPTS} tries")
        self._waiting -= 1

    async def _apply_when_there_is_room(self, row: InboxActivity) -> None:
        """What was acknowledged is never put aside because the disk is full: it waits."""
        room = self._context.room
        while True:
            if room is None or room.shut() is None:
                try:
                    await self._apply(row)
                    return
                except StorageError as trouble:
                    if trouble.trouble is not Trouble.FULL:
                        raise
                    log.info("%s from %s waits: %s", row.ap_id, row.host, trouble)
            # A glance costs nothing: nobody has to tell that space is back.
            await asyncio.sleep(self._pause(0))

    async def _apply(self, row: InboxActivity) -> None:
        document = read(row.data)
        evidence = self._store.evidence(document)
        try:
            async with self._place():
                await self._database.attempt(applying.apply, evidence, self._context, row, document)
        except (Needs, Unready):
            # The network takes its time, and no place; a long text takes its own.
            await self._store.perform(
                lambda tx, evidence: applying.apply(tx, evidence, self._context, row, document), self._fetcher.budget(), evidence
            )
        self._waiting -= 1
        self._applied(row.actor_ap_id, row.data)

    @asynccontextmanager
    async def _place(self) -> AsyncIterator[None]:
        async with self._places, self._few_places if self._arriving + self._at_once > BUSY else nullcontext():
            yield

    def _pause(self, attempt: int) -> float:
        seconds = min(FIRST_PAUSE_SECONDS * 4.0**attempt, LONGEST_PAUSE_SECONDS)
        if self._context.config.testing.fast_federation:
            seconds = min(seconds / 10, 0.5)
        return seconds * random.uniform(0.75, 1.25)
