"""Eight bytes that stand for the id of an activity wherever it need only be known again: an id of a hundred bytes, in a table and in its
index, was a quarter of what a busy instance's database grew by.

Two ids with one digest would make the second look known. Among ten million that is one chance in two million million for each that comes,
and whoever wanted to bring it about for an id of another's would have to try 2^64 ids of their own.
"""

from functools import lru_cache
from hashlib import sha256


@lru_cache(maxsize=256)
def digest(name: str) -> int:
    """The first eight bytes of SHA-256, as a signed integer: Postgres can make the same (migrations/m0020_received_digest.py). A vote that
    comes in asks for it several times."""
    return int.from_bytes(sha256(name.encode()).digest()[:8], signed=True)
