"""When a failing instance is tried again, and when it counts as asleep."""

import random

from lemmy_lite.config import Config
from lemmy_lite.model.clock import DAY, SECOND, Micros

GROWTH = 1.25
"""Lemmy's: 1.25 ** (n - 1) seconds after the n-th failure, a day after the 51st."""
FAST_SECONDS = 0.5
PROBE_AFTER: Micros = DAY


def pause(config: Config, failures: int) -> Micros:
    """How long to wait after the so many-th failure in a row, with jitter, so that a thousand hosts do not come back at once."""
    seconds = min(GROWTH ** min(failures - 1, 200), float(config.federation.backoff_max))
    if config.testing.fast_federation:
        seconds = min(seconds, FAST_SECONDS)
    return int(seconds * random.uniform(0.8, 1.2) * SECOND)


def is_asleep(config: Config, failing_since: Micros, now: Micros) -> bool:
    """Whether an instance has failed for so long that it gets one probe a day."""
    return now - failing_since > config.federation.asleep_after * SECOND
