"""Whoever turns pages sees every post of the first moment once, in the order of that moment, whatever happens meanwhile."""

import asyncio
import random
import tempfile
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lemmy_lite.domain import frozen_walk, kept_walk
from lemmy_lite.domain.vote import controversy
from lemmy_lite.model.clock import DAY, HOUR, SECOND, Micros
from lemmy_lite.model.events import Event, PostLocked
from lemmy_lite.model.ids import PersonId, PostId
from lemmy_lite.model.listing import ListingType, SortType
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.views import post_listing
from tests.domain.listings import Listings, ids, on
from tests.domain.test_post_listing import in_order, village
from tests.storage import rows

POSTS = 60
FOLLOWING_COUNTERS = [
    SortType.ACTIVE,
    SortType.HOT,
    SortType.SCALED,
    SortType.TOP_ALL,
    SortType.TOP_DAY,
    SortType.MOST_COMMENTS,
    SortType.NEW_COMMENTS,
    SortType.CONTROVERSIAL,
]


class Undone(Exception):
    """A unit of work fails after History has heard of its change."""


def refuse(_tx: Transaction, event: Event) -> None:
    """Subscriber that brings units down which lock a post."""
    if isinstance(event, PostLocked):
        raise Undone


def vote(post_id: PostId, chance: random.Random) -> Callable[[Transaction], None]:
    up, down = chance.choice([(chance.randrange(1000), 0), (chance.randrange(60), chance.randrange(60)), (0, 5)])
    return lambda tx: rows.count(tx, post_id, score=up - down, upvotes=up, downvotes=down, controversy=controversy(up, down))


def comment(post_id: PostId, chance: random.Random) -> Callable[[Transaction], None]:
    comments, back = chance.randrange(9), chance.choice([0, 0, HOUR, 9 * DAY, -HOUR])

    def write(tx: Transaction) -> None:
        published = tx.value("SELECT published FROM post_aggregates WHERE post_id = :id", id=post_id)
        newest = max(published, tx.now - back)
        rows.count(tx, post_id, comments=comments, newest_comment_time=newest, newest_comment_time_necro=newest)

    return write


def publish(age: Micros, chance: random.Random) -> Callable[[Transaction], None]:
    upvotes = chance.randrange(800)

    def write(tx: Transaction) -> None:
        author, home = tx.all("SELECT creator_id, community_id FROM post_aggregates WHERE post_id = 1")[0]
        rows.post(tx, author, home, published=tx.now - age, upvotes=upvotes)

    return write


def undone(write: Callable[[Transaction], None]) -> Callable[[Transaction], None]:
    def fail(tx: Transaction) -> None:
        write(tx)
        tx.append(PostLocked(actor_id=PersonId(1), post_id=PostId(1), locked=True))

    return fail


async def live(site: Listings, chance: random.Random, busy: int) -> None:
    """Between two pages: votes, comments, new posts, posts fetched late, failures; some in one commit."""
    site.pass_time(chance.choice([1, SECOND, 90 * SECOND]))
    units: list[Callable[[Transaction], None]] = []
    for _ in range(busy):
        target = PostId(chance.randrange(1, POSTS + 1))
        write = chance.choice([vote, vote, comment])(target, chance)
        units.append(undone(write) if chance.random() < 0.1 else write)
    units += [publish(chance.choice([0, HOUR, 3 * DAY, 30 * DAY]), chance)]
    for unit in units[: busy // 2]:
        await asyncio.gather(site.enter(unit), return_exceptions=True)
    await asyncio.gather(*(site.enter(unit) for unit in units[busy // 2 :]), return_exceptions=True)


@pytest.mark.parametrize("sort", FOLLOWING_COUNTERS)
@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 2**32), limit=st.integers(4, 13), busy=st.integers(1, 12))
def test_a_walk_shows_each_post_of_its_beginning_once_in_that_order(sort: SortType, seed: int, limit: int, busy: int) -> None:
    async def body(site: Listings) -> None:
        chance = random.Random(seed)
        site.database.within(refuse)
        await site.enter(lambda tx: village(tx, posts=POSTS, seed=seed))
        await live(site, chance, busy)
        site.pass_time(1)
        expected = await site.database.read(in_order, sort)
        found = await site.walk(meanwhile=lambda: live(site, chance, busy), sort=sort, listing=ListingType.ALL, limit=limit)
        assert found == expected

    with tempfile.TemporaryDirectory() as folder:
        on(f"sqlite://{folder}/lemmy.db", body)


@pytest.mark.parametrize("sort", [SortType.NEW, SortType.OLD, *FOLLOWING_COUNTERS])
def test_a_busy_walk_is_frozen_on_both_databases_even_in_small_bites(
    database_url: str, sort: SortType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(frozen_walk, "FIRST_ROWS", 3)
    monkeypatch.setattr(kept_walk, "CHUNK", 3)
    monkeypatch.setattr(frozen_walk, "CHANGED_ROWS", 2)

    async def body(site: Listings) -> None:
        chance = random.Random(3)
        site.database.within(refuse)
        await site.enter(lambda tx: village(tx, posts=POSTS))
        expected = await site.database.read(in_order, sort)
        assert await site.walk(meanwhile=lambda: live(site, chance, 12), sort=sort, listing=ListingType.ALL, limit=5) == expected

    on(database_url, body)


def test_a_changed_post_that_no_longer_passes_the_filters_is_left_out(database_url: str) -> None:
    async def body(site: Listings) -> None:
        await site.enter(lambda tx: village(tx, posts=POSTS))
        expected = await site.database.read(in_order, SortType.TOP_ALL)
        last = expected[-1]

        async def remove() -> None:
            site.pass_time(1)
            await site.enter(lambda tx: rows.count(tx, last, score=5000, upvotes=5000))
            await site.enter(lambda tx: tx.run("UPDATE post_aggregates SET listed = :no WHERE post_id = :id", no=False, id=last))
            await site.enter(lambda tx: tx.run("UPDATE post SET removed = :yes WHERE id = :id", yes=True, id=last))

        found = await site.walk(meanwhile=remove, sort=SortType.TOP_ALL, listing=ListingType.ALL, limit=20)
        assert found == expected[:-1]

    on(database_url, body)


@pytest.mark.parametrize("when", ["before the snapshot", "after the snapshot"])
@pytest.mark.parametrize("sort", [SortType.HOT, SortType.ACTIVE, SortType.SCALED, SortType.TOP_ALL])
def test_a_commit_in_the_midst_of_the_first_page_harms_no_walk(
    database_url: str, sort: SortType, when: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def body(site: Listings) -> None:
        await site.enter(lambda tx: village(tx, posts=POSTS))
        expected = await site.database.read(in_order, sort)
        loop = asyncio.get_running_loop()
        survey = post_listing.survey

        def commit() -> None:
            site.pass_time(1)
            unit = site.enter(lambda tx: rows.count(tx, expected[-1], score=5000, upvotes=5000, newest_comment_time_necro=tx.now))
            asyncio.run_coroutine_threadsafe(unit, loop).result(30)

        def interrupted(tx: Transaction, *arguments: Any, **options: Any) -> post_listing.Facts:
            if when == "before the snapshot":
                commit()
            facts = survey(tx, *arguments, **options)
            if when == "after the snapshot":
                commit()
            return facts

        monkeypatch.setattr(post_listing, "survey", interrupted)
        first = await site.page(sort=sort, listing=ListingType.ALL, limit=20)
        monkeypatch.setattr(post_listing, "survey", survey)
        rest = await site.walk(sort=sort, listing=ListingType.ALL, limit=20, page_cursor=first.next_page)
        assert ids(first) + rest == expected

    on(database_url, body)


def test_a_new_first_page_shows_the_new_order_at_once(database_url: str) -> None:
    async def body(site: Listings) -> None:
        await site.enter(lambda tx: village(tx, posts=POSTS))
        ranked = await site.database.read(in_order, SortType.TOP_ALL)
        await site.enter(lambda tx: rows.count(tx, ranked[-1], score=9999, upvotes=9999))
        site.pass_time(1)
        now = await site.database.read(in_order, SortType.TOP_ALL)
        assert now != ranked
        assert await site.walk(sort=SortType.TOP_ALL, listing=ListingType.ALL, limit=50) == now

    on(database_url, body)


def test_a_walk_that_history_has_forgotten_goes_on_with_todays_counters(database_url: str) -> None:
    async def body(site: Listings) -> None:
        await site.enter(lambda tx: village(tx, posts=POSTS))
        expected = await site.database.read(in_order, SortType.TOP_ALL)
        first = await site.page(sort=SortType.TOP_ALL, listing=ListingType.ALL, limit=20)
        site.history = type(site.history)(lambda: site.now)  # as after a restart
        site.pass_time(HOUR)
        await site.enter(lambda tx: rows.count(tx, expected[-1], score=9999, upvotes=9999))
        rest = await site.walk(sort=SortType.TOP_ALL, listing=ListingType.ALL, limit=20, page_cursor=first.next_page)
        assert ids(first) + rest == expected[:-1]

    on(database_url, body)
