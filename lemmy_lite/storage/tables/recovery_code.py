"""Codes that take the place of the second factor, once each."""

from collections.abc import Iterable
from typing import NamedTuple

from lemmy_lite.model.clock import Micros
from lemmy_lite.model.ids import LocalUserId
from lemmy_lite.storage.query import Transaction


class Count(NamedTuple):
    """How many codes of an account are left, how many it got, and when the last one was used."""

    left: int
    given: int
    last_used: Micros | None


def replace(tx: Transaction, local_user_id: LocalUserId, hashes: Iterable[str]) -> None:
    """Give an account new codes; the old ones are dead."""
    drop(tx, local_user_id)
    for each in hashes:
        tx.run("INSERT INTO recovery_code (local_user_id, code_hash) VALUES (:id, :hash)", id=local_user_id, hash=each)


def spend(tx: Transaction, local_user_id: LocalUserId, code_hash: str) -> bool:
    """Use a code up; False where there is none such, or it was used."""
    return bool(
        tx.run(
            "UPDATE recovery_code SET used = :now WHERE local_user_id = :id AND code_hash = :hash AND used IS NULL",
            id=local_user_id,
            hash=code_hash,
            now=tx.now,
        )
    )


def count(tx: Transaction, local_user_id: LocalUserId) -> Count:
    """What is left of them."""
    row = tx.one(
        "SELECT COUNT(*) - COUNT(used), COUNT(*), MAX(used) FROM recovery_code WHERE local_user_id = :id",
        id=local_user_id,
    )
    return Count(*row) if row else Count(0, 0, None)


def drop(tx: Transaction, local_user_id: LocalUserId) -> None:
    """All codes of an account are dead."""
    tx.run("DELETE FROM recovery_code WHERE local_user_id = :id", id=local_user_id)
