"""Recovery codes: ten that are shown once, each of which takes the place of a code of the second factor once."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from lemmy_lite.crypto import recovery_codes
from lemmy_lite.model.clock import moment
from lemmy_lite.model.events import RecoveryCodeUsed
from lemmy_lite.model.ids import LocalUserId
from lemmy_lite.model.struct import Struct
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import recovery_code

GIVEN: Final = 10
FEW: Final = 3
"""So few left, the owner is told to make new ones."""


class Left(Struct, kw_only=True):
    """How many codes are left of how many, and when the last one was used."""

    left: int
    given: int
    last_used: datetime | None = None

    @property
    def few(self) -> bool:
        return self.left <= FEW


def new() -> list[str]:
    """Codes as they are shown; nothing knows them yet."""
    return [recovery_codes.new() for _ in range(GIVEN)]


def give(tx: Transaction, local_user_id: LocalUserId, codes: Sequence[str]) -> None:
    """From now on these codes count, and no others."""
    normal = (recovery_codes.normal(code) for code in codes)
    recovery_code.replace(tx, local_user_id, [recovery_codes.stored_hash(local_user_id, code) for code in normal if code is not None])


def spend(tx: Transaction, local_user_id: LocalUserId, typed: str) -> bool:
    """Accept a code once, and tell its owner; False for what is none, or was used."""
    code = recovery_codes.normal(typed)
    if code is None or not recovery_code.spend(tx, local_user_id, recovery_codes.stored_hash(local_user_id, code)):
        return False
    tx.append(RecoveryCodeUsed(local_user_id=local_user_id))
    return True


def left(tx: Transaction, local_user_id: LocalUserId) -> Left:
    """What is left of an account's codes."""
    found = recovery_code.count(tx, local_user_id)
    return Left(left=found.left, given=found.given, last_used=moment(found.last_used) if found.last_used is not None else None)


def forget(tx: Transaction, local_user_id: LocalUserId) -> None:
    """No code counts any more."""
    recovery_code.drop(tx, local_user_id)
