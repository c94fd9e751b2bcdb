"""Bytes written to the disk, a row a day: by this program, and to the whole device where the system tells."""

from typing import NamedTuple

from lemmy_lite.storage.query import Transaction


class Day(NamedTuple):
    """Bytes of a day, which is counted from 1970; `device` is 0 where nothing is known of it."""

    day: int
    written: int
    device: int


def add(tx: Transaction, day: int, written: int, device: int) -> None:
    """Add to a day."""
    tx.run(
        """INSERT INTO wear (day, written, device) VALUES (:day, :written, :device)
           ON CONFLICT (day) DO UPDATE SET written = wear.written + excluded.written, device = wear.device + excluded.device""",
        day=day,
        written=written,
        device=device,
    )


def since(tx: Transaction, day: int) -> list[Day]:
    """The days from one on, in order."""
    return [Day(*row) for row in tx.all("SELECT day, written, device FROM wear WHERE day >= :day ORDER BY day", day=day)]


def forget(tx: Transaction, before: int) -> int:
    """Drop the days before one; answers how many."""
    return tx.run("DELETE FROM wear WHERE day < :before", before=before)
