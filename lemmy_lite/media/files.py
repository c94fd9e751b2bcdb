"""Files that survive a power cut: written aside, synced, moved into place, and the folder synced too (security.md, rule 28)."""

import contextlib
import os
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final

FILE_MODE: Final = 0o600
FOLDER_MODE: Final = 0o700

PART: Final = ".part"
"""What the names of files end with that are being copied from another disk."""


def make_folder(path: Path) -> None:
    """Make a folder that only we may read, and those above it; its name in the folder above is durable then."""
    if path.is_dir():
        return
    make_folder(path.parent)  # one by one: `parents=True` would let others read those above
    with contextlib.suppress(FileExistsError):
        path.mkdir(mode=FOLDER_MODE)
    sync_folder(path.parent)


def new_file(folder: Path) -> Path:
    """An empty file with a name that nobody can guess."""
    path = folder / secrets.token_hex(16)
    os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, FILE_MODE))
    return path


def open_to_write(path: Path) -> BinaryIO:
    """For writing from the start; only we may read it. A link in its place is not followed: root writes into folders of others, too."""
    return os.fdopen(os.open(path, os.O_CREAT | os.O_TRUNC | os.O_WRONLY | os.O_NOFOLLOW, FILE_MODE), "wb")


def move_durably(source: Path, target: Path) -> None:
    """Sync a file and move it to its place; after this it stands there whatever happens. On another disk it is copied beside it first."""
    make_folder(target.parent)
    source.chmod(FILE_MODE)
    if source.stat().st_dev == target.parent.stat().st_dev:
        _sync(source)
        source.rename(target)
    else:
        beside = target.with_name(f".{secrets.token_hex(16)}{PART}")
        try:
            with source.open("rb") as read, open_to_write(beside) as written:
                shutil.copyfileobj(read, written, 2**18)
            _sync(beside)
            beside.rename(target)
        finally:
            beside.unlink(missing_ok=True)
        source.unlink()
    sync_folder(target.parent)


def write_durably(path: Path, content: bytes) -> None:
    """Make a small file, or put it in the place of another: whoever reads it finds the one or the other, whole, whatever happens."""
    make_folder(path.parent)
    aside = path.with_name(f".{path.name}{PART}")
    with open_to_write(aside) as file:
        file.write(content)
    move_durably(aside, path)


def twin(source: Path, target: Path) -> None:
    """Make an empty file the same as another: by a link where the disk can, else by a copy."""
    target.unlink()
    try:
        os.link(source, target)
    except OSError:
        with source.open("rb") as read, open_to_write(target) as written:
            shutil.copyfileobj(read, written, 2**18)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_folder(path: Path) -> None:
    """Make names in a folder durable."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def entries(folder: Path) -> Iterator[tuple[Path, os.stat_result]]:
    """Every file two levels down, as `ab/abcdef…`, with its size and times; what vanishes meanwhile is left out."""
    if not folder.is_dir():
        return
    for shelf in os.scandir(folder):
        if shelf.is_dir(follow_symlinks=False):
            for entry in os.scandir(shelf.path):
                with contextlib.suppress(FileNotFoundError):
                    if entry.is_file(follow_symlinks=False):
                        yield Path(entry.path), entry.stat(follow_symlinks=False)
