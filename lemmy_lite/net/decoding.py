"""Undoing a response's compression piece by piece, never beyond a bound: a kilobyte can unpack to a megabyte."""

import zlib

from lemmy_lite.net.errors import Kind, NetError

ACCEPTED = "gzip"
"""What we ask for. Deflate is read all the same, as some servers send it unasked."""

_GZIP = zlib.MAX_WBITS | 16
_ZLIB = zlib.MAX_WBITS
_FORMATS = {"gzip": _GZIP, "x-gzip": _GZIP, "deflate": _ZLIB}


class Decoder:
    """Decodes one body. `limit` is in decoded bytes; beyond it `feed` raises NetError (`too_large`), or with `cut` stops there."""

    def __init__(self, encoding: str, limit: int, *, cut: bool = False) -> None:
        """Raises NetError (`protocol`) for an encoding that we did not ask for."""
        name = encoding.strip().lower()
        if name not in ("", "identity") and name not in _FORMATS:
            raise NetError(Kind.PROTOCOL, f"The answer is encoded as {name[:40]!r}, which we did not ask for.")
        self._format = _FORMATS.get(name)
        self._unpacker = zlib.decompressobj(self._format) if self._format else None
        self._left = limit
        self._cut = cut
        self._begun = False
        self.full = False

    def feed(self, piece: bytes) -> bytes:
        """The decoded bytes of the next piece. Raises NetError (`too_large`, `protocol`)."""
        if self.full or not piece:
            return b""
        return self._bounded(piece if self._unpacker is None else self._unpack(piece))

    def finish(self) -> None:
        """Raises NetError (`protocol`) when the body ended in the middle of its compression."""
        if self._unpacker is not None and self._begun and not self._unpacker.eof and not self.full:
            raise NetError(Kind.PROTOCOL, "The answer's compression ends in the middle.")

    def _unpack(self, piece: bytes) -> bytes:
        decoded = bytearray()
        while piece and self._unpacker is not None and len(decoded) <= self._left:
            if self._unpacker.eof:
                if self._format != _GZIP or not piece.strip(b"\0"):
                    break  # padding behind the end, as gzip itself ignores it
                self._unpacker = zlib.decompressobj(_GZIP)  # gzip allows several members in a row (RFC 1952, 2.2)
            self._begun = True
            try:
                # One byte more than allowed tells too much from exactly enough.
                decoded += self._unpacker.decompress(piece, self._left + 1 - len(decoded))
            except zlib.error as cause:
                raise NetError(Kind.PROTOCOL, "The answer's compression is damaged.") from cause
            piece = self._unpacker.unconsumed_tail or self._unpacker.unused_data
        return bytes(decoded)

    def _bounded(self, decoded: bytes) -> bytes:
        if len(decoded) > self._left:
            if not self._cut:
                raise NetError(Kind.TOO_LARGE, "The answer is larger than it may be.")
            self.full = True
            decoded = decoded[: self._left]
        self._left -= len(decoded)
        return decoded
