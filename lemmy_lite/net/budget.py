"""What one exchange with the outside may cost, in all its requests together.

Whoever starts an exchange (a received activity, a look-up, a preview) makes one budget and passes it down; nothing below makes
its own. So a page that leads to a page that leads to a page ends, whoever wrote them (CVE-2025-23221, CVE-2025-32947).
"""

import time
from collections.abc import Callable

from lemmy_lite.model.struct import Struct
from lemmy_lite.net.errors import Kind, NetError


class Limits(Struct):
    """The size of a budget: requests (redirects count), levels of one thing leading to another, bytes on the wire and after
    decompression, and seconds from the start to the last byte."""

    requests: int
    depth: int
    wire_bytes: int
    decoded_bytes: int
    seconds: float


OBJECT_FETCH = Limits(requests=100, depth=100, wire_bytes=4 * 2**20, decoded_bytes=16 * 2**20, seconds=10)
"""Resolving an object with its ancestors: Lemmy allows 100 requests too, and comments nest 50 deep. Each document by itself is
bounded by `max_bytes` of the request, 1 MiB."""
DELIVERY = Limits(requests=1, depth=1, wire_bytes=64 * 2**10, decoded_bytes=64 * 2**10, seconds=10)
"""Sending one activity: what the peer answers is hardly read."""
PREVIEW = Limits(requests=8, depth=2, wire_bytes=2 * 2**20, decoded_bytes=4 * 2**20, seconds=10)
"""A linked page and the few hops to it."""


class Budget:
    """A running account. Not shared between threads; tasks of one event loop may share it."""

    def __init__(self, limits: Limits, clock: Callable[[], float] = time.monotonic) -> None:
        self._limits = limits
        self._clock = clock
        self._end = clock() + limits.seconds
        self._requests = limits.requests
        self._wire = limits.wire_bytes
        self._decoded = limits.decoded_bytes
        self._parent: Budget | None = None
        self._depth = 0

    def deeper(self) -> "Budget":
        """The same account, one level down: for what a fetched document leads to. Raises NetError (`budget`) at the bottom."""
        if self._depth + 1 >= self._limits.depth:
            raise NetError(Kind.BUDGET, f"One thing led to another more than {self._limits.depth} times.")
        child = Budget(self._limits, self._clock)
        child._parent = self._account()
        child._depth = self._depth + 1
        return child

    def take_request(self) -> None:
        """Raises NetError (`budget`) when no request is left, (`timeout`) when no time is left."""
        account = self._account()
        if account._requests <= 0:
            raise NetError(Kind.BUDGET, f"The exchange needed more than {self._limits.requests} requests.")
        account._requests -= 1
        self.seconds_left()

    def take_bytes(self, wire: int, decoded: int) -> None:
        """Raises NetError (`too_large`) when the exchange has brought more than it may."""
        account = self._account()
        account._wire -= wire
        account._decoded -= decoded
        if account._wire < 0 or account._decoded < 0:
            raise NetError(Kind.TOO_LARGE, "The exchange brought more bytes than it may.")

    def seconds_left(self) -> float:
        """Time until the end of the exchange. Raises NetError (`timeout`) when there is none."""
        left = self._account()._end - self._clock()
        if left <= 0:
            raise NetError(Kind.TIMEOUT, f"The exchange took longer than {self._limits.seconds:g} seconds.")
        return left

    @property
    def bytes_left(self) -> int:
        """How many decoded bytes the exchange may still bring."""
        return max(0, self._account()._decoded)

    @property
    def requests_left(self) -> int:
        """How many requests the exchange may still make."""
        return max(0, self._account()._requests)

    def _account(self) -> "Budget":
        return self._parent or self
