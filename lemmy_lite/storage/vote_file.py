"""Votes of other instances in a file beside the database, `lemmy.db-votes`: one record for each commit that holds nothing else.

A commit of SQLite writes two pages of 4 kB however little it holds. Here it writes as many sectors of 512 bytes as it needs (one for ten
votes), past the page cache where the file system lets us, and waits for the disk like SQLite. No sector is ever written twice for two
commits, so a power cut can only spoil what was not acknowledged. The file is good for one `epoch`, a random number that the table vote_log
names: with another database, or after its votes went to the table (gathering.fold), nothing in it counts.
"""

import errno
import logging
import mmap
import os
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Final
from zlib import crc32

from lemmy_lite.storage import files
from lemmy_lite.storage.errors import StorageError, Trouble

log = logging.getLogger(__name__)

EPOCH_BYTES: Final = 8
SECTOR: Final = 512
PAGE: Final = 4096
LONG: Final = 16 * 2**20
"""Bytes beyond which the file's votes should go to the table: hours of votes, read within a second at a start."""
_LONGEST: Final = 64 * 2**20
_RECORD: Final = 64 * 2**10
_STEP: Final = 2**20
"""The file grows by so much, written with zeros: what is there already is overwritten without a change of the file's length, which would
cost the file system's own log three more pages a commit."""
_MARK: Final = b"lemvotes"
_HEAD: Final = struct.Struct("<8s8sII")  # mark, epoch, length and CRC-32 of what follows


class VoteFile:
    """The file of one database. One thread appends (the writer's); any thread may read. With `read_only` it takes nothing."""

    def __init__(self, path: Path, *, read_only: bool = False) -> None:
        self._path = path
        self._descriptor: int | None = None
        self._buffer: mmap.mmap | None = None
        self._unit = SECTOR
        self._size = 0
        self._broken = read_only
        self.epoch: bytes | None = None
        """What its records are good for; None when none count."""
        self.length = 0
        """Bytes of records since `begin`."""

    def takes(self, payload: bytes) -> bool:
        """Whether a record can be appended now."""
        return self._descriptor is not None and not self._broken and len(payload) <= _RECORD - _HEAD.size and self.length < _LONGEST

    @property
    def may_begin(self) -> bool:
        """Whether it waits for an epoch, to be of use."""
        return self._descriptor is None and not self._broken

    def begin(self, epoch: bytes) -> None:
        """Take records of a new epoch, over what the file held. Where it cannot be written, it takes none."""
        try:
            self._open()
        except OSError as error:
            log.warning("votes wait in the database alone, as %s cannot be written: %s", self._path, error)
            self._give_up()
        self.epoch, self.length = epoch, 0

    def append(self, payload: bytes) -> None:
        """Keep a record; it is on the disk when this returns. Raises StorageError; then the file takes no more, and the record may be in it
        or not."""
        assert self._descriptor is not None
        assert self._buffer is not None
        assert self.epoch is not None
        checked = crc32(payload, crc32(self.epoch))
        record = _HEAD.pack(_MARK, self.epoch, len(payload), checked) + payload
        whole = -(-len(record) // self._unit) * self._unit
        try:
            if self.length + whole > self._size:
                self._grow()
            self._buffer[:whole] = record.ljust(whole, b"\0")
            _write(self._descriptor, self._buffer, whole, self.length)
            os.fdatasync(self._descriptor)
        except OSError as error:
            self._give_up()
            raise StorageError(Trouble.FULL if error.errno in (errno.ENOSPC, errno.EDQUOT) else Trouble.BROKEN, error) from error
        self.length += whole

    def payloads(self) -> list[bytes]:
        """Every record of the epoch, oldest first."""
        return list(read(self._path, self.epoch)) if self.epoch is not None else []

    def retire(self) -> None:
        """Nothing in it counts any more. The file stays, as the next epoch needs it."""
        self.epoch, self.length = None, 0
        self._close()

    def remove(self) -> None:
        """The same, and the file goes."""
        self.retire()
        self._path.unlink(missing_ok=True)

    def close(self) -> None:
        """Let go of the file."""
        self._close()

    def _open(self) -> None:
        """Find the smallest piece that can be written past the page cache; without that, whole pages through it."""
        for extra, unit in ((getattr(os, "O_DIRECT", 0), SECTOR), (getattr(os, "O_DIRECT", 0), PAGE), (0, PAGE)):
            try:
                self._try(extra, unit)
                return
            except OSError as error:
                self._close()
                if error.errno != errno.EINVAL or not extra:
                    raise

    def _try(self, extra: int, unit: int) -> None:
        self._descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | extra, 0o600)
        self._buffer = mmap.mmap(-1, _RECORD)  # in whole pages of memory, as O_DIRECT wants it
        self._unit = unit
        self._size = os.fstat(self._descriptor).st_size // PAGE * PAGE
        if self._size < _STEP:
            self._grow()
        self._buffer[:unit] = bytes(unit)
        _write(self._descriptor, self._buffer, unit, 0)

    def _grow(self) -> None:
        assert self._descriptor is not None
        with mmap.mmap(-1, _STEP) as zeros:
            _write(self._descriptor, zeros, _STEP, self._size)
        os.fsync(self._descriptor)
        files.sync_folder(self._path.parent)
        self._size += _STEP

    def _give_up(self) -> None:
        self._broken = True
        self._close()

    def _close(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
        self._descriptor = self._buffer = None


def read(path: Path, epoch: bytes) -> Iterator[bytes]:
    """What the records of an epoch hold, oldest first; those that are not whole are left out, as nobody was told that they are kept."""
    start = _MARK + epoch
    try:
        file = path.open("rb", buffering=_STEP)
    except FileNotFoundError:
        return
    with file:
        place = 0
        while len(head := file.read(_HEAD.size)) == _HEAD.size:
            size = SECTOR
            if head.startswith(start):
                _, _, length, checked = _HEAD.unpack(head)
                payload = file.read(min(length, _RECORD))
                if len(payload) == length and crc32(payload, crc32(epoch)) == checked:
                    yield payload
                    size = -(-(_HEAD.size + length) // SECTOR) * SECTOR
            place += size
            file.seek(place)


def beside(database: Path) -> Path:
    """Where the file of a database is."""
    real = Path(os.path.realpath(database))
    return real.with_name(f"{real.name}-votes")


def _write(descriptor: int, buffer: mmap.mmap, length: int, place: int) -> None:
    """So many bytes of a buffer. A short write is followed by the rest, which a full disk refuses."""
    done = 0
    with memoryview(buffer) as whole:
        while done < length:
            with whole[done:length] as rest:
                done += os.pwrite(descriptor, rest, place + done)
