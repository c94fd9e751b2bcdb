"""Actors whom strangers name before anything is proved: what a forgery leaves behind, and how many are looked at at once."""

import asyncio
import itertools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lemmy_lite.crypto import signatures
from lemmy_lite.crypto.signatures import Request
from lemmy_lite.federation import looks
from lemmy_lite.federation.errors import Refused, TryLater
from tests.federation.lab import Place, eventually, key_pair
from tests.federation.peer import Json, Peer, among_peers
from tests.federation.test_signed_fetch import REQUIRED, application, get

FreePort = Callable[[], int]


def forged(place: Place, activity: Json) -> Request:
    """An activity in somebody's name, signed with a key that is not theirs."""
    body = json.dumps(activity).encode()
    headers = [("content-type", "application/activity+json")]
    pem, now = key_pair(60).private_key, place.context.clock.now()
    signed = signatures.sign_cavage("POST", f"{place.url}/inbox", headers, body, f"{activity['actor']}#main-key", pem, now)
    return Request(method="POST", scheme="http", host=place.host, target="/inbox", headers=[*headers, *signed], body=body)


def test_a_forgery_silences_nobody_and_makes_us_ask_once(tmp_path: Path, free_port: FreePort) -> None:
    async def run() -> None:
        async with among_peers(tmp_path, free_port, "one") as (place, (one,)):
            senders, now = place.federation._senders, [1000.0]
            senders._clock = lambda: now[0]
            home = await place.community(await place.person("ann"))
            zoe = one.person("zoe")

            def like() -> Json:
                return one.activity("Like", zoe, home.actor_id)

            for _ in range(3):
                answer = await place.federation.receive(forged(place, like()))
                assert (answer.status, answer.error) == (401, "wrong_signature")
            assert one.fetched == ["/u/zoe"]
            assert not await senders.is_known(zoe), "a stranger's row is written for true requests alone"
            assert [(await one.send(place, like())).status for _ in range(2)] == [200, 200]
            assert one.fetched == ["/u/zoe", "/u/zoe"]

            # A key is renewed, and the first to come after that is a forgery.
            now[0] += 301
            one.documents["/u/zoe"]["publicKey"]["publicKeyPem"] = key_pair(61).public_key  # type: ignore[index]  # it is a document
            one.change_key(zoe, key_pair(61))
            assert (await place.federation.receive(forged(place, like()))).status == 401
            assert (await one.send(place, like())).status == 200

            # Both wait for the same look.
            yan = one.person("yan")
            one.answering.clear()
            request = one.activity("Like", yan, home.actor_id)
            both = [
                asyncio.ensure_future(place.federation.receive(forged(place, request))),
                asyncio.ensure_future(one.send(place, request)),
            ]
            await eventually(_fetched, one, gives=lambda fetched: "/u/yan" in fetched)
            one.answering.set()
            assert [each.status for each in await asyncio.gather(*both)] == [401, 200]
            assert one.fetched.count("/u/yan") == 1

            # What is remembered does not keep what it passed through.
            nobody = f"{one.url}/u/nobody"
            refusals = [await place.federation.receive(forged(place, like() | {"actor": nobody})) for _ in range(2)]
            assert [(each.status, each.error) for each in refusals] == [(400, "gone")] * 2
            kept = senders._looked[nobody, False].trouble
            assert isinstance(kept, Refused)
            assert (kept.__traceback__, kept.__cause__, kept.__context__) == (None, None, None)

    asyncio.run(run())


async def _fetched(peer: Peer) -> list[str]:
    return peer.fetched


def test_a_slow_host_keeps_nobody_else_from_being_met(tmp_path: Path, free_port: FreePort, monkeypatch: pytest.MonkeyPatch) -> None:
    async def run() -> None:
        async with among_peers(tmp_path, free_port, "one", "two", "three", **REQUIRED) as (place, (one, two, three)):
            monkeypatch.setattr(looks, "MOST_AT_ONE_HOST", 3)
            monkeypatch.setattr(looks, "MOST_WAITING_AT_ONE_HOST", 0)
            ann = await place.person("ann")
            home = await place.community(ann)
            keys = [application(one), application(two)]

            def sent(peer: Peer, name: str) -> asyncio.Task[Any]:
                return asyncio.ensure_future(peer.send(place, peer.activity("Like", peer.person(name), home.actor_id)))

            one.answering.clear()
            slow = [sent(one, f"stranger{number}") for number in range(10)]
            turned_away = [await each for each in itertools.islice(asyncio.as_completed(slow), 7)]
            assert {(each.status, each.error) for each in turned_away} == {(503, "try_later")}
            assert all(each.retry_after for each in turned_away)
            assert (await get(place, ann.actor_id, keys[0])).status == 503, "the door for signed fetches counts with the inbox"
            assert (await sent(two, "zoe")).status == 200
            assert (await get(place, ann.actor_id, keys[1])).status == 200
            assert len(one.fetched) == 3

            # All places are taken, by however many hosts: those who were slow give theirs away.
            monkeypatch.setattr(looks, "MOST", 3)
            monkeypatch.setattr(looks, "MOST_WAITING", 0)
            assert (await sent(three, "eve")).status == 503, "they have only just begun"
            monkeypatch.setattr(looks, "SLOW_SECONDS", 0.0)
            assert (await sent(three, "eve")).status == 200
            monkeypatch.undo()
            ended = [each for each in slow if each.done()]
            assert sorted(each.result().status for each in ended) == [503] * len(ended)
            assert len(ended) == 8, "one more was needed, as the row needs no place of a look"
            one.answering.set()
            assert sorted(each.status for each in await asyncio.gather(*slow)) == [200] * (10 - len(ended)) + [503] * len(ended)

    asyncio.run(run())


def test_people_of_one_host_who_come_at_once_are_met_one_after_the_other(
    tmp_path: Path, free_port: FreePort, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Mastodon sends what different people did at the same time, and pauses an inbox that refuses often."""
    monkeypatch.setattr(looks, "WAITING_SECONDS", 60.0)
    pair = key_pair(20)
    monkeypatch.setattr("tests.federation.peer.key_pair", lambda _: pair)

    async def run() -> None:
        async with among_peers(tmp_path, free_port, "one", "two") as (place, (one, two)):
            home = await place.community(await place.person("ann"))

            def sent(peer: Peer, name: str) -> asyncio.Task[Any]:
                return asyncio.ensure_future(peer.send(place, peer.activity("Like", peer.person(name), home.actor_id)))

            burst = [sent(one, f"stranger{number}") for number in range(30)]
            assert [each.status for each in await asyncio.gather(*burst)] == [200] * 30
            assert len(one.fetched) == 30

            # Who answers nothing fills its own places and its own row: the rest is refused at once, and nobody else waits.
            one.answering.clear()
            slow = [sent(one, f"later{number}") for number in range(looks.MOST_AT_ONE_HOST + looks.MOST_WAITING_AT_ONE_HOST + 2)]
            turned_away = [await each for each in itertools.islice(asyncio.as_completed(slow), 2)]
            assert [(each.status, each.error) for each in turned_away] == [(503, "try_later")] * 2
            assert (await sent(two, "zoe")).status == 200
            assert len(one.fetched) == 30 + looks.MOST_AT_ONE_HOST
            one.answering.set()
            assert sorted(each.status for each in await asyncio.gather(*slow)) == [200] * (len(slow) - 2) + [503] * 2

            # Nobody waits for long, and nothing stays of who waited in vain.
            monkeypatch.setattr(looks, "WAITING_SECONDS", 0.01)
            monkeypatch.setattr(looks, "MOST_AT_ONE_HOST", 1)
            one.answering.clear()
            first = sent(one, "first")
            await eventually(_fetched, one, gives=lambda fetched: "/u/first" in fetched)
            assert (await sent(one, "second")).status == 503
            one.answering.set()
            assert (await first).status == 200
            found = place.federation._senders._looks
            assert not [*found._shared, *found._waiting, *found._placed]

    asyncio.run(run())


def test_where_all_places_are_taken_who_waits_gets_that_of_the_first_who_is_slow(monkeypatch: pytest.MonkeyPatch) -> None:
    async def run() -> None:
        monkeypatch.setattr(looks, "MOST", 2)
        monkeypatch.setattr(looks, "SLOW_SECONDS", 0.02)
        of, never = looks.Looks(), asyncio.Event()

        async def quick() -> str:
            return "found"

        slow = [asyncio.ensure_future(of.share(number, f"https://slow{number}.example/u/a", never.wait)) for number in range(2)]
        await asyncio.sleep(0)
        assert await of.share("quick", "https://quick.example/u/b", quick) == "found"
        never.set()
        ended = await asyncio.gather(*slow, return_exceptions=True)
        assert [type(each) for each in ended] == [TryLater, bool]

    asyncio.run(run())
