"""Passwords: Argon2id, one at a time, in the PHC string format; bcrypt only to check what Lemmy stored.

Each function takes 30 ms to a second on purpose: call it by `aside`, never while a transaction is open. One at a time, so that a burst of
logins costs 19 MB once and not for each of them.
"""

import asyncio
import os
import re
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from typing import ParamSpec, TypeVar

from lemmy_lite.model.struct import Struct

MEMORY_KIB = 19 * 1024
ITERATIONS = 2
LANES = 1
"""OWASP's smallest setting for Argon2id (19 MB, t=2, p=1): 28 ms on a fast machine, some 130 ms on a small board; more memory
would be most of a small board's share (performance.md, 2)."""
SALT_BYTES = 16
HASH_BYTES = 32

MAX_MEMORY_KIB = 256 * 1024
MAX_PASSWORD_BYTES = 4096
"""Far above Lemmy's 60 characters; a megabyte of password is not worth hashing."""
BCRYPT_BYTES = 72
"""bcrypt reads no further; Lemmy's library cuts the rest off in silence, so a longer adopted password must keep working."""

P = ParamSpec("P")
T = TypeVar("T")

_thread = ThreadPoolExecutor(1, "passwords")
"""One of its own: logins that wait for each other would else hold all threads that read files."""
_one_at_a_time = threading.Lock()
_ARGON2ID = re.compile(r"\$argon2id\$v=19\$m=(\d{1,7}),t=(\d{1,2}),p=(\d{1,2})\$[A-Za-z0-9+/]{11,86}\$[A-Za-z0-9+/]{22,86}", re.ASCII)
_BCRYPT = re.compile(r"\$2[abxy]\$(\d\d)\$[./A-Za-z0-9]{53}", re.ASCII)
_MAX_BCRYPT_COST = 15


class Check(Struct):
    """The outcome of checking a password. `needs_rehash`: it was right, and should be stored anew by `hash_password`."""

    correct: bool
    needs_rehash: bool


_WRONG = Check(correct=False, needs_rehash=False)


async def aside(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """What a function of this module answers, computed after all that was asked for before it, while the event loop goes on."""
    return await asyncio.wrap_future(_thread.submit(work, *args, **kwargs))


def hash_password(password: str) -> str:
    """The text to store: `$argon2id$v=19$m=19456,t=2,p=1$salt$hash`. Raises ValueError beyond MAX_PASSWORD_BYTES."""
    from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

    secret = _bytes(password)
    if secret is None:
        raise ValueError("the password is too long, or not text")
    kdf = Argon2id(salt=os.urandom(SALT_BYTES), length=HASH_BYTES, iterations=ITERATIONS, lanes=LANES, memory_cost=MEMORY_KIB)
    with _one_at_a_time:
        return kdf.derive_phc_encoded(secret)


def check_password(password: str, stored: str) -> Check:
    """Compares in constant time with a stored Argon2id or bcrypt text. A stored text of any other kind fits no password."""
    secret = _bytes(password)
    if secret is None:
        return _WRONG
    if found := _ARGON2ID.fullmatch(stored):
        memory, iterations, lanes = (int(number) for number in found.groups())
        # Bounds on our own rows: a damaged or planted one must not take the memory of the whole machine.
        if memory > MAX_MEMORY_KIB or not _fits_argon2id(secret, stored):
            return _WRONG
        return Check(correct=True, needs_rehash=(memory, iterations, lanes) != (MEMORY_KIB, ITERATIONS, LANES))
    if (found := _BCRYPT.fullmatch(stored)) and int(found[1]) <= _MAX_BCRYPT_COST and _fits_bcrypt(secret, stored):
        return Check(correct=True, needs_rehash=True)
    return _WRONG


def even_out(password: str, stored: str | None, adopted: str | None) -> None:
    """The rest of the work that every refusal costs, so that its time does not tell who is registered: after `password` was compared with
    `stored` in vain, or with nothing where there is no such account. `adopted` is a bcrypt text, of whomever, where there are any: to
    compare with one takes several times as long, so each refusal costs one of both kinds."""
    if stored is None or not _ARGON2ID.fullmatch(stored):
        check_password(password, _nobodys_hash())
    if adopted is not None and (stored is None or not _BCRYPT.fullmatch(stored)):
        check_password(password, adopted)


def _fits_argon2id(secret: bytes, stored: str) -> bool:
    from cryptography.exceptions import InvalidKey
    from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

    with _one_at_a_time:
        try:
            Argon2id.verify_phc_encoded(secret, stored)
        except (InvalidKey, ValueError):
            return False
    return True


def _fits_bcrypt(secret: bytes, stored: str) -> bool:
    import bcrypt

    with _one_at_a_time:
        try:
            return bcrypt.checkpw(secret[:BCRYPT_BYTES], stored.encode())
        except ValueError:
            return False


@lru_cache(maxsize=1)
def _nobodys_hash() -> str:
    return hash_password(os.urandom(16).hex())


def _bytes(password: str) -> bytes | None:
    try:
        secret = password.encode()
    except UnicodeEncodeError:  # lone surrogates, which JSON can spell
        return None
    return secret if len(secret) <= MAX_PASSWORD_BYTES else None
