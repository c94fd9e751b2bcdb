"""Pages deep in a ranked list go on where the one before ended, and show what a walk without memory would show."""

import random
from pathlib import Path
from typing import Any

import pytest

from lemmy_lite.domain import kept_walk
from lemmy_lite.model.clock import SECOND
from lemmy_lite.model.ids import PostId
from lemmy_lite.model.listing import ListingType, SortType
from lemmy_lite.storage.read_ahead import ReadAhead
from tests.domain.listings import Listings, ids, on
from tests.domain.test_frozen_walk import comment, vote
from tests.domain.test_post_listing import in_order, village

RANKED = [SortType.ACTIVE, SortType.HOT, SortType.SCALED]
POSTS = 800


class Held:
    """A walk of some size."""

    def __init__(self, size: int) -> None:
        self.size = size


@pytest.mark.parametrize("sort", RANKED)
@pytest.mark.parametrize("remembered", [True, False])
def test_two_hundred_pages_while_votes_and_comments_arrive_have_no_repeat_and_no_gap(
    sort: SortType, remembered: bool, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(kept_walk, "CHUNK", 40)

    async def body(site: Listings) -> None:
        chance = random.Random(5)
        await site.enter(lambda tx: village(tx, posts=POSTS))
        expected = await site.database.read(in_order, sort)

        async def live() -> None:
            site.pass_time(chance.choice([1, SECOND]))
            for _ in range(3):
                target = PostId(chance.randrange(1, POSTS + 1))
                await site.enter(chance.choice([vote, vote, comment])(target, chance))
            if not remembered or chance.random() < 0.05:
                site.history.read_ahead = ReadAhead()

        assert await site.walk(meanwhile=live, sort=sort, listing=ListingType.ALL, limit=4) == expected

    on(f"sqlite://{tmp_path}/lemmy.db", body)


@pytest.mark.parametrize("sort", RANKED)
def test_what_was_read_ahead_and_is_removed_meanwhile_is_left_out_and_the_page_is_full(database_url: str, sort: SortType) -> None:
    async def body(site: Listings) -> None:
        await site.enter(lambda tx: village(tx, posts=100))
        expected = await site.database.read(in_order, sort)
        query: dict[str, Any] = {"sort": sort, "listing": ListingType.ALL, "limit": 10}
        first = await site.page(**query)
        second = await site.page(**query, page_cursor=first.next_page)
        gone = expected[22:25]
        unlisted = "UPDATE post_aggregates SET listed = :no WHERE post_id AMONG :ids"
        await site.enter(lambda tx: tx.run(unlisted, no=False, ids=gone))
        third = await site.page(**query, page_cursor=second.next_page)
        assert ids(third) == [number for number in expected[20:] if number not in gone][:10]

    on(database_url, body)


@pytest.mark.parametrize("sort", RANKED)
def test_pages_of_one_walk_may_be_asked_for_in_any_order_and_size(database_url: str, sort: SortType) -> None:
    async def body(site: Listings) -> None:
        await site.enter(lambda tx: village(tx, posts=100))
        expected = await site.database.read(in_order, sort)
        query: dict[str, Any] = {"sort": sort, "listing": ListingType.ALL}
        cursors, page = [""], await site.page(**query, limit=10)
        for _ in range(5):
            cursors.append(page.next_page or "")
            page = await site.page(**query, limit=10, page_cursor=cursors[-1])
        for number, limit in ((3, 10), (1, 50), (5, 3), (2, 20), (4, 10)):
            shown = await site.ids(**query, limit=limit, page_cursor=cursors[number])
            assert shown == expected[number * 10 :][:limit]
        site.history.read_ahead = ReadAhead()
        for number in (2, 5, 4):  # the second is beyond what the walk of the first has seen pass
            assert await site.ids(**query, limit=10, page_cursor=cursors[number]) == expected[number * 10 :][:10]

    on(database_url, body)


def test_a_page_deep_in_a_walk_reads_little(database_url: str) -> None:
    async def body(site: Listings) -> None:
        await site.enter(village)
        page = await site.page(sort=SortType.ACTIVE, listing=ListingType.ALL, limit=10)
        for _ in range(6):
            page = await site.page(sort=SortType.ACTIVE, listing=ListingType.ALL, limit=10, page_cursor=page.next_page)
        assert site.statements
        assert not [statement for statement in site.statements if "WITH head" in statement]

    on(database_url, body)


def test_no_more_is_kept_than_has_room() -> None:
    kept = ReadAhead(rows=100, walks=3)
    for name in "abc":
        kept.keep(name, Held(30))
    kept.keep("d", Held(1))
    assert kept.take("a") is None
    assert kept.take("b") is not None
    assert kept.take("b") is None
    kept.keep("e", Held(95))
    assert kept.take("c") is None
    assert kept.take("e") is not None
    kept.keep("f", Held(101))
    assert kept.take("f") is None
    kept.keep("g", Held(100))
    assert kept.take("g") is not None
