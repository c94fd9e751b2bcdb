"""What filling one community or thread may cost in all, from its start to its end: a budget of budgets."""

from collections.abc import Iterator
from contextlib import contextmanager

from lemmy_lite.net.budget import OBJECT_FETCH, Budget, Limits

EXCHANGE_SECONDS = 3600.0
"""One thing with all its ancestors and authors, at a polite pace. Each request by itself is bounded by federation.fetch_seconds."""


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
        requests = min(OBJECT_FETCH.requests, self._requests - self.requests_used)
        decoded = min(OBJECT_FETCH.decoded_bytes, self._bytes - self.bytes_used)
        if requests <= 0 or decoded <= 0:
            raise Spent
        limits = Limits(
            requests=requests,
            depth=OBJECT_FETCH.depth,
            wire_bytes=OBJECT_FETCH.wire_bytes,
            decoded_bytes=decoded,
            seconds=EXCHANGE_SECONDS,
        )
        budget = Budget(limits)
        try:
            yield budget
        finally:
            self.requests_used += requests - budget.requests_left
            self.bytes_used += decoded - budget.bytes_left
