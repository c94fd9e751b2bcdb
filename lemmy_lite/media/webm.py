"""What a WebM tells beside its pictures and sound is blanked where it lies: tags, title, date, programs, names of tracks, attachments.

Nothing moves, so no offset changes: an element that goes becomes `Void` of the same length (RFC 8794, 11.3.7) full of zeros, and the names
of the programs, without which a file would be invalid (RFC 9559, 5.1.2), become empty. The seek table forgets what is gone, and so do
checksums of what changed. Recorders in browsers leave the sizes of a segment and its clusters open; those are walked too. A file that
cannot be walked to its end is refused: what cannot be found cannot be blanked.
"""

from collections.abc import Iterator, Mapping
from enum import Enum
from pathlib import Path
from types import MappingProxyType
from typing import BinaryIO, Final, NamedTuple

from lemmy_lite.media.refusal import ImageRefused, Reason

_EBML: Final = 0x1A45DFA3
_SEGMENT: Final = 0x18538067
_CLUSTER: Final = 0x1F43B675
_SEEK_HEAD: Final = 0x114D9B74
_SEEK: Final = 0x4DBB
_SEEK_ID: Final = 0x53AB
_INFO: Final = 0x1549A966
_TRACKS: Final = 0x1654AE6B
_TRACK_ENTRY: Final = 0xAE
_CUES: Final = 0x1C53BB6B
_CHAPTERS: Final = 0x1043A770
_TAGS: Final = 0x1254C367
_ATTACHMENTS: Final = 0x1941A469
_VOID: Final = 0xEC
_CRC: Final = 0xBF

_TOP: Final = frozenset({_SEEK_HEAD, _INFO, _TRACKS, _CLUSTER, _CUES, _CHAPTERS, _TAGS, _ATTACHMENTS})
"""What a segment is made of (RFC 9559, 5.1)."""

_HEAD: Final = 12
_MOST_ELEMENTS: Final = 500_000
_MOST_BLANKED: Final = 20_000
_PIECE: Final = 2**16


class _Deed(Enum):
    VOID = "becomes Void"
    EMPTY = "keeps its place, and holds zeros"
    OPEN = "is looked into"


_V, _E, _O = _Deed.VOID, _Deed.EMPTY, _Deed.OPEN
_RULES: Final[Mapping[int, Mapping[int, _Deed]]] = MappingProxyType(
    {
        _SEGMENT: {_SEEK_HEAD: _O, _INFO: _O, _TRACKS: _O, _TAGS: _V, _ATTACHMENTS: _V},
        _SEEK_HEAD: {_SEEK: _O},
        # Title, DateUTC, SegmentFilename, PrevFilename, NextFilename; MuxingApp and WritingApp.
        _INFO: {0x7BA9: _V, 0x4461: _V, 0x7384: _V, 0x3C83AB: _V, 0x3E83BB: _V, 0x4D80: _E, 0x5741: _E},
        _TRACKS: {_TRACK_ENTRY: _O},
        # Name, CodecName, CodecSettings, AttachmentLink.
        _TRACK_ENTRY: {0x536E: _V, 0x258688: _V, 0x3A9697: _V, 0x7446: _V},
    }
)
"""What is done with which child of which element; Void and checksums are treated alike everywhere, and the rest is left."""

_GONE: Final = frozenset({_TAGS.to_bytes(4, "big"), _ATTACHMENTS.to_bytes(4, "big")})


class _Element(NamedTuple):
    kind: int
    start: int
    body: int
    end: int
    open_ended: bool


def blank_metadata(path: Path) -> int:
    """Blank the metadata of a WebM in its file; answers how many elements those were. Raises ImageRefused(broken), with the file as it
    was, and OSError."""
    with path.open("r+b") as file:
        walk = _Walk(file, file.seek(0, 2))
        found = list(walk.blanked())
        for element, deed in found:
            _blank(file, element, deed)
    return len(found)


class _Walk:
    """The tree of elements of one file, read without changing it."""

    def __init__(self, file: BinaryIO, size: int) -> None:
        self._file = file
        self._size = size
        self._left = _MOST_ELEMENTS

    def blanked(self) -> Iterator[tuple[_Element, _Deed]]:
        """What is to be blanked, and how. Raises ImageRefused for what is no sound tree with a segment."""
        segments = blanked = 0
        for top in self._children(0, self._size):
            if top.kind == _SEGMENT:
                segments += 1
                for each in self._within(top):
                    blanked += 1
                    if blanked > _MOST_BLANKED:
                        raise _broken("it has more notes than any film")
                    yield each
            elif top.kind == _VOID:
                yield top, _E
            elif top.kind != _EBML:
                raise _broken("something else follows it")
        if not segments:
            raise _broken("it has no segment")

    def _within(self, parent: _Element) -> Iterator[tuple[_Element, _Deed]]:
        rules = _RULES[parent.kind]
        for child in self._children(parent.body, parent.end):
            deed = rules.get(child.kind)
            if child.kind == _CRC:
                yield child, _V
            elif child.kind == _VOID:
                yield child, _E
            elif child.kind == _SEEK:
                if self._leads_to_what_is_gone(child):
                    yield child, _V
            elif deed is _O:
                yield from self._within(child)
            elif deed is not None:
                yield child, deed
            elif parent.kind == _SEGMENT and child.kind not in _TOP:
                yield child, _V  # whatever it is, no player asks for it

    def _leads_to_what_is_gone(self, seek: _Element) -> bool:
        for child in self._children(seek.body, seek.end):
            if child.kind == _SEEK_ID and child.end - child.body <= 4:
                self._file.seek(child.body)
                return self._file.read(child.end - child.body) in _GONE
        return False

    def _children(self, start: int, end: int) -> Iterator[_Element]:
        while start < end:
            element = self._element(start, end)
            if element.open_ended and element.kind == _CLUSTER:
                element = element._replace(end=self._end_of_cluster(element))
            yield element
            start = element.end

    def _end_of_cluster(self, cluster: _Element) -> int:
        """Where a cluster of unknown size ends: at the next element that can stand beside it (RFC 8794, 6.2)."""
        at = cluster.body
        while at < cluster.end:
            element = self._element(at, cluster.end)
            if element.kind in _TOP or element.kind in (_SEGMENT, _EBML):
                break
            at = element.end
        return at

    def _element(self, start: int, end: int) -> _Element:
        """The head of the element at a place: a kind of one to four bytes, a size of one to eight (RFC 8794, 4 to 6)."""
        self._left -= 1
        if self._left < 0:
            raise _broken("it has more parts than any film")
        self._file.seek(start)
        head = self._file.read(_HEAD)
        width = 9 - head[0].bit_length() if head and head[0] else 9
        if width > 4 or len(head) <= width or not head[width]:
            raise _broken("a part has no name or no size")
        length = 9 - head[width].bit_length()
        body = start + width + length
        if len(head) < width + length or body > end:
            raise _broken("it ends in the middle of a part")
        kind = int.from_bytes(head[:width], "big")
        size = int.from_bytes(head[width : width + length], "big") & ((1 << 7 * length) - 1)
        if size == (1 << 7 * length) - 1:
            if kind not in (_SEGMENT, _CLUSTER):
                raise _broken("a part has no size")
            return _Element(kind, start, body, end, open_ended=True)
        if size > end - body:
            raise _broken("a part is larger than what holds it")
        return _Element(kind, start, body, body + size, open_ended=False)


def _blank(file: BinaryIO, element: _Element, deed: _Deed) -> None:
    body = element.body
    if deed is _V:
        head = _void_head(element.end - element.start)
        file.seek(element.start)
        file.write(head)
        body = element.start + len(head)
    file.seek(body)
    file.writelines(bytes(min(_PIECE, element.end - at)) for at in range(body, element.end, _PIECE))


def _void_head(length: int) -> bytes:
    """The head of a Void that takes `length` bytes with its head; 2 at least, as every element does."""
    if length <= 128:  # one byte of size holds up to 126; 127 would mean that it is not known
        return bytes((_VOID, 0x80 | (length - 2)))
    return bytes((_VOID,)) + (1 << 56 | (length - 9)).to_bytes(8, "big")


def _broken(what: str) -> ImageRefused:
    return ImageRefused(Reason.BROKEN, f"The film could not be read ({what}).")
