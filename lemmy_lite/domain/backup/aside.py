"""Folders for half-done things, on the disk of the data, that are gone when they are done.

Each is held by a lock that the kernel drops with the process, so what a killed one has left is told from what is in use: the next takes it
away. Nothing of them counts in the budget of the disk (storage/room.py).
"""

import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from lemmy_lite.config import Config
from lemmy_lite.domain.backup.manifest import BackupError
from lemmy_lite.media import files
from lemmy_lite.storage.room import ASIDE, BACKUPS

SPARE: Final = 64 * 10**6
"""Bytes that must stay free on the disk."""
UNLOCKED_SECONDS: Final = 3600.0
"""After which a folder of an earlier release, which nothing holds, is of nobody any more."""


@contextmanager
def folder_aside(config: Config, what: str, size: int) -> Iterator[Path]:
    """An empty folder, for the length of a `with`. `what` needs it, for so many bytes. Raises BackupError where there is no room."""
    parent = config.data_dir / BACKUPS
    files.make_folder(parent)
    sweep(config)
    if shutil.disk_usage(parent).free < size + SPARE:
        raise BackupError(f"{what} needs {(size + SPARE) // 10**6} MB of free space in {parent}")
    folder, lock = _made(parent)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(lock)


def sweep(config: Config) -> None:
    """Take away what processes that were killed have left. Where the disk knows no locks, nothing."""
    backups = config.data_dir / BACKUPS
    unlocked = [*backups.glob("drill-*"), *config.data_dir.glob("restoring-*")]
    for folder in (*backups.glob(f"{ASIDE}*"), *filter(_is_old, unlocked)):
        try:
            lock = _held(folder)
        except OSError:
            continue
        shutil.rmtree(folder, ignore_errors=True)
        os.close(lock)


def _is_old(folder: Path) -> bool:
    """Whether nothing in a folder has changed for an hour. Before 2026-11-23 drills and restores held theirs by no lock."""
    try:
        newest = max(each.lstat().st_mtime for each in (folder, *folder.rglob("*")))
    except OSError:  # somebody is at work in it
        return False
    return not folder.is_symlink() and time.time() - newest > UNLOCKED_SECONDS


def database_size(config: Config) -> int:
    """What a copy of the database takes, as far as it is known before: on Postgres it is not."""
    path = config.sqlite_path
    if path is None:
        return 0
    return sum(each.stat().st_size for each in (path, path.with_name(f"{path.name}-wal")) if each.exists())


def _made(parent: Path) -> tuple[Path, int]:
    while True:
        folder = Path(tempfile.mkdtemp(prefix=ASIDE, dir=parent))
        try:
            lock = _held(folder)
        except (FileNotFoundError, BlockingIOError):  # somebody sweeps, and came between
            continue
        except OSError:
            return folder, os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        if folder.exists():
            return folder, lock
        os.close(lock)


def _held(folder: Path) -> int:
    """Raises OSError where it is held, gone, or cannot be."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor
