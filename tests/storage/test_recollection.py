"""What the writer remembers is what its transaction would read, whoever has changed it."""

import asyncio
import sqlite3
from collections import Counter

import pytest

from lemmy_lite.model.person import Person
from lemmy_lite.storage.database import Database
from lemmy_lite.storage.query import MISSING, Transaction
from lemmy_lite.storage.recollection import EVERYTHING, MOST_CHARACTERS, MOST_ROWS, NOTHING, Change, Recollection, change_of
from lemmy_lite.storage.tables import community_follower, person
from lemmy_lite.storage.tables.rows import insert_plain
from tests.storage import rows
from tests.storage.databases import on

ADDRESS = "https://there.test/u/zoe"


def _named(tx: Transaction) -> str | None:
    found = person.by_actor_id(tx, ADDRESS)
    return found and found.bio


def _enter(tx: Transaction) -> None:
    rows.person(tx, "zoe", "there.test", bio="Zoe")


def _rename(tx: Transaction, name: str) -> None:
    person.update(tx, _existing(tx).id, bio=name)


def _existing(tx: Transaction) -> Person:
    found = person.by_actor_id(tx, ADDRESS)
    assert found is not None
    return found


def test_a_unit_reads_a_row_once_however_often_it_asks(database_url: str) -> None:
    async def body(database: Database) -> None:
        await database.write(_enter)
        asked: Counter[str] = Counter()
        database.trace = lambda sql: asked.update([sql.split(" FROM ")[-1].split()[0]])

        def often(tx: Transaction) -> list[str | None]:
            return [_named(tx) for _ in range(5)]

        assert await database.write(often) == ["Zoe"] * 5
        assert asked["person"] == 1
        # On SQLite nobody else writes, so the next unit remembers too; on Postgres it asks.
        assert await database.write(often) == ["Zoe"] * 5
        assert asked["person"] == (1 if database.dialect.is_sqlite else 2)

    on(database_url, body)


def test_a_change_is_seen_at_once_and_one_that_is_undone_never_was(database_url: str) -> None:
    def fail(tx: Transaction) -> None:
        _rename(tx, "Nobody")
        assert _named(tx) == "Nobody"
        raise ValueError("changed my mind")

    def leave(tx: Transaction) -> bool:
        community_id = rows.community(tx, "gardens")
        ann = rows.person(tx, "ann")
        assert not community_follower.has_local(tx, community_id)
        insert_plain(tx, "community_follower", community_id=community_id, person_id=ann, published=tx.now, pending=False)
        assert community_follower.has_local(tx, community_id)
        # The row of the follower goes with the person.
        tx.run("DELETE FROM person WHERE id = :id", id=ann)
        return community_follower.has_local(tx, community_id)

    async def body(database: Database) -> None:
        assert await database.write(_named) is None
        answers = await asyncio.gather(
            database.write(_enter),
            database.write(_named),
            database.write(fail),
            database.write(_named),
            database.write(_rename, "Zoë"),
            database.write(_named),
            return_exceptions=True,
        )
        assert [answers[place] for place in (1, 3, 5)] == ["Zoe", "Zoe", "Zoë"]
        assert not await database.write(leave)

    on(database_url, body)


def test_what_another_connection_or_a_maintenance_has_changed_is_read_again(database_url: str) -> None:
    async def body(database: Database) -> None:
        await database.write(_enter)
        assert await database.write(_named) == "Zoe"
        if database.dialect.is_sqlite:
            with sqlite3.connect(database_url.removeprefix("sqlite://")) as connection:
                connection.execute("UPDATE person SET bio = 'Elsewhere'")
            connection.close()
            assert await database.write(_named) == "Elsewhere"
        await database.maintain(lambda session: session.run("UPDATE person SET bio = 'Mended'", {}))
        assert await database.write(_named) == "Mended"

    on(database_url, body)


@pytest.mark.parametrize(
    ("sql", "change"),
    [
        ("SELECT 1 FROM person", None),
        ("WITH some AS (SELECT 1) SELECT * FROM some", None),
        ("\n INSERT INTO person (name) VALUES (:name) ON CONFLICT DO NOTHING", Change("person", adds=True)),
        ("INSERT INTO person (id) VALUES (1) ON CONFLICT (id) DO UPDATE SET name = 'x'", Change("person", adds=False)),
        ("UPDATE person SET name = 'x'", Change("person", adds=False)),
        ("UPDATE person SET name = 'x' WHERE id = :id", Change("person", adds=False)),
        ("UPDATE post_aggregates SET score = 1 WHERE post_id = :key\n", Change("post_aggregates", adds=False, row="key")),
        ("UPDATE post_aggregates SET score = 1 WHERE listed AND post_id = :key", Change("post_aggregates", adds=False)),
        ("DELETE FROM inbox_activity WHERE id = 1", Change("inbox_activity", adds=False)),
        ("DELETE FROM person WHERE id = 1", Change(EVERYTHING, adds=False)),
        ("WITH gone AS (DELETE FROM person RETURNING id) SELECT * FROM gone", Change(EVERYTHING, adds=False)),
        ("PRAGMA defer_foreign_keys = ON", Change(NOTHING, adds=True)),
        ("PRAGMA data_version", None),
        ("REPLACE INTO person (id) VALUES (1)", Change(EVERYTHING, adds=False)),
    ],
)
def test_a_statement_says_what_it_changes(sql: str, change: Change | None) -> None:
    assert change_of(sql) == change


def test_memory_has_an_end_and_keeps_what_came_last() -> None:
    memory = Recollection()
    tables, quarter = ("person",), MOST_ROWS // 4
    for number in range(MOST_ROWS * 2):
        memory.put(tables, ("", number), number)
        # Each that is asked for is young again, so half of the room of the young is theirs.
        assert memory.get(("", max(0, number - quarter + 1))) is not MISSING
    assert memory.get(("", MOST_ROWS - 1)) is MISSING
    memory.put(("post",), ("", 1), "long", MOST_CHARACTERS)
    memory.put(("post",), ("", 2), "long", MOST_CHARACTERS)
    assert memory.get(("", MOST_ROWS * 2 - 1)) is MISSING


def test_what_is_asked_for_all_the_time_is_never_read_again_however_much_passes() -> None:
    memory, asked = Recollection(), 0
    for number in range(MOST_ROWS * 3):
        memory.put(("post",), ("post", number), number, 100)
        if memory.get(("site",)) is MISSING:
            memory.put(("local_site",), ("site",), "settings")
            asked += 1
    assert asked == 1
    # And it is still known whose it is: a change of it is seen.
    memory.ran("UPDATE local_site SET name = 'x'")
    assert memory.get(("site",)) is MISSING


def test_a_change_of_one_row_forgets_that_row_alone_where_the_statement_names_it() -> None:
    memory, counters, joined = Recollection(), ("post_aggregates",), ("post_aggregates", "post")
    by_key, otherwise = "SELECT score FROM post_aggregates WHERE post_id = :id", "SELECT score FROM post_aggregates WHERE creator_id = :id"

    def remembered() -> list[int]:
        return [number for number in (1, 2) if memory.get((by_key, number)) == 5]

    for is_older in (False, True):
        memory.put(counters, (by_key, 1), 5)
        memory.put(counters, (by_key, 2), 5)
        memory.put(joined, ("…", 2), 5)
        memory.put(counters, (otherwise, 1), 5)
        for number in range(MOST_ROWS // 2 if is_older else 0):
            memory.put(("person",), ("", number), number)
        assert memory.get((otherwise, 1)) is MISSING, "what is asked for otherwise is not remembered"
        memory.ran("UPDATE post_aggregates SET score = :score WHERE post_id = :id", {"score": 6, "id": 1})
        assert (remembered(), memory.get(("…", 2))) == ([2], MISSING)
        memory.ran("UPDATE post_aggregates SET score = :score WHERE post_id = :id")  # many times, with whatever values
        assert remembered() == []
    memory.put(counters, (by_key, 2), 5)
    memory.ran("UPDATE post_aggregates SET score = 0 WHERE community_id = :id", {"id": 1})
    assert remembered() == []
    memory.put(counters, (by_key, 2), 5)
    memory.ran("DELETE FROM post_vote WHERE post_id = 1")
    assert remembered() == [2], "nothing hangs on a vote"
    memory.ran("DELETE FROM comment WHERE id = 1")
    assert remembered() == []


def test_what_was_not_there_is_looked_for_again_once_a_row_was_added() -> None:
    memory, one, two = Recollection(), ("person",), ("person", "site")
    memory.put(one, ("a",), "ann")
    memory.put(one, ("b",), None)
    memory.put(two, ("c",), ("d",))
    assert memory.get(("b",)) is None
    memory.ran("INSERT INTO person (name) VALUES ('b')")
    assert [memory.get(("a",)), memory.get(("b",)), memory.get(("c",))] == ["ann", MISSING, MISSING]
