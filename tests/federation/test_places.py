"""Sends under way: so many and no more, in the order in which they were asked for, and the sick in nobody's way."""

import asyncio

import pytest

from lemmy_lite import config
from lemmy_lite.federation import places
from lemmy_lite.federation.places import BEGIN_AT_ONCE, MOST_LONG, PLACES, Places
from lemmy_lite.net import options


class Sends:
    """Sends that end when they are told to."""

    def __init__(self, places: Places) -> None:
        self.begun: list[int] = []
        self.ends: dict[int, asyncio.Event] = {}
        self.tasks: dict[int, asyncio.Task[None]] = {}
        self._places = places

    def add(self, *numbers: int) -> None:
        for number in numbers:
            self.ends[number] = asyncio.Event()
            self.tasks[number] = asyncio.create_task(self._send(number))

    async def _send(self, number: int) -> None:
        async with self._places.one():
            self.begun.append(number)
            await self.ends[number].wait()


async def settled() -> None:
    for _ in range(30):
        await asyncio.sleep(0)


def test_places_are_given_in_the_order_in_which_they_were_asked_for_a_few_in_each_round() -> None:
    async def story() -> None:
        sends = Sends(Places(20))
        sends.add(*range(30))
        most, before = 0, 0
        for _ in range(30):
            await asyncio.sleep(0)
            most, before = max(most, len(sends.begun) - before), len(sends.begun)
        assert sends.begun == list(range(20))
        assert most == BEGIN_AT_ONCE
        sends.ends[7].set()
        sends.ends[3].set()
        await settled()
        assert sends.begun == list(range(22))

    asyncio.run(story())


def test_who_gives_up_takes_no_place_along() -> None:
    async def story() -> None:
        sends = Sends(Places(1))
        sends.add(0, 1, 2)
        await settled()
        sends.tasks[1].cancel()
        sends.ends[0].set()
        await asyncio.sleep(0)
        sends.tasks[0].cancel()
        await settled()
        assert sends.begun == [0, 2]
        sends.tasks[2].cancel()
        sends.add(3)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        sends.add(4)
        sends.tasks[3].cancel()  # perhaps in the very round in which its turn has come
        await settled()
        assert sends.begun[-1] == 4

    asyncio.run(story())


def test_a_send_without_an_answer_lends_its_place_and_does_not_give_it_back_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "LONG_SECONDS", 0.0)
    monkeypatch.setattr(places, "MOST_LONG", 2)

    async def story() -> None:
        sends = Sends(Places(1))
        sends.add(*range(9))
        await asyncio.sleep(0.01)
        assert sends.begun == [0, 1, 2], "two have lent theirs, and the third has to keep it"
        sends.ends[0].set()
        await asyncio.sleep(0.01)
        assert sends.begun == [0, 1, 2, 3]
        for number in range(9):
            sends.ends[number].set()
        await asyncio.gather(*sends.tasks.values())
        monkeypatch.setattr(places, "LONG_SECONDS", 60.0)
        sends.add(10, 11)
        await settled()
        assert sends.begun == [*range(9), 10]

    asyncio.run(story())


def test_while_the_machine_itself_is_late_no_place_is_lent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "LONG_SECONDS", 0.0)
    monkeypatch.setattr(places, "LATE_SECONDS", -1.0)

    async def story() -> None:
        sends = Sends(Places(1))
        sends.add(0, 1)
        await asyncio.sleep(0.01)
        assert sends.begun == [0]
        monkeypatch.setattr(places, "LATE_SECONDS", 60.0)
        await asyncio.sleep(0.01)
        assert sends.begun == [0, 1], "as soon as it is not late any more"

    asyncio.run(story())


def test_no_send_waits_for_a_connection_once_its_time_runs() -> None:
    for sends in (1, 10, 127):
        found = options.of(config.read({"hostname": "a.test", "federation": {"concurrent_sends_per_instance": sends}}, environment={}), "x")
        assert found.pool_per_host > sends
        assert found.pool > PLACES + MOST_LONG
