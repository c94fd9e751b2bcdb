"""Under a clock that cannot be right nothing is signed or judged, everybody is asked to wait, and it goes on by itself."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from lemmy_lite.crypto.signed_request import http_date
from lemmy_lite.federation.clock_gate import MADE, TOLERANCE, ClockGate, why_in_doubt
from lemmy_lite.federation.policy import Policy
from lemmy_lite.model.clock import DAY, HOUR, MINUTE, Clock
from lemmy_lite.net.client import Response
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import received_activity
from tests.federation.lab import Place, eventually, opened
from tests.federation.peer import Json, Peer, among_peers

FreePort = Callable[[], int]
NOW = MADE + 100 * DAY
YEAR = 365 * DAY


@pytest.mark.parametrize(
    ("now", "voices", "stored", "believed"),
    [
        (NOW, [], 0, True),
        (NOW, [], NOW - DAY, True),
        (NOW, [], NOW + MINUTE, True),
        (NOW, [], NOW + HOUR, False),
        (MADE - 1, [], 0, False),
        (MADE - 1, [MADE - 1] * 5, 0, False),
        (NOW, [NOW + TOLERANCE, NOW - TOLERANCE], 0, True),
        (NOW, [NOW + HOUR] * 3, 0, False),
        (NOW, [NOW - 2 * YEAR] * 3, 0, False),
        (NOW, [NOW, NOW + HOUR, NOW + DAY], 0, False),
        (NOW, [NOW, NOW, NOW + DAY], 0, True),
        (NOW, [NOW, NOW + DAY], 0, True),
        (NOW, [NOW, NOW, NOW], NOW + YEAR, True),
    ],
)
def test_a_time_is_believed_when_it_is_later_than_all_that_is_known_and_most_others_agree(
    now: int, voices: list[int], stored: int, believed: bool
) -> None:
    assert (why_in_doubt(now, voices, stored) is None) is believed


def tell(folder: Path, free_port: FreePort, story: Callable[[Place, Peer], Awaitable[None]]) -> None:
    """Run a story in which somebody of a peer follows our community, so that the peer is known to be well."""

    async def run() -> None:
        async with among_peers(folder, free_port, "one") as (place, (one,)):
            home = await place.community(await place.person("ann"))
            await one.send(place, one.activity("Follow", one.person("zoe"), home.actor_id, to=[home.actor_id]))
            await eventually(heard, one, gives=lambda messages: len(messages) == 1)
            one.received.clear()
            await story(place, one)

    asyncio.run(run())


async def heard(peer: Peer) -> list[Json]:
    return peer.received


def moved(place: Place, by: int) -> None:
    """Somebody sets the clock."""
    place.context.clock.now = lambda: Clock().now() + by


@pytest.mark.parametrize("by", [-2 * YEAR, 2 * YEAR, HOUR, -HOUR])
def test_a_clock_that_jumps_stops_inbox_and_delivery_until_it_is_right_again(
    tmp_path: Path, free_port: FreePort, caplog: Any, by: int
) -> None:
    async def story(place: Place, one: Peer) -> None:
        ann = await place.read(_ann)
        home = await place.read(_home)
        moved(place, by)
        await eventually(_doubt, place)
        zoe = f"{one.url}/u/zoe"
        answer = await one.send(place, one.activity("Like", zoe, home.actor_id))
        assert (answer.status, answer.error) == (503, "clock")
        assert answer.retry_after
        written = await place.post(ann, home)
        await eventually(
            _lines, caplog, gives=lambda lines: any(line.startswith("federation waits for the clock: the clock shows") for line in lines)
        )
        assert one.received == []
        moved(place, 0)
        await eventually(heard, one, gives=lambda messages: len(messages) == 3)
        assert (await one.send(place, one.activity("Like", zoe, written.ap_id))).status == 200
        await place.federation.applied()
        assert (await place.votes(written.id))[1] == 2

    tell(tmp_path, free_port, story)


def _ann(tx: Transaction) -> Any:
    from lemmy_lite.storage.tables import person

    return person.local_by_name(tx, "ann")


def _home(tx: Transaction) -> Any:
    from lemmy_lite.model.ids import CommunityId
    from lemmy_lite.storage.tables import community

    return community.existing(tx, CommunityId(tx.value("SELECT id FROM community WHERE local ORDER BY id DESC")))


async def _doubt(place: Place) -> str | None:
    return place.federation.figures().clock_doubt


async def _lines(caplog: Any) -> list[str]:
    return [record.getMessage() for record in caplog.records]


def test_a_clock_that_is_behind_what_was_stored_is_not_believed_until_others_confirm_it(tmp_path: Path) -> None:
    async def run() -> None:
        async with opened(tmp_path, "home", {"home": 1}) as place:
            await place.write(received_activity.insert, "https://one.example/1")
            await place.write(lambda tx: tx.run("UPDATE received_activity SET published = published + :year", year=YEAR))
            gate = ClockGate(place.context, place.database, Policy(place.context.config, place.database))
            gate.start()
            assert "something was stored at" in (await gate.verdict() or "")
            for number in range(3):
                gate.heard(_answer(f"https://h{number}.example/", 0))
            await asyncio.wait_for(gate.opened(), 5)
            await gate.close()

    asyncio.run(run())


def test_one_host_alone_cannot_silence_us(tmp_path: Path) -> None:
    async def run() -> None:
        async with opened(tmp_path, "home", {"home": 1}) as place:
            gate = ClockGate(place.context, place.database, Policy(place.context.config, place.database))
            gate._first.set()
            gate.heard(_answer("https://liar.example/", DAY))
            assert gate.doubt() is None
            for number in range(2):
                gate.heard(_answer(f"https://h{number}.example/", 0))
            gate._judged_at = None
            assert gate.doubt() is None
            for number in range(4):
                gate.heard(_answer(f"https://other{number}.example/", DAY))
            gate._judged_at = None
            assert gate.doubt() is not None

    asyncio.run(run())


def _answer(url: str, ahead: int) -> Response:
    return Response(url=url, status=200, headers=(("Date", http_date(Clock().now() + ahead)),), body=b"")
