"""Time as the house speaks it: integers in rows, aware datetimes in views."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

Micros = int
"""Microseconds since 1970-01-01 UTC. Postgres and Lemmy keep microseconds, so nothing is lost in federation."""

SECOND: Micros = 1_000_000
MINUTE: Micros = 60 * SECOND
HOUR: Micros = 60 * MINUTE
DAY: Micros = 24 * HOUR

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def moment(micros: Micros) -> datetime:
    """The aware UTC datetime of a row's integer."""
    return _EPOCH + timedelta(microseconds=micros)


def micros(when: datetime) -> Micros:
    """The row's integer of an aware datetime, exact to the microsecond."""
    return (when - _EPOCH) // timedelta(microseconds=1)


class Clock:
    """Reads the wall clock; tests pass another `now`."""

    def __init__(self, now: Callable[[], Micros] | None = None) -> None:
        self.now: Callable[[], Micros] = now or (lambda: time.time_ns() // 1000)
