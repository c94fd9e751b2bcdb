"""How often one address may ask: a token bucket per kind of request and client, as Lemmy counts them.

A bucket is kept as one whole number: the moment at which it will be full again. A request moves that moment on by the price of a
token; it is refused where that would lie further ahead than a whole refill takes. This is the same as counting tokens that refill
evenly, needs no timer, and a bucket whose moment has passed need not be remembered at all.

Time is monotonic, so a clock that is set neither frees nor locks out anybody (security.md, R09). Counts belong to this process; where
several serve one instance, each adds its own to those of all, some times a second (`Together`).
"""

import ipaddress
import time
from collections.abc import Callable, Iterator, Mapping
from enum import StrEnum
from typing import NamedTuple

from lemmy_lite.model.clock import Micros
from lemmy_lite.model.errors import LemmyError
from lemmy_lite.model.site import LocalSiteRateLimit
from lemmy_lite.storage.tables.rate_limit_bucket import Heard, Said

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
_Key = tuple["Bucket", int, int]

SECOND = 1_000_000_000
MOST_BUCKETS = 20_000
"""Buckets remembered at once, about 4 MB. Beyond it the ones nearest to full are forgotten, so those who asked most stay limited."""


class Bucket(StrEnum):
    """The kinds of request that are counted apart."""

    MESSAGE = "message"
    POST = "post"
    REGISTER = "register"
    IMAGE = "image"
    COMMENT = "comment"
    SEARCH = "search"
    IMPORT_USER_SETTINGS = "import_user_settings"


_KINDS = frozenset(Bucket)


class Limit(NamedTuple):
    """So many requests, refilled evenly over so many seconds."""

    requests: int
    seconds: int


DEFAULTS: Mapping[Bucket, Limit] = {
    Bucket.MESSAGE: Limit(180, 60),
    Bucket.POST: Limit(6, 600),
    Bucket.REGISTER: Limit(10, 3600),
    Bucket.IMAGE: Limit(6, 3600),
    Bucket.COMMENT: Limit(6, 600),
    Bucket.SEARCH: Limit(60, 600),
    Bucket.IMPORT_USER_SETTINGS: Limit(1, 86_400),
}
"""What a new site starts with (api-v3.json, rate_limit_defaults)."""

IPV6_GROUPS = ((64, 1), (56, 4), (48, 16))
"""Prefix length and how many times the capacity it has: everybody can change addresses within a /64, some within a /48."""


class RateLimited(LemmyError):
    """Too many requests; `seconds` until the next one is granted, at least 1."""

    def __init__(self, seconds: int) -> None:
        super().__init__("rate_limit_error")
        self.seconds = seconds


class RateLimiter:
    """The buckets of all clients. Not for several threads: it lives on the event loop."""

    def __init__(
        self,
        limits: Mapping[Bucket, Limit] = DEFAULTS,
        *,
        now: Callable[[], int] = time.monotonic_ns,
        most_buckets: int = MOST_BUCKETS,
    ) -> None:
        self._limits = {**DEFAULTS, **limits}
        self._now = now
        self._most = most_buckets
        self._full_at: dict[_Key, int] = {}
        self._told: dict[_Key, int] | None = None
        self._void: set[Bucket] = set()

    def __len__(self) -> int:
        """How many buckets are remembered."""
        return len(self._full_at)

    def configure(self, settings: LocalSiteRateLimit) -> None:
        """Takes over the site's settings at once. A refill time of 0 seconds keeps what was in force, as in Lemmy.

        A bucket that was half empty is half empty under the new settings too.
        """
        now = self._now()
        for bucket in Bucket:
            seconds: int = getattr(settings, f"{bucket}_per_second")
            if seconds <= 0:
                continue
            before, self._limits[bucket] = self._limits[bucket], Limit(max(0, getattr(settings, bucket)), seconds)
            if before.seconds != seconds:
                self._void.add(bucket)
                for key, moment in self._full_at.items():
                    if key[0] is bucket:
                        self._full_at[key] = now + max(0, moment - now) * seconds // before.seconds

    def take(self, bucket: Bucket, address: IPAddress) -> None:
        """Counts one request. Raises RateLimited where the address, or for IPv6 a network around it, has none left.

        What is refused is not counted, in no network.
        """
        limit = self._limits[bucket]
        now, whole = self._now(), limit.seconds * SECOND
        if limit.requests == 0:
            raise RateLimited(limit.seconds)
        moved, prices = [], []
        for prefix, network, factor in _groups(address):
            key = (bucket, prefix, network)
            price = max(1, whole // (limit.requests * factor))
            debt = max(0, self._full_at.get(key, 0) - now) + price
            if debt > whole:
                raise RateLimited(-(-(debt - whole) // SECOND))
            moved.append((key, now + debt))
            prices.append((key, price))
        self._full_at.update(moved)
        if self._told is not None:
            for key, price in prices:
                self._told[key] = self._told.get(key, 0) + price
        if len(self._full_at) > self._most:
            self._sweep(now)

    def count_together(self) -> None:
        """From now on remember what is taken, for `taken`."""
        self._told, self._void = {}, set()

    def taken(self) -> tuple[dict[_Key, int], set[Bucket]]:
        """By how many nanoseconds each bucket was moved on since the last call; and the kinds that are measured anew since."""
        found, self._told = self._told or {}, {}
        void, self._void = self._void, set()
        return found, void

    def learn(self, key: _Key, debt: int) -> None:
        """All processes together have moved a bucket on: it will be full again in so many nanoseconds. What was taken here and is not told
        yet comes on top."""
        limit = self._limits[key[0]]
        untold = self._told.get(key, 0) if self._told else 0
        self._full_at[key] = self._now() + min(debt, limit.seconds * SECOND) + untold

    def _sweep(self, now: int) -> None:
        """Forgets full buckets, and where that does not help, the half that is nearest to full."""
        kept = [(moment, key) for key, moment in self._full_at.items() if moment > now]
        if len(kept) > self._most // 2:
            kept.sort(key=lambda each: each[0], reverse=True)
            del kept[self._most // 2 :]
        self._full_at = {key: moment for moment, key in kept}


class Together:
    """The limiters of several processes, as `storage.processes.Talk` wants them: what is taken at one door counts at all within a second.

    Meanwhile a client may take at each door what is left; that is added up, and it is refused for so much longer.
    """

    def __init__(self, limiter: RateLimiter) -> None:
        self._limiter = limiter
        self._since: Micros | None = None
        self._unheard: Said | None = None
        limiter.count_together()

    def say(self) -> Said:
        """What was taken since the last time, and what was said then where nobody heard it."""
        taken, void = self._limiter.taken()
        moved = {_name(key): max(1, price // 1000) for key, price in taken.items()}
        beginnings = {f"{bucket} " for bucket in void}
        if (unheard := self._unheard) is not None:
            for name, price in unheard.moved.items():
                moved[name] = moved.get(name, 0) + price
            beginnings |= set(unheard.void)
        self._unheard = Said(moved=moved, void=tuple(sorted(beginnings)), since=self._since)
        return self._unheard

    def hear(self, heard: Heard) -> None:
        """What all have taken."""
        self._unheard, self._since = None, heard.at
        for name, debt in heard.debts.items():
            if (key := _key(name)) is not None:
                self._limiter.learn(key, debt * 1000)


def _name(key: _Key) -> str:
    """A bucket's name among processes."""
    return f"{key[0]} {key[1]} {key[2]}"


def _key(name: str) -> _Key | None:
    """None for one of a newer version that we do not know."""
    kind, prefix, network = name.split(" ")
    return (Bucket(kind), int(prefix), int(network)) if kind in _KINDS else None


def _groups(address: IPAddress) -> Iterator[tuple[int, int, int]]:
    """The networks that are counted for an address: prefix length, network as a number, factor."""
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    if mapped is not None:
        address = mapped
    if isinstance(address, ipaddress.IPv4Address):
        yield 32, int(address), 1
        return
    for prefix, factor in IPV6_GROUPS:
        yield prefix, int(address) >> (128 - prefix), factor
