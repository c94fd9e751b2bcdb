"""The writer, the readers and the subscribers, on both databases."""

import _sqlite3
import asyncio
import ctypes
import traceback
from collections.abc import Callable
from pathlib import Path

import pytest

from lemmy_lite.model.clock import DAY, HOUR, Clock
from lemmy_lite.model.events import ActivityLogged, Event, PersonDeleted, PersonEdited, SiteEdited, VoteCast
from lemmy_lite.model.ids import PersonId, PostId
from lemmy_lite.storage.database import Database, open_database
from lemmy_lite.storage.dialect import POSTGRES, SQLITE
from lemmy_lite.storage.errors import Conflict, StorageError, Trouble
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.sqlite import SqliteSession
from lemmy_lite.storage.tables import instance
from tests.storage.databases import migrated, on


def _domains(tx: Transaction) -> list[str]:
    return tx.column("SELECT domain FROM instance ORDER BY domain")


def _enter(tx: Transaction, domain: str) -> int:
    number: int = tx.value("INSERT INTO instance (domain, published) VALUES (:domain, :now) RETURNING id", domain=domain, now=tx.now)
    return number


def test_units_of_work_that_come_together_share_a_commit(database_url: str) -> None:
    async def body(database: Database) -> None:
        await database.write(_enter, "warm.example")
        before = database.commits
        numbers = await asyncio.gather(*(database.write(_enter, f"{n}.example") for n in range(100)))
        assert len(set(numbers)) == 100
        # The first may find the writer idle and go alone; the other ninety-nine wait for it and go together.
        assert database.commits - before <= 2

    on(database_url, body)


def test_a_commit_holds_no_more_units_than_the_batch_allows(database_url: str) -> None:
    async def body(database: Database) -> None:
        before = database.commits
        await asyncio.gather(*(database.write(_enter, f"{n}.example") for n in range(20)))
        assert database.commits - before >= 4

    on(database_url, body, batch=5)


def test_a_unit_that_fails_leaves_its_neighbours_in_the_same_commit_whole(database_url: str) -> None:
    def fail_halfway(tx: Transaction) -> None:
        _enter(tx, "half.example")
        raise ValueError("changed my mind")

    async def body(database: Database) -> None:
        results = await asyncio.gather(
            database.write(_enter, "a.example"),
            database.write(fail_halfway),
            database.write(_enter, "a.example"),
            database.write(_enter, "b.example"),
            return_exceptions=True,
        )
        assert [type(result) for result in results] == [int, ValueError, Conflict, int]
        assert await database.read(_domains) == ["a.example", "b.example"]

    on(database_url, body)


def test_a_rule_of_the_schema_that_is_broken_is_named_without_the_values_of_the_row(database_url: str) -> None:
    """It is logged (http/errors.py), and the row may hold a password's hash or a mail address."""

    def enter(tx: Transaction, name: str, value: str | None) -> None:
        tx.run("INSERT INTO secret (name, value) VALUES (:name, :value)", name=name, value=value)

    async def body(database: Database) -> None:
        await database.write(enter, "ada@mail.test", "hunter2")
        for name, value in (("ada@mail.test", "hunter2"), ("bert@mail.test", None)):
            with pytest.raises(Conflict, match="constraint") as refused:
                await database.write(enter, name, value)
            told = "".join(traceback.format_exception(refused.value))
            assert name not in told
            assert "hunter2" not in told

    on(database_url, body)


def test_a_savepoint_is_opened_only_for_what_changes_something_beside_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    control = SqliteSession.control

    def heard(session: SqliteSession, statement: str) -> None:
        said.append(statement)
        control(session, statement)

    def fail(tx: Transaction, domain: str) -> None:
        _enter(tx, domain)
        raise ValueError("changed my mind")

    async def body(database: Database) -> None:
        monkeypatch.setattr(SqliteSession, "control", heard)
        await database.write(_enter, "alone.example")
        assert said == ["BEGIN IMMEDIATE", "COMMIT"]
        said.clear()
        with pytest.raises(ValueError, match="my mind"):
            await database.write(fail, "undone.example")
        assert said == ["BEGIN IMMEDIATE", "BEGIN IMMEDIATE", "COMMIT"], "one that is alone is undone by the whole"
        first = asyncio.create_task(database.write(_domains))  # the others wait for it, and go together
        await asyncio.sleep(0)
        said.clear()
        verbs = (database.write(_domains), database.write(fail, "a.example"), database.write(_enter, "b.example"), database.write(_domains))
        answers = await asyncio.gather(first, *verbs, return_exceptions=True)
        assert answers[-1] == ["alone.example", "b.example"]
        assert said == [
            *("BEGIN IMMEDIATE", "COMMIT", "BEGIN IMMEDIATE"),
            *("SAVEPOINT unit", "ROLLBACK TO SAVEPOINT unit", "RELEASE SAVEPOINT unit"),
            *("SAVEPOINT unit", "RELEASE SAVEPOINT unit", "COMMIT"),
        ]

    on(f"sqlite://{tmp_path}/lemmy.db", body)


def test_a_reader_sees_one_state_while_the_writer_goes_on(database_url: str) -> None:
    async def body(database: Database) -> None:
        loop = asyncio.get_running_loop()
        reading, written = asyncio.Event(), asyncio.Event()

        def twice(tx: Transaction) -> tuple[list[str], list[str]]:
            first = _domains(tx)
            loop.call_soon_threadsafe(reading.set)
            asyncio.run_coroutine_threadsafe(written.wait(), loop).result(10)
            return first, _domains(tx)

        task = asyncio.create_task(database.read(twice))
        await reading.wait()
        await database.write(_enter, "late.example")
        written.set()
        first, second = await task
        assert first == second == []
        assert await database.read(_domains) == ["late.example"]

    on(database_url, body)


def test_a_view_cannot_write(database_url: str) -> None:
    async def body(database: Database) -> None:
        with pytest.raises(Exception, match=r"readonly|read-only"):
            await database.read(_enter, "sly.example")
        assert await database.read(_domains) == []

    on(database_url, body)


def test_what_subscribers_write_within_a_unit_shares_its_fate(database_url: str) -> None:
    def announce(tx: Transaction, domain: str, *, fail: bool) -> None:
        _enter(tx, domain)
        tx.append(PersonEdited(actor_id=PersonId(7)))
        if fail:
            raise ValueError

    async def body(database: Database) -> None:
        told: list[Event] = []
        database.within(lambda tx, event: _enter(tx, f"told-{tx.now}.example") and None)
        database.after(told.append)
        await asyncio.gather(
            database.write(announce, "kept.example", fail=False),
            database.write(announce, "lost.example", fail=True),
            return_exceptions=True,
        )
        domains = await database.read(_domains)
        assert [name for name in domains if not name.startswith("told")] == ["kept.example"]
        assert len([name for name in domains if name.startswith("told")]) == 1
        assert told == [PersonEdited(actor_id=PersonId(7))]

    on(database_url, body)


def test_a_subscriber_that_fails_undoes_the_deed(database_url: str) -> None:
    def refuse(tx: Transaction, event: Event) -> None:
        raise ValueError("no room in the outbox")

    def announce(tx: Transaction) -> None:
        _enter(tx, "kept.example")
        tx.append(PersonEdited(actor_id=PersonId(7)))

    async def body(database: Database) -> None:
        database.within(refuse)
        with pytest.raises(ValueError, match="no room"):
            await database.write(announce)
        assert await database.read(_domains) == []

    on(database_url, body)


def test_a_subscriber_that_fails_after_the_commit_does_not_stop_the_writer(database_url: str) -> None:
    def deaf(event: Event) -> None:
        raise ValueError("I cannot hear")

    async def body(database: Database) -> None:
        told: list[Event] = []
        database.after(deaf)
        database.after(told.append)
        await database.write(lambda tx: tx.append(PersonEdited(actor_id=PersonId(7))))
        await database.write(_enter, "next.example")
        assert told == [PersonEdited(actor_id=PersonId(7))]
        assert await database.read(_domains) == ["next.example"]

    on(database_url, body)


def test_a_verb_can_have_its_events_heard_before_it_deletes_what_they_name(database_url: str) -> None:
    async def body(database: Database) -> None:
        seen: list[list[str]] = []
        database.within(lambda tx, event: seen.append(_domains(tx)))

        def purge(tx: Transaction) -> None:
            _enter(tx, "gone.example")
            tx.append(PersonEdited(actor_id=PersonId(7)))
            tx.announce()
            tx.run("DELETE FROM instance")

        await database.write(purge)
        assert seen == [["gone.example"]]

    on(database_url, body)


def test_events_of_subscribers_are_announced_too(database_url: str) -> None:
    async def body(database: Database) -> None:
        seen: list[int] = []

        def chain(tx: Transaction, event: Event) -> None:
            assert isinstance(event, PersonEdited)
            seen.append(event.actor_id)
            if event.actor_id < 3:
                tx.append(PersonEdited(actor_id=PersonId(event.actor_id + 1)))

        database.within(chain)
        await database.write(lambda tx: tx.append(PersonEdited(actor_id=PersonId(1))))
        assert seen == [1, 2, 3]

    on(database_url, body)


def test_a_subscriber_hears_of_the_events_that_it_names_and_others_of_all(database_url: str) -> None:
    async def body(database: Database) -> None:
        heard: list[str] = []

        def called(name: str) -> Callable[..., None]:
            return lambda *given: heard.append(f"{name} {type(given[-1]).__name__}")

        database.within(called("within"), PersonDeleted)
        database.within(called("always"))
        database.after(called("after"), PersonEdited, SiteEdited)
        ann = PersonId(7)
        await database.write(lambda tx: tx.append(PersonEdited(actor_id=ann)))
        await database.write(lambda tx: tx.append(PersonDeleted(actor_id=ann, remove_data=False)))
        await database.write(_enter, "next.example")
        assert heard == ["always PersonEdited", "after PersonEdited", "within PersonDeleted", "always PersonDeleted"]

    on(database_url, body)


def test_what_is_logged_for_others_changes_nothing_about_who_sees_a_difference_here(database_url: str) -> None:
    cast = VoteCast(actor_id=PersonId(7), post_id=PostId(7), score=1, before=0)

    async def body(database: Database) -> None:
        async def seen(*events: Event, own: bool) -> tuple[int, int]:
            def say(tx: Transaction) -> None:
                for event in events:
                    tx.append(event)

            before = database.seen
            await (database.note if own else database.write)(say)
            return database.seen[0] - before[0], database.seen[1] - before[1]

        for events in ((), (cast,), (PersonEdited(actor_id=PersonId(7)),)):
            for own in (False, True):
                assert await seen(*events, own=own) == await seen(*events, ActivityLogged(), own=own)
        assert await seen(cast, ActivityLogged(), own=False) == (0, 1)
        assert await seen(ActivityLogged(), own=True) == (0, 0)

    on(database_url, body)


def test_the_moment_of_a_unit_never_goes_back_even_if_the_clock_does(database_url: str) -> None:
    readings = iter([1000, 1000, 400, 5000, *[5000] * 50])

    async def body() -> None:
        async with migrated(database_url, clock=Clock(lambda: next(readings))) as database:
            moments = [await database.write(lambda tx: tx.now) for _ in range(4)]
            assert moments == sorted(set(moments))

    asyncio.run(body())


def test_a_clock_that_was_wrong_by_far_dates_nothing_in_the_future_once_it_is_right(database_url: str) -> None:
    year = 365 * DAY
    shown = [3 * year]

    async def run() -> None:
        async with migrated(database_url, clock=Clock(lambda: shown[0])) as database:
            assert await database.write(lambda tx: tx.now) >= 3 * year
            shown[0] = year
            assert await database.write(lambda tx: tx.now) == year
            shown[0] = year - HOUR
            assert await database.write(lambda tx: tx.now) == year + 1, "a small step back is waited out"

    asyncio.run(run())


def test_list_membership_means_the_same_on_both_databases(database_url: str) -> None:
    async def body(database: Database) -> None:
        numbers = [await database.write(_enter, f"{n}.example") for n in range(4)]
        wanted = "SELECT domain FROM instance WHERE id AMONG :ids ORDER BY id"
        assert await database.read(lambda tx: tx.column(wanted, ids=numbers[1:3])) == ["1.example", "2.example"]
        assert await database.read(lambda tx: tx.column(wanted, ids=[])) == []
        by_name = "SELECT id FROM instance WHERE domain AMONG :names"
        assert await database.read(lambda tx: tx.column(by_name, names=["3.example", "x'); --"])) == [numbers[3]]

    on(database_url, body)


def test_parameters_go_by_place_on_sqlite_and_one_that_comes_twice_is_bound_once() -> None:
    sql = "SELECT :now, ':' || :name, :now WHERE 1 AMONG :ids AND CAST(1 AS INTEGER)::text = :name"
    statement = SQLITE.prepared(sql)
    assert statement.text == "SELECT ?1, ':' || ?2, ?1 WHERE 1 IN (SELECT value FROM json_each(?3)) AND CAST(1 AS INTEGER)::text = ?2"
    assert SQLITE.bound(statement, {"ids": [1, 2], "name": "x", "now": 3, "unasked": 4}) == (3, "x", "[1, 2]")
    assert SQLITE.bound(SQLITE.prepared("SELECT 1"), {}) == ()
    with pytest.raises(KeyError):
        SQLITE.bound(statement, {"now": 3})
    assert POSTGRES.bound(POSTGRES.prepared(sql), {"now": 3}) == {"now": 3}


def test_a_percent_sign_in_a_statement_is_only_a_percent_sign(database_url: str) -> None:
    async def body(database: Database) -> None:
        await database.write(_enter, "percent.example")
        found = await database.read(lambda tx: tx.column("SELECT domain FROM instance WHERE domain LIKE :start || '%'", start="per"))
        assert found == ["percent.example"]

    on(database_url, body)


def test_a_closed_database_refuses_work(database_url: str) -> None:
    async def body() -> None:
        async with migrated(database_url) as database:
            pass
        with pytest.raises(StorageError) as refusal:
            await database.write(_enter, "late.example")
        assert refusal.value.trouble is Trouble.CLOSED

    asyncio.run(body())


def test_work_that_waits_when_the_database_closes_is_finished_first(database_url: str) -> None:
    async def body() -> None:
        async with migrated(database_url) as database:
            waiting = [asyncio.create_task(database.write(_enter, f"{n}.example")) for n in range(10)]
            await asyncio.sleep(0)
        assert len({await task for task in waiting}) == 10

    asyncio.run(body())


def test_a_caller_who_gives_up_does_not_disturb_the_writer(database_url: str) -> None:
    async def body(database: Database) -> None:
        task = asyncio.create_task(database.write(_enter, "gone.example"))
        await asyncio.sleep(0)
        task.cancel()
        await database.write(_enter, "stays.example")
        assert "stays.example" in await database.read(_domains)

    on(database_url, body)


def test_statements_can_be_counted(database_url: str) -> None:
    async def body(database: Database) -> None:
        seen: list[str] = []
        database.trace = seen.append
        await database.read(_domains)
        await database.write(instance.get_or_create, "new.example")
        database.trace = None
        await database.read(_domains)
        assert len(seen) == 3

    on(database_url, body)


def test_ids_of_rows_that_are_gone_are_never_given_again(database_url: str) -> None:
    async def body(database: Database) -> None:
        first = await database.write(_enter, "a.example")
        await database.write(lambda tx: tx.run("DELETE FROM instance"))
        assert await database.write(_enter, "b.example") > first

    on(database_url, body)


def test_the_page_caches_of_all_connections_share_one_bound(tmp_path: Path) -> None:
    async def kilobytes(**options: int) -> list[int]:
        database = await open_database(f"sqlite://{tmp_path}/lemmy.db", Clock(), **options)
        try:
            workers = (database._writer_thread, *database._readers)
            return [-(await worker.work(lambda session: session.fetch("PRAGMA cache_size", {})))[0][0] for worker in workers]
        finally:
            await database.close()

    async def running() -> None:
        assert await kilobytes(cache_mb=16) == [8192, 4096, 4096]
        assert await kilobytes(cache_mb=64, readers=1) == [32768, 32768]
        assert await kilobytes(cache_mb=1, readers=4) == [1024] * 5, "none is left without"

    asyncio.run(running())


def test_a_postgres_that_does_not_answer_is_named_as_the_trouble() -> None:
    with pytest.raises(StorageError, match="Postgres"):
        asyncio.run(open_database("postgresql:///nobody?host=/nonexistent", Clock()))


def test_pages_that_were_read_can_be_given_up_and_are_read_again(tmp_path: Path) -> None:
    used = ctypes.CDLL(_sqlite3.__file__).sqlite3_memory_used
    used.restype = ctypes.c_int64

    def fill(tx: Transaction) -> None:
        tx.run("CREATE TABLE long (id INTEGER PRIMARY KEY, text TEXT NOT NULL)")
        for number in range(400):
            tx.run("INSERT INTO long VALUES (:id, :text)", id=number, text="x" * 3000)

    def read(tx: Transaction) -> int:
        length: int = tx.value("SELECT SUM(LENGTH(text)) FROM long")
        return length

    async def body(database: Database) -> None:
        await database.write(fill)
        for _ in range(3):
            assert await database.read(read) == 1_200_000
        before = used()
        await database.forget()
        assert before - used() > 1_000_000, "bytes that SQLite holds"
        assert await database.read(read) == 1_200_000

    on(f"sqlite://{tmp_path}/lemmy.db", body)
