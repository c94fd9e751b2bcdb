"""Bringing a database to the newest schema, and refusing those we must not touch."""

import asyncio
import os
import shutil
import sqlite3
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from lemmy_lite.model.clock import DAY, HOUR, Clock
from lemmy_lite.model.ids import LanguageId
from lemmy_lite.model.score_tier import tier_of
from lemmy_lite.storage import migrations
from lemmy_lite.storage.connections import opened
from lemmy_lite.storage.database import Database, open_database
from lemmy_lite.storage.errors import SchemaError, StorageError, Trouble
from lemmy_lite.storage.migrations import runner
from lemmy_lite.storage.migrations.m0020_received_digest import MIGRATION as RECEIVED_DIGEST
from lemmy_lite.storage.migrations.m0021_score_tier import MIGRATION as SCORE_TIER
from lemmy_lite.storage.migrations.m0022_active_hour import MIGRATION as ACTIVE_HOUR
from lemmy_lite.storage.migrations.migration import Migration
from lemmy_lite.storage.query import Session, Transaction
from lemmy_lite.storage.tables import active_person, received_activity, vote_log
from lemmy_lite.storage.tables.vote_log import Entry
from lemmy_lite.storage.vote_file import VoteFile
from tests.storage import rows
from tests.storage.databases import on

NEXT = Migration(
    number=migrations.NEWEST + 1, name="one more", shared="CREATE TABLE more (id {id}, note TEXT); INSERT INTO more (note) VALUES ('x');"
)
BROKEN = Migration(number=migrations.NEWEST + 1, name="broken", shared="CREATE TABLE more (id {id}); SELECT absent FROM nowhere;")

SEARCHED = {"post_title_terms", "post_terms", "comment_terms", "community_terms", "person_terms"}


def _with(monkeypatch: pytest.MonkeyPatch, migration: Migration) -> None:
    monkeypatch.setattr(runner, "MIGRATIONS", [*migrations.MIGRATIONS, migration])
    monkeypatch.setattr(runner, "NEWEST", migration.number)


def test_migrating_twice_changes_nothing_the_second_time(database_url: str) -> None:
    async def body(database: Database) -> None:
        assert await runner.migrate(database) == 0

    on(database_url, body)


def test_the_first_person_and_the_first_community_have_id_2(database_url: str) -> None:
    async def body(database: Database) -> None:
        def enter(tx: object) -> tuple[int, int]:
            from lemmy_lite.storage.query import Transaction
            from lemmy_lite.storage.tables import community, instance, person

            assert isinstance(tx, Transaction)
            home = instance.get_or_create(tx, "a.example")
            first = person.insert(tx, name="ada", actor_id="https://a.example/u/ada", instance_id=home, local=True)
            group = community.insert(
                tx, name="birds", title="Birds", actor_id="https://a.example/c/birds", instance_id=home, local=True, followers_url="x"
            )
            return first.id, group.id

        assert await database.write(enter) == (2, 2)

    on(database_url, body)


def test_a_newer_schema_is_refused_and_left_as_it_is(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async def newer(database: Database) -> None:
        with monkeypatch.context() as later:
            _with(later, NEXT)
            assert await runner.migrate(database) == 1
        with pytest.raises(SchemaError, match="newer program"):
            await runner.migrate(database)
        assert await database.read(lambda tx: tx.value("SELECT note FROM more")) == "x"

    on(database_url, newer)


def test_a_migration_that_fails_leaves_no_half_of_it(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async def body(database: Database) -> None:
        with monkeypatch.context() as later:
            _with(later, BROKEN)
            with pytest.raises(Exception, match="nowhere"):
                await runner.migrate(database)
        with monkeypatch.context() as later:
            _with(later, NEXT)
            assert await runner.migrate(database) == 1

    on(database_url, body)


@pytest.mark.parametrize(
    ("deed", "word"),
    [
        ("DELETE FROM community", "1 rows of community are missing"),
        ("UPDATE post SET creator_id = 999", "rows of post name rows of person"),
        ("ALTER TABLE post RENAME COLUMN name TO heading", "name"),
    ],
)
def test_an_upgrade_that_would_do_harm_is_undone_as_a_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, deed: str, word: str) -> None:
    harmful = Migration(number=migrations.NEWEST + 2, name="harmful", shared=f"{deed};")
    url = f"sqlite://{tmp_path}/lemmy.db"
    asyncio.run(_lived_in(url))

    async def body(database: Database) -> None:
        # Foreign keys are off while tables are rebuilt, so only a look at the end tells.
        await database.maintain(lambda session: session.control("PRAGMA foreign_keys = OFF"))
        monkeypatch.setattr(runner, "MIGRATIONS", [*migrations.MIGRATIONS, NEXT, harmful])
        monkeypatch.setattr(runner, "NEWEST", harmful.number)
        with pytest.raises(SchemaError, match="failed, and the database is as it was") as refused:
            await runner.migrate(database)
        assert word in str(refused.value)

    on(url, body)
    with sqlite3.connect(tmp_path / "lemmy.db") as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (migrations.NEWEST,)
        assert connection.execute("SELECT COUNT(*) FROM sqlite_master WHERE name = 'more'").fetchone() == (0,)
        assert connection.execute("SELECT name, creator_id FROM post").fetchall() == [("A post", 2)]


async def _lived_in(url: str) -> None:
    """Somebody, a community and a post."""
    from lemmy_lite.storage.tables import community, instance, person, post

    database = await open_database(url, Clock())

    def enter(tx: Transaction) -> None:
        home = instance.get_or_create(tx, "a.example")
        ada = person.insert(tx, name="ada", actor_id="https://a.example/u/ada", instance_id=home, local=True)
        birds = community.insert(
            tx, name="birds", title="Birds", actor_id="https://a.example/c/birds", instance_id=home, local=True, followers_url="x"
        )
        post.insert(
            tx,
            name="A post",
            creator_id=ada.id,
            community_id=birds.id,
            ap_id="https://a.example/post/1",
            local=True,
            language_id=LanguageId(0),
            nsfw=False,
        )

    try:
        await runner.migrate(database)
        await database.write(enter)
    finally:
        await database.close()


def test_data_is_copied_aside_before_a_migration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def body(database: Database) -> None:
        await database.write(lambda tx: tx.run("INSERT INTO instance (domain, published) VALUES ('kept.example', 1)"))
        _with(monkeypatch, NEXT)
        await runner.migrate(database, snapshots=tmp_path / "backups")

    on(f"sqlite://{tmp_path}/lemmy.db", body)
    (copy,) = (tmp_path / "backups").iterdir()
    assert copy.stat().st_mode & 0o777 == 0o600
    with sqlite3.connect(copy) as connection:
        assert connection.execute("SELECT domain FROM instance").fetchall() == [("kept.example",)]
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert connection.execute("PRAGMA user_version").fetchone() == (migrations.NEWEST,)


def test_of_copies_made_before_upgrades_two_stay_and_one_without_room_is_refused_before_it_begins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else the copies of each upgrade stay for ever, or one of them fills the card, and the former program starts on a full disk."""
    backups = tmp_path / "backups"
    backups.mkdir()
    for age, name in enumerate(("before-schema-9.db", "before-schema-8.db", "before-schema-7.db", "rolled-back-x.db")):
        (backups / name).write_bytes(b"x")
        os.utime(backups / name, (1000 - age, 1000 - age))
    (backups / ".before-schema-6.db.part-journal").write_bytes(b"of a process that was killed")

    def names() -> list[str]:
        return sorted(path.name for path in backups.iterdir())

    def half(_: Path, target: Path, *__: object) -> None:
        target.write_bytes(b"half")
        raise StorageError(Trouble.FULL, "no room")

    async def body(database: Database) -> None:
        _with(monkeypatch, NEXT)
        with monkeypatch.context() as during:
            during.setattr("lemmy_lite.storage.going_back.shutil.disk_usage", lambda _: SimpleNamespace(free=16 * 10**6))
            with pytest.raises(StorageError, match=r"needs 16 MB of free space in .*backups.*may go.*rolled-back-x\.db") as refused:
                await runner.migrate(database, snapshots=backups)
            assert refused.value.trouble is Trouble.FULL
        with monkeypatch.context() as during:
            during.setattr("lemmy_lite.storage.going_back.snapshot.take_file", half)
            with pytest.raises(StorageError, match="no room"):
                await runner.migrate(database, snapshots=backups)
        assert names() == ["before-schema-9.db", "rolled-back-x.db"]
        assert await runner.migrate(database, snapshots=backups) == 1

    on(f"sqlite://{tmp_path}/lemmy.db", body)
    assert names() == [f"before-schema-{NEXT.number}.db", "before-schema-9.db", "rolled-back-x.db"]


def test_the_copy_made_before_holds_the_votes_that_a_killed_server_left_beside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    url, told = f"sqlite://{tmp_path}/lemmy.db", Entry(7, [("post", 1, 2, 1)], [8])

    async def killed(database: Database) -> None:
        def keep(tx: Transaction) -> None:
            vote_log.append_epoch(tx, 5, b"epoch--1")

        await database.write(keep)
        shutil.copy(tmp_path / "lemmy.db", tmp_path / "aside.db")
        shutil.copy(tmp_path / "lemmy.db-wal", tmp_path / "aside.db-wal")

    on(url, killed)
    for end in ("", "-wal"):
        (tmp_path / f"aside.db{end}").replace(tmp_path / f"lemmy.db{end}")
    file = VoteFile(tmp_path / "lemmy.db-votes")
    file.begin(b"epoch--1")
    file.append(vote_log.packed([told]))
    file.close()

    async def upgraded() -> None:
        _with(monkeypatch, NEXT)
        database = await open_database(url, Clock())
        try:
            await runner.migrate(database, snapshots=tmp_path / "backups")
        finally:
            await database.close()

    asyncio.run(upgraded())
    (copy,) = (tmp_path / "backups").iterdir()
    with opened(copy, read_only=True) as found:
        assert [entry for page in vote_log.pages(Transaction(found, 0), 0) for entry in page] == [told]
        assert vote_log.epoch(Transaction(found, 0)) is None, "so the file beside the database does not count for the copy"


def test_an_upgrade_that_takes_long_says_so_again_and_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "TOLD_EVERY", 0.01)
    said: list[str] = []

    async def body(database: Database) -> None:
        upgrade = runner._upgrade

        def slow(*args: Any, **kwargs: Any) -> None:
            upgrade(*args, **kwargs)
            for _ in range(1000):
                if len(said) > 4:
                    break
                time.sleep(0.01)

        monkeypatch.setattr(runner, "_upgrade", slow)
        _with(monkeypatch, NEXT)
        await runner.migrate(database, progress=said.append)

    on(f"sqlite://{tmp_path}/lemmy.db", body)
    assert said[0] == f"schema {NEXT.number}: one more"
    assert sum(each.startswith("looking whether all is well, for ") for each in said) >= 2, said


def test_a_database_of_lemmy_itself_is_refused_with_a_pointer_to_adopt(bare_postgres_url: str) -> None:
    async def body() -> None:
        database = await open_database(bare_postgres_url, Clock())
        try:
            await database.write(lambda tx: tx.run("CREATE TABLE __diesel_schema_migrations (version TEXT)"))
            with pytest.raises(SchemaError, match="adopt"):
                await runner.migrate(database)
        finally:
            await database.close()

    asyncio.run(body())


def test_what_was_received_before_its_ids_became_short_is_still_known(database_url: str) -> None:
    ids = [f"https://there.test/activities/like/{number}" for number in range(40)]

    def as_before(session: Session) -> None:
        session.run("DROP TABLE received_activity", {})
        before = "CREATE TABLE received_activity (ap_id TEXT PRIMARY KEY, published {int} NOT NULL)"
        session.run(session.dialect.schema(before), {})
        slots = "(?, ?)" if session.dialect.is_sqlite else "(%(ap_id)s, %(published)s)"
        for number, ap_id in enumerate(ids):
            values = (ap_id, number) if session.dialect.is_sqlite else {"ap_id": ap_id, "published": number}
            session.run(f"INSERT INTO received_activity (ap_id, published) VALUES {slots}", values)
        runner._run(session, RECEIVED_DIGEST)

    async def body(database: Database) -> None:
        await database.maintain(as_before)
        assert await database.read(lambda tx: [each for each in ids if not received_activity.known(tx, each)]) == []
        assert not await database.read(received_activity.known, "https://there.test/activities/like/40")
        assert await database.read(received_activity.newest) == 39

    on(database_url, body)


def test_posts_that_were_there_before_tiers_have_theirs_after_the_upgrade(database_url: str) -> None:
    scores = [-3, 0, 7, 8, 15, 16, 31, 32, 2047, 2048, 9000]

    def as_before(session: Session) -> None:
        gone = ["DROP INDEX post_by_tier", "DROP INDEX post_by_tier_activity"]
        if session.dialect.is_sqlite:
            gone += ["DROP TRIGGER post_tier_begun", "DROP TRIGGER post_tier_moved"]
        again = "CREATE INDEX post_by_activity ON post_aggregates (newest_comment_time_necro, post_id)"
        for statement in (*gone, "ALTER TABLE post_aggregates DROP COLUMN tier", again):
            session.run(statement, {})

    def enter(tx: Transaction) -> None:
        author, home = rows.person(tx, "ada"), rows.community(tx, "birds")
        for score in scores:
            rows.post(tx, author, home, upvotes=max(0, score), downvotes=max(0, -score))

    async def body(database: Database) -> None:
        await database.maintain(as_before)
        await database.write(enter)
        await database.maintain(lambda session: runner._run(session, SCORE_TIER))
        found = await database.read(lambda tx: tx.all("SELECT score, tier FROM post_aggregates ORDER BY post_id"))
        assert found == [(score, tier_of(score)) for score in scores]

    on(database_url, body)


def test_who_was_active_before_hours_were_counted_still_is(database_url: str) -> None:
    now = Clock().now()

    def as_before(tx: Transaction) -> None:
        person_id, here = rows.person(tx), rows.community(tx)
        tx.run(
            "INSERT INTO active_person (community_id, person_id, local, last) VALUES (:here, :person, :yes, :last)",
            here=here,
            person=person_id,
            yes=True,
            last=(now - 3 * DAY) // HOUR * HOUR,
        )

    async def body(database: Database) -> None:
        await database.write(as_before)
        await database.maintain(lambda session: runner._run(session, ACTIVE_HOUR))
        assert await database.read(active_person.on_site) == active_person.Active(0, 1, 1, 1)
        assert await database.read(lambda tx: tx.column("SELECT last FROM active_person")) == [(now - 3 * DAY) // HOUR]

    on(database_url, body)


def test_both_databases_have_the_same_tables_and_columns(tmp_path: Path, bare_postgres_url: str) -> None:
    async def sqlite_columns(database: Database) -> None:
        for table in await database.read(
            lambda tx: tx.column("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'")
        ):
            found[table] = {row[1] for row in await database.read(lambda tx, name=table: tx.all(f"PRAGMA table_info({name})"))}

    async def postgres_columns(database: Database) -> None:
        rows = await database.read(
            lambda tx: tx.all("SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public'")
        )
        for table, column in rows:
            if table not in ("schema_version", "rate_limit_bucket"):  # the latter is for several processes alone
                others.setdefault(table, set()).add(column)

    found: dict[str, set[str]] = {}
    others: dict[str, set[str]] = {}
    on(f"sqlite://{tmp_path}/lemmy.db", sqlite_columns)
    on(bare_postgres_url, postgres_columns)
    for tables in (found, others):  # the tables of search are each database's own
        assert {table for table in tables if table.endswith("_terms")} == SEARCHED
    assert {table: columns for table, columns in found.items() if "_terms" not in table} == {
        table: columns for table, columns in others.items() if "_terms" not in table
    }
    assert len(found) > 50


def test_no_column_holds_a_rank(tmp_path: Path) -> None:
    async def body(database: Database) -> None:
        text = await database.read(lambda tx: " ".join(tx.column("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL")))
        assert "rank" not in text.lower()

    on(f"sqlite://{tmp_path}/lemmy.db", body)
