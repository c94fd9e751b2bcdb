"""How long the writer waits for those who come back."""

import asyncio

from lemmy_lite.storage.database import Database
from lemmy_lite.storage.linger import LONGEST, Linger
from lemmy_lite.storage.query import Transaction
from tests.storage.databases import on


def _note(tx: Transaction, domain: str) -> None:
    tx.run("INSERT INTO instance (domain, published) VALUES (:domain, :now)", domain=domain, now=tx.now)


def test_those_who_come_back_after_an_answer_share_the_next_commit(database_url: str) -> None:
    async def body(database: Database) -> None:
        async def client(name: int) -> None:
            for turn in range(20):
                await database.write(_note, f"{name}-{turn}.example")
                await asyncio.sleep(name / 16_000)  # each needs a little longer than the one before to come back

        before = database.commits
        await asyncio.gather(*(client(name) for name in range(8)))
        assert database.commits - before <= 40, "23 where they share it, some 58 where the first who is back goes ahead"

    on(database_url, body)


def test_who_writes_alone_is_never_waited_for() -> None:
    linger = Linger(100)
    assert [linger.answered(1, waiting, 0.01) for waiting in (0, 1, 50)] == [0.0, 0.0, 0.0]
    assert linger.enough == 1


def test_the_wait_ends_with_most_of_those_who_could_be_back() -> None:
    linger = Linger(100)
    assert linger.answered(8, 4, 0.005) == 0.005
    assert linger.enough == 9
    linger.ended(9)
    assert linger.answered(9, 3, 0.005) == 0.005, "they were back, so it is waited for them again"


def test_a_wait_is_as_long_as_the_last_commit_and_never_long() -> None:
    assert Linger(100).answered(80, 0, 3.0) == LONGEST


def test_a_full_queue_is_not_waited_for() -> None:
    assert Linger(10).answered(10, 10, 0.005) == 0.0
    assert Linger(100).answered(4, 30, 0.005) == 0.0


def test_where_nobody_comes_back_it_is_tried_ever_more_rarely() -> None:
    linger, waits = Linger(100), 0
    for _ in range(1000):
        waits += linger.answered(10, 0, 0.005) > 0
        linger.ended(1)
    assert waits < 30
    assert linger.enough == 1


def test_a_close_is_not_kept_waiting(database_url: str) -> None:
    """What is closed while the writer waits for others ends with what is there."""

    async def body(database: Database) -> None:
        await asyncio.gather(*(database.write(_note, f"{number}.example") for number in range(9)))
        last = asyncio.create_task(database.write(_note, "last.example"))
        await asyncio.sleep(0)
        await database.close()
        await last

    on(database_url, body)
