"""Several processes on one Postgres: one leads, each has its share, what one says the others hear; on SQLite nothing of it exists."""

import asyncio
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

from lemmy_lite.model.clock import Clock
from lemmy_lite.storage.cluster import Cluster
from lemmy_lite.storage.database import Database
from lemmy_lite.storage.membership import LONGEST_CALL, _payloads
from lemmy_lite.storage.processes import SHARES, Talk
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import secret
from tests.storage.databases import cut_off, migrated, on

ALL = frozenset(range(SHARES))
PATIENCE = 20.0


class Member:
    """One process, and what it was told."""

    def __init__(self, url: str) -> None:
        self.cluster = Cluster(url, Clock().now, beat=0.02)
        self.told: list[str] = []
        self.heard: list[str] = []
        self.cuts = 0
        self.held: set[int] = set()
        self.cluster.when_leading(self._begin, self._end)
        self.cluster.when_sharing(self.held.update, self._lose)
        self.cluster.when_cut_off(self._cut)
        self.cluster.when_called("news", self.heard.append)

    async def _begin(self) -> None:
        self.told.append("begin")

    async def _end(self) -> None:
        self.told.append("end")

    async def _lose(self, shares: frozenset[int]) -> None:
        self.held -= shares

    def _cut(self) -> None:
        self.cuts += 1


@asynccontextmanager
async def _members(url: str, number: int) -> AsyncIterator[list[Member]]:
    async with AsyncExitStack() as stack:
        members = [Member(url) for _ in range(number)]
        for each in members:
            await each.cluster.start()
            stack.push_async_callback(each.cluster.close)
        yield members


async def _until(holds: Callable[[], object]) -> None:
    for _ in range(2_000):
        if holds():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("in vain")


def _leaders(members: list[Member]) -> int:
    return sum(each.cluster.leads for each in members)


def _divided(members: list[Member]) -> bool:
    """Whether each share belongs to one, and all have the same number."""
    held = [each.held for each in members]
    return set().union(*held) == ALL and {len(each) for each in held} == {SHARES // len(members)}


def test_one_leads_and_all_share_alike_whoever_comes_goes_or_dies(postgres_url: str) -> None:
    async def run() -> None:
        async with _members(postgres_url, 1) as (first,), _members(postgres_url, 2) as others:
            members = [first, *others]
            await _until(lambda: _divided(members))
            assert [each.cluster.leads for each in members] == [True, False, False]
            assert all(each.held == each.cluster.shares for each in members)
            # It leaves in order: another one leads, after it has ended its work, and the shares are divided anew.
            await first.cluster.close()
            await _until(lambda: _leaders(others) == 1 and _divided(others))
            assert (first.told, first.held) == (["begin", "end"], set())
            # The leader's session breaks: it stops by itself, and finds its way back among the others.
            leader = next(each for each in others if each.cluster.leads)
            await cut_off(leader.cluster)
            await _until(lambda: leader.cuts)
            assert leader.told[:2] == ["begin", "end"]
            await _until(lambda: _leaders(others) == 1 and _divided(others))
            assert others[0].cluster.number == 2

    asyncio.run(run())


def test_who_does_not_want_to_lead_or_send_does_neither(postgres_url: str) -> None:
    async def run() -> None:
        quiet, other = Member(postgres_url), Member(postgres_url)
        await quiet.cluster.start(leads=False, sends=False)
        assert (quiet.cluster.leads, quiet.held) == (False, set())
        await other.cluster.start()
        assert (other.cluster.leads, other.held) == (True, ALL)
        await other.cluster.close()
        await asyncio.sleep(0.1)
        assert (quiet.cluster.leads, quiet.held) == (False, set())
        await quiet.cluster.close()

    asyncio.run(run())


def test_a_process_that_cannot_reach_postgres_does_nothing_that_only_one_may_do_and_lives_on(postgres_url: str) -> None:
    async def run() -> None:
        lost = Member(postgres_url.replace("lemmy_lite_test_", "nobody_has_this_"))
        await lost.cluster.start()
        await _until(lambda: lost.cuts > 1)
        assert (lost.cluster.leads, lost.cluster.shares) == (False, frozenset())
        async with lost.cluster.lane("far.example") as mine:
            assert not mine
        await lost.cluster.close()

    asyncio.run(run())


def test_a_lane_belongs_to_one_process_at_a_time(postgres_url: str) -> None:
    async def run() -> None:
        async with _members(postgres_url, 2) as (one, two):
            async with (
                one.cluster.lane("a.example") as first,
                two.cluster.lane("a.example") as second,
                two.cluster.lane("b.example") as third,
            ):
                assert (first, second, third) == (True, False, True)
            async with two.cluster.lane("a.example") as second:
                assert second
                # Whoever is cut off has lost it to whoever comes next, and does not take it back by leaving it late.
                await cut_off(two.cluster)
                await _until(lambda: two.cuts)
                async with one.cluster.lane("a.example") as first:
                    assert first
            await _until(lambda: two.held)

    asyncio.run(run())


def test_what_one_says_the_others_hear_once(postgres_url: str) -> None:
    async def run() -> None:
        async with _members(postgres_url, 3) as (one, two, three):
            for _ in range(3):
                one.cluster.call("news", "a host speaks")
                one.cluster.call("unknown", "nobody minds")
            one.cluster.call("news", "it's “quoted”")
            await _until(lambda: len(two.heard) + len(three.heard) >= 4)
            assert two.heard == three.heard == ["a host speaks", "it's “quoted”"]
            assert one.heard == []

    asyncio.run(run())
    long = [("news", "x" * 3_000)] * 5 + [("news", "y" * 9_000)]
    assert all(len(each) <= LONGEST_CALL + 2 for each in _payloads(long))
    assert sum(each.count("xx" * 1_500) for each in _payloads(long)) == 5


def test_what_is_watched_is_heard_when_it_changes_and_a_deaf_listener_parts_nobody(postgres_url: str) -> None:
    async def body(database: Database) -> None:
        found: list[int] = []

        def deaf(_: Any) -> None:
            raise RuntimeError("out of order")

        async with _members(postgres_url, 1) as (one,):
            one.cluster.talk(Talk(tuple, lambda tx, _: None, deaf))
            one.cluster.watch(lambda tx: int(tx.value("SELECT COUNT(*) FROM secret")), found.append)
            await _until(lambda: found)
            await database.write(lambda tx: secret.put(tx, "another", "x"))
            await _until(lambda: len(found) == 2)
            assert found[1] == found[0] + 1
            assert (one.cuts, one.cluster.leads) == (0, True)

    on(postgres_url, body)


def test_processes_that_open_a_database_wait_for_each_other(postgres_url: str) -> None:
    async def run() -> None:
        inside: list[str] = []

        async def opens(name: str) -> None:
            async with Cluster(postgres_url, Clock().now).opening():
                inside.append(name)
                await asyncio.sleep(0.05)
                inside.append(name)

        await asyncio.gather(*(opens(name) for name in "abc"))
        assert [inside[place] == inside[place + 1] for place in (0, 2, 4)] == [True, True, True]

    asyncio.run(run())


def test_on_sqlite_it_costs_no_query_and_no_thread(tmp_path: Path) -> None:
    async def body(database: Database) -> None:
        statements: list[str] = []
        database.trace = statements.append
        commits, threads, led = database.commits, threading.active_count(), []

        async def begin() -> None:
            led.append("begin")

        async def end() -> None:
            led.append("end")

        processes = database.processes
        processes.when_leading(begin, end)
        processes.watch(lambda tx: tx.value("SELECT 1"), lambda _: led.append("never"))
        await processes.start()
        processes.call("news", "nobody is there")
        async with processes.lane("a.example") as mine, processes.opening():
            assert mine
        assert (processes.are_several, processes.leads, processes.shares, processes.is_mine(7)) == (False, True, ALL, True)
        await processes.close()
        assert led == ["begin", "end"]
        assert (statements, database.commits, threading.active_count()) == ([], commits, threads)

    on(f"sqlite://{tmp_path}/lemmy.db", body)


async def _together(url: str, number: int, body: Callable[[list[Database]], Awaitable[None]]) -> None:
    async with AsyncExitStack() as stack:
        await body([await stack.enter_async_context(migrated(url)) for _ in range(number)])


def test_writers_that_meet_in_one_row_all_get_through_and_nothing_is_lost(postgres_url: str) -> None:
    def count(tx: Transaction) -> None:
        secret.put(tx, "counted", str(int(secret.find(tx, "counted") or 0) + 1))

    async def body(databases: list[Database]) -> None:
        async def counts(database: Database) -> None:
            for _ in range(10):
                await asyncio.gather(*(database.write(count) for _ in range(5)))

        await asyncio.gather(*(counts(each) for each in databases))
        assert await databases[0].read(secret.find, "counted") == "150"

    asyncio.run(_together(postgres_url, 3, body))
