"""Asking others for much without being a burden: so many requests a second and a day of each host, and none while it wants none.

The pace is kept in memory: after a restart each host has its burst anew, which is small.
"""

import asyncio
import math
import time
from collections import OrderedDict
from collections.abc import Callable

from lemmy_lite.context import Context
from lemmy_lite.federation import origins
from lemmy_lite.federation.errors import Refused, TryLater
from lemmy_lite.federation.fetch import LONGEST_WAIT_SECONDS, Fetcher
from lemmy_lite.federation.policy import Policy
from lemmy_lite.federation.signing import Signing
from lemmy_lite.net.budget import Budget, Limits
from lemmy_lite.net.client import Response
from lemmy_lite.storage.database import Database

EXCHANGE = Limits(requests=100, depth=100, wire_bytes=4 * 2**20, decoded_bytes=16 * 2**20, seconds=3600.0)
"""One thing with all its ancestors and authors, at a polite pace. Each request by itself is bounded by federation.fetch_seconds."""
BURST = 20
"""Requests that a host gets at once after a rest: the front of a community is there while its visitor still looks."""
DAY_SECONDS = 86_400.0
MOST_TROUBLES = 5
"""Failures one after another, after which a host is left alone for a while."""
PAUSE_SECONDS = 600.0
PAUSE_SECONDS_OF_TESTS = 0.3
MOST_HOSTS = 4096


class _Host:
    """What was asked of one host. `due` is when its requests so far would have been made at the even pace (GCRA)."""

    __slots__ = ("asked", "day_began", "due", "paused_until", "troubles")

    def __init__(self, now: float) -> None:
        self.due = -math.inf
        self.day_began = now
        self.asked = 0
        self.paused_until = 0.0
        self.troubles = 0


class Pace:
    """Turns at hosts. `a_second` and `a_day` are for each of them."""

    def __init__(
        self,
        a_second: float,
        a_day: int,
        *,
        pause: float = PAUSE_SECONDS,
        longest: float = LONGEST_WAIT_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._interval = 1 / a_second
        self._a_day = a_day
        self._pause = pause
        self._longest = longest
        self._clock = clock
        self._hosts: OrderedDict[str, _Host] = OrderedDict()

    async def turn(self, name: str) -> None:
        """Wait until a host may be asked. Raises TryLater when it is left alone for now, with the seconds until then."""
        if (seconds := self.paused(name)) > 0:
            raise TryLater(f"{name} is left alone for another {seconds:.0f} s", seconds=seconds)
        now, host = self._clock(), self._of(name)
        host.asked += 1
        host.due = max(host.due, now - BURST * self._interval) + self._interval
        if host.due > now:
            await asyncio.sleep(host.due - now)

    def paused(self, name: str) -> float:
        """Seconds for which a host is left alone; 0 when it may be asked."""
        now, host = self._clock(), self._of(name)
        if now - host.day_began >= DAY_SECONDS:
            host.day_began, host.asked = now, 0
        if host.asked >= self._a_day:
            return host.day_began + DAY_SECONDS - now
        return max(0.0, host.paused_until - now)

    def answered(self, name: str) -> None:
        """A host gave an answer, whatever it was."""
        self._of(name).troubles = 0

    def failed(self, name: str, seconds: float | None) -> None:
        """A host gave none, or said how many seconds it wants to be left alone."""
        host = self._of(name)
        host.troubles += 1
        if seconds is not None or host.troubles >= MOST_TROUBLES:
            host.troubles = 0
            host.paused_until = self._clock() + min(self._pause if seconds is None else seconds, self._longest)

    def _of(self, name: str) -> _Host:
        host = self._hosts.get(name)
        if host is None:
            host = self._hosts[name] = _Host(self._clock())
            if len(self._hosts) > MOST_HOSTS:
                self._hosts.popitem(last=False)
        self._hosts.move_to_end(name)
        return host


class Polite(Fetcher):
    """A fetcher for work that can wait: it keeps the pace, and gives each request its own short time."""

    def __init__(self, context: Context, database: Database, policy: Policy, signing: Signing, pace: Pace) -> None:
        super().__init__(context, database, policy, signing)
        self.pace = pace
        self._seconds = context.config.federation.fetch_seconds

    async def get(self, url: str, budget: Budget, *, accept: str, same_origin: bool) -> Response:
        """A successful answer in its turn. Raises Refused, Gone, TryLater."""
        host = origins.domain(url)
        await self.pace.turn(host)
        try:
            async with asyncio.timeout(self._seconds):
                response = await super().get(url, budget, accept=accept, same_origin=same_origin)
        except TryLater as trouble:
            self.pace.failed(host, trouble.seconds)
            raise
        except TimeoutError as cause:
            self.pace.failed(host, None)
            raise TryLater(f"{url[:200]} did not answer in {self._seconds} s") from cause
        except Refused:
            self.pace.answered(host)
            raise
        self.pace.answered(host)
        return response


def pace_of(context: Context) -> Pace:
    """The pace that the options set; without waits worth the name in tests of several instances."""
    options = context.config.federation
    if context.config.testing.fast_federation:
        return Pace(1000.0, options.backfill_requests_per_host, longest=PAUSE_SECONDS_OF_TESTS)
    return Pace(float(options.backfill_rate), options.backfill_requests_per_host)
