"""What filling costs others: an even pace for each host, none while it wants none, and an end."""

import asyncio

import pytest

from lemmy_lite.federation.backfill.account import Account, Spent
from lemmy_lite.federation.backfill.collections import read
from lemmy_lite.federation.backfill.polite import BURST, DAY_SECONDS, MOST_TROUBLES, PAUSE_SECONDS, Pace
from lemmy_lite.federation.errors import Refused, TryLater


class Time:
    """A clock that moves when somebody sleeps."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 1000.0
        monkeypatch.setattr("lemmy_lite.federation.backfill.polite.asyncio.sleep", self.sleep)

    async def sleep(self, seconds: float) -> None:
        self.now += seconds

    def pace(self, a_second: float = 2, a_day: int = 10_000) -> Pace:
        return Pace(a_second, a_day, clock=lambda: self.now)


async def _ask(pace: Pace, host: str, times: int) -> None:
    for _ in range(times):
        await pace.turn(host)


def test_after_a_burst_a_host_is_asked_at_an_even_pace(monkeypatch: pytest.MonkeyPatch) -> None:
    time = Time(monkeypatch)
    pace = time.pace(a_second=2)
    asyncio.run(_ask(pace, "one.test", BURST))
    assert time.now - 1000 == pytest.approx(0, abs=0.6)
    asyncio.run(_ask(pace, "one.test", 100))
    assert time.now - 1000 == pytest.approx(50, abs=1)
    before = time.now
    asyncio.run(_ask(pace, "two.test", 5))
    assert time.now == before
    time.now += 3600
    rested = time.now
    asyncio.run(_ask(pace, "one.test", BURST))
    assert time.now - rested == pytest.approx(0, abs=0.6)


def test_a_host_that_says_when_to_come_back_is_left_alone_until_then(monkeypatch: pytest.MonkeyPatch) -> None:
    time = Time(monkeypatch)
    pace = time.pace()
    pace.failed("one.test", 120.0)
    with pytest.raises(TryLater) as wait:
        asyncio.run(_ask(pace, "one.test", 1))
    assert wait.value.seconds == pytest.approx(120)
    assert pace.paused("two.test") == 0
    time.now += 121
    asyncio.run(_ask(pace, "one.test", 1))


def test_a_host_that_fails_again_and_again_is_left_alone_for_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    time = Time(monkeypatch)
    pace = time.pace()
    for _ in range(MOST_TROUBLES - 1):
        pace.failed("one.test", None)
    pace.answered("one.test")
    pace.failed("one.test", None)
    assert pace.paused("one.test") == 0
    for _ in range(MOST_TROUBLES - 1):
        pace.failed("one.test", None)
    assert pace.paused("one.test") == PAUSE_SECONDS


def test_a_host_is_asked_so_much_a_day_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    time = Time(monkeypatch)
    pace = time.pace(a_second=1000, a_day=30)
    asyncio.run(_ask(pace, "one.test", 30))
    with pytest.raises(TryLater):
        asyncio.run(_ask(pace, "one.test", 1))
    time.now += DAY_SECONDS
    asyncio.run(_ask(pace, "one.test", 1))


def test_an_account_ends_when_it_is_spent_and_one_thing_cannot_spend_it_all() -> None:
    account = Account(150, 2**30)
    for used, left in ((100, 50), (50, 0)):
        with account.exchange() as budget:
            assert budget.requests_left == used
            for _ in range(used):
                budget.take_request()
        assert 150 - account.requests_used == left
    with pytest.raises(Spent), account.exchange():
        pass


def test_an_account_counts_what_a_failed_exchange_has_used() -> None:
    account = Account(10, 1000)

    def fail() -> None:
        with account.exchange() as budget:
            budget.take_request()
            budget.take_bytes(100, 400)
            raise ValueError("trouble")

    with pytest.raises(ValueError, match="trouble"):
        fail()
    assert (account.requests_used, account.bytes_used) == (1, 400)


@pytest.mark.parametrize(
    ("document", "items", "following"),
    [
        ({"type": "OrderedCollection", "orderedItems": ["a"]}, ["a"], None),
        ({"type": "Collection", "items": {"id": "a"}}, [{"id": "a"}], None),
        ({"type": "Collection", "first": "https://a.test/c?page=1"}, [], "https://a.test/c?page=1"),
        ({"type": "Collection", "first": "https://b.test/c?page=1"}, [], None),
        ({"type": "Collection", "first": {"items": ["a"], "next": "https://a.test/n"}}, ["a"], "https://a.test/n"),
        ({"type": "Collection", "first": {"items": [], "next": "https://a.test/n"}}, [], "https://a.test/n"),
        ({"type": "OrderedCollectionPage", "orderedItems": ["a"], "next": {"id": "https://a.test/n"}}, ["a"], "https://a.test/n"),
        ({"type": "Collection", "items": 5, "next": 7}, [], None),
    ],
)
def test_collections_are_read_in_every_form(document: object, items: list[object], following: str | None) -> None:
    found = read(document, "https://a.test/c")
    assert (found.items, found.following) == (items, following)


@pytest.mark.parametrize("document", [None, [], "https://a.test/c", {}, {"type": "Note"}, {"type": ["Collection"]}])
def test_what_is_no_collection_is_not_read_as_one(document: object) -> None:
    with pytest.raises(Refused):
        read(document, "https://a.test/c")
