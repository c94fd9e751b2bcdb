"""Whether SQLite's log beside a file has lost commits that were on the disk: SQLite itself takes a damaged frame for the end of the log.

The format is that of https://www.sqlite.org/walformat.html. A torn end is no damage: each commit waits for the disk, so a power cut can
spoil the last one alone, and nobody was told that it is kept. But a commit is only written when the one before it is on the disk. So
where a commit and, joined to it by its checksum, a frame of a later one stand behind the place where SQLite stopped, something is gone that
was kept.
"""

import os
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple

_HEAD: Final = 32
_FRAME: Final = 24
_MAGIC: Final = 0x377F0682
_RECOVERED: Final = slice(16, 20)
"""Where the index of the log (`-shm`) says how many frames SQLite has found to be good, in the order of this machine."""
_WORDS: Final = 2**32


class _Frame(NamedTuple):
    """The head of a frame: its page, the pages of the file after its commit (0 within one), and its checksum."""

    head: bytes
    commit: int
    checksum: tuple[int, int]


def lost(database: Path) -> str | None:
    """What is wrong with the log, in a sentence. A connection must be open that has read from the database, so that it is recovered."""
    try:
        with database.with_name(f"{database.name}-wal").open("rb") as log:
            return _lost(log, _good(database))
    except FileNotFoundError:
        return None


def _good(database: Path) -> int:
    try:
        with database.with_name(f"{database.name}-shm").open("rb") as index:
            return int(struct.unpack("=I", index.read(_RECOVERED.stop)[_RECOVERED])[0])
    except (FileNotFoundError, struct.error):
        return 0


def _lost(log: BinaryIO, good: int) -> str | None:
    head = log.read(_HEAD)
    if len(head) < _HEAD or not any(head):
        return None
    magic, _, page, _ = struct.unpack(">IIII", head[:16])
    big = bool(magic & 1)
    if magic & ~1 != _MAGIC or _checksum(head[:24], (0, 0), big=big) != struct.unpack(">II", head[24:]):
        return "the head of the log of the database is damaged, so that what it holds cannot be read"
    for number in _joined(log, head[16:24], page, good, big=big):
        return f"the log of the database is damaged at page {good + 1}: what was kept between that and page {number} is gone"
    return None


def _joined(log: BinaryIO, salts: bytes, page: int, good: int, *, big: bool) -> Iterator[int]:
    """The commits beyond the good frames that a whole frame follows, by the numbers of their last frames."""
    frames = (os.fstat(log.fileno()).st_size - _HEAD) // (_FRAME + page)
    before: _Frame | None = None
    for number in range(good + 1, frames + 1):
        log.seek(_HEAD + (number - 1) * (_FRAME + page))
        head = log.read(_FRAME)
        if head[8:16] != salts:
            before = None
            continue
        frame = _Frame(head, struct.unpack(">I", head[4:8])[0], struct.unpack(">II", head[16:24]))
        if before is not None and before.commit:
            checked = _checksum(log.read(page), _checksum(head[:8], before.checksum, big=big), big=big)
            if checked == frame.checksum:
                yield number - 1
        before = frame


def _checksum(data: bytes, seed: tuple[int, int], *, big: bool) -> tuple[int, int]:
    first, second = seed
    words = struct.unpack(f"{'>' if big else '<'}{len(data) // 4}I", data)
    for place in range(0, len(words), 2):
        first = (first + words[place] + second) % _WORDS
        second = (second + words[place + 1] + first) % _WORDS
    return first, second
