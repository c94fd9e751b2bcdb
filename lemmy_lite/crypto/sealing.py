"""Files sealed with a passphrase: AES-256-GCM in chunks, under a key that Argon2id makes of the passphrase.

The layout: a mark, the salt, then chunks of 64 KiB, each with its tag. The nonce counts the chunks and says which is the last, so that
chunks cannot be exchanged, repeated or cut off unseen (the STREAM construction of Hoang, Reyhanitabar, Rogaway and Vizár, 2015). Each
file has a salt of its own, and so a key of its own.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

MARK: Final = b"lemmy_lite sealed 1\n"
SALT_BYTES: Final = 16
CHUNK: Final = 2**16
TAG_BYTES: Final = 16

MEMORY_KIB: Final = 64 * 1024
ITERATIONS: Final = 3
"""RFC 9106's second choice (64 MiB, t=3): a quarter of a second here, once for a whole backup."""


class Readable(Protocol):
    """What is read from."""

    def read(self, size: int = -1, /) -> bytes:
        """At most so many bytes; fewer only at the end."""


class Writable(Protocol):
    """What is written to."""

    def write(self, piece: bytes, /) -> object:
        """Write all of it."""


class Unsealable(Exception):
    """The passphrase is wrong, or the file was changed or cut; the message says which file is meant when its reader adds it."""


class Sealer:
    """Seals and opens files with one passphrase. The slow key is made once for each salt of a backup, then one for each file of it."""

    def __init__(self, passphrase: str, salt: bytes) -> None:
        from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

        derive = Argon2id(salt=salt, length=32, iterations=ITERATIONS, lanes=1, memory_cost=MEMORY_KIB)
        self._root = derive.derive(passphrase.encode())
        self.fingerprint = _expanded(self._root, 16, b"fingerprint").hex()
        """Tells whether a passphrase is the one that a store was sealed with; it opens nothing."""

    @staticmethod
    def new_salt() -> bytes:
        """A salt for a new backup; it is no secret and stands beside it."""
        return os.urandom(SALT_BYTES)

    def seal(self, source: Readable, target: Writable) -> None:
        """Write what `source` holds, sealed."""
        salt = os.urandom(SALT_BYTES)
        box = self._box(salt)
        target.write(MARK + salt)
        for number, (piece, last) in enumerate(_pieces(source, CHUNK)):
            closed = box.encrypt(_nonce(number, last=last), piece, None)
            target.write(closed)

    def open(self, source: Readable, target: Writable) -> None:
        """Write what was sealed. Raises Unsealable; what was written until then is genuine, but not all."""
        head = source.read(len(MARK) + SALT_BYTES)
        if len(head) != len(MARK) + SALT_BYTES or not head.startswith(MARK):
            raise Unsealable("this is no sealed file")
        from cryptography.exceptions import InvalidTag

        box = self._box(head[len(MARK) :])
        for number, (piece, last) in enumerate(_pieces(source, CHUNK + TAG_BYTES)):
            try:
                target.write(box.decrypt(_nonce(number, last=last), piece, None))
            except InvalidTag as error:
                raise Unsealable("the passphrase is wrong, or the file was changed") from error

    def _box(self, salt: bytes) -> AESGCM:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        return AESGCM(_expanded(self._root, 32, b"file " + salt))


def _expanded(key: bytes, length: int, info: bytes) -> bytes:
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

    return HKDFExpand(algorithm=SHA256(), length=length, info=info).derive(key)


def _pieces(source: Readable, size: int) -> Iterator[tuple[bytes, bool]]:
    """The pieces of a file, and which is the last; an empty file is one empty piece."""
    piece = source.read(size)
    while True:
        following = source.read(size)
        yield piece, not following
        if not following:
            return
        piece = following


def _nonce(number: int, *, last: bool) -> bytes:
    return number.to_bytes(11, "big") + (b"\x01" if last else b"\x00")
