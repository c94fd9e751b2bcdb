"""Trouble of others and of our own: asked-for pauses, hosts that come back to life, faults with one activity, floods."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, cast

import pytest

from lemmy_lite.crypto.signed_request import http_date
from lemmy_lite.federation import backoff
from lemmy_lite.federation.inbox import lanes
from lemmy_lite.federation.sending import Outcome, Sending, Sent
from lemmy_lite.federation.signing import Signing
from lemmy_lite.model.clock import MINUTE
from lemmy_lite.model.community import Community
from lemmy_lite.model.ids import ActivityId, InstanceId
from lemmy_lite.model.person import Person
from lemmy_lite.net.client import Response
from lemmy_lite.storage.tables import instance, sent_activity
from lemmy_lite.storage.tables.sent_activity import SentActivity
from tests.federation.lab import Place, eventually, opened
from tests.federation.peer import Json, Peer, among_peers

FreePort = Callable[[], int]


def tell(folder: Path, free_port: FreePort, story: Callable[[Place, Peer, Person, Community], Awaitable[None]]) -> None:
    """Run a story in which somebody of a peer follows our community."""

    async def run() -> None:
        async with among_peers(folder, free_port, "one") as (place, (one,)):
            ann = await place.person("ann")
            home = await place.community(ann)
            await one.send(place, one.activity("Follow", one.person("zoe"), home.actor_id, to=[home.actor_id]))
            await eventually(heard, one, gives=lambda messages: len(messages) == 1)
            one.received.clear()
            await story(place, one, ann, home)

    asyncio.run(run())


async def heard(peer: Peer) -> list[Json]:
    return peer.received


@pytest.mark.parametrize(
    ("said", "least", "most"),
    [("120", 120, 120), ("date", 100, 121), ("soon", 0, 0), ("-5", 0, 0), ("99999999999999", 86_400, 86_400), ("", 0, 0)],
)
def test_the_pause_that_a_host_asks_for_is_heard_and_bounded(tmp_path: Path, said: str, least: float, most: float) -> None:
    async def run() -> None:
        async with opened(tmp_path, "home", {"home": 1}, backoff_max="1 day") as place:
            ann = await place.person("ann")
            value = http_date(place.context.clock.now() + 2 * MINUTE) if said == "date" else said

            class Busy:
                async def post(self, url: str, *_: Any) -> Response:
                    return Response(url=url, status=429, headers=(("Retry-After", value),), body=b"")

            sending = Sending(place.context, place.database, cast(Signing, Busy()))
            activity = SentActivity(
                id=ActivityId(1),
                ap_id="https://home.test/activities/1",
                published=0,
                sensitive=False,
                actor_ap_id=ann.actor_id,
                everyone=False,
                inboxes=["https://one.test/inbox"],
                data=b"{}",
            )
            sent = await sending.send(activity, InstanceId(1), "one.test", {})
            assert sent.outcome is Outcome.FAILED
            assert least <= sent.wait <= most

    asyncio.run(run())


def test_an_instance_that_sleeps_is_woken_by_its_own_traffic(tmp_path: Path, free_port: FreePort) -> None:
    async def story(place: Place, one: Peer, ann: Person, home: Community) -> None:
        one.answers = [503] * 1000
        written = await place.post(ann, home)
        await eventually(_failing, place)
        schedule = place.federation._delivery._schedule
        number = await place.read(instance.find, "one.test")
        assert number is not None
        schedule.put(number, "one.test", 86_400.0, asleep=True)
        await eventually(_under_way, place, gives=lambda under_way: under_way == 0)
        schedule.put(number, "one.test", 86_400.0, asleep=True)
        one.answers = []
        one.received.clear()
        assert (await one.send(place, one.activity("Like", f"{one.url}/u/zoe", written.ap_id))).status == 200
        messages = await eventually(heard, one, gives=lambda messages: len(messages) >= 3)
        assert [each["object"]["type"] for each in messages[:3]] == ["Create", "Page", "Like"]
        await eventually(_failing, place, gives=lambda failing: failing == 0)

    tell(tmp_path, free_port, story)


def test_what_is_written_while_a_host_is_silent_waits_for_its_pause(
    tmp_path: Path, free_port: FreePort, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def story(place: Place, one: Peer, ann: Person, home: Community) -> None:
        monkeypatch.setattr(backoff, "_pause", lambda *_: backoff.LINE_SECONDS)
        one.answers = [503]
        one.taking.clear()
        await place.post(ann, home)
        await eventually(heard, one, gives=bool)
        await place.post(ann, home)
        await _surveyed(place)
        assert await _under_way(place) == 1
        one.taking.set()
        await eventually(_failing, place, gives=lambda failing: failing == 1)
        await eventually(_under_way, place, gives=lambda under_way: under_way == 0)
        await place.post(ann, home)
        await _surveyed(place)
        assert (len(one.received), await _under_way(place)) == (1, 0), "it was tried although its pause is not over"
        place.federation.retry("one.test")
        messages = await eventually(heard, one, gives=lambda messages: len(messages) == 1 + 3 * 3)
        assert len({each["id"] for each in messages}) == 3 * 3

    tell(tmp_path, free_port, story)


async def _surveyed(place: Place) -> None:
    """Wait until delivery has looked at all that is in the log."""
    newest = await place.read(sent_activity.newest)

    async def looked_at() -> int:
        return place.federation._delivery._surveyed_to or 0

    await eventually(looked_at, gives=lambda number: number >= newest)


async def _failing(place: Place) -> int:
    return place.federation.figures().failing


async def _under_way(place: Place) -> int:
    return place.federation.figures().under_way


def test_an_activity_that_we_cannot_send_is_passed_over_and_those_behind_it_go_out(
    tmp_path: Path, free_port: FreePort, monkeypatch: Any, caplog: Any
) -> None:
    send = Sending.send

    async def broken(self: Sending, activity: SentActivity, *about: Any) -> Sent:
        if b'"type":"Create"' in activity.data:
            raise RuntimeError("a fault of ours")
        return await send(self, activity, *about)

    async def story(place: Place, one: Peer, ann: Person, home: Community) -> None:
        monkeypatch.setattr(Sending, "send", broken)
        await place.post(ann, home)
        messages = await eventually(heard, one, gives=lambda messages: len(messages) == 2)
        assert [each["object"]["type"] for each in messages] == ["Page", "Like"]
        assert "it is passed over" in caplog.text
        assert await _failing(place) == 0

    tell(tmp_path, free_port, story)


def test_a_flood_is_asked_to_come_back_and_not_kept(tmp_path: Path, free_port: FreePort, monkeypatch: Any) -> None:
    async def story(place: Place, one: Peer, ann: Person, home: Community) -> None:
        monkeypatch.setattr(lanes, "MOST_WAITING", 0)
        answer = await one.send(place, one.activity("Like", f"{one.url}/u/zoe", home.actor_id))
        assert (answer.status, answer.error) == (503, "try_later")
        assert answer.retry_after

    tell(tmp_path, free_port, story)
