"""What several processes of one instance take in and tell: nothing is passed over, overtaken or told twice without need."""

import asyncio
import threading
from contextlib import AsyncExitStack
from pathlib import Path

from lemmy_lite.federation.log import Log
from lemmy_lite.model.ids import InstanceId
from lemmy_lite.storage.database import Database
from lemmy_lite.storage.processes import SHARES
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import delivery, instance, sent_activity
from tests.federation.lab import Place, eventually, opened
from tests.federation.peer import Json, Peer, among_peers
from tests.federation.test_delivery import FreePort, heard
from tests.storage.databases import cut_off, migrated

PATIENCE = 20.0


def _append(tx: Transaction, name: str) -> int:
    return sent_activity.insert(
        tx, ap_id=f"https://here.example/{name}", actor_ap_id="https://here.example/u/a", object_ap_id=None, data=b"{}"
    )


def test_the_end_of_the_log_waits_for_what_another_process_is_appending_below_it(postgres_url: str) -> None:
    async def run() -> None:
        async with migrated(postgres_url) as one, migrated(postgres_url) as two:
            await body(one, two)

    async def body(one: Database, two: Database) -> None:
        appended, go_on = threading.Event(), threading.Event()

        def slowly(tx: Transaction) -> int:
            number = _append(tx, "slow")
            appended.set()
            assert go_on.wait(PATIENCE)
            return number

        writing = asyncio.create_task(one.write(slowly))
        await asyncio.to_thread(appended.wait, PATIENCE)
        later = await two.write(_append, "quick")
        asking = asyncio.create_task(Log(two).newest())
        await asyncio.sleep(0.1)
        assert await two.read(sent_activity.newest) == later
        assert not asking.done(), "a cursor that went there now would never come back for the slow one"
        go_on.set()
        assert await asking == later
        assert await writing < later
        # Others that append meanwhile are not waited for: the log goes on for ever.
        assert await Log(two).newest() == later

    asyncio.run(run())


def _divided(*places: Place) -> bool:
    held = [place.database.processes.shares for place in places]
    return frozenset().union(*held) == frozenset(range(SHARES)) and sum(map(len, held)) == SHARES


async def _all_divided(*places: Place) -> bool:
    return _divided(*places)


def _hosts(place: Place, *peers: Peer) -> dict[str, int]:
    named = {"home": place.host} | {peer.host.partition(".")[0]: peer.host for peer in peers}
    return {name: int(host.rpartition(":")[2]) for name, host in named.items()}


def _ids(peer: Peer) -> list[str]:
    """What a peer was told, Accepts apart, with what came twice."""
    return [each["id"] for each in peer.received if each["type"] == "Announce"]


def _titles(peer: Peer) -> list[str]:
    """The posts of which it was told, in the order in which it was."""
    inner: list[Json] = [each["object"] for each in peer.received if each["type"] == "Announce"]
    return [each["object"]["name"] for each in inner if each["type"] == "Create"]


def test_each_instance_is_told_by_one_process_and_by_another_one_when_that_has_gone(
    tmp_path: Path, free_port: FreePort, postgres_url: str
) -> None:
    async def run() -> None:
        async with AsyncExitStack() as stack:
            names = ("one", "two", "three", "four")
            one, peers = await stack.enter_async_context(among_peers(tmp_path, free_port, *names, url=postgres_url))
            two = await stack.enter_async_context(opened(tmp_path, "home", _hosts(one, *peers), postgres_url))
            await eventually(_all_divided, one, two)
            assert [place.database.processes.leads for place in (one, two)] == [True, False]
            ann = await one.person("ann")
            home = await one.community(ann)
            for place, peer in zip((one, two, one, two), peers, strict=True):
                follow = peer.activity("Follow", peer.person("zoe"), home.actor_id, to=[home.actor_id])
                assert (await peer.send(place, follow)).status == 200
            for peer in peers:
                await eventually(heard, peer, gives=len)
            told = [f"Post {number}" for number in range(12)]
            await asyncio.gather(*(place.post(ann, home, title) for title, place in zip(told, (one, two) * 6, strict=True)))
            for peer in peers:
                await eventually(_count, peer, 36)
                assert len(set(_ids(peer))) == 36, "each had its Create, its Page and its Like once"
            await one.close()
            await two.post(ann, home, "After an end")
            for peer in peers:
                await eventually(_count, peer, 39)
                assert (len(set(_ids(peer))), _titles(peer)[-1]) == (39, "After an end")
            assert two.database.processes.leads
            # Cut off from the others, it tells nobody; it comes back by itself, and goes on where it was.
            await cut_off(two.database.processes)
            await two.post(ann, home, "After a cut")
            for peer in peers:
                await eventually(_knows, peer, "After a cut")

    asyncio.run(run())


async def _count(peer: Peer, number: int) -> bool:
    return len(set(_ids(peer))) >= number


async def _knows(peer: Peer, title: str) -> bool:
    return title in _titles(peer)


def test_what_comes_to_one_process_does_not_overtake_what_waits_at_another(tmp_path: Path, free_port: FreePort, postgres_url: str) -> None:
    async def run() -> None:
        async with AsyncExitStack() as stack:
            one, (far,) = await stack.enter_async_context(among_peers(tmp_path, free_port, "one", url=postgres_url))
            two = await stack.enter_async_context(opened(tmp_path, "home", _hosts(one, far), postgres_url))
            ann = await one.person("ann")
            home = await one.community(ann)
            written = await one.post(ann, home)
            zoe = far.person("zoe")
            assert (await far.send(one, far.activity("Like", zoe, written.ap_id, home.actor_id))).status == 200
            await one.federation.applied()
            assert await two.votes(written.id) == (2, 2, 0)
            parent = far.note(zoe, written.ap_id, home.actor_id)
            answer = far.note(zoe, parent["id"], home.actor_id)
            far.answering.clear()
            assert (await far.send(one, far.activity("Create", zoe, answer, home.actor_id))).status == 200
            for place in (two, one, two):
                kind = "Dislike" if place is two else "Like"
                assert (await far.send(place, far.activity(kind, zoe, written.ap_id, home.actor_id))).status == 200
            assert await two.votes(written.id) == (2, 2, 0), "they wait for the comment that is being fetched"
            # The process that is at it ends, and the other one takes over what it had promised.
            await one.federation.close()
            await one.database.processes.close()
            far.answering.set()
            await eventually(two.votes, written.id, gives=lambda votes: votes == (0, 1, 1))
            await eventually(_left, two.database)

    asyncio.run(run())


async def _left(database: Database) -> bool:
    return await database.read(lambda tx: tx.value("SELECT COUNT(*) FROM inbox_activity")) == 0


def test_an_instance_that_speaks_to_one_process_is_told_again_by_the_other(tmp_path: Path, free_port: FreePort, postgres_url: str) -> None:
    async def run() -> None:
        async with AsyncExitStack() as stack:
            one, (far,) = await stack.enter_async_context(among_peers(tmp_path, free_port, "one", url=postgres_url))
            two = await stack.enter_async_context(opened(tmp_path, "home", _hosts(one, far), postgres_url))
            await eventually(_all_divided, one, two)
            ann = await one.person("ann")
            home = await one.community(ann)
            follow = far.activity("Follow", far.person("zoe"), home.actor_id, to=[home.actor_id])
            assert (await far.send(one, follow)).status == 200
            await eventually(heard, far, gives=len)
            number = await one.read(instance.find, far.host.partition(":")[0])
            assert number is not None
            teller, other = (one, two) if one.database.processes.is_mine(number) else (two, one)
            far.answers = [500] * 3
            written = await other.post(ann, home, "Told late")
            await eventually(_failing, one, number)
            await one.write(lambda tx: delivery.fail(tx, number, 9, tx.now + 10**12, asleep=False))
            teller.federation._delivery._schedule.postpone(number, 10**6)
            far.received.clear()
            far.answers = []
            # Its life shows at the other door.
            assert (await far.send(other, far.activity("Like", f"{far.url}/u/zoe", written.ap_id, home.actor_id))).status == 200
            await eventually(_knows, far, "Told late")

    asyncio.run(run())


async def _failing(place: Place, number: InstanceId) -> bool:
    state = await place.read(delivery.get, number)
    return state is not None and state.fail_count > 0
