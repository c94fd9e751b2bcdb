"""One instance per data folder."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from lemmy_lite.storage.lock import DataFolderInUse, FolderLock

HOLD = """
import sys, pathlib
from lemmy_lite.storage.lock import FolderLock
lock = FolderLock(pathlib.Path(sys.argv[1]))
print("held", flush=True)
sys.stdin.read()
"""


def test_a_second_instance_is_told_who_holds_the_folder(tmp_path: Path, checkout: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(checkout)}
    command = [sys.executable, "-c", HOLD, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(DataFolderInUse, match=str(holder.pid)):
            FolderLock(tmp_path)
        holder.kill()
    FolderLock(tmp_path).release()


def test_a_released_folder_is_free(tmp_path: Path) -> None:
    FolderLock(tmp_path).release()
    FolderLock(tmp_path).release()


def test_a_link_in_its_place_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").write_text("of root")
    (tmp_path / "lock").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OSError, match="symbolic links"):
        FolderLock(tmp_path)
    assert (tmp_path / "elsewhere").read_text() == "of root"


def test_a_new_folder_is_for_its_owner_alone(tmp_path: Path) -> None:
    lock = FolderLock(tmp_path / "data")
    try:
        assert (tmp_path / "data").stat().st_mode & 0o777 == 0o700
    finally:
        lock.release()
