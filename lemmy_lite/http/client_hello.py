"""What a TLS client offers in its first message (RFC 8446, 4.1.2), read before anybody has answered it."""

from collections.abc import Iterator
from typing import Final

LARGEST: Final = 16 * 1024
"""Bytes of a first message; those with post-quantum keys have some two thousand."""

_HANDSHAKE: Final = 22
_CLIENT_HELLO: Final = 1
_ALPN: Final = 16


def protocols(begun: bytes) -> tuple[bytes, ...] | None:
    """The application protocols offered (RFC 7301), none where nothing is said of them; None while the message is not complete.

    Raises ValueError for what is no such message.
    """
    message = _message(begun)
    if message is None:
        if len(begun) >= LARGEST:
            raise ValueError("the first message is too long")
        return None
    try:
        return tuple(_listed(_extension(message)))
    except IndexError:
        raise ValueError("the first message is damaged") from None


def _message(begun: bytes) -> bytes | None:
    """The handshake message out of its records, without its head."""
    gathered, rest = b"", begun
    while rest:
        if rest[0] != _HANDSHAKE or (len(rest) > 1 and rest[1] != 3):
            raise ValueError("this is not TLS")
        size = int.from_bytes(rest[3:5])
        if len(rest) < 5 + size:
            return None
        gathered, rest = gathered + rest[5 : 5 + size], rest[5 + size :]
        if gathered and gathered[0] != _CLIENT_HELLO:
            raise ValueError("this is not a client's first message")
        if len(gathered) >= 4 and len(gathered) - 4 >= (wanted := int.from_bytes(gathered[1:4])):
            return gathered[4 : 4 + wanted]
    return None


def _extension(message: bytes) -> bytes:
    at = 2 + 32  # version and random
    at += 1 + _byte(message, at)  # session
    at += 2 + int.from_bytes(_taken(message, at, 2))  # ciphers
    at += 1 + _byte(message, at)  # compression
    end = len(message)
    if at == end:
        return b""
    at += 2
    while at < end:
        kind, size = int.from_bytes(_taken(message, at, 2)), int.from_bytes(_taken(message, at + 2, 2))
        if kind == _ALPN:
            return _taken(message, at + 4, size)
        at += 4 + size
    return b""


def _listed(extension: bytes) -> Iterator[bytes]:
    at = 2
    while at < len(extension):
        size = _byte(extension, at)
        yield _taken(extension, at + 1, size)
        at += 1 + size


def _byte(message: bytes, at: int) -> int:
    return message[at]


def _taken(message: bytes, at: int, size: int) -> bytes:
    if at + size > len(message):
        raise IndexError
    return message[at : at + size]
