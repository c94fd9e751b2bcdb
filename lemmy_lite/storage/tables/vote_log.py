"""Votes of other instances in the order in which they came, until some hours after they went to their tables.

A row is what one unit of work has to remember, as MessagePack: `[votes, ids]`, votes being four integers each (0 for a post, 1 for a
comment; its id; the person; the score) and ids eight bytes for each activity, those of many units where their votes are in their tables;
or one integer, the last row whose votes are in their tables; or `[integer]`, the last one whose voters are noted as active; or eight bytes,
the epoch of the file in which the log goes on (storage/vote_file.py). `id` is the moment in microseconds, so rows are only ever added at
the end. What the file holds of one commit is `[id, votes, ids]`.
"""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import msgspec

from lemmy_lite.model.clock import Micros
from lemmy_lite.storage.pending import KINDS, Kind
from lemmy_lite.storage.query import Transaction

_PARTS = 2
_AT_ONCE = 2_000
_LONGEST_MARK = 12  # a list, an integer of nine bytes, and some
_IDS_A_PAGE = 506  # eight bytes each, and nine around them: SQLite holds 4,061 bytes of a row in a page of 4,096


class Entry(NamedTuple):
    """One row: votes as (kind, its id, person, score), and digests of ids."""

    id: Micros
    votes: list[tuple[Kind, int, int, int]]
    ids: list[int]


class Marks(NamedTuple):
    """How far votes are merged and voters are noted, 0 for not at all; and the oldest row that says so, or tells of the file."""

    merged: Micros
    noted: Micros
    oldest: Micros | None


def append(tx: Transaction, entry: Entry) -> None:
    """Keep votes and ids."""
    _insert(tx, entry.id, _values(entry))


def append_ids(tx: Transaction, entries: Sequence[Entry]) -> None:
    """Keep the ids alone of entries, the oldest first: as many in a row as a page holds, which are forgotten with the last of them."""
    gathered: list[int] = []
    for place, each in enumerate(entries):
        gathered += each.ids
        is_last = place + 1 == len(entries)
        if gathered and (is_last or len(gathered) + len(entries[place + 1].ids) > _IDS_A_PAGE):
            append(tx, Entry(each.id, [], gathered))
            gathered = []


def append_epoch(tx: Transaction, number: Micros, epoch: bytes) -> None:
    """Keep that the log goes on in the file of this epoch."""
    _insert(tx, number, epoch)


def epoch(tx: Transaction) -> bytes | None:
    """The epoch of the file in which the log goes on, if it does. A schema older than the log has none."""
    rows = tx.all("SELECT data FROM vote_log WHERE LENGTH(data) < :longest ORDER BY id DESC", longest=_LONGEST_MARK)
    return next((value for (data,) in rows if isinstance(value := msgspec.msgpack.decode(data), bytes)), None)


def forget_epoch(tx: Transaction) -> None:
    """The log goes on in the table."""
    rows = tx.all("SELECT id, data FROM vote_log WHERE LENGTH(data) < :longest", longest=_LONGEST_MARK)
    gone = [number for number, data in rows if isinstance(msgspec.msgpack.decode(data), bytes)]
    tx.run("DELETE FROM vote_log WHERE id AMONG :ids", ids=gone)


def packed(entries: Sequence[Entry]) -> bytes:
    """What units of one commit have to remember, for the file: as one entry with the moment of the last."""
    votes, ids = [vote for entry in entries for vote in entry.votes], [each for entry in entries for each in entry.ids]
    whole = Entry(entries[-1].id, votes, ids)
    return msgspec.msgpack.encode([whole.id, *_values(whole)])


def unpacked(payload: bytes) -> Entry:
    """The way back."""
    number, flat, ids = msgspec.msgpack.decode(payload)
    return _entry(number, flat, ids)


def append_merged(tx: Transaction, number: Micros, through: Micros) -> None:
    """Keep that the votes of all rows up to one are in their tables."""
    _insert(tx, number, through)


def append_noted(tx: Transaction, number: Micros, through: Micros) -> None:
    """Keep that the voters of all rows up to one are noted as active."""
    _insert(tx, number, [through])


def pages(tx: Transaction, after: Micros) -> Iterator[list[Entry]]:
    """The rows after one that hold votes or ids, the oldest first, some at a time."""
    statement = "SELECT id, data FROM vote_log WHERE id > :after ORDER BY id LIMIT :limit"
    while found := tx.all(statement, after=after, limit=_AT_ONCE):
        values = [(number, msgspec.msgpack.decode(data)) for number, data in found]
        yield [_entry(number, *value) for number, value in values if isinstance(value, list) and len(value) == _PARTS]
        after = found[-1][0]


def newest(tx: Transaction) -> Micros:
    """The last row; 0 for none."""
    number: Micros | None = tx.value("SELECT MAX(id) FROM vote_log")
    return number or 0


def marks(tx: Transaction) -> Marks:
    """What the rows say that hold neither votes nor ids."""
    found = tx.all("SELECT id, data FROM vote_log WHERE LENGTH(data) < :longest", longest=_LONGEST_MARK)
    values = {number: msgspec.msgpack.decode(data) for number, data in found}
    merged = {value: number for number, value in values.items() if isinstance(value, int)}
    noted = {value[0]: number for number, value in values.items() if isinstance(value, list) and len(value) == 1}
    told = [each[max(each)] for each in (merged, noted) if each] + [number for number, value in values.items() if isinstance(value, bytes)]
    oldest = min(told, default=None)
    return Marks(max(merged, default=0), max(noted, default=0), oldest)


def forget(tx: Transaction, before: Micros, limit: int) -> int:
    """Drop some of the rows before one, the oldest; answers how many."""
    return tx.run(
        "DELETE FROM vote_log WHERE id < COALESCE((SELECT id FROM vote_log ORDER BY id LIMIT 1 OFFSET :limit), :before) AND id < :before",
        before=before,
        limit=limit,
    )


def _insert(tx: Transaction, number: Micros, value: Any) -> None:
    tx.run("INSERT INTO vote_log (id, data) VALUES (:id, :data)", id=number, data=msgspec.msgpack.encode(value))


def _values(entry: Entry) -> tuple[list[int], bytes]:
    flat = [value for kind, *rest in entry.votes for value in (KINDS.index(kind), *rest)]
    return flat, b"".join(each.to_bytes(8, signed=True) for each in entry.ids)


def _entry(number: Micros, flat: list[int], ids: bytes) -> Entry:
    votes = [(KINDS[flat[place]], flat[place + 1], flat[place + 2], flat[place + 3]) for place in range(0, len(flat), 4)]
    return Entry(number, votes, [int.from_bytes(ids[place : place + 8], signed=True) for place in range(0, len(ids), 8)])
