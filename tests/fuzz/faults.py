"""Faults that a server catches, logs and answers with 500: seen here with their traceback."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from tests.fuzz.target import Broken


class Faults(logging.Handler):
    """Keeps the errors that reach the log."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.seen: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        """One more."""
        self.seen.append(record)

    def require_none(self) -> None:
        """Raises Broken where there was an error, caused by it."""
        seen, self.seen = self.seen, []
        if seen:
            cause = seen[0].exc_info[1] if seen[0].exc_info else None
            raise Broken(f"in the log: {seen[0].getMessage()[:300]}") from cause


@contextmanager
def watched() -> Iterator[Faults]:
    """For the length of a `with`."""
    faults, logger = Faults(), logging.getLogger("lemmy_lite")
    logger.addHandler(faults)
    before = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield faults
    finally:
        logger.removeHandler(faults)
        logger.setLevel(before)
