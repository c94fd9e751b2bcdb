"""When nothing new is taken in any more."""

import os
from pathlib import Path

import pytest

from lemmy_lite.storage import room
from lemmy_lite.storage.errors import StorageError
from lemmy_lite.storage.room import Look, Room

MEGABYTE = 10**6


def test_a_log_that_somebody_who_reads_for_long_lets_grow_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "LONGEST_LOG", 1000)
    found = Room(tmp_path, database=tmp_path / "lemmy.db", budget=None, floor=0)
    log = tmp_path / "lemmy.db-wal"
    log.write_bytes(bytes(1000))
    assert found.look(now=True).shut is None
    log.write_bytes(bytes(1001))
    found.look(now=True)
    with pytest.raises(StorageError, match="something has been reading it for long"):
        found.require()


def test_for_a_copy_that_will_be_gone_in_a_while_nothing_leaves_and_nothing_is_turned_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def statvfs(folder: Path) -> os.statvfs_result:
        taken = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
        return os.statvfs_result((1, 1, 2 * MEGABYTE, 2 * MEGABYTE - taken, 2 * MEGABYTE - taken, 0, 0, 0, 0, 255))

    def looks() -> list[Look]:
        return [Room(tmp_path, database=tmp_path / "lemmy.db", budget=budget, floor=0).look(now=True) for budget in (MEGABYTE, None)]

    monkeypatch.setattr("lemmy_lite.storage.room.os.statvfs", statvfs)
    (tmp_path / "lemmy.db").write_bytes(bytes(900_000))
    before = looks()
    aside, stays = tmp_path / "backups" / "aside-x" / "more", tmp_path / "backups" / "by-hand"
    for folder, size in ((aside, 900_000), (stays, 1_000)):
        folder.mkdir(parents=True)
        (folder / "lemmy.db").write_bytes(bytes(size))
    for known, look in zip(before, looks(), strict=True):
        assert look.used == known.used + 1_000 < look.high
        assert (look.budget, look.shut) == (known.budget, None)
