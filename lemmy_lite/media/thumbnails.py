"""What is made of a picture when somebody asks for it: another format, a smaller size, under a name in the cache."""

import hashlib
from typing import Final

SIZES: Final = (16, 24, 32, 48, 64, 96, 128, 160, 192, 256, 320, 384, 512, 640, 768, 1024, 1280, 1536, 2048, 3072, 4096)
"""Longest sides that are made. Any number can be asked for; if each were made, one reader could fill the cache with one picture."""


def size(asked: int) -> int:
    """The largest size that is not larger than asked, 16 at least."""
    return max((each for each in SIZES if each <= asked), default=SIZES[0])


def key(source: str, suffix: str, box: int | None) -> str:
    """The name in the cache of what was made of a picture; `source` is the name of an upload or the address of a remote picture."""
    return prefix(source) + _digest(f"{suffix} {box or ''}", 8)


def original_key(address: str) -> str:
    """The name in the cache of a remote picture as it came."""
    return prefix(address) + "0" * 8


def prefix(source: str) -> str:
    """What the names of everything begin with that was made of one picture, so that it all can leave with it."""
    return _digest(source, 32)


def _digest(text: str, length: int) -> str:
    return hashlib.sha256(text.encode(errors="replace")).hexdigest()[:length]
