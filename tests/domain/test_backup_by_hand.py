"""A backup asked for by a button: one at a time, and nobody waits for ever."""

import asyncio
import threading
from pathlib import Path

import pytest

from lemmy_lite.config import read
from lemmy_lite.domain.backup import keeping
from lemmy_lite.domain.backup.by_hand import ByHand
from lemmy_lite.domain.backup.manifest import BackupError, MadeAlready
from lemmy_lite.model.clock import Clock


def _by_hand(folder: Path, **options: object) -> ByHand:
    return ByHand(read({"hostname": "hearth.test", "data_dir": str(folder), **options}, environment={}), Clock())


def test_who_asks_while_one_is_made_waits_for_that_one_and_not_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made, dropped, finish = [], [], threading.Event()

    def take(_config: object, _clock: object, destination: Path, *_: object) -> None:
        made.append(destination)
        finish.wait(10)

    monkeypatch.setattr(keeping, "take_noted", take)
    monkeypatch.setattr(keeping, "drop_old", lambda _, place, *__: dropped.append(place))
    backups = _by_hand(tmp_path)

    async def ask() -> None:
        assert await asyncio.gather(backups.make(0.01), backups.make(0.01)) == [None, None]
        assert backups.under_way
        finish.set()
        assert await backups.make() is True
        assert not backups.under_way

    asyncio.run(ask())
    assert made == dropped == [tmp_path / "backups" / "by-hand"], "one for all who asked, and old ones go"


def test_who_asks_twice_within_a_second_has_the_backup_of_that_second(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise MadeAlready("there is a backup of 2026-11-23T17-40-15Z already")

    monkeypatch.setattr(keeping, "take_noted", refuse)
    assert asyncio.run(_by_hand(tmp_path).make()) is True


def test_it_goes_where_the_configuration_says_and_what_goes_wrong_is_answered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def fail(_config: object, _clock: object, destination: Path, *_: object) -> None:
        asked.append(destination)
        raise BackupError("the disk is full")

    monkeypatch.setattr(keeping, "take_noted", fail)
    assert asyncio.run(_by_hand(tmp_path, backup={"to": str(tmp_path / "elsewhere")}).make()) is False
    assert asked == [tmp_path / "elsewhere"]
