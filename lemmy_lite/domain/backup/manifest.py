"""What a backup says of itself: read strictly, for it may come from anybody, and its names become paths in the data folder."""

import re
from datetime import datetime
from typing import Final, TypeVar

import msgspec

from lemmy_lite.crypto.sealing import SALT_BYTES
from lemmy_lite.media import store
from lemmy_lite.model.struct import Struct

T = TypeVar("T", bound="Mark | Manifest")

FORMAT = 1
MARK = "lemmy_lite-backup.json"
OF_THE_DISK: Final = frozenset({"lost+found", "System Volume Information", ".Trash-0", ".Trash-1000"})
"""What lies on a disk of its own from the beginning: a folder with nothing else is empty."""
MANIFEST = "manifest.json"
DATABASE = "lemmy.db"
TOLD = "lemmy.db-told"
"""What others had just been told (storage/told_file.py); there where the database was SQLite and somebody had been told anything."""
CONFIG = "config.hjson"
KEYS = ("onion", "tls")
"""Folders of the data folder with keys that make this instance what it is: of the hidden service, of certificates and their account."""


_KEY: Final = re.compile(rf"(?:{'|'.join(KEYS)})/[^./\x00-\x1f\x7f][^/\x00-\x1f\x7f]{{0,254}}")
"""One of their files: a plain name that leads nowhere else (path traversal)."""
_SALT: Final = re.compile(rf"[0-9a-f]{{{2 * SALT_BYTES}}}", re.ASCII)


class Mark(Struct, kw_only=True):
    """What makes a folder a store of backups. `salt` and `fingerprint` (hexadecimal) are there when it is sealed with a passphrase."""

    format: int = FORMAT
    salt: str | None = None
    fingerprint: str | None = None


class Part(Struct):
    """One file of a backup as it was before sealing."""

    bytes: int
    sha256: str


class Manifest(Struct, kw_only=True):
    """One backup. `parts` are its own files by name; `images` the uploads that it needs of the store, with their bytes."""

    format: int = FORMAT
    made: datetime
    version: str
    hostname: str
    parts: dict[str, Part]
    images: dict[str, int]

    @property
    def size(self) -> int:
        """Bytes of everything that it needs."""
        return sum(part.bytes for part in self.parts.values()) + sum(self.images.values())


class BackupError(Exception):
    """A backup cannot be made or used; the message is a sentence for the person who asked."""


class MadeAlready(BackupError):
    """There is a backup of this very second."""


class Stopped(BackupError):
    """A backup was given up, as the server that made it stops. Nothing is wrong: the next one is made when it runs again."""


def read_mark(data: bytes, place: object) -> Mark:
    """The mark of a store of backups. Raises BackupError for what is none, or was made by a newer program."""
    found = _read(data, Mark, str(place))
    if found.salt is not None and not _SALT.fullmatch(found.salt):
        raise BackupError(f"{place} is no backup of lemmy_lite: its salt is none of ours")
    return found


def read_manifest(data: bytes, name: str) -> Manifest:
    """What a backup consists of. Raises BackupError for what is no manifest, is newer, lacks the database, or names any other file than
    a backup of ours has."""
    found = _read(data, Manifest, f"the backup {name}".rstrip())
    strange = [part for part in found.parts if part not in (DATABASE, TOLD, CONFIG) and not _KEY.fullmatch(part)]
    strange += [file for file in found.images if not store.NAME.fullmatch(file)]
    if strange:
        raise BackupError(f"the backup {name} names a file that no backup has: {strange[0][:100]!r}")
    if DATABASE not in found.parts:
        raise BackupError(f"the backup {name} lacks {DATABASE}")
    return found


def _read(data: bytes, kind: type[T], what: str) -> T:
    try:
        found = msgspec.json.decode(data, type=kind)
    except (ValueError, RecursionError) as error:  # no JSON, no UTF-8, another shape
        raise BackupError(f"{what} cannot be read: {' '.join(str(error).split())[:200]}") from error
    if found.format > FORMAT:
        raise BackupError(f"{what} was made by a newer lemmy_lite")
    return found
