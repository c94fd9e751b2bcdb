"""When nothing new is taken in any more."""

from pathlib import Path

import pytest

from lemmy_lite.storage import room
from lemmy_lite.storage.errors import StorageError
from lemmy_lite.storage.room import Room


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
