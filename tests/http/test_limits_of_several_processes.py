"""Rate limits where several processes serve one site: what one grants counts at all."""

from datetime import UTC, datetime
from ipaddress import ip_address

from lemmy_lite.http.ratelimit import Bucket, Limit, RateLimited, RateLimiter, Together
from lemmy_lite.model.clock import Clock
from lemmy_lite.model.ids import LocalSiteId
from lemmy_lite.model.site import LocalSiteRateLimit
from lemmy_lite.storage.cluster import Cluster
from lemmy_lite.storage.database import Database
from lemmy_lite.storage.processes import Talk
from lemmy_lite.storage.tables import rate_limit_bucket
from tests.storage.databases import cut_off, on


class Door:
    """A process at which clients are limited; it beats when it is told to."""

    def __init__(self, url: str) -> None:
        self.limiter = RateLimiter({Bucket.SEARCH: Limit(6, 3600)})
        self.cluster = Cluster(url, Clock().now, beat=3600)
        together = Together(self.limiter)
        self.cluster.talk(Talk(together.say, rate_limit_bucket.exchange, together.hear))

    def grants(self, address: str, tries: int = 20) -> int:
        granted = 0
        for _ in range(tries):
            try:
                self.limiter.take(Bucket.SEARCH, ip_address(address))
            except RateLimited:
                continue
            granted += 1
        return granted


async def _beat(*doors: Door) -> None:
    """Each has said what it knew, and then heard what all had said."""
    for _ in range(2):
        for door in doors:
            await door.cluster._once()


def _a_minute() -> LocalSiteRateLimit:
    numbers = {name: 60 for bucket in Bucket for name in (str(bucket), f"{bucket}_per_second")}
    return LocalSiteRateLimit(local_site_id=LocalSiteId(1), published=datetime.now(UTC), **numbers)


def test_what_a_client_takes_at_one_door_is_taken_at_all(postgres_url: str) -> None:
    async def body(database: Database) -> None:
        one, two = Door(postgres_url), Door(postgres_url)
        for door in (one, two):
            await door.cluster.start()
        assert one.grants("192.0.2.1", tries=4) == 4
        assert one.grants("2001:db8::1", tries=6) == 6
        await _beat(one, two)
        assert two.grants("192.0.2.1") == 2
        assert two.grants("2001:db8::2") == 0, "the same network"
        assert two.grants("192.0.2.2") == 6, "another client"
        # Both doors in the same moment grant too much, once; then it is owed.
        assert (one.grants("192.0.2.3"), two.grants("192.0.2.3")) == (6, 6)
        await _beat(one, two)
        assert (one.grants("192.0.2.3"), two.grants("192.0.2.3")) == (0, 0)
        late = Door(postgres_url)
        await late.cluster.start()
        assert late.grants("192.0.2.1") == 0, "it knows from its start what was taken"
        # What is measured anew is owed by nobody any more, nor kept.
        for door in (one, two, late):
            door.limiter.configure(_a_minute())
        await _beat(one, two, late)
        assert await database.read(lambda tx: tx.value("SELECT COUNT(*) FROM rate_limit_bucket")) == 0
        for door in (one, two, late):
            await door.cluster.close()

    on(postgres_url, body)


def test_what_nobody_heard_is_said_again_and_full_buckets_are_forgotten(postgres_url: str) -> None:
    async def body(database: Database) -> None:
        one, two = Door(postgres_url), Door(postgres_url)
        await one.cluster.start()
        assert one.grants("192.0.2.1", tries=6) == 6
        await cut_off(one.cluster)
        await one.cluster._once()
        await one.cluster._once()
        await two.cluster.start()
        assert two.grants("192.0.2.1") == 0
        kept = await database.read(lambda tx: tx.column("SELECT name FROM rate_limit_bucket"))
        assert kept == [f"search 32 {int(ip_address('192.0.2.1'))}"]
        await database.write(lambda tx: tx.run("UPDATE rate_limit_bucket SET full_at = 1"))
        late = Door(postgres_url)
        await late.cluster.start()
        assert await database.read(lambda tx: tx.value("SELECT COUNT(*) FROM rate_limit_bucket")) == 0
        for door in (one, two, late):
            await door.cluster.close()

    on(postgres_url, body)
