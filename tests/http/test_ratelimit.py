"""Token buckets: what Lemmy grants, and what nobody gets."""

from datetime import UTC, datetime
from ipaddress import ip_address

import msgspec
import pytest

from lemmy_lite.http.ratelimit import DEFAULTS, MOST_BUCKETS, SECOND, Bucket, Limit, RateLimited, RateLimiter
from lemmy_lite.model.ids import LocalSiteId
from lemmy_lite.model.site import LocalSiteRateLimit

HOME = ip_address("198.51.100.1")


class Watch:
    """A monotonic clock that a test moves."""

    def __init__(self) -> None:
        self.now = 5_000 * SECOND

    def __call__(self) -> int:
        return self.now


def granted(limiter: RateLimiter, bucket: Bucket, address: str = "198.51.100.1", most: int = 500) -> int:
    """How many requests in a row are let through."""
    for count in range(most):
        try:
            limiter.take(bucket, ip_address(address))
        except RateLimited:
            return count
    return most


def settings(**changes: int) -> LocalSiteRateLimit:
    values = {str(bucket): limit.requests for bucket, limit in DEFAULTS.items()}
    values |= {f"{bucket}_per_second": limit.seconds for bucket, limit in DEFAULTS.items()}
    return msgspec.convert(
        {"local_site_id": LocalSiteId(1), "published": datetime(2026, 1, 1, tzinfo=UTC), **values, **changes}, LocalSiteRateLimit
    )


@pytest.mark.parametrize("bucket", Bucket)
def test_a_full_bucket_grants_exactly_its_requests(bucket: Bucket) -> None:
    assert granted(RateLimiter(now=Watch()), bucket) == DEFAULTS[bucket].requests


def test_tokens_refill_evenly() -> None:
    watch = Watch()
    limiter = RateLimiter(now=watch)
    assert granted(limiter, Bucket.POST) == 6
    watch.now += 99 * SECOND
    assert granted(limiter, Bucket.POST) == 0
    watch.now += 1 * SECOND
    assert granted(limiter, Bucket.POST) == 1
    watch.now += 250 * SECOND
    assert granted(limiter, Bucket.POST) == 2
    watch.now += 10_000 * SECOND
    assert granted(limiter, Bucket.POST) == 6


def test_a_refused_request_costs_nothing_and_tells_when_to_come_back() -> None:
    watch = Watch()
    limiter = RateLimiter(now=watch)
    granted(limiter, Bucket.POST)
    assert granted(limiter, Bucket.POST) == 0
    assert granted(limiter, Bucket.POST) == 0
    with pytest.raises(RateLimited) as refused:
        limiter.take(Bucket.POST, HOME)
    assert refused.value.seconds == 100
    watch.now += refused.value.seconds * SECOND
    limiter.take(Bucket.POST, HOME)


def test_buckets_and_addresses_are_counted_apart() -> None:
    limiter = RateLimiter(now=Watch())
    assert granted(limiter, Bucket.POST) == 6
    assert granted(limiter, Bucket.COMMENT) == 6
    assert granted(limiter, Bucket.POST, "198.51.100.2") == 6


def test_one_ipv6_customer_has_one_bucket_however_many_addresses_he_takes() -> None:
    limiter = RateLimiter(now=Watch())
    assert granted(limiter, Bucket.POST, "2001:db8:1:100::1") == 6
    assert granted(limiter, Bucket.POST, "2001:db8:1:100:ffff::2") == 0


def test_a_56_has_four_times_and_a_48_sixteen_times_the_capacity() -> None:
    limiter = RateLimiter(now=Watch())
    assert sum(granted(limiter, Bucket.POST, f"2001:db8:1:{number:x}::1") for number in range(0x20)) == 24
    assert sum(granted(limiter, Bucket.POST, f"2001:db8:1:{number:x}::1") for number in range(0x100, 0x10000, 0x40)) == 96 - 24
    assert granted(limiter, Bucket.POST, "2001:db8:2::1") == 6


def test_ipv4_inside_ipv6_has_the_bucket_of_the_ipv4() -> None:
    limiter = RateLimiter(now=Watch())
    assert granted(limiter, Bucket.POST, "198.51.100.1") == 6
    assert granted(limiter, Bucket.POST, "::ffff:198.51.100.1") == 0


def test_changed_settings_hold_at_once() -> None:
    watch = Watch()
    limiter = RateLimiter(now=watch)
    assert granted(limiter, Bucket.POST) == 6
    limiter.configure(settings(post=100, post_per_second=10))
    watch.now += 1 * SECOND
    assert granted(limiter, Bucket.POST) == 10
    limiter.configure(settings(post=0))
    assert granted(limiter, Bucket.POST, "198.51.100.9") == 0


def test_another_refill_time_keeps_the_share_that_was_used_up() -> None:
    watch = Watch()
    limiter = RateLimiter({Bucket.POST: Limit(1, 86_400)}, now=watch)
    assert granted(limiter, Bucket.POST) == 1
    limiter.configure(settings(post=1, post_per_second=60))
    watch.now += 60 * SECOND
    assert granted(limiter, Bucket.POST) == 1


def test_a_refill_time_of_zero_is_ignored() -> None:
    limiter = RateLimiter(now=Watch())
    limiter.configure(settings(post=1000, post_per_second=0))
    assert granted(limiter, Bucket.POST) == 6


def test_memory_is_bounded_and_those_who_asked_most_stay_limited() -> None:
    limiter = RateLimiter(now=Watch(), most_buckets=1000)
    assert granted(limiter, Bucket.POST) == 6
    for number in range(5000):
        limiter.take(Bucket.MESSAGE, ip_address(0x0A000000 + number))
        assert len(limiter) <= 1000
    assert granted(limiter, Bucket.POST) == 0
    assert MOST_BUCKETS < 10**5


def test_full_buckets_are_forgotten_first() -> None:
    watch = Watch()
    limiter = RateLimiter(now=watch, most_buckets=100)
    for number in range(100):
        limiter.take(Bucket.MESSAGE, ip_address(0x0A000000 + number))
    watch.now += 60 * SECOND
    limiter.take(Bucket.MESSAGE, HOME)
    assert len(limiter) == 1
