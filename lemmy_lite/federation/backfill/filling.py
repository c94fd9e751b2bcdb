"""The work of filling communities: persistent, a few at a time, one page after the other, each page in the database before the next.

What is to be done follows from the table `backfill` and from who is followed, so that nothing is lost between a follow and a power cut.
"""

import asyncio
import contextlib
import logging
from typing import Any

from lemmy_lite.context import Context
from lemmy_lite.federation.backfill.account import Account, Spent
from lemmy_lite.federation.backfill.front import Front
from lemmy_lite.federation.backfill.listings import Listings, Place
from lemmy_lite.federation.backfill.taking import Interrupted, Taking
from lemmy_lite.federation.backfill.threads import Threads, place_of
from lemmy_lite.federation.backfill.walk import Walk
from lemmy_lite.federation.errors import Refused
from lemmy_lite.federation.fetch import Fetcher
from lemmy_lite.federation.policy import Policy
from lemmy_lite.federation.software import Software
from lemmy_lite.model.clock import DAY, MINUTE, SECOND, Micros
from lemmy_lite.model.community import Community
from lemmy_lite.model.ids import CommunityId
from lemmy_lite.storage.database import Database
from lemmy_lite.storage.errors import StorageError, Trouble
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import backfill, community, community_moderator
from lemmy_lite.storage.tables.backfill import Backfill, Phase

log = logging.getLogger(__name__)

AT_ONCE = 2
"""Communities that are filled at the same time; each asks for one thing after the other."""
APART: Micros = 30 * SECOND
"""Between the beginnings of communities that have waited, and of catching up: nobody is in a hurry, and the machine has just started."""
MOST_FRONT_POSTS = 50
MOST_MISSED_POSTS = 1000
"""Of one community after an absence, however few older posts the options allow at its first filling."""
MOST_FAILURES = 12
"""In a row, without a page between: with pauses that double to a day, a home that does not answer for a week is given up."""
LONGEST_SLEEP_SECONDS = 300.0
"""Without a wake."""
SHARED_SLEEP_SECONDS = 5.0
"""Where other processes may leave something to do: a follow there is noticed so late."""
MARGIN: Micros = 10 * MINUTE
"""Catching up looks so much further back than the last thing that came: posts are dated by their authors' clocks."""


class Filling:
    """The tasks that fill; `wake()` when there may be more to do."""

    def __init__(
        self,
        context: Context,
        database: Database,
        policy: Policy,
        fetcher: Fetcher,
        software: Software,
        *,
        front: Front,
        listing: Listings,
        taking: Taking,
        threads: Threads,
    ) -> None:
        self._context = context
        self._options = context.config.federation
        self._database = database
        self._policy = policy
        self._fetcher = fetcher
        self._software = software
        self._front = front
        self._listing = listing
        self._taking = taking
        self._threads = threads
        self._apart = 0 if context.config.testing.fast_federation else APART
        self._wake = asyncio.Event()
        self._tasks: dict[CommunityId, asyncio.Task[None]] = {}
        self._dispatcher: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Go on with what an earlier run has left."""
        self._dispatcher = asyncio.create_task(self._dispatch(), name="backfill")

    def wake(self) -> None:
        """Look whether there is something to do."""
        self._wake.set()

    async def close(self) -> None:
        """Stop; the page in hand is walked again after the next start."""
        tasks = [*([self._dispatcher] if self._dispatcher else []), *self._tasks.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._dispatcher = None

    async def catch_up(self, since: Micros, domain: str | None = None) -> None:
        """Fetch what was missed after a moment, in the communities of one instance or in all that are followed."""
        number = await self._database.write(backfill.catch_up, since - MARGIN, self._apart, domain)
        if number:
            log.info("catching up in %d communities of %s", number, domain or "all instances")
            self.wake()

    async def place(self, home: Community) -> Place | None:
        """Where a community's posts are listed, if its home runs something that lists them."""
        return place_of(home, await self._software.of(home.instance_id, home.actor_id))

    async def _dispatch(self) -> None:
        while True:
            self._wake.clear()
            try:
                pause = await self._begin_due()
            except StorageError as trouble:
                if trouble.trouble is Trouble.CLOSED:
                    return
                log.error("backfill: %s", trouble)
                pause = LONGEST_SLEEP_SECONDS
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await self._wake.wait()

    async def _begin_due(self) -> float:
        """Give tasks to communities that are due; answers how many seconds to sleep unless woken."""
        if waiting := await self._database.read(backfill.not_begun):
            await self._database.write(backfill.begin_all, waiting, self._apart)
        if not (await self._policy.lists()).enabled:
            return LONGEST_SLEEP_SECONDS
        for number in await self._database.read(backfill.due, AT_ONCE + len(self._tasks)):
            if len(self._tasks) < AT_ONCE and number not in self._tasks:
                self._tasks[number] = asyncio.create_task(self._run(number), name=f"backfill of community {number}")
        moment = await self._database.read(backfill.next_due)
        longest = SHARED_SLEEP_SECONDS if self._database.processes.are_several else LONGEST_SLEEP_SECONDS
        if self._tasks or moment is None:
            return longest  # the end of a task wakes us
        return min(max((moment - self._context.clock.now()) / SECOND, 0.05), longest)

    async def _run(self, community_id: CommunityId) -> None:
        try:
            # Read here: what the dispatcher saw may have been done by the task before this one.
            row = await self._database.read(backfill.get_due, community_id)
            if row is not None:
                await self._fill(row)
        except StorageError as trouble:
            if trouble.trouble is not Trouble.CLOSED:
                log.error("backfill of community %d: %s", community_id, trouble)
                await asyncio.sleep(LONGEST_SLEEP_SECONDS)  # where nothing can be saved, a pause cannot be either
        finally:
            del self._tasks[community_id]
            self._wake.set()

    async def _fill(self, row: Backfill) -> None:
        account = Account(self._options.backfill_requests - row.requests, self._options.backfill_bytes - row.bytes)
        try:
            home = await self._database.read(_of_others, row.community_id)
            if home is None:
                await self._save(row, phase=Phase.DONE, since=None, trouble="the community is gone")
                return
            await self._policy.require(home.actor_id)
            await self._go_on(row, home, account)
        except Interrupted as pause:
            await self._postpone(row, str(pause), pause.seconds)
        except Refused as refusal:
            await self._postpone(row, str(refusal), DAY / SECOND)
        except Spent:
            await self._save(row, phase=Phase.DONE, since=None, trouble="it took as many requests or bytes as it may", cursor=None)
        except StorageError:
            raise
        except Exception as fault:
            log.exception("backfill of community %d", row.community_id)
            await self._postpone(row, f"{type(fault).__name__}: {fault}"[:500], 0)

    async def _go_on(self, row: Backfill, home: Community, account: Account) -> None:
        """The next piece of one community's filling. Raises Interrupted, Spent."""
        named = await self._database.read(community.collections, home.id)
        place = await self.place(home)
        if row.since is not None:
            # A filling that is not finished has its own account.
            account = Account(self._options.backfill_requests, self._options.backfill_bytes)
        walk = Walk(self._database, self._fetcher, self._listing, self._taking, self._threads, home, named, place, account)
        if row.since is not None:
            if self._context.clock.now() - row.since > DAY:
                with account.exchange() as budget:
                    await self._front.moderators(home, named, budget)
                    await self._front.followers(home, named, budget)
                await self._front.featured(home, named, account, self._taking)
            posts, comments = await walk.since(row.since, MOST_MISSED_POSTS, self._options.backfill_comments_per_post)
            log.info("caught up in %s: %d posts and %d comments", home.actor_id, posts, comments)
            await self._save(row, since=None, failures=0, trouble=None)
        elif row.phase is Phase.FRONT:
            if not await self._database.read(community_moderator.order, home.id):
                with account.exchange() as budget:
                    await self._front.moderators(home, named, budget)
                    await self._front.followers(home, named, budget)
            new = await walk.front(MOST_FRONT_POSTS)
            await self._front.featured(home, named, account, self._taking)
            phase = Phase.OLDER if self._options.backfill_posts else Phase.DONE
            await self._spend(row, account, phase=phase, posts=0, failures=0, trouble=None)
            log.info("%d new posts from the outbox of %s", new, home.actor_id)
        else:
            await self._walk(row, walk, account)

    async def _walk(self, row: Backfill, walk: Walk, account: Account) -> None:
        """One page of older posts with their comments."""
        left = self._options.backfill_posts - row.posts
        try:
            step = await walk.step(row.cursor, left, self._options.backfill_comments_per_post)
        except Interrupted:
            await self._spend(row, account)
            raise
        ended = step.following is None or step.posts >= left
        await self._spend(
            row,
            account,
            phase=Phase.DONE if ended else Phase.OLDER,
            cursor=None if ended else step.following,
            posts=row.posts + step.posts,
            comments=row.comments + step.comments,
            failures=0,
            trouble=None,
        )

    async def _spend(self, row: Backfill, account: Account, **values: Any) -> None:
        """Save what was used together with what it brought."""
        await self._save(row, requests=row.requests + account.requests_used, bytes=row.bytes + account.bytes_used, **values)

    async def _save(self, row: Backfill, **values: Any) -> None:
        await self._database.note(lambda tx: backfill.save(tx, row.community_id, **values))

    async def _postpone(self, row: Backfill, why: str, seconds: float) -> None:
        failures = row.failures + 1
        if failures >= MOST_FAILURES:
            await self._save(row, phase=Phase.DONE, since=None, failures=failures, trouble=f"given up: {why}")
            return
        pause = max(seconds, min(60.0 * 2**failures, DAY / SECOND))
        if self._context.config.testing.fast_federation:
            pause = min(pause, 0.5)
        log.info("backfill of community %d pauses for %.0f s: %s", row.community_id, pause, why)
        next_try = self._context.clock.now() + int(pause * SECOND)
        await self._save(row, next_try=next_try, failures=failures, trouble=why)


def _of_others(tx: Transaction, community_id: CommunityId) -> Community | None:
    """A community of another instance that is still there."""
    found = community.get(tx, community_id)
    return None if found is None or found.local or found.deleted or found.removed else found
