"""What takes long to make is made ahead of the unit of work that asks for it, on both databases."""

import asyncio
import threading
from collections.abc import Callable

import pytest

from lemmy_lite.model.events import SiteEdited
from lemmy_lite.model.ids import PersonId
from lemmy_lite.storage.aside import OURS, Aside, Unready
from lemmy_lite.storage.database import MOST_MADE, SOON, Database
from lemmy_lite.storage.query import Transaction
from tests.federation.lab import eventually
from tests.storage.databases import on


def _enter(tx: Transaction, domain: str) -> None:
    tx.run("INSERT INTO instance (domain, published) VALUES (:domain, :now)", domain=domain, now=tx.now)


def _domains(tx: Transaction) -> list[str]:
    return tx.column("SELECT domain FROM instance ORDER BY domain")


class Maker:
    """Makes texts, and remembers what it made and on which thread; waits for `go` before each."""

    def __init__(self) -> None:
        self.made: list[str] = []
        self.threads: set[str] = set()
        self.go = threading.Event()
        self.go.set()

    def of(self, name: str) -> Callable[[], str]:
        def make() -> str:
            self.made.append(name)
            self.threads.add(threading.current_thread().name)
            self.go.wait(10)
            return name.upper()

        return make


def test_a_unit_runs_again_with_what_was_made_and_leaves_nothing_of_its_first_try(database_url: str) -> None:
    maker = Maker()
    tries: list[str] = []
    told: list[object] = []

    def verb(tx: Transaction) -> str:
        tries.append(threading.current_thread().name)
        _enter(tx, "one.example")
        tx.append(SiteEdited(actor_id=PersonId(1)))
        first = tx.made("a", maker.of("a"), host="one.example")
        return first + tx.made("b", maker.of("b"))

    async def body(database: Database) -> None:
        def within(tx: Transaction, _event: object) -> None:
            _enter(tx, tx.made("c", maker.of("c.example")))

        database.within(within, SiteEdited)
        database.after(told.append, SiteEdited)
        others = [database.write(_enter, f"{number}.example") for number in range(3)]
        answers = await asyncio.gather(database.write(verb), *others)
        assert answers[0] == "AB"
        assert await database.read(_domains) == ["0.example", "1.example", "2.example", "C.EXAMPLE", "one.example"]
        assert await database.note(lambda tx: tx.made("d", maker.of("d"))) == "D"
        assert await database.read(lambda tx: tx.made("e", maker.of("e"))) == "E", "nobody waits for a reader"

    on(database_url, body)
    assert maker.made == ["a", "b", "c.example", "d", "e"]
    assert len(tries) == 4
    assert len(told) == 1
    assert threading.main_thread().name not in maker.threads


def test_an_error_in_what_is_made_is_the_answer_and_who_will_not_wait_is_told(database_url: str) -> None:
    maker = Maker()

    def refuse() -> str:
        raise ValueError("no")

    def verb(tx: Transaction) -> str:
        _enter(tx, "one.example")
        return tx.made("a", refuse, size=SOON + 1)

    def endless(tx: Transaction) -> str:
        return "".join(tx.made(number, maker.of("x")) for number in range(MOST_MADE + 1))

    async def body(database: Database) -> None:
        with pytest.raises(ValueError, match="no"):
            await database.write(verb)
        with pytest.raises(Unready) as unready:
            await database.attempt(verb)
        assert (unready.value.key, unready.value.host) == ("a", OURS)
        assert await database.read(_domains) == []
        assert await database.attempt(lambda tx: tx.made("a", maker.of("x"), size=SOON)) == "X", "what is small is not worth a word"
        maker.made.clear()
        assert await database.write(endless) == "X" * (MOST_MADE + 1)
        assert len(maker.made) == 2 * MOST_MADE + 1, "what never ends is made in place at last"

    on(database_url, body)


def test_hosts_take_turns_and_our_own_people_wait_for_none_of_them() -> None:
    maker = Maker()

    async def run() -> None:
        aside = Aside()
        maker.go.clear()
        names = [("one", "a"), ("one", "b"), ("one", "c"), ("two", "d"), (OURS, "ours")]
        tasks = [asyncio.create_task(aside.make(host, maker.of(name), 1)) for host, name in names]
        await eventually(_made, maker, gives=lambda made: sorted(made) == ["a", "ours"])
        # Who is gone leaves a thread behind, which goes on holding their place.
        tasks[0].cancel()
        tasks[1].cancel()
        await asyncio.sleep(0.05)
        assert sorted(maker.made) == ["a", "ours"]
        maker.go.set()
        assert await asyncio.gather(*tasks[2:]) == ["C", "D", "OURS"]
        assert tasks[0].cancelled()
        assert maker.made[2:] in (["d", "c"], ["c", "d"])
        assert aside.idle

    asyncio.run(run())


async def _made(maker: Maker) -> list[str]:
    return maker.made
