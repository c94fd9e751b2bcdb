"""How often clients have asked, counted by several processes together; on Postgres alone.

A row says when a client's bucket will be full again, by Postgres' clock in microseconds. Each process adds what was taken at its door and
reads what was added elsewhere. Outside of transactions (storage/processes.py): each statement counts by itself.
"""

from collections.abc import Sequence
from typing import Final

from lemmy_lite.model.clock import MINUTE, SECOND, Micros
from lemmy_lite.model.struct import Struct
from lemmy_lite.storage.query import Transaction

_OVERLAP: Final[Micros] = 3 * SECOND
"""Longer than a statement may take: what was written then and was not to be seen yet is read at the next look."""
_CLEARED_EVERY: Final[Micros] = MINUTE


class Said(Struct, kw_only=True):
    """What one process has to say: by how many microseconds it has moved each bucket on since the last time, and beginnings of the names of
    buckets that count no more, as they are measured anew. `since` is what the last exchange answered; None at the first."""

    moved: dict[str, Micros]
    void: Sequence[str] = ()
    since: Micros | None = None


class Heard(Struct, kw_only=True):
    """What all say: microseconds until buckets are full again, of those that were moved lately. `at` is Postgres' time."""

    at: Micros
    debts: dict[str, Micros]


def exchange(tx: Transaction, said: Said) -> Heard:
    """Add to the buckets of all what was taken here, and read those that were moved since the last exchange, by whomever."""
    now: Micros = tx.value("SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000000 AS BIGINT)")
    for beginning in said.void:
        tx.run("DELETE FROM rate_limit_bucket WHERE starts_with(name, :beginning)", beginning=beginning)
    if said.moved:
        tx.run(
            """INSERT INTO rate_limit_bucket AS bucket (name, full_at, moved)
               SELECT name, :now + debt, :now
                 FROM unnest(CAST(:names AS TEXT[]), CAST(:debts AS BIGINT[])) AS taken (name, debt) ORDER BY name
               ON CONFLICT (name) DO UPDATE
                 SET full_at = GREATEST(bucket.full_at, :now) + excluded.full_at - :now, moved = excluded.moved""",
            now=now,
            names=list(said.moved),
            debts=list(said.moved.values()),
        )
    found = tx.all(
        "SELECT name, full_at - :now FROM rate_limit_bucket WHERE moved >= :since AND full_at > :now",
        now=now,
        since=0 if said.since is None else said.since - _OVERLAP,
    )
    if said.since is None or said.since // _CLEARED_EVERY != now // _CLEARED_EVERY:
        _clear(tx, now)
    return Heard(at=now, debts={name: int(debt) for name, debt in found})


def _clear(tx: Transaction, now: Micros) -> None:
    """Forget full buckets: addresses of clients are kept no longer than they are needed."""
    tx.run(
        """DELETE FROM rate_limit_bucket
            WHERE name IN (SELECT name FROM rate_limit_bucket WHERE full_at <= :now FOR UPDATE SKIP LOCKED)""",
        now=now,
    )
