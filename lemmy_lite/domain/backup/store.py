"""Where backups lie: a folder, or one tar file. Both take and give files by name, sealed if there is a passphrase."""

from __future__ import annotations

import hashlib
import logging
import os
import re
import shutil
import tarfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, BinaryIO, Final, Protocol

import msgspec

from lemmy_lite.crypto import tokens
from lemmy_lite.crypto.sealing import Sealer, Unsealable
from lemmy_lite.domain.backup.manifest import MARK, OF_THE_DISK, BackupError, Mark, Part, read_mark
from lemmy_lite.media import files

log = logging.getLogger(__name__)

SEALED: Final = ".sealed"
UNTOUCHED: Final = 3600.0
"""Seconds after which nobody writes to a file any more."""
_BACKUP: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d-\d\d-\d\dZ", re.ASCII)
"""The name of a backup's folder (taking.py)."""
_PIECE: Final = 2**18
_LONGEST_MARK: Final = 4096


Told = Callable[[int], None]
"""Is told how many bytes of a file have gone by; what it raises ends the work."""


def _unseen(_: int) -> None:
    """Nobody wants to know."""


class Store(Protocol):
    """Files by name, such as `images/ab/abcd…` or `2026-11-22T20-00-00Z/lemmy.db`."""

    def names(self) -> set[str]:
        """All that is there, without the ending of sealed files."""

    def put(self, name: str, source: Path, told: Told = _unseen) -> Part:
        """Take a file, durably; answers what it was."""

    def get(self, name: str, target: Path, told: Told = _unseen) -> Part:
        """Give a file back into a new one; answers what it is. Raises BackupError."""


class Folder:
    """A store that grows: what is there already is not written again."""

    def __init__(self, folder: Path, passphrase: str | None, *, make: bool) -> None:
        """Raises BackupError for a folder that is something else, or whose passphrase is another."""
        self.folder = folder
        mark = folder / MARK
        if mark.exists():
            self.sealer = _sealer_of(read_mark(mark.read_bytes(), folder), passphrase, folder)
            return
        if not make:
            raise BackupError(f"{folder} holds no backups of lemmy_lite")
        if folder.exists() and any(each.name not in OF_THE_DISK for each in folder.iterdir()):
            raise BackupError(f"{folder} is not empty and holds no backups: name a folder of its own")
        files.make_folder(folder)
        self.sealer, made = _new_sealer(passphrase)
        files.write_durably(mark, msgspec.json.encode(made))

    def names(self) -> set[str]:
        """All that is there."""
        found = (path.relative_to(self.folder).as_posix() for path in self.folder.rglob("*") if path.is_file())
        return {name.removesuffix(SEALED) for name in found if name != MARK and not name.rpartition("/")[2].startswith(".")}

    def put(self, name: str, source: Path, told: Told = _unseen) -> Part:
        """Write aside, sync, move into place."""
        target = self._path(name)
        files.make_folder(target.parent)
        aside = target.with_name(f".{target.name}{files.PART}")
        try:
            with source.open("rb") as read, files.open_to_write(aside) as written:
                counted = _Counted(read, told)
                if self.sealer is not None:
                    self.sealer.seal(counted, written)
                else:
                    shutil.copyfileobj(counted, written, _PIECE)
            files.move_durably(aside, target)
        finally:
            aside.unlink(missing_ok=True)
        return counted.part

    def get(self, name: str, target: Path, told: Told = _unseen) -> Part:
        """Read and, where it is sealed, open."""
        try:
            with self._path(name).open("rb") as read:
                return _unpacked(read, target, self.sealer, name, told)
        except FileNotFoundError as error:
            raise BackupError(f"the backup lacks {name}") from error

    def remove(self, name: str) -> int:
        """Take a file away; answers its bytes on the disk."""
        path = self._path(name)
        size = path.stat().st_size
        path.unlink()
        if not any(path.parent.iterdir()):
            path.parent.rmdir()
        return size

    def _path(self, name: str) -> Path:
        path = (self.folder / name).resolve()
        if self.folder.resolve() not in path.parents:
            raise BackupError(f"{name} leads out of the backup")  # a manifest from elsewhere is not to be believed (path traversal)
        return path.with_name(path.name + SEALED) if self.sealer is not None else path


class NewFile:
    """One tar file, written from start to end; it appears under its name when it is whole."""

    def __init__(self, path: Path, passphrase: str | None) -> None:
        if path.exists():
            raise BackupError(f"{path} exists already: a backup is never written over another")
        self._path = path
        self._aside = path.with_name(f".{path.name}.part")
        self._sealer, mark = _new_sealer(passphrase)
        files.open_to_write(self._aside).close()
        self._tar = tarfile.open(self._aside, "w", format=tarfile.PAX_FORMAT)  # noqa: SIM115  # closed by `close`
        self._add_bytes(MARK, msgspec.json.encode(mark))

    def names(self) -> set[str]:
        """Nothing is there before."""
        return set()

    def put(self, name: str, source: Path, told: Told = _unseen) -> Part:
        """Append a file; a sealed one is sealed aside first, as a tar wants its size before."""
        with source.open("rb") as read:
            counted = _Counted(read, told)
            if self._sealer is None:
                info = self._info(name, source.stat().st_size)
                self._tar.addfile(info, counted)
            else:
                aside = self._aside.with_name(f"{self._aside.name}.sealing")
                try:
                    with files.open_to_write(aside) as written:
                        self._sealer.seal(counted, written)
                    with aside.open("rb") as sealed:
                        self._tar.addfile(self._info(name + SEALED, aside.stat().st_size), sealed)
                finally:
                    aside.unlink(missing_ok=True)
        return counted.part

    def get(self, name: str, target: Path, told: Told = _unseen) -> Part:
        """A tar that is being written gives nothing back."""
        raise BackupError(f"{self._path} is still being written")

    def close(self, *, whole: bool) -> None:
        """Move it to its name, or take it away."""
        self._tar.close()
        if whole:
            files.move_durably(self._aside, self._path)
        else:
            self._aside.unlink(missing_ok=True)

    def _info(self, name: str, size: int) -> tarfile.TarInfo:
        info = tarfile.TarInfo(name)
        info.size, info.mode = size, 0o600
        return info

    def _add_bytes(self, name: str, data: bytes) -> None:
        import io

        self._tar.addfile(self._info(name, len(data)), io.BytesIO(data))


class File:
    """A tar file that is whole."""

    def __init__(self, path: Path, passphrase: str | None) -> None:
        with _as_tar(str(path)):
            self._tar = tarfile.open(path, "r:")  # noqa: SIM115  # closed by `close`
        try:
            with _as_tar(str(path)):
                members = {member.name: member for member in self._tar if member.isfile()}
                mark = self._tar.extractfile(members.pop(MARK))
                said = mark.read(_LONGEST_MARK) if mark is not None else b""
            self._sealer = _sealer_of(read_mark(said, path), passphrase, path)
        except BackupError:
            self._tar.close()
            raise
        self._members = members

    def names(self) -> set[str]:
        """All that is there."""
        return {name.removesuffix(SEALED) for name in self._members}

    def put(self, name: str, source: Path, told: Told = _unseen) -> Part:
        """A tar that is whole takes nothing more."""
        raise BackupError(f"{name} cannot be added to a finished file")

    def get(self, name: str, target: Path, told: Told = _unseen) -> Part:
        """Read and, where it is sealed, open. Paths in the tar are never used as paths on the disk."""
        member = self._members.get(name + SEALED if self._sealer is not None else name)
        with _as_tar(name):
            read = self._tar.extractfile(member) if member is not None else None
            if read is None:
                raise BackupError(f"the backup lacks {name}")
            with read:
                return _unpacked(read, target, self._sealer, name, told)

    def close(self) -> None:
        """Done with it."""
        self._tar.close()


@contextmanager
def opened(path: Path, passphrase: str | None) -> Iterator[Folder | File]:
    """A store to read from. Raises BackupError."""
    if path.is_dir():
        yield Folder(path, passphrase, make=False)
        return
    if not path.exists():
        raise BackupError(f"there is no {path}")
    found = File(path, passphrase)
    try:
        yield found
    finally:
        found.close()


@contextmanager
def _as_tar(what: str) -> Iterator[None]:
    """Raises BackupError for whatever Python's reader of tar files raises of a damaged or hostile one."""
    try:
        yield
    except (tarfile.TarError, EOFError, KeyError, ValueError, OverflowError) as error:
        raise BackupError(f"{what} cannot be read as a backup of lemmy_lite ({' '.join(str(error).split())[:200]})") from error


class _Counted:
    """A file that is read once, and what went by."""

    def __init__(self, file: BinaryIO, told: Told) -> None:
        self._file = file
        self._told = told
        self._bytes = 0
        self._digest = hashlib.sha256()

    def read(self, size: int = -1, /) -> bytes:
        piece = self._file.read(size)
        self._bytes += len(piece)
        self._digest.update(piece)
        self._told(self._bytes)
        return piece

    @property
    def part(self) -> Part:
        """What was read."""
        return Part(bytes=self._bytes, sha256=self._digest.hexdigest())


class _Counting:
    """A file that is written once, and what went by."""

    def __init__(self, file: BinaryIO, told: Told) -> None:
        self._file = file
        self._told = told
        self._bytes = 0
        self._digest = hashlib.sha256()

    def write(self, piece: bytes, /) -> int:
        self._bytes += len(piece)
        self._digest.update(piece)
        self._told(self._bytes)
        return self._file.write(piece)

    @property
    def part(self) -> Part:
        """What was written."""
        return Part(bytes=self._bytes, sha256=self._digest.hexdigest())


def sweep(place: Path, last: str) -> None:
    """Take away what backups that were killed have left in a folder of backups: parts of files, and the folders of those that lack the file
    `last`, which is written last. What was written to within UNTOUCHED may belong to one under way, of another process with this folder."""
    if not (place / MARK).exists():
        return
    for folder in place.iterdir():
        there = [folder, *folder.iterdir()] if _BACKUP.fullmatch(folder.name) and folder.is_dir() else []
        if there and all(map(_is_left, there)) and last not in {path.name.removesuffix(SEALED) for path in there}:
            log.info("%s is of a backup that was never finished: it goes", folder)
            shutil.rmtree(folder)
    for path in place.rglob(f".*{files.PART}"):
        if _is_left(path):
            path.unlink(missing_ok=True)


def _is_left(path: Path) -> bool:
    try:
        return abs(time.time() - path.stat().st_mtime) > UNTOUCHED
    except OSError:
        return False


def _unpacked(read: IO[bytes], target: Path, sealer: Sealer | None, name: str, told: Told) -> Part:
    files.make_folder(target.parent)
    with files.open_to_write(target) as file:
        written = _Counting(file, told)
        if sealer is None:
            shutil.copyfileobj(read, written, _PIECE)
        else:
            try:
                sealer.open(read, written)
            except Unsealable as error:
                raise BackupError(f"{name}: {error}") from error
        file.flush()
        os.fsync(file.fileno())
    return written.part


def _new_sealer(passphrase: str | None) -> tuple[Sealer | None, Mark]:
    if passphrase is None:
        return None, Mark()
    salt = Sealer.new_salt()
    sealer = Sealer(passphrase, salt)
    return sealer, Mark(salt=salt.hex(), fingerprint=sealer.fingerprint)


def _sealer_of(mark: Mark, passphrase: str | None, place: Path) -> Sealer | None:
    if mark.salt is None:
        if passphrase is not None:
            raise BackupError(f"the backups in {place} are not sealed: name another place for sealed ones")
        return None
    if passphrase is None:
        raise BackupError(f"the backups in {place} are sealed: their passphrase is needed")
    sealer = Sealer(passphrase, bytes.fromhex(mark.salt))
    if not tokens.same(sealer.fingerprint, mark.fingerprint or ""):
        raise BackupError(f"this is not the passphrase of the backups in {place}; to begin with another one, name another folder")
    return sealer
