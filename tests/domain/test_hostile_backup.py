"""Backups that somebody else has made: what they say is believed only where it can do no harm."""

import hashlib
import io
import json
import tarfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from lemmy_lite import config
from lemmy_lite.domain.backup.manifest import BackupError
from lemmy_lite.domain.backup.restoring import drill, restore
from lemmy_lite.domain.backup.store import opened
from lemmy_lite.model.clock import Clock
from lemmy_lite.storage import snapshot

MARK = {"format": 1}
MANIFEST = {"format": 1, "made": "2026-11-22T20:00:00Z", "version": "1", "hostname": "here.test", "images": {}}


def quietly(_: str, __: int, ___: int) -> None:
    """Nobody watches."""


def written(path: Path, files: Mapping[str, bytes], *, mark: Any = MARK, manifest: Any = MANIFEST) -> Path:
    """A backup in one file; its manifest is right about every file unless it says something else."""
    parts = {name: {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()} for name, data in files.items()}
    manifest = {"parts": parts, **manifest} if isinstance(manifest, dict) else manifest
    everything = {"lemmy_lite-backup.json": _json(mark), "manifest.json": _json(manifest), **files}
    with tarfile.open(path, "w") as tar:
        for name, data in everything.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return path


def _json(value: Any) -> bytes:
    return value if isinstance(value, bytes) else json.dumps(value).encode()


def database(folder: Path) -> bytes:
    """An empty one."""
    with snapshot.new(folder / "new.db") as made:
        made.fetch("PRAGMA wal_checkpoint(TRUNCATE)", {})
        made.fetch("PRAGMA journal_mode = DELETE", {})
    return (folder / "new.db").read_bytes()


def restored(folder: Path, source: Path) -> None:
    settings = config.read({"hostname": "here.test", "data_dir": str(folder / "in" / "data")}, environment={})
    restore(settings, Clock(), source, None, quietly)


@pytest.mark.parametrize(
    "name",
    [
        "onion/../../stray",
        "tls/../stray",
        "onion/a/../../../stray",
        "onion/..",
        "onion/",
        "tls/.stray",
        "../stray",
        "/stray",
        "images/x",
        "onion/a\nb",
    ],
)
def test_a_backup_that_names_files_which_no_backup_has_is_refused_and_writes_nothing(tmp_path: Path, name: str) -> None:
    source = written(tmp_path / "backup.tar", {"lemmy.db": database(tmp_path), name: b"x"})
    before = set(tmp_path.rglob("*"))
    with pytest.raises(BackupError, match="names a file that no backup has") as refused:
        restored(tmp_path, source)
    assert "\n" not in str(refused.value)
    assert set(tmp_path.rglob("*")) - before == {tmp_path / "in"}


def test_a_picture_of_another_name_than_pictures_have_is_refused(tmp_path: Path) -> None:
    source = written(tmp_path / "backup.tar", {"lemmy.db": database(tmp_path)}, manifest=MANIFEST | {"images": {"../../stray": 1}})
    with pytest.raises(BackupError, match="names a file that no backup has"):
        restored(tmp_path, source)


def test_a_key_with_a_plain_name_comes_back(tmp_path: Path) -> None:
    restored(tmp_path, written(tmp_path / "backup.tar", {"lemmy.db": database(tmp_path), "onion/hs_ed25519_secret_key": b"a key"}))
    assert (tmp_path / "in" / "data" / "onion" / "hs_ed25519_secret_key").read_bytes() == b"a key"


@pytest.mark.parametrize(
    "mark", [b"", b"{", b'{"format": "\xff"}', b"[" * 10_000, [], {"format": 2}, {"salt": "no"}, {"salt": "00"}, {"salt": "zz" * 16}]
)
def test_a_mark_that_is_none_is_refused_in_a_sentence(tmp_path: Path, mark: Any) -> None:
    source = written(tmp_path / "backup.tar", {}, mark=mark)
    with pytest.raises(BackupError), opened(source, "a passphrase"):
        pass
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "lemmy_lite-backup.json").write_bytes(_json(mark))
    with pytest.raises(BackupError), opened(folder, "a passphrase"):
        pass


@pytest.mark.parametrize(
    "manifest", [b"", b"\xff", b'{"made": "\xff"}', b"[" * 10_000, [], MANIFEST | {"format": 2}, MANIFEST | {"parts": {}}]
)
def test_a_manifest_that_is_none_is_refused_in_a_sentence(tmp_path: Path, manifest: Any) -> None:
    source = written(tmp_path / "backup.tar", {"lemmy.db": b"x"}, manifest=manifest)
    settings = config.read({"hostname": "here.test", "data_dir": str(tmp_path / "data")}, environment={})
    with pytest.raises(BackupError):
        drill(settings, source, None, quietly)
    with pytest.raises(BackupError):
        restored(tmp_path, source)


@pytest.mark.parametrize("part", [1, 3, 9])
def test_a_file_that_was_cut_off_is_refused_in_a_sentence(tmp_path: Path, part: int) -> None:
    source = written(tmp_path / "backup.tar", {"lemmy.db": database(tmp_path)})
    data = source.read_bytes()
    source.write_bytes(data[: len(data) * part // 10 + 100])
    with pytest.raises(BackupError):
        restored(tmp_path, source)
    assert not (tmp_path / "in" / "data").exists()
