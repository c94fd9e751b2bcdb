"""What filling one community or thread may cost in all, from its start to its end: a budget of budgets."""

from collections.abc import Iterator
from contextlib import contextmanager

import msgspec

from lemmy_lite.federation.backfill.polite import EXCHANGE
from lemmy_lite.net.budget import Budget


class Spent(Exception):
    """Nothing is left to spend."""


class Account:
    """Requests and decoded bytes that are still there, and those that were used."""

    def __init__(self, requests: int, decoded_bytes: int) -> None:
        self._requests = requests
        self._bytes = decoded_bytes
        self.requests_used = 0
        self.bytes_used = 0

    @contextmanager
    def exchange(self) -> Iterator[Budget]:
        """A budget for one thing and all it leads to, settled at the end. Raises Spent."""
        requests = min(EXCHANGE.requests, self._requests - self.requests_used)
        decoded = min(EXCHANGE.decoded_bytes, self._bytes - self.bytes_used)
        if requests <= 0 or decoded <= 0:
            raise Spent
        budget = Budget(msgspec.structs.replace(EXCHANGE, requests=requests, decoded_bytes=decoded))
        try:
            yield budget
        finally:
            self.requests_used += requests - budget.requests_left
            self.bytes_used += decoded - budget.bytes_left
