"""Whichever way leads to the posts of a list, the list is the same; and the way is the one that reads the least."""

from typing import Any

import pytest

from lemmy_lite.domain import scan_plan
from lemmy_lite.domain.scan_plan import Plan, cheapest
from lemmy_lite.model.clock import DAY, HOUR, MINUTE
from lemmy_lite.model.ids import CommunityId, PostId
from lemmy_lite.model.listing import ListingType, SortType
from lemmy_lite.model.viewer import Viewer
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.views.post_listing import ANY_ACTIVE, Facts, order_of
from tests.domain.listings import Listings, on
from tests.domain.test_post_listing import in_order, village
from tests.storage import rows

FACTS = Facts(
    private=False,
    sort=SortType.ACTIVE,
    listing=ListingType.ALL,
    warned=False,
    newest=PostId(1_000_000),
    top_score=4_000,
    daily=8_000,
    window=None,
    gatherable=False,
    communities=0,
    posts=0,
    active=ANY_ACTIVE,
)
"""A large instance."""

PLANS = [
    Plan(),
    Plan(gather=True),
    Plan(gather=True, slice=7 * MINUTE),
    Plan(gather=True, slice=20 * HOUR),
    Plan(gather=True, slice=400 * DAY),
    Plan(by_date=True),
    Plan(by_date=True, sieve=True),
    Plan(sieve=True),
]


def plan(sort: SortType, **facts: Any) -> Plan:
    return cheapest(FACTS._replace(**facts), order_of(sort), 20)


@pytest.mark.parametrize("sort", [SortType.NEW, SortType.HOT, SortType.ACTIVE])
def test_a_few_quiet_communities_are_gathered_in_slices_that_hold_about_a_page(sort: SortType) -> None:
    quiet = plan(sort, gatherable=True, communities=5, posts=2_000)
    assert quiet.gather
    assert quiet.slice is not None
    busier = plan(sort, gatherable=True, communities=50, posts=20_000)
    assert busier.gather
    assert (busier.slice or 0) < quiet.slice


def test_whoever_follows_half_of_everything_walks_over_all() -> None:
    for sort in (SortType.NEW, SortType.HOT, SortType.TOP_ALL, SortType.MOST_COMMENTS):
        assert plan(sort, gatherable=True, communities=500, posts=500_000) == Plan()


def test_a_list_of_nothing_is_asked_for_at_once() -> None:
    assert plan(SortType.NEW, gatherable=True, communities=0, posts=0) == Plan(gather=True)


@pytest.mark.parametrize(("posts", "gathered"), [(100, True), (30_000, False)])
def test_orders_by_a_counter_are_gathered_while_the_set_is_small(posts: int, gathered: bool) -> None:
    assert plan(SortType.TOP_ALL, gatherable=True, communities=5, posts=posts).gather is gathered


def test_the_best_of_a_large_community_are_found_from_the_top_and_its_newest_by_its_own_index() -> None:
    large = FACTS._replace(gatherable=True, communities=1, posts=100_000)
    assert cheapest(large, order_of(SortType.TOP_ALL), 20, one=True) == Plan()
    for sort in (SortType.NEW, SortType.OLD):
        assert cheapest(large, order_of(sort), 20, one=True) == Plan(gather=True)
    for sort in (SortType.HOT, SortType.ACTIVE, SortType.SCALED):
        assert cheapest(large, order_of(sort), 20, one=True).gather
        assert cheapest(large._replace(posts=900_000), order_of(sort), 20, one=True) == Plan()  # there is little to pass by


def test_a_walk_reads_the_communities_of_a_list_before_it_unless_they_are_more_than_what_it_passes_by() -> None:
    few = plan(SortType.TOP_ALL, gatherable=True, communities=86, posts=50_000)
    many = plan(SortType.TOP_ALL, gatherable=True, communities=2_000, posts=700_000)
    assert (few, many) == (Plan(sieve=True), Plan())


@pytest.mark.parametrize(("window", "by_date"), [(300, True), (60_000, False)])
def test_a_short_window_is_read_by_date_and_a_long_one_from_the_top(window: int, by_date: bool) -> None:
    assert plan(SortType.TOP_DAY, window=window).by_date is by_date


@pytest.mark.parametrize("sort", SortType)
def test_every_plan_gives_the_same_list(database_url: str, sort: SortType, monkeypatch: pytest.MonkeyPatch) -> None:
    async def body(site: Listings) -> None:
        def enter(tx: Transaction) -> tuple[Viewer, list[CommunityId]]:
            _, homes = village(tx, posts=160)
            ada = rows.user(tx)
            for home in homes[1:3]:
                rows.link(tx, "community_follower", person_id=ada.id, community_id=home)
            rows.post(tx, ada.id, homes[1], published=tx.now - 900 * DAY, upvotes=9)
            return ada, homes

        ada, homes = await site.enter(enter)
        everything = await site.database.read(in_order, sort)
        placed = await site.database.read(lambda tx: tx.all("SELECT post_id, community_id FROM post_aggregates"))
        among = {number for number, home in placed if home in homes[1:3]}
        expected = [number for number in everything if number in among]
        for chosen in PLANS:
            monkeypatch.setattr(scan_plan, "cheapest", lambda *_, chosen=chosen, **__: chosen)
            assert await site.walk(ada, sort=sort, listing=ListingType.SUBSCRIBED, limit=17) == expected, chosen
            at_home = await site.walk(ada, sort=sort, community_id=homes[2], limit=17)
            assert at_home == await site.database.read(in_order, sort, pinned="featured_community", community=homes[2]), chosen
        first = await site.ids(ada, sort=sort, listing=ListingType.SUBSCRIBED, limit=9, page=3)
        assert first == expected[18:27]

    on(database_url, body)
