"""What a start looks at before it writes: a torn end of the log is no damage, everything else that was kept and is gone is."""

import asyncio
import os
import shutil
import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest

from lemmy_lite.storage import connections, damage, first_look
from lemmy_lite.storage.database import Database
from lemmy_lite.storage.errors import SchemaError, StorageError, Trouble
from lemmy_lite.storage.migrations import NEWEST
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.sqlite import open_worker
from lemmy_lite.storage.tables import secret
from tests.storage.databases import migrated, on

FRAME = 24 + 4096
COMMITS = 12


def enter(tx: Transaction, number: int) -> None:
    tx.run("INSERT INTO instance (domain, published) VALUES (:domain, :now)", domain=f"h{number}.test", now=tx.now)


@pytest.fixture
def killed(tmp_path: Path) -> Path:
    """A database as kill -9 leaves it, with a dozen commits in its log."""
    data = tmp_path / "data"
    data.mkdir()

    async def made() -> None:
        async with migrated(f"sqlite://{data}/lemmy.db"):
            pass
        async with migrated(f"sqlite://{data}/lemmy.db") as database:
            for number in range(COMMITS):
                await database.write(enter, number)
            shutil.copytree(data, tmp_path / "killed", ignore=shutil.ignore_patterns("*-shm"))

    asyncio.run(made())
    return tmp_path / "killed" / "lemmy.db"


def look(database: Path) -> str | None:
    """What is said of it, None where it is well; then, too, nothing has changed."""
    files = {path: path.read_bytes() for path in (database, database.with_name("lemmy.db-wal")) if path.exists()}
    try:
        first_look.look(database, durable=True)
    except StorageError as refused:
        assert refused.trouble is Trouble.DAMAGED
        return refused.reason
    finally:
        assert {path: path.read_bytes() for path in files} == files
        database.with_name("lemmy.db-shm").unlink(missing_ok=True)
    return None


def test_what_a_kill_left_is_well_and_so_is_a_torn_last_commit(killed: Path) -> None:
    assert look(killed) is None
    log = killed.with_name("lemmy.db-wal")
    whole = log.read_bytes()
    assert len(whole) > COMMITS * FRAME
    last = max(place for place in range(32, len(whole) - FRAME, FRAME) if whole[place + 4 : place + 8] != bytes(4))
    for cut in range(last + FRAME, len(whole), 311):  # of what came after the last commit but one
        for end in (b"", bytes(len(whole) - cut), os.urandom(len(whole) - cut), whole[: len(whole) - cut]):
            log.write_bytes(whole[:cut] + end)
            assert look(killed) is None, (cut, end[:10])
    log.write_bytes(bytes(len(whole)))
    assert look(killed) is None, "a log of zeros, as a power cut may leave a new one, holds nothing that was kept"


def test_a_commit_that_was_kept_and_cannot_be_read_is_found_wherever_the_damage_lies(killed: Path) -> None:
    log = killed.with_name("lemmy.db-wal")
    whole = log.read_bytes()
    frames = range(32, len(whole) - FRAME, FRAME)
    commits = [place for place in frames if whole[place + 4 : place + 8] != bytes(4)]
    for place in [0, 8, 20, 28, *range(32, commits[-2], 997)]:
        log.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        assert "log of the database" in (look(killed) or ""), place


def test_a_damaged_page_is_found_and_what_is_suspected_is_read_whole_until_it_is_well(tmp_path: Path) -> None:
    database = tmp_path / "lemmy.db"

    async def story(opened: Database) -> None:
        assert damage.look_through(database) is None
        opened.distrust("a page is damaged")
        with pytest.raises(StorageError, match="a page is damaged"):
            await opened.write(enter, 1)
        assert await opened.read(lambda tx: tx.value("SELECT COUNT(*) FROM instance")) is not None, "it is still read"

    on(f"sqlite://{database}", story)
    assert damage.known(database) == "a page is damaged"
    assert look(database) is None
    assert damage.known(database) is None, "it was read from end to end, and is well"
    good = database.read_bytes()
    database.write_bytes(good[:8192] + os.urandom(4096) + good[12288:])
    assert look(database) is not None
    assert damage.look_through(database) is not None
    database.write_bytes(good[: len(good) // 2])
    assert look(database) is not None


def test_somebody_elses_database_and_one_of_a_newer_program_are_left_alone(tmp_path: Path) -> None:
    other = tmp_path / "photos.db"
    with closing(sqlite3.connect(other)) as made, made:
        made.execute("CREATE TABLE photo (id INTEGER PRIMARY KEY)")
    assert "not a database of lemmy_lite" in (look(other) or "")
    ours = tmp_path / "lemmy.db"
    on(f"sqlite://{ours}", _nothing)
    with closing(sqlite3.connect(ours)) as made:
        made.execute(f"PRAGMA user_version = {NEWEST + 1}")
    with pytest.raises(SchemaError, match="newer program"):
        look(ours)
    first_look.look(tmp_path / "none.db", durable=True)


async def _nothing(_: Database) -> None:
    """Only opened."""


def test_text_that_is_none_is_damage_which_stays_until_it_is_mended_and_is_never_told(killed: Path) -> None:
    with closing(sqlite3.connect(killed)) as connection:
        connection.execute("INSERT INTO secret (name, value) VALUES ('jwt', CAST(X'7365637265741eff' AS TEXT))")
        connection.commit()

    async def read(database: Database) -> None:
        await database.read(secret.find, "jwt")

    with pytest.raises(StorageError) as refused:
        on(f"sqlite://{killed}", read)
    assert refused.value.trouble is Trouble.DAMAGED
    assert "secret" not in refused.value.reason, "whoever reads the log must not learn what the value was"
    for _ in range(2):  # no page of it is wrong, but the mark stays
        assert look(killed) == f"{killed}: secret: Could not decode to UTF-8 column 'value'"
    with closing(sqlite3.connect(killed)) as connection:
        connection.execute("DELETE FROM secret")
        connection.commit()
    assert look(killed) is None


def test_a_schema_that_is_no_text_is_damage(killed: Path) -> None:
    with closing(sqlite3.connect(killed)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.execute("PRAGMA journal_mode = DELETE")
    killed.write_bytes(killed.read_bytes().replace(b"CREATE TABLE person ", b"CREATE \xc8ABLE person "))
    assert look(killed) == f"{killed}: the names of its tables are no text"
    assert asyncio.run(asyncio.to_thread(damage.look_through, killed)) == "the names of its tables are no text"
    for opening in (_for_oneself, _to_write):
        with pytest.raises(StorageError) as refused:
            opening(killed)
        assert refused.value.trouble is Trouble.DAMAGED
        assert refused.value.reason == f"cannot open {killed}: the names of its tables are no text"


def _for_oneself(database: Path) -> None:
    with connections.opened(database, read_only=True):
        pass


def _to_write(database: Path) -> None:
    before = set(threading.enumerate())
    try:
        asyncio.run(open_worker(database, writer=True, synchronous="full", cache_mb=1))
    finally:
        assert set(threading.enumerate()) <= before, "a thread that ends after its loop writes a traceback beside the one line"
