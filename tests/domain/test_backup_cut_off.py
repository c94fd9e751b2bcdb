"""Backups that do not come to their end: what they leave behind, and what of it goes when."""

import asyncio
import fcntl
import os
import threading
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from lemmy_lite.domain.backup import aside, keeping, restoring
from lemmy_lite.domain.backup.beside import beside
from lemmy_lite.domain.backup.manifest import BackupError
from lemmy_lite.domain.backup.restoring import drill
from lemmy_lite.domain.backup.store import Folder
from lemmy_lite.domain.backup.taking import Progress, take
from lemmy_lite.model.clock import DAY, Clock
from tests.domain.backups import NOON, At, instance, lived, quietly


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
