"""Scaled reads of busy communities as little as Hot does, and finds what few posts quiet ones have through them."""

import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lemmy_lite.domain.ranking import RANKED_FOR, scaled_rank
from lemmy_lite.domain.scaled_scan import ScaledScan
from lemmy_lite.model.clock import DAY
from lemmy_lite.model.listing import ListingType, SortType
from lemmy_lite.model.score_tier import tier_of
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.views import post_listing
from lemmy_lite.storage.views.slices import BUSIEST, holds, zones
from tests.domain.listings import Listings, on
from tests.domain.test_post_listing import in_order, village
from tests.storage import rows
from tests.storage.rows import NOON

POSTS = st.lists(st.tuples(st.integers(-5, 6000), st.integers(1, RANKED_FOR - 1), st.integers(2, 9000)), min_size=1, max_size=60)
QUIET = st.sampled_from([0, 1, 3, 12, 600, BUSIEST])


@given(POSTS, st.floats(0, 500), st.integers(0, 300), QUIET, st.booleans(), st.one_of(st.none(), st.integers(0, 59)))
def test_what_has_the_rank_was_read_once_and_in_the_end_all_is(
    posts: list[tuple[int, int, int]], per_hour: float, at_once: int, quiet: int, bounded: bool, reached: int | None
) -> None:
    after = None if reached is None else scaled_rank(*posts[reached % len(posts)])
    active = (min(post[2] for post in posts), max(post[2] for post in posts)) if bounded else (0, None)
    scan = ScaledScan(NOON, max(score for score, *_ in posts), per_hour, at_once, active, quiet, after)
    wanted = [post for post in posts if after is None or scaled_rank(*post) < after]
    read: list[tuple[int, int, int]] = []
    for _ in range(300):
        classes = scan.next(20, len(read), None)
        walked = zones([each for each in classes if not each.quiet])
        for score, age, busy in wanted:
            asked = [each.quiet for each in classes if each.low <= busy < each.high]
            held = holds(classes, tier_of(score), NOON - age, busy)
            read += [(score, age, busy)] * held
            if asked == [False]:
                time, tier = NOON - age, tier_of(score)
                found = [zone for zone in walked if zone.tier == tier and zone.after < time <= zone.until and zone.low <= busy < zone.high]
                assert len(found) == held
        assert not [post for post in wanted if scaled_rank(*post) >= scan.rank and post not in read]
        if not scan.rank:
            break
    assert scan.rank == 0
    assert sorted(read) == sorted(wanted)


@pytest.mark.parametrize("quietest", [0, 1, 2])
def test_the_list_is_the_same_however_many_communities_are_asked(database_url: str, quietest: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Posts that have risen while the pages are turned stand where they stood."""
    monkeypatch.setattr(post_listing, "QUIETEST", quietest)

    async def body(site: Listings) -> None:
        await site.enter(lambda tx: village(tx, posts=200))
        expected = await site.database.read(in_order, SortType.SCALED)
        assert await site.walk(sort=SortType.SCALED, listing=ListingType.ALL, limit=23) == expected
        first = await site.page(sort=SortType.SCALED, listing=ListingType.ALL, limit=10)
        site.pass_time(1)
        for number in expected[5:40:3]:
            await site.enter(lambda tx, number=number: rows.count(tx, number, score=9000, upvotes=9000))
        site.pass_time(1)
        rest = await site.walk(sort=SortType.SCALED, listing=ListingType.ALL, limit=10, page_cursor=first.next_page)
        assert [view.post.id for view in first.posts] + rest == expected

    on(database_url, body)


def test_a_page_reads_few_posts_of_many_though_some_communities_are_quiet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(post_listing, "QUIETEST", 12)
    read: list[int] = []
    scan = post_listing.scan

    def counting(*arguments: object) -> list[post_listing.Row]:
        found = scan(*arguments)  # type: ignore[arg-type]  # handed on as it came
        read.append(len(found))
        return found

    monkeypatch.setattr(post_listing, "scan", counting)

    def town(tx: Transaction) -> None:
        """Twelve communities with nobody in them and a post each, and three busy ones with all others."""
        chance, author = random.Random(3), rows.person(tx)
        for number in range(12):
            rows.post(tx, author, rows.community(tx, f"quiet{number}"), published=NOON - chance.randrange(1, DAY), upvotes=1)
        homes = [rows.community(tx, f"busy{active}", active=active) for active in (80, 400, 3000)]
        for age in sorted((chance.randrange(1, 6 * DAY) for _ in range(5000)), reverse=True):
            rows.post(tx, author, chance.choice(homes), published=NOON - age, upvotes=int(chance.lognormvariate(1, 1.5)))

    async def body(site: Listings) -> None:
        await site.enter(town)
        expected = await site.database.read(in_order, SortType.SCALED)
        assert await site.ids(sort=SortType.SCALED, listing=ListingType.ALL, limit=20) == expected[:20]
        assert sum(read) < 60

    on(f"sqlite://{tmp_path}/lemmy.db", body)
