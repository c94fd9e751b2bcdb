"""Backups: whole, small, sealed, and brought back."""

import asyncio
import fcntl
import hashlib
import os
import sqlite3
import stat
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lemmy_lite import config
from lemmy_lite.config import Config
from lemmy_lite.domain.backup import aside, keeping, restoring
from lemmy_lite.domain.backup.beside import beside
from lemmy_lite.domain.backup.manifest import BackupError
from lemmy_lite.domain.backup.pruning import Keep, kept, prune
from lemmy_lite.domain.backup.restoring import drill, restore
from lemmy_lite.domain.backup.store import Folder
from lemmy_lite.domain.backup.taking import Progress, Taken, take
from lemmy_lite.media.store import Store as Uploads
from lemmy_lite.model.clock import DAY, HOUR, Clock, Micros
from lemmy_lite.storage.connections import session
from lemmy_lite.storage.errors import StorageError
from lemmy_lite.storage.lock import DataFolderInUse, FolderLock
from lemmy_lite.storage.told_file import ToldFile
from tests.domain.deeds import lived_in

PICTURES = [b"a picture", b"another", os.urandom(200_000)]


class At(Clock):
    """A clock that stands where a test puts it."""

    def __init__(self, now: Micros) -> None:
        super().__init__(lambda: self.moment)
        self.moment = now


NOON = 1_790_000_000_000_000


def quietly(_: str, __: int, ___: int) -> None:
    """Nobody watches."""


def instance(folder: Path, url: str | None = None, **more: object) -> Config:
    values: dict[str, object] = {"hostname": "site.test", "data_dir": str(folder), **more}
    if url is not None:
        values["database"] = {"uri": url}
    return config.read(values, environment={})


def uploads(of: Config) -> Uploads:
    return Uploads(of.data_dir / "images" / "uploads")


def upload(of: Config, data: bytes) -> str:
    aside = of.data_dir / "new"
    aside.write_bytes(data)
    name, size = uploads(of).put(aside)
    with session(of.database_uri) as found:
        values = {"alias": name[:8], "file": name, "size": size}
        sql = "INSERT INTO local_image (alias, link, delete_token, published, file, bytes) VALUES (:alias, :alias, 'x', 0, :file, :size)"
        found.control("BEGIN")
        found.run(found.dialect.statement(sql), values)
        found.control("COMMIT")
    return name


def lived(folder: Path, url: str | None = None) -> Config:
    """An instance with rows and pictures."""
    made = instance(folder, url)
    folder.mkdir(parents=True, exist_ok=True)
    lived_in(made.database_uri)
    for data in PICTURES:
        upload(made, data)
    return made


def words(of: Config) -> list[tuple[object, ...]]:
    with session(of.database_uri, read_only=True) as found:
        return found.fetch("SELECT id, name FROM post ORDER BY id", {})


def files_below(folder: Path) -> dict[str, int]:
    return {path.relative_to(folder).as_posix(): path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file()}


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


def test_a_backup_of_sqlite_can_be_brought_back_to_postgres(tmp_path: Path, postgres_url: str) -> None:
    old = lived(tmp_path / "old")
    take(old, Clock(), tmp_path / "backups", None, quietly)
    new = instance(tmp_path / "new", postgres_url)
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


def test_a_backup_that_is_interrupted_does_not_count(tmp_path: Path) -> None:
    old = lived(tmp_path / "old")
    first = take(old, At(NOON), tmp_path / "backups", None, quietly)

    def pull_the_plug(what: str, _: int, __: int) -> None:
        if what == "checking":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        take(old, At(NOON + DAY), tmp_path / "backups", None, pull_the_plug)
    with pytest.raises(KeyboardInterrupt):
        take(old, At(NOON + DAY), tmp_path / "one.tar", None, pull_the_plug)
    assert not list(tmp_path.glob("*.tar*"))
    assert list(restoring.listed(Folder(tmp_path / "backups", None, make=False)).whole) == [first.name]
    assert not list((old.data_dir / "backups").iterdir())


def test_what_a_killed_backup_has_left_goes_with_the_next_and_what_is_under_way_stays(tmp_path: Path) -> None:
    """`kill -9` runs no cleaning up: a whole copy of the database stays behind here, and another at its place."""
    old, place = lived(tmp_path / "old"), tmp_path / "backups"
    finished = take(old, At(NOON), place, None, quietly).name
    for name in ("2026-09-20T00-00-00Z", "2026-09-21T23-00-00Z"):
        (place / name / "onion").mkdir(parents=True)
        (place / name / ".lemmy.db.part").write_bytes(b"half a copy")
    (place / "images" / ".ab.part").write_bytes(b"half a picture")
    (old.data_dir / "backups" / "aside-killed").mkdir()
    (old.data_dir / "backups" / "aside-killed" / "lemmy.db").write_bytes(b"a whole copy")
    hours_ago = time.time() - 2 * 3600
    left = place / "2026-09-20T00-00-00Z"
    for path in (*left.iterdir(), left, place / finished, place / "images" / ".ab.part"):
        os.utime(path, (hours_ago, hours_ago))
    with aside.folder_aside(old, "an export", 0) as of_another:
        made = take(old, At(NOON + DAY), place, None, quietly).name
        assert [path.name for path in (old.data_dir / "backups").glob("aside-*")] == [of_another.name]
    assert sorted(path.name for path in place.iterdir() if path.is_dir()) == sorted([finished, made, "2026-09-21T23-00-00Z", "images"])
    assert [path.parent.name for path in place.rglob("*.part")] == ["2026-09-21T23-00-00Z"]
    (old.data_dir / "backups" / "aside-killed").mkdir()
    keeping.scheduled(old, Clock(), quietly)
    assert not list((old.data_dir / "backups").iterdir()), "the clock sweeps too where no backup is planned"


def test_what_killed_drills_and_restores_of_an_earlier_release_have_left_goes_when_it_is_an_hour_old(tmp_path: Path) -> None:
    """They held their folders by no lock."""
    old = lived(tmp_path / "old")
    hours_ago = time.time() - 2 * 3600
    left = [
        parent / f"{kind}-{name}"
        for parent, kind in ((old.data_dir / "backups", "drill"), (old.data_dir, "restoring"))
        for name in ("killed", "writing", "held", "young")
    ]
    for folder in left:
        folder.mkdir(parents=True)
        (folder / "lemmy.db").write_bytes(b"a whole copy")
        if not folder.name.endswith("young"):
            for path in (folder / "lemmy.db", folder)[folder.name.endswith("writing") :]:
                os.utime(path, (hours_ago, hours_ago))
    holding = [os.open(folder, os.O_RDONLY) for folder in left if folder.name.endswith("held")]
    for descriptor in holding:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
    (old.data_dir / "restoring-link").symlink_to(tmp_path)
    aside.sweep(old)
    for descriptor in holding:
        os.close(descriptor)
    assert [folder.name for folder in left if not folder.exists()] == ["drill-killed", "restoring-killed"]
    assert (old.data_dir / "restoring-link").is_symlink(), "a link is nothing that we made"
    assert old.sqlite_path is not None
    assert old.sqlite_path.exists()


def test_a_backup_for_which_there_is_no_room_is_refused_before_it_begins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old, place = lived(tmp_path / "old"), tmp_path / "backups"
    size = aside.database_size(old)
    free = aside.SPARE + size + size // 2  # enough for the copy, and not for the backup on the same disk
    monkeypatch.setattr("lemmy_lite.domain.backup.aside.shutil.disk_usage", lambda _: SimpleNamespace(free=free))
    with pytest.raises(BackupError, match=r"a backup needs \d+ MB of free space in "):
        take(old, At(NOON), place, None, quietly)
    assert not place.exists()
    assert not list((old.data_dir / "backups").iterdir())
    (place / "2026-09-20T00-00-00Z").mkdir(parents=True)
    (place / "lemmy_lite-backup.json").write_bytes(b"{}")
    os.utime(place / "2026-09-20T00-00-00Z", (1000, 1000))
    with pytest.raises(BackupError):
        take(old, At(NOON), place, None, quietly)
    assert not (place / "2026-09-20T00-00-00Z").exists(), "what a killed one left goes all the same: it may be in the way"
    with aside.folder_aside(old, "an export", size):
        pass


@pytest.mark.parametrize("moment", ["pages", "checking", "database", "drill"])
def test_a_server_that_stops_waits_for_no_backup_and_finds_it_still_due(
    tmp_path: Path, moment: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    lived(tmp_path / "old")
    old = instance(tmp_path / "old", backup={"to": str(tmp_path / "backups"), "every": "1 day"})
    begun, go_on, drills = threading.Event(), threading.Event(), []

    def drilled(*given: Any) -> Any:
        drills.append(1)
        return drill(*given)

    monkeypatch.setattr(keeping, "drill", drilled)

    def work(progress: Progress) -> int:
        def told(what: str, done: int, whole: int) -> None:
            if what == moment or (drills and moment == "drill"):
                begun.set()
                go_on.wait(10)
            progress(what, done, whole)

        return keeping.scheduled(old, At(NOON), told)

    async def stopped() -> None:
        backup = asyncio.create_task(beside(work))
        await asyncio.to_thread(begun.wait, 10)
        backup.cancel()
        await asyncio.sleep(0)
        go_on.set()
        with pytest.raises(asyncio.CancelledError):
            await backup

    asyncio.run(stopped())
    assert not list((old.data_dir / "backups").glob("aside-*"))
    assert not list((tmp_path / "backups").rglob("*.part"))
    known = keeping.record(old)
    assert (known.tried, known.trouble, known.drilled) == ((NOON if moment == "drill" else 0), None, 0)
    assert keeping.scheduled(old, At(NOON + 1), quietly) == (moment != "drill")
    assert keeping.record(old).drilled == NOON + 1


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


def test_old_backups_go_by_the_rule_and_pictures_that_nobody_needs_with_them(tmp_path: Path) -> None:
    old = lived(tmp_path / "old")
    gone = hashlib.sha256(PICTURES[0]).hexdigest()
    names = []
    for day in range(4):
        if day == 2:
            uploads(old).remove(gone)
            with session(old.database_uri) as found:
                found.run("DELETE FROM local_image WHERE file = :file", {"file": gone})
        names.append(take(old, At(NOON + day * DAY), tmp_path / "backups", None, quietly).name)
    store = Folder(tmp_path / "backups", None, make=False)
    pruned = prune(store, Keep(daily=2, weekly=1, monthly=1))
    assert pruned.names == names[:2]
    assert pruned.freed > 0
    assert list(restoring.listed(store).whole) == names[2:]
    assert f"images/{gone[:2]}/{gone}" not in store.names()
    assert drill(old, tmp_path / "backups", None, quietly).images.keys() == {hashlib.sha256(data).hexdigest() for data in PICTURES[1:]}
    assert prune(store, Keep(daily=2, weekly=1, monthly=1)).names == []


def test_a_backup_that_cannot_be_read_stands_in_no_others_way(tmp_path: Path) -> None:
    """A byte of an old manifest on a stick flips: the others are there, and what belongs to it is not thrown away."""
    old, place = lived(tmp_path / "old"), tmp_path / "backups"
    gone = hashlib.sha256(PICTURES[0]).hexdigest()
    first = take(old, At(NOON), place, None, quietly).name
    uploads(old).remove(gone)
    with session(old.database_uri) as found:
        found.run("DELETE FROM local_image WHERE file = :file", {"file": gone})
    second, third = (take(old, At(NOON + day * DAY), place, None, quietly).name for day in (1, 2))
    store = Folder(place, None, make=False)
    (place / first / "manifest.json").write_bytes(b"{\xff}")
    assert drill(old, place, None, quietly) == restoring.listed(store).whole[third]
    pruned = prune(store, Keep(daily=1, weekly=0, monthly=0))
    assert (pruned.names, pruned.unreadable) == ([second], [first])
    assert f"images/{gone[:2]}/{gone}" in store.names()
    restore(instance(tmp_path / "newest"), Clock(), place, None, quietly)
    fourth = take(old, At(NOON + 3 * DAY), place, None, quietly).name
    (place / fourth / "manifest.json").write_bytes(b"")
    with pytest.raises(BackupError, match=rf"the backup {fourth} cannot be read: .* name it: --name {third}"):
        restore(instance(tmp_path / "new"), Clock(), place, None, quietly)
    assert restore(instance(tmp_path / "new"), Clock(), place, None, quietly, name=third) == restoring.listed(store).whole[third]
    with pytest.raises(BackupError, match=f"the backup {first} cannot be read"):
        restore(instance(tmp_path / "other"), Clock(), place, None, quietly, name=first)


def test_old_backups_are_dropped_when_the_one_under_way_is_finished_and_not_with_its_pictures(tmp_path: Path) -> None:
    old = lived(tmp_path / "old")
    place = tmp_path / "backups"
    take(old, At(NOON), place, None, quietly)
    take(old, At(NOON + HOUR), place, None, quietly)
    upload(old, b"a new picture")
    dropping = threading.Thread(target=lambda: keeping.drop_old(old, place, None, Keep(daily=1, weekly=0, monthly=0), quietly))

    def meanwhile(step: str, _: int, __: int) -> None:
        if step == "checking":
            dropping.start()
            dropping.join(0.5)

    made = keeping.take_noted(old, At(NOON + DAY), place, None, meanwhile)
    dropping.join()
    assert drill(old, place, None, quietly) == made.manifest
    assert list(restoring.listed(Folder(place, None, make=False)).whole) == [made.name]


@given(
    st.lists(st.integers(0, 400 * 24), max_size=60, unique=True),
    st.tuples(st.integers(1, 10), st.integers(0, 6), st.integers(0, 14)),
)
def test_the_rule_keeps_the_newest_of_each_period_and_never_nothing(hours: list[int], rule: tuple[int, int, int]) -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    made = {str(hour): start + timedelta(hours=hour) for hour in hours}
    stay = kept(made, Keep(*rule))
    assert stay <= made.keys()
    if made:
        assert max(made, key=lambda name: made[name]) in stay
    days = sorted({when.date() for when in made.values()}, reverse=True)[: rule[0]]
    for day in days:
        newest: Callable[[str], datetime] = made.__getitem__
        assert max((name for name in made if made[name].date() == day), key=newest) in stay
    assert len(stay) <= max(1, sum(rule))


def test_by_the_clock_a_backup_is_made_when_it_is_due_and_the_drill_once_a_week(tmp_path: Path) -> None:
    lived(tmp_path / "old")
    old = instance(tmp_path / "old", backup={"to": str(tmp_path / "backups"), "every": "1 day"})
    clock = At(NOON)
    assert keeping.scheduled(old, clock, quietly) == 1
    assert keeping.scheduled(old, clock, quietly) == 0
    first = keeping.record(old)
    assert (first.good, first.trouble, first.drilled, first.drill_trouble) == (NOON, None, NOON, None)
    clock.moment += DAY
    assert keeping.scheduled(old, clock, quietly) == 1
    assert keeping.record(old).drilled == NOON
    clock.moment += 7 * DAY
    victim = next(path for path in (tmp_path / "backups" / "images").rglob("*") if path.is_file())
    victim.write_bytes(b"rot")
    keeping.scheduled(old, clock, quietly)
    assert "damaged" in (keeping.record(old).drill_trouble or "")
    clock.moment -= 5 * DAY
    keeping.scheduled(old, clock, quietly)
    assert keeping.record(old).drilled == clock.moment, "the clock was ahead"


def test_a_backup_that_fails_is_tried_again_within_the_hour_and_the_last_good_one_is_remembered(tmp_path: Path) -> None:
    lived(tmp_path / "old")
    old = instance(tmp_path / "old", backup={"to": str(tmp_path / "backups"), "every": "1 day"})
    clock = At(NOON)
    (tmp_path / "backups").write_bytes(b"a file is in the way")
    with pytest.raises((BackupError, OSError)):
        keeping.scheduled(old, clock, quietly)
    assert keeping.record(old).good == 0
    assert keeping.record(old).trouble
    (tmp_path / "backups").unlink()
    assert keeping.scheduled(old, clock, quietly) == 0
    clock.moment += HOUR
    assert keeping.scheduled(old, clock, quietly) == 1
    assert keeping.record(old).good == clock.moment


def test_where_backups_were_made_and_none_are_left_the_next_does_not_begin_anew_beside_the_data(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lived(tmp_path / "old")
    disk = tmp_path / "disk"
    old = instance(tmp_path / "old", backup={"to": str(disk), "every": "1 day"})
    clock = At(NOON)
    assert keeping.scheduled(old, clock, quietly) == 1
    for _ in range(2):  # whoever makes one elsewhere by hand, and takes it from there, may do so again
        keeping.take_noted(old, clock, tmp_path / "by-hand", None, quietly)
        (tmp_path / "by-hand").rename(tmp_path / f"taken-{clock.moment}")
        clock.moment += DAY
    last = keeping.record(old).good
    for away in (lambda: disk.rename(tmp_path / "unplugged"), disk.mkdir):  # and its mount point
        away()
        with pytest.raises(BackupError, match=f"the backups that were made in {disk} are not there: mount its disk, or"):
            keeping.scheduled(old, clock, quietly)
        assert "mount its disk" in (keeping.record(old).trouble or "")
        assert keeping.record(old).good == last
        clock.moment += HOUR
    assert not list(disk.iterdir())
    really = keeping.disk_of
    monkeypatch.setattr(keeping, "disk_of", lambda path: -1 if path == disk else really(path))
    assert keeping.scheduled(old, clock, quietly) == 1, "another disk is there"
    monkeypatch.undo()
    assert keeping.scheduled(old, At(clock.moment + DAY), quietly) == 1
    elsewhere = instance(tmp_path / "old", backup={"to": str(tmp_path / "another")})
    assert keeping.scheduled(elsewhere, At(clock.moment + 3 * DAY), quietly) == 1
