"""How much is written to the disk, day by day: cards and SSDs die of that. Counted by storage/meter.py, written down rarely."""

from typing import Final

from lemmy_lite.context import Context
from lemmy_lite.model.clock import DAY
from lemmy_lite.model.struct import Struct
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import wear

KEPT_DAYS: Final = 400
LOOKED_BACK: Final = 30
"""Days of which the pace is told."""
FEWEST_DAYS: Final = 3
"""Before that no life is told: a first day holds the filling of the database, and little else."""


class Pace(Struct, kw_only=True):
    """Bytes a day, over `days` that were counted, and today so far. `device` counts everything that is written to the same disk, None where
    the system does not tell."""

    days: int
    program: int
    today: int
    device: int | None = None

    def years(self, terabytes: int) -> float | None:
        """How long a disk that is rated for so many terabytes written would last at this pace, by what the device counts: None where that
        is not known, or for fewer than FEWEST_DAYS."""
        if not self.device or self.days < FEWEST_DAYS:
            return None
        return terabytes * 10**12 / self.device / 365.25


def note(tx: Transaction, context: Context) -> None:
    """Write down what was counted, in the row of today."""
    if context.meter is None:
        return
    program, device = context.meter.look()
    if program or device:
        wear.add(tx, tx.now // DAY, program or 0, device or 0)
    wear.forget(tx, tx.now // DAY - KEPT_DAYS)
    context.meter.noted()


def pace(tx: Transaction, context: Context) -> Pace | None:
    """How much is written a day, by the days that were counted, what is not written down yet included. None where nothing is known."""
    waiting = context.meter.look() if context.meter is not None else None
    today = tx.now // DAY
    days = {each.day: each for each in wear.since(tx, today - LOOKED_BACK)}
    program = sum(each.written for each in days.values()) + ((waiting.program or 0) if waiting else 0)
    device = sum(each.device for each in days.values()) + ((waiting.device or 0) if waiting else 0)
    if not program and not device:
        return None
    first = min(days, default=today)
    # The first and the last day are parts of days: what was counted is spread over the time since the first one began.
    span = max(1.0, tx.now / DAY - first)
    so_far = (days[today].written if today in days else 0) + ((waiting.program or 0) if waiting else 0)
    return Pace(days=today - first + 1, program=round(program / span), today=so_far, device=round(device / span) or None)
