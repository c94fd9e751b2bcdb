"""What processes on one Postgres claim for themselves, by advisory locks: Postgres lets a claim go with the session or transaction that
holds it, so one that dies holds up nobody.

A lock is a pair of numbers: what is claimed, and which of them. They are those of this database alone.
"""

from collections.abc import Sequence
from enum import IntEnum
from typing import Final
from zlib import crc32

from lemmy_lite.storage.query import Transaction

_OURS: Final = 0x6C6C0000
"""The letters "ll": other programs that lock in the same database choose other numbers."""


class Claim(IntEnum):
    """What can be claimed."""

    PRESENT = _OURS + 1
    """Shared by all processes that run."""
    LEAD = _OURS + 2
    """Held by the one that does the scheduled work."""
    SENDING = _OURS + 3
    """Shared by those that tell other instances what happened."""
    SHARE = _OURS + 4
    """A share of the other instances, by number: who holds it tells them."""
    LANE = _OURS + 5
    """What one host has told us and is not in effect yet, by the digest of its name."""
    TURN = _OURS + 6
    """Writing alone among those who lost to others (writer.py)."""
    APPENDING = _OURS + 7
    """Shared by transactions that have written to the log of sent activities and have not ended."""
    OPENING = _OURS + 8
    """Migrations and the very first start."""


def digest(name: str) -> int:
    """A name as the number of a claim. Two names may have the same: then one waits for the other without need."""
    return crc32(name.encode()) - 2**31


def take(tx: Transaction, claim: Claim, number: int = 0) -> bool:
    """Claim something for the session, without waiting; answers whether it is ours now."""
    return bool(tx.value("SELECT pg_try_advisory_lock(:claim, :number)", claim=int(claim), number=number))


def wait_for(tx: Transaction, claim: Claim) -> None:
    """Claim something for the session, however long others hold it."""
    tx.one("SELECT 1 FROM (SELECT pg_advisory_lock(:claim, 0)) AS held", claim=int(claim))


def share(tx: Transaction, claim: Claim) -> None:
    """The same for what many hold at a time and nobody alone."""
    tx.value("SELECT pg_try_advisory_lock_shared(:claim, 0)", claim=int(claim))


def take_some(tx: Transaction, claim: Claim, numbers: Sequence[int]) -> frozenset[int]:
    """Claim what nobody else holds of some."""
    found = tx.all(
        "SELECT number, pg_try_advisory_lock(:claim, number) FROM unnest(CAST(:numbers AS INTEGER[])) AS number",
        claim=int(claim),
        numbers=list(numbers),
    )
    return frozenset(number for number, taken in found if taken)


def release(tx: Transaction, claim: Claim, numbers: Sequence[int]) -> None:
    """Let go what the session holds."""
    tx.all(
        "SELECT pg_advisory_unlock(:claim, number) FROM unnest(CAST(:numbers AS INTEGER[])) AS number",
        claim=int(claim),
        numbers=list(numbers),
    )


def release_shared(tx: Transaction, claim: Claim) -> None:
    """The same for what is shared."""
    tx.value("SELECT pg_advisory_unlock_shared(:claim, 0)", claim=int(claim))


_HELD: Final = """FROM pg_locks WHERE locktype = 'advisory' AND granted AND objsubid = 2
                     AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"""


def held(tx: Transaction) -> tuple[dict[Claim, int], frozenset[int]]:
    """How many hold what is shared, and which shares of the other instances somebody holds."""
    found = tx.all(
        f"""SELECT CAST(classid AS BIGINT), CAST(objid AS BIGINT), COUNT(*) {_HELD} AND CAST(classid AS BIGINT) AMONG :claims
             GROUP BY classid, objid""",
        claims=[int(Claim.PRESENT), int(Claim.SENDING), int(Claim.SHARE)],
    )
    counts = {Claim(kind): int(count) for kind, _, count in found if kind != Claim.SHARE}
    return counts, frozenset(int(number) for kind, number, _ in found if kind == Claim.SHARE)


def appending(tx: Transaction) -> None:
    """Show until the end of the transaction that it writes to the log of sent activities. Nobody waits for anybody. Nothing on SQLite."""
    if not tx.dialect.is_sqlite:
        tx.value("SELECT pg_advisory_xact_lock_shared(:claim, 0)", claim=int(Claim.APPENDING))


def who_appends(tx: Transaction) -> frozenset[str]:
    """The transactions that have shown this and have not ended, at this very moment and not at that of the snapshot."""
    return frozenset(tx.column(f"SELECT virtualtransaction {_HELD} AND CAST(classid AS BIGINT) = :claim", claim=int(Claim.APPENDING)))
