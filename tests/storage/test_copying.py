"""Every row from SQLite to Postgres and back, and copies beside a running server."""

import asyncio
import json
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest
from click.testing import CliRunner

from lemmy_lite.cli.main import main
from lemmy_lite.model.clock import Clock
from lemmy_lite.storage import copying, pending, snapshot
from lemmy_lite.storage.connections import alone, session
from lemmy_lite.storage.database import Database, open_database
from lemmy_lite.storage.errors import SchemaError, StorageError
from lemmy_lite.storage.membership import Asked, Membership
from lemmy_lite.storage.migrations.runner import migrate
from lemmy_lite.storage.query import Session, Transaction
from lemmy_lite.storage.told_file import ToldFile
from tests.domain.deeds import lived_in
from tests.interop.network import eventually
from tests.storage.databases import migrated


def quietly(_: str, __: int, ___: int) -> None:
    """Nobody watches."""


async def empty(url: str) -> None:
    database = await open_database(url, Clock())
    await migrate(database)
    await database.close()


def copied(source: str, target: str) -> int:
    with session(source, read_only=True) as found, session(target) as made:
        return copying.copy(found, made, Clock(), quietly)


def contents(of: Session, tables: list[copying.Table]) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table, comparable between the two kinds of database."""
    found = {}
    for table in tables:
        rows = of.fetch(f"SELECT {', '.join(table.columns)} FROM {table.name}", {})
        plain = [tuple(int(value) if isinstance(value, bool) else value for value in row) for row in rows]
        found[table.name] = sorted(plain, key=repr)
    return found


def test_what_goes_to_postgres_comes_back_the_same(tmp_path: Path, bare_postgres_url: str) -> None:
    first, second = f"sqlite://{tmp_path}/first.db", f"sqlite://{tmp_path}/second.db"
    lived_in(first)
    for url in (bare_postgres_url, second):
        asyncio.run(empty(url))
    number = copied(first, bare_postgres_url)
    assert number > 300
    assert copied(bare_postgres_url, second) == number
    with session(first, read_only=True) as one, session(second, read_only=True) as two, session(bare_postgres_url) as other:
        tables = copying._tables(one)
        assert contents(one, tables) == contents(two, tables) == contents(other, tables)
        for sql in (
            "SELECT name, seq FROM sqlite_sequence WHERE seq > 0 ORDER BY name",
            "SELECT rowid FROM post_terms('a*') ORDER BY rowid",
        ):
            assert one.fetch(sql, {}) == two.fetch(sql, {})


ODD = "ünïcode 🦣, quote's, back\\slash, tab\tand {curly}"
ENDS: dict[str, tuple[object, object]] = {
    "bigint": (2**62, -(2**40)),
    "smallint": (2**15 - 1, -(2**15)),
    "boolean": (1, 0),
    "double precision": (0.1, -1e300),
    "bytea": (bytes(range(256)), b""),
}
"""By the type that Postgres has for a column: the ends of what it holds."""


def fill(target: Session, types: dict[tuple[str, str], str]) -> None:
    """Two rows in every table, with a value in every column; the rows of one number refer to each other."""
    made: dict[tuple[str, str | None, int], object] = {}
    for table in copying._tables(target):
        leads = target.fetch('SELECT "from", "table", "to" FROM pragma_foreign_key_list(:name)', {"name": table.name})
        for number in (0, 1):
            values = {
                name: number + 1 if name == "id" else ENDS.get(types[table.name, name], (f"{table.name}.{name}", ODD))[number]
                for name in table.columns
            }
            values |= {column: made.get((of, key, number), number + 1) for column, of, key in leads}
            made |= {(table.name, name, number): value for name, value in values.items()}
            made[table.name, None, number] = values[table.key[0]]
            target.run(f"INSERT INTO {table.name} ({', '.join(values)}) VALUES ({', '.join(f':{name}' for name in values)})", values)


def test_every_column_of_every_table_goes_to_postgres_and_comes_back_the_same(tmp_path: Path, bare_postgres_url: str) -> None:
    first, second = f"sqlite://{tmp_path}/first.db", f"sqlite://{tmp_path}/second.db"
    for url in (first, bare_postgres_url, second):
        asyncio.run(empty(url))
    with session(first) as one, session(bare_postgres_url) as other:
        tables = copying._tables(one)
        columns = "SELECT table_name, column_name, data_type FROM information_schema.columns WHERE table_schema = current_schema()"
        fill(one, {(row[0], row[1]): row[2] for row in other.fetch(columns, {})})
    assert copied(first, bare_postgres_url) == copied(bare_postgres_url, second) == 2 * len(tables)
    with session(first, read_only=True) as one, session(second, read_only=True) as two, session(bare_postgres_url) as other:
        assert contents(one, tables) == contents(two, tables) == contents(other, tables)


def test_votes_that_a_kill_has_left_in_the_file_beside_the_database_go_along(tmp_path: Path, bare_postgres_url: str) -> None:
    lived_in(f"sqlite://{tmp_path}/lemmy.db")
    killed = tmp_path / "killed"
    killed.mkdir()

    def counts(tx: Transaction) -> list[tuple[Any, ...]]:
        votes = "SELECT COUNT(*) FROM post_vote WHERE post_vote.post_id = counts.post_id"
        return tx.all(f"SELECT post_id, score, ({votes}) FROM post_aggregates counts ORDER BY post_id")

    def voters(tx: Transaction, post: int) -> list[int]:
        return tx.column("SELECT id FROM person WHERE id NOT IN (SELECT person_id FROM post_vote WHERE post_id = :id) LIMIT 3", id=post)

    async def kept(url: str) -> list[tuple[Any, ...]]:
        async with migrated(url) as database:
            return await database.read(counts)

    async def voted() -> list[tuple[Any, ...]]:
        async with migrated(f"sqlite://{tmp_path}/lemmy.db") as database:
            database.pending.is_gathering = True
            (post, score, number), *others = await database.read(counts)
            for person in await database.read(voters, post):
                await database.write(lambda tx, person=person: pending.wait(tx, "post", post, person, 1, 0))
            for name in ("lemmy.db", "lemmy.db-wal", "lemmy.db-votes"):
                shutil.copy(tmp_path / name, killed)
            return [(post, score + 3, number + 3), *others]

    wanted = asyncio.run(voted())
    (killed / "lemmy.hjson").write_text(json.dumps({"hostname": "site.test", "data_dir": str(killed)}))
    done = CliRunner().invoke(main, ["--config", str(killed / "lemmy.hjson"), "storage", "copy", bare_postgres_url])
    assert done.exit_code == 0, done.output
    assert asyncio.run(kept(bare_postgres_url)) == wanted


def test_what_was_told_others_goes_along_to_another_file_and_is_in_nobodys_way(tmp_path: Path, bare_postgres_url: str) -> None:
    lived_in(f"sqlite://{tmp_path}/lemmy.db")
    (tmp_path / "lemmy.hjson").write_text(json.dumps({"hostname": "site.test", "data_dir": str(tmp_path)}))
    told, activity, inbox = ToldFile(tmp_path / "lemmy.db-told"), "https://site.test/activities/like/1", "https://far.test/inbox"
    told.add(activity, inbox)
    told.close()
    before = (tmp_path / "lemmy.db-told").read_bytes()
    for url in (f"sqlite://{tmp_path}/moved/other.db", bare_postgres_url):
        (tmp_path / "moved").mkdir(exist_ok=True)
        done = CliRunner().invoke(main, ["--config", str(tmp_path / "lemmy.hjson"), "storage", "copy", url])
        assert done.exit_code == 0, done.output
    assert ToldFile(tmp_path / "moved" / "other.db-told").has(activity, inbox)
    assert (tmp_path / "lemmy.db-told").read_bytes() == before


def test_a_postgres_on_which_a_process_still_runs_is_not_copied(tmp_path: Path, bare_postgres_url: str) -> None:
    """Its data folder is another, on another machine: what it goes on taking in would be missing in the copy."""
    asyncio.run(empty(bare_postgres_url))
    values = {"hostname": "site.test", "data_dir": str(tmp_path), "database": {"uri": bare_postgres_url}}
    (tmp_path / "lemmy.hjson").write_text(json.dumps(values))
    arguments = ["--config", str(tmp_path / "lemmy.hjson"), "storage", "copy", f"sqlite://{tmp_path}/copy.db"]
    process = Membership(bare_postgres_url, Clock().now)
    process.beat(Asked(leads=False, sends=False, left=frozenset(), calls=(), looks=()))
    try:
        refused = CliRunner().invoke(main, arguments)
        assert (refused.exit_code, "1 process runs on this database: stop them all first" in refused.output) == (4, True), refused.output
        assert not (tmp_path / "copy.db").exists()
    finally:
        _ended(process, bare_postgres_url)
    with pytest.raises(StorageError, match="may be missing in the copy"), alone(bare_postgres_url):
        process.beat(Asked(leads=False, sends=False, left=frozenset(), calls=(), looks=()))
    _ended(process, bare_postgres_url)
    with alone(bare_postgres_url), pytest.raises(StorageError, match="a process is just starting"), alone(bare_postgres_url):
        pass
    done = CliRunner().invoke(main, arguments)
    assert done.exit_code == 0, done.output


def _ended(process: Membership, url: str) -> None:
    """Postgres lets go of what a session held a moment after its connection was closed."""
    process.close()
    with psycopg.connect(url, autocommit=True) as connection:
        here = "SELECT oid FROM pg_database WHERE datname = current_database()"
        held = f"SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND database = ({here})"
        eventually(lambda: connection.execute(held).fetchone(), lambda found: found == (0,), seconds=20)


def test_a_database_that_has_rows_is_not_copied_into(tmp_path: Path) -> None:
    first, second = f"sqlite://{tmp_path}/first.db", f"sqlite://{tmp_path}/second.db"
    for url in (first, second):
        lived_in(url)
    before = (tmp_path / "second.db").read_bytes()
    with pytest.raises(SchemaError, match="not empty"):
        copied(first, second)
    assert (tmp_path / "second.db").read_bytes() == before


def test_a_copy_taken_while_rows_are_written_is_whole(tmp_path: Path) -> None:
    url = f"sqlite://{tmp_path}/lemmy.db"

    async def running() -> list[int]:
        found = []
        async with migrated(url) as database:
            for number in range(6):
                for each in range(50):
                    await _note(database, f"{number} {each}")
                writing = asyncio.create_task(_write_on(database, number))
                target = tmp_path / f"copy-{number}.db"
                await asyncio.to_thread(snapshot.take, url, target, Clock(), quietly)
                await writing
                snapshot.check(target)
                with sqlite3.connect(target) as copy:
                    found.append(copy.execute("SELECT COUNT(*) FROM secret").fetchone()[0])
        return found

    counts = asyncio.run(running())
    assert counts == sorted(counts)
    assert counts[0] >= 50
    assert not list(tmp_path.glob("copy-*.db-wal"))


async def _write_on(database: Database, number: int) -> None:
    for each in range(100):
        await _note(database, f"more {number} {each}")


async def _note(database: Database, name: str) -> None:
    def note(tx: Transaction) -> None:
        tx.run("INSERT INTO secret (name, value) VALUES (:name, 'x')", name=name)

    await database.write(note)


def test_a_check_that_takes_long_says_so_and_can_be_broken_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snapshot, "_STEPS", 100)
    lived_in(f"sqlite://{tmp_path}/lemmy.db")
    told: list[str] = []

    def tell(what: str, _: int, __: int) -> None:
        told.append(what)
        if len(told) == 5:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        snapshot.check(tmp_path / "lemmy.db", progress=tell)
    assert told == ["checking"] * 5


DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "cut": lambda data: data[: len(data) // 2],
    "overwritten": lambda data: data[:8192] + b"\xff" * 4096 + data[12288:],
    "something else": lambda _: b"no database",
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_copy_is_found(tmp_path: Path, damage: str) -> None:
    url = f"sqlite://{tmp_path}/lemmy.db"
    lived_in(url)
    target = tmp_path / "copy.db"
    snapshot.take(url, target, Clock(), quietly)
    snapshot.check(target)
    target.write_bytes(DAMAGES[damage](target.read_bytes()))
    with pytest.raises((StorageError, SchemaError)):
        snapshot.check(target)
