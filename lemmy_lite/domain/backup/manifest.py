"""What a backup says of itself."""

from datetime import datetime

from lemmy_lite.model.struct import Struct

FORMAT = 1
MARK = "lemmy_lite-backup.json"
MANIFEST = "manifest.json"
DATABASE = "lemmy.db"
CONFIG = "config.hjson"
KEYS = ("onion", "tls")
"""Folders of the data folder with keys that make this instance what it is: of the hidden service, of certificates and their account."""


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
