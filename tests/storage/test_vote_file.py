"""The file of votes beside the database: what was acknowledged is in it after any end, nothing else is, and no copy leaves it out."""

import asyncio
import errno
import os
import shutil
import sqlite3
from pathlib import Path

import pytest

from lemmy_lite.model.clock import Clock
from lemmy_lite.storage import gathering, pending, snapshot, vote_file
from lemmy_lite.storage.database import Database, open_database
from lemmy_lite.storage.errors import StorageError, Trouble
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import vote_log
from lemmy_lite.storage.tables.vote_log import Entry
from lemmy_lite.storage.vote_file import SECTOR, VoteFile
from tests.storage.databases import migrated

EPOCH = b"epoch--1"
RECORDS = [b"a", b"b" * 487, b"c" * 488, b"d" * 489, bytes(3000), b"e"]
"""The second fills a sector to a byte less than whole with its head of 24 bytes, the third wholly, the fourth is one byte longer."""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "lemmy.db-votes"


def kept(path: Path, *records: bytes, epoch: bytes = EPOCH) -> VoteFile:
    """A file that took records."""
    file = VoteFile(path)
    file.begin(epoch)
    for record in records:
        assert file.takes(record)
        file.append(record)
    return file


def test_records_come_back_in_their_order_and_those_of_another_epoch_do_not(path: Path) -> None:
    file = kept(path, *RECORDS)
    assert file.payloads() == RECORDS
    file.retire()
    assert kept(path, b"new", epoch=b"epoch--2").payloads() == [b"new"], "what an earlier epoch left behind it does not count"
    assert list(vote_file.read(path, EPOCH))[-1:] == [b"e"], "nor is it wiped out; the epoch alone decides"


def test_whatever_is_lost_of_the_last_record_the_others_are_there_and_it_is_not_half_there(path: Path) -> None:
    file = kept(path, *RECORDS[:-1])
    before = file.length
    file.append(b"the last record, of ten votes or so" * 9)
    written = file.length
    whole = path.read_bytes()[: written + SECTOR]
    for cut in range(before, written):
        # As a power cut leaves it: what comes after some byte is what was there before, which is zeros; or the file ends.
        for end in (bytes(len(whole) - cut), b""):
            path.write_bytes(whole[:cut] + end)
            found = list(vote_file.read(path, EPOCH))
            assert found[: len(RECORDS) - 1] == RECORDS[:-1]
            # The last bytes of a sector are filling: without them the record is whole.
            assert found[len(RECORDS) - 1 :] in ([], [b"the last record, of ten votes or so" * 9])
            assert len(found) < len(RECORDS) or cut >= before + 24 + 35 * 9


def test_a_damaged_record_takes_no_other_with_it(path: Path) -> None:
    kept(path, *RECORDS)
    data = bytearray(path.read_bytes())
    data[SECTOR + 100] ^= 1
    path.write_bytes(data)
    assert list(vote_file.read(path, EPOCH)) == [RECORDS[0], *RECORDS[2:]]


def test_a_disk_that_refuses_is_said_once_and_then_the_table_takes_all(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = kept(path, b"a")

    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, "no room")

    with monkeypatch.context() as patch:
        patch.setattr(os, "pwrite", full)
        with pytest.raises(StorageError) as refused:
            file.append(b"b")
    assert refused.value.trouble is Trouble.FULL
    assert not file.takes(b"c")
    assert not file.may_begin
    assert file.payloads() == [b"a"]


def test_it_grows_and_holds_what_it_had(path: Path) -> None:
    records = [bytes([number % 251]) * 60_000 for number in range(40)]
    assert kept(path, *records).payloads() == records
    assert path.stat().st_size % 2**20 == 0


# Through the database: units of work that gather a vote and change nothing else.

PERSON = 7


def _vote(tx: Transaction, number: int) -> None:
    pending.wait(tx, "post", number, pending.PersonId(PERSON), 1, 0)
    pending.note(tx, f"https://far.test/like/{number}")


async def _voted(database: Database, first: int, last: int) -> None:
    """Votes on posts of these numbers, each in a commit of its own. There are no such posts, which a merge would find; the log does not."""
    database.pending.is_gathering = True
    for number in range(first, last):
        await database.write(_vote, number)


def _logged(tx: Transaction) -> list[int]:
    return [vote[1] for entries in vote_log.pages(tx, 0) for entry in entries for vote in entry.votes]


def _plain(tx: Transaction) -> None:
    tx.run("INSERT INTO tombstone (ap_id, actor_ap_id, published) VALUES (:id, :id, 1)", id=f"https://far.test/{tx.now}")


def test_votes_alone_touch_no_page_of_the_database_and_what_they_share_a_commit_with_takes_them_along(tmp_path: Path) -> None:
    async def story() -> None:
        async with migrated(f"sqlite://{tmp_path}/lemmy.db") as database:
            await _voted(database, 1, 2)
            log, file = (tmp_path / "lemmy.db-wal").stat().st_size, database.pending.file
            assert file is not None
            await _voted(database, 2, 12)
            assert (tmp_path / "lemmy.db-wal").stat().st_size == log
            assert file.length == 10 * SECTOR
            await asyncio.gather(database.write(_vote, 12), database.write(_plain), database.write(_vote, 13))
            assert file.length == 10 * SECTOR, "the commit of the table took them along"
            assert await database.read(_logged) == [1, 12, 13]
            assert database.commits == 12
        assert not (tmp_path / "lemmy.db-votes").exists(), "after a clean stop the database is one file"
        async with migrated(f"sqlite://{tmp_path}/lemmy.db") as database:
            assert await database.read(_logged) == [1, *range(2, 12), 12, 13]
            assert database.pending.knows("https://far.test/like/7")

    asyncio.run(story())


def test_after_a_kill_the_next_start_takes_up_what_the_file_holds_and_only_beside_its_own_database(tmp_path: Path) -> None:
    killed, other = tmp_path / "killed", tmp_path / "other"
    for folder in (killed, other):
        folder.mkdir()

    async def story() -> None:
        async with migrated(f"sqlite://{tmp_path}/lemmy.db") as database:
            await _voted(database, 1, 6)
            for name in ("lemmy.db", "lemmy.db-wal", "lemmy.db-votes"):
                shutil.copy(tmp_path / name, killed)
        async with migrated(f"sqlite://{killed}/lemmy.db") as database:
            assert await database.read(_logged) == [1, 2, 3, 4, 5]
            await _voted(database, 6, 8)
            shutil.copy(killed / "lemmy.db-votes", other)
        async with migrated(f"sqlite://{other}/lemmy.db") as database:
            await _voted(database, 20, 21)
            assert await database.read(_logged) == [20]

    asyncio.run(story())


def test_a_failed_append_is_told_and_forgotten_and_the_next_votes_go_to_the_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def story() -> None:
        async with migrated(f"sqlite://{tmp_path}/lemmy.db") as database:
            await _voted(database, 1, 3)

            def broken(_: int) -> None:
                raise OSError(errno.EIO, "broken")

            with monkeypatch.context() as patch:
                patch.setattr(os, "fdatasync", broken)
                with pytest.raises(StorageError):
                    await database.write(_vote, 3)
            await _voted(database, 4, 5)
            assert await database.read(_logged) == [1, 4]
        async with migrated(f"sqlite://{tmp_path}/lemmy.db") as database:
            # The third was written before the disk failed: nobody was told that it is kept, and it may be.
            assert await database.read(_logged) in ([1, 2, 4], [1, 2, 3, 4])

    asyncio.run(story())


def test_a_backup_beside_a_running_server_has_the_votes_of_the_file_and_needs_no_file(tmp_path: Path) -> None:
    async def story() -> None:
        async with migrated(f"sqlite://{tmp_path}/lemmy.db") as database:
            await _voted(database, 1, 5)
            snapshot.take(f"sqlite://{tmp_path}/lemmy.db", tmp_path / "copy.db", Clock(), lambda *_: None)
            await _voted(database, 5, 7)
        with sqlite3.connect(tmp_path / "copy.db") as copy:
            assert [vote_log._entry(0, *value).votes[0][1] for value in _values(copy)] == [1, 2, 3, 4]

    asyncio.run(story())


def _values(copy: sqlite3.Connection) -> list[tuple[list[int], bytes]]:
    import msgspec

    rows = [msgspec.msgpack.decode(data) for (data,) in copy.execute("SELECT data FROM vote_log ORDER BY id")]
    assert not any(isinstance(row, bytes) for row in rows), "a restored database must not take up a file that goes on without it"
    return [row for row in rows if isinstance(row, list) and len(row) == 2]


def test_ids_of_votes_that_are_in_their_tables_are_kept_as_many_in_a_row_as_a_page_holds(tmp_path: Path) -> None:
    async def story() -> None:
        async with migrated(f"sqlite://{tmp_path}/lemmy.db") as database:
            await _voted(database, 0, 1)
            await asyncio.gather(*(database.write(_vote, number) for number in range(1, 1100)))
            while len(database.pending):
                await database.write(gathering.merge)
            await database.note(gathering.voters_noted, database.pending.kept)
            await _voted(database, 1100, 1101)
            await database.fold_votes()
            ids = await database.read(lambda tx: [len(each.ids) for page in vote_log.pages(tx, 0) for each in page])
            assert sum(ids) == 1101, "nothing is forgotten before its time"
            assert await database.read(_logged) == [0, 1100], "of what is merged and noted only ids go to the table; the first was there"
            assert len(ids) <= 8, "commits of 256 votes at most, two to a page"
            pages = "SELECT COUNT(*) FROM dbstat WHERE name = 'vote_log' AND pagetype = 'overflow'"
            assert await database.read(lambda tx: tx.value(pages)) == 0
        async with migrated(f"sqlite://{tmp_path}/lemmy.db") as database:
            assert all(database.pending.knows(f"https://far.test/like/{number}") for number in range(1101))

    asyncio.run(story())


@pytest.mark.parametrize("number", [1, 505, 506, 507, 2000])
def test_a_row_of_ids_fills_a_page_and_no_more(tmp_path: Path, number: int) -> None:
    async def story() -> None:
        async with migrated(f"sqlite://{tmp_path}/lemmy.db") as database:
            moment = 1_790_000_000_000_000
            entries = [Entry(moment + place, [], [place - 1000]) for place in range(number)]
            await database.write(vote_log.append_ids, entries)
            found = await database.read(lambda tx: [each for page in vote_log.pages(tx, 0) for each in page])
            assert [each for entry in found for each in entry.ids] == [place - 1000 for place in range(number)]
            assert found[-1].id == moment + number - 1
            kinds = await database.read(lambda tx: tx.column("SELECT pagetype FROM dbstat WHERE name = 'vote_log'"))
            assert (kinds.count("leaf"), kinds.count("overflow")) == (-(-number // 506), 0)

    asyncio.run(story())


def test_where_commits_may_be_lost_votes_go_to_the_table_with_them(tmp_path: Path) -> None:
    async def story() -> None:
        database = await open_database(f"sqlite://{tmp_path}/lemmy.db", Clock(), synchronous="normal")
        try:
            from lemmy_lite.storage.migrations.runner import migrate

            await migrate(database)
            await _voted(database, 1, 4)
            assert await database.read(_logged) == [1, 2, 3]
            assert not (tmp_path / "lemmy.db-votes").exists()
        finally:
            await database.close()

    asyncio.run(story())


def test_many_votes_of_one_commit_are_one_record_with_the_moment_of_the_last() -> None:
    entries = [Entry(5, [("post", 1, 2, 1)], [10]), Entry(9, [("comment", 3, 4, -1)], [11, 12])]
    assert vote_log.unpacked(vote_log.packed(entries)) == Entry(9, [("post", 1, 2, 1), ("comment", 3, 4, -1)], [10, 11, 12])
