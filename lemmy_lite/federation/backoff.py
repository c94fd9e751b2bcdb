"""How long a failing instance is left alone, and when it counts as asleep. All in seconds of a clock that nobody sets."""

import math
import random

from lemmy_lite.config import Config
from lemmy_lite.model.clock import DAY, SECOND, Micros
from lemmy_lite.model.struct import Struct

GROWTH = 1.25
"""Lemmy's: 1.25 ** (n - 1) seconds after the n-th failure, a day after the 51st."""
FAST_SECONDS = 0.5
LINE_SECONDS = 300.0
"""The longest pause while nobody at all answers. It may be our own line or resolver, which comes back without telling: after an hour
the pauses of Lemmy would have grown to a quarter of one more (security.md, R27)."""
PROBE_SECONDS = DAY / SECOND
JITTER = 0.2


class Failure(Struct):
    """What follows from a failure: the pause, and whether the instance is asleep, which means one probe a day."""

    seconds: float
    asleep: bool


def failure(config: Config, failures: int, failing_for: Micros, wait: float, *, all_fail: bool = False) -> Failure:
    """What follows from the so many-th failure in a row; `wait` is what the instance asked for (Retry-After). `all_fail`: nobody else has
    answered since it began to fail."""
    asleep = failing_for > config.federation.asleep_after * SECOND
    seconds = probe_seconds() if asleep else _jittered(min(_pause(config, failures), LINE_SECONDS if all_fail else math.inf))
    if config.testing.fast_federation:
        wait = min(wait, FAST_SECONDS)
    # Those who ask for the same wait must not come back in the same moment.
    return Failure(seconds=max(seconds, wait * random.uniform(1.0, 1.0 + JITTER)), asleep=asleep)


def bounded(config: Config, seconds: float) -> float:
    """A pause that was written by another run, perhaps under another clock."""
    return min(max(seconds, 0.0), max(float(config.federation.backoff_max), PROBE_SECONDS) * (1.0 + JITTER))


def probe_seconds() -> float:
    """A day, more or less, so that a thousand hosts do not come back at once."""
    return _jittered(PROBE_SECONDS)


def _pause(config: Config, failures: int) -> float:
    seconds = min(GROWTH ** min(failures - 1, 200), float(config.federation.backoff_max))
    return min(seconds, FAST_SECONDS) if config.testing.fast_federation else seconds


def _jittered(seconds: float) -> float:
    return seconds * random.uniform(1.0 - JITTER, 1.0 + JITTER)
