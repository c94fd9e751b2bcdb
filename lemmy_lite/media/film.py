"""Films are kept as they came, but for the place where they were taken: boxes of metadata in an MP4 are blanked where they lie.

Nothing moves, so no offset changes and nothing is transcoded: a box becomes `free` (ISO 14496-12, 8.1.2) of the same length, full of zeros.
Phones write the place into `moov/udta` (`©xyz`, `loci`), `moov/meta` (Apple's keys) and the same below each `trak`, or into a `uuid` box
(XMP). What stands within the streams themselves stays. WebM is the matter of webm.py.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple

_BLANKED: Final = frozenset({b"udta", b"meta", b"uuid"})
_OPENED: Final = frozenset({b"moov", b"trak", b"mdia", b"moof", b"traf"})
_HEAD: Final = 8
_MOST_BOXES: Final = 20_000
_PIECE: Final = 2**16


class _Box(NamedTuple):
    kind: bytes
    start: int
    body: int
    end: int


def blank_metadata(path: Path) -> int:
    """Blank the metadata of an MP4 in its file; answers how many boxes those were. What is no sound tree of boxes is left alone from where
    it is not. Raises OSError."""
    with path.open("r+b") as file:
        size = file.seek(0, 2)
        found: list[_Box] = []
        open_: list[tuple[int, int]] = [(0, size)]
        left = _MOST_BOXES
        while open_ and left:
            for box in _boxes(file, *open_.pop()):
                left -= 1
                if box.kind in _BLANKED:
                    found.append(box)
                elif box.kind in _OPENED:
                    open_.append((box.body, box.end))
                if not left:
                    break
        for box in found:
            _blank(file, box)
    return len(found)


def _boxes(file: BinaryIO, start: int, end: int) -> Iterator[_Box]:
    while start + _HEAD <= end:
        file.seek(start)
        head = file.read(_HEAD)
        length, body = int.from_bytes(head[:4], "big"), start + _HEAD
        if length == 1:  # the true length follows
            length, body = int.from_bytes(file.read(8), "big"), body + 8
        elif length == 0:  # to the end
            length = end - start
        if length < body - start or start + length > end:
            return
        yield _Box(head[4:], start, body, start + length)
        start += length


def _blank(file: BinaryIO, box: _Box) -> None:
    file.seek(box.start + 4)
    file.write(b"free")
    file.seek(box.body)
    file.writelines(bytes(min(_PIECE, box.end - at)) for at in range(box.body, box.end, _PIECE))
