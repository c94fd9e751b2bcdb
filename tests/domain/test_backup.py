"""Backups: whole, small, sealed, and brought back."""

import asyncio
import hashlib
import os
import sqlite3
import stat
from pathlib import Path

import pytest

from lemmy_lite.domain.backup.manifest import BackupError
from lemmy_lite.domain.backup.restoring import drill, restore
from lemmy_lite.domain.backup.taking import Taken, take
from lemmy_lite.model.clock import DAY, HOUR, Clock
from lemmy_lite.storage.connections import session
from lemmy_lite.storage.errors import StorageError
from lemmy_lite.storage.lock import DataFolderInUse, FolderLock
from lemmy_lite.storage.told_file import ToldFile
from tests.domain.backups import NOON, PICTURES, At, files_below, instance, lived, quietly, upload, uploads, words
from tests.domain.deeds import lived_in


@pytest.mark.parametrize("place", ["backups", "backup.tar"])
@pytest.mark.parametrize("secret", [None, "correct horse"])
def test_what_was_backed_up_comes_back(tmp_path: Path, database_url: str, place: str, secret: str | None) -> None:
    old = lived(tmp_path / "old", None if database_url.startswith("sqlite") else database_url)
    (old.data_dir / "onion").mkdir()
    (old.data_dir / "onion" / "key").write_bytes(b"the onion's key")
    taken = take(old, Clock(), tmp_path / place, secret, quietly)
    assert len(taken.manifest.images) == len(PICTURES)
    assert drill(old, tmp_path / place, secret, quietly) == taken.manifest
    new = instance(tmp_path / "new")
    restore(new, Clock(), tmp_path / place, secret, quietly)
    assert words(new) == words(old)
    assert words(new)
    for data in PICTURES:
        assert uploads(new).path(hashlib.sha256(data).hexdigest()).read_bytes() == data
    assert (new.data_dir / "onion" / "key").read_bytes() == b"the onion's key"
    if secret is not None:
        stored = b"".join(
            path.read_bytes() for path in tmp_path.rglob("*") if path.is_file() and "backup" in str(path.relative_to(tmp_path))
        )
        assert PICTURES[2][:100] not in stored
        assert b"SQLite format" not in stored


def test_a_backup_of_sqlite_can_be_brought_back_to_postgres(tmp_path: Path, bare_postgres_url: str) -> None:
    old = lived(tmp_path / "old")
    take(old, Clock(), tmp_path / "backups", None, quietly)
    new = instance(tmp_path / "new", bare_postgres_url)
    restore(new, Clock(), tmp_path / "backups", None, quietly)
    assert words(new) == words(old)
    with pytest.raises(BackupError, match="never overwrites"):
        restore(new, Clock(), tmp_path / "backups", None, quietly)


def test_what_was_told_others_is_known_after_a_restore_and_what_another_instance_told_does_not_count(tmp_path: Path) -> None:
    inbox, ours, others = "https://far.test/inbox", "https://site.test/activities/like/1", "https://before.test/activities/like/1"
    old, new = lived(tmp_path / "old"), instance(tmp_path / "new")
    told, stale = ToldFile(tmp_path / "old" / "lemmy.db-told"), ToldFile(tmp_path / "new" / "lemmy.db-told")
    new.data_dir.mkdir()
    told.add(ours, inbox)
    stale.add(others, inbox)
    stale.close()
    taken = take(old, Clock(), tmp_path / "backups", "correct horse", quietly)
    told.add("https://site.test/activities/like/2", inbox)
    told.close()
    restore(new, Clock(), tmp_path / "backups", "correct horse", quietly)
    found = ToldFile(tmp_path / "new" / "lemmy.db-told")
    assert (found.has(ours, inbox), found.has("https://site.test/activities/like/2", inbox)) == (True, False)
    assert not found.has(ours, "https://other.test/inbox")
    assert stat.S_IMODE((tmp_path / "new" / "lemmy.db-told").stat().st_mode) == 0o600
    assert drill(old, tmp_path / "backups", "correct horse", quietly) == taken.manifest


def test_a_backup_of_who_told_nothing_has_no_such_file_and_damage_to_one_is_found(tmp_path: Path) -> None:
    old = lived(tmp_path / "old")
    assert "lemmy.db-told" not in take(old, At(NOON), tmp_path / "backups", None, quietly).manifest.parts
    (old.data_dir / "lemmy.db-told").write_bytes(b"a word..")
    name = take(old, At(NOON + DAY), tmp_path / "backups", None, quietly).name
    (tmp_path / "backups" / name / "lemmy.db-told").write_bytes(b"another.")
    with pytest.raises(BackupError, match=r"lemmy\.db-told in the backup is damaged"):
        restore(instance(tmp_path / "new"), Clock(), tmp_path / "backups", None, quietly)
    assert not (tmp_path / "new").exists()


def test_the_next_backup_writes_only_what_is_new(tmp_path: Path) -> None:
    old = lived(tmp_path / "old")
    (tmp_path / "backups" / "lost+found").mkdir(parents=True)  # a fresh disk of its own
    take(old, At(NOON), tmp_path / "backups", None, quietly)
    before = files_below(tmp_path / "backups")
    upload(old, b"one more")
    second = take(old, At(NOON + DAY), tmp_path / "backups", None, quietly)
    after = files_below(tmp_path / "backups")
    assert before.items() <= after.items()
    new = sorted(name for name in after.keys() - before.keys())
    assert [name for name in new if name.startswith("images/")] == [f"images/{(h := hashlib.sha256(b'one more').hexdigest())[:2]}/{h}"]
    assert second.added < second.manifest.size


def test_a_restore_is_refused_beside_a_log_that_was_left_as_it_would_be_taken_for_its_own(tmp_path: Path) -> None:
    old, new = instance(tmp_path / "old"), instance(tmp_path / "new")
    lived_in(old.database_uri, number=20)
    take(old, Clock(), tmp_path / "backups", None, quietly)
    new.data_dir.mkdir(parents=True)
    (new.data_dir / "lemmy.db-wal").write_bytes(b"of another database")
    with pytest.raises(BackupError, match="-wal exists already"):
        restore(new, Clock(), tmp_path / "backups", None, quietly)


def test_a_restore_overwrites_nothing(tmp_path: Path) -> None:
    old = lived(tmp_path / "old")
    take(old, Clock(), tmp_path / "backups", None, quietly)
    before = files_below(old.data_dir)
    with pytest.raises(BackupError, match="never overwrites"):
        restore(old, Clock(), tmp_path / "backups", None, quietly)
    assert {name: when for name, when in files_below(old.data_dir).items() if name != "lock"} == {
        name: when for name, when in before.items() if name != "lock"
    }
    lock = FolderLock(tmp_path / "busy")
    with pytest.raises(DataFolderInUse):
        restore(instance(tmp_path / "busy"), Clock(), tmp_path / "backups", None, quietly)
    lock.release()


def test_a_wrong_passphrase_or_a_foreign_folder_is_named(tmp_path: Path) -> None:
    old = lived(tmp_path / "old")
    take(old, At(NOON), tmp_path / "sealed", "correct horse", quietly)
    for secret, sentence in (("wrong", "not the passphrase"), (None, "passphrase is needed")):
        with pytest.raises(BackupError, match=sentence):
            restore(instance(tmp_path / "new"), Clock(), tmp_path / "sealed", secret, quietly)
        with pytest.raises(BackupError, match=sentence):
            take(old, At(NOON + DAY), tmp_path / "sealed", secret, quietly)
    take(old, At(NOON + DAY), tmp_path / "anew", "a new passphrase", quietly)
    restore(instance(tmp_path / "former"), Clock(), tmp_path / "sealed", "correct horse", quietly)
    assert not (tmp_path / "new").exists()
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "cat.jpg").write_bytes(b"a cat")
    with pytest.raises(BackupError, match="folder of its own"):
        take(old, Clock(), tmp_path / "photos", None, quietly)
    with pytest.raises(BackupError, match="no backups"):
        restore(instance(tmp_path / "new"), Clock(), tmp_path / "photos", None, quietly)
    with pytest.raises(BackupError, match="there is no"):
        restore(instance(tmp_path / "new"), Clock(), tmp_path / "nowhere", None, quietly)


@pytest.mark.parametrize("which", ["lemmy.db", "images/"])
@pytest.mark.parametrize("secret", [None, "correct horse"])
def test_damage_in_a_backup_is_found_and_leaves_nothing_behind(tmp_path: Path, which: str, secret: str | None) -> None:
    old = lived(tmp_path / "old")
    take(old, Clock(), tmp_path / "backups", secret, quietly)
    victim = max((path for path in (tmp_path / "backups").rglob("*") if path.is_file() and which in path.as_posix()), key=os.path.getsize)
    data = bytearray(victim.read_bytes())
    data[len(data) // 2] ^= 1
    victim.write_bytes(data)
    with pytest.raises((BackupError, StorageError)):
        drill(old, tmp_path / "backups", secret, quietly)
    with pytest.raises((BackupError, StorageError)):
        restore(instance(tmp_path / "new"), Clock(), tmp_path / "backups", secret, quietly)
    assert not (tmp_path / "new").exists()


def test_a_picture_that_the_disk_has_lost_is_told_and_the_rest_is_backed_up(tmp_path: Path) -> None:
    old = lived(tmp_path / "old")
    lost = hashlib.sha256(PICTURES[0]).hexdigest()
    uploads(old).remove(lost)
    damaged = hashlib.sha256(PICTURES[1]).hexdigest()
    uploads(old).path(damaged).write_bytes(b"rot")
    taken = take(old, Clock(), tmp_path / "backups", None, quietly)
    assert taken.lacking == sorted([lost, damaged])
    assert list(taken.manifest.images) == [hashlib.sha256(PICTURES[2]).hexdigest()]


def test_every_backup_taken_under_writes_is_whole(tmp_path: Path) -> None:
    old = lived(tmp_path / "old")
    stop = False

    def write() -> None:
        path = old.sqlite_path
        assert path is not None
        with sqlite3.connect(path, timeout=10, isolation_level=None) as writer:
            number = 0
            while not stop:
                number += 1
                writer.execute("INSERT INTO secret (name, value) VALUES (?, 'x')", (f"n{number}",))

    async def running() -> list[Taken]:
        nonlocal stop
        writing = asyncio.create_task(asyncio.to_thread(write))
        try:
            return [
                await asyncio.to_thread(take, old, At(NOON + number * HOUR), tmp_path / "backups", None, quietly) for number in range(5)
            ]
        finally:
            stop = True
            await writing

    for taken in asyncio.run(running()):
        target = instance(tmp_path / f"back-{taken.name}")
        restore(target, Clock(), tmp_path / "backups", None, quietly, name=taken.name)
        with session(target.database_uri, read_only=True) as found:
            numbers = sorted(int(row[0][1:]) for row in found.fetch("SELECT name FROM secret WHERE name LIKE 'n%'", {}))
        assert numbers == list(range(1, len(numbers) + 1))  # a prefix of what was written, without a gap
