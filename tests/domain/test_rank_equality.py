"""Ten thousand places in ranked lists, at random moments, depths and sizes, against Lemmy's formula computed for every post."""

import random

import pytest

from lemmy_lite.domain import frozen_walk
from lemmy_lite.model.clock import DAY, HOUR, MINUTE, SECOND
from lemmy_lite.model.ids import PostId
from lemmy_lite.model.listing import ListingType, SortType
from tests.domain.listings import Listings, ids, on
from tests.domain.test_frozen_walk import comment, vote
from tests.domain.test_post_listing import in_order, village

POSTS = 300
PLACES = 10_000


@pytest.mark.parametrize("kind", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def test_ten_thousand_places_are_those_of_the_formula(
    kind: str, request: pytest.FixtureRequest, tmp_path: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(frozen_walk, "FIRST_ROWS", 20)  # or one read would hold them all, and no bound be of any use
    url: str = f"sqlite://{tmp_path}/lemmy.db" if kind == "sqlite" else request.getfixturevalue("postgres_url")
    places = PLACES if kind == "sqlite" else PLACES // 10

    async def body(site: Listings) -> None:
        chance = random.Random(11)
        _, homes = await site.enter(lambda tx: village(tx, posts=POSTS))
        checked = 0
        while checked < places:
            site.pass_time(chance.choice([1, SECOND, MINUTE, HOUR, 7 * HOUR, DAY // 3]) if checked < places / 2 else SECOND)
            target = PostId(chance.randrange(1, POSTS + 1))
            await site.enter(chance.choice([vote, comment])(target, chance))
            site.pass_time(1)
            sort = chance.choice([SortType.ACTIVE, SortType.HOT, SortType.SCALED])
            home = chance.choice([None, None, *homes])
            expected = await site.database.read(
                lambda tx: in_order(tx, sort, pinned="featured_community" if home else "featured_local", community=home)  # noqa: B023
            )
            for _ in range(4):
                after, limit = chance.randrange(len(expected)), chance.randrange(1, 51)
                cursor = f"P{expected[after - 1]:x}" if after else None
                shown = ids(await site.page(sort=sort, listing=ListingType.ALL, community_id=home, limit=limit, page_cursor=cursor))
                assert shown == expected[after : after + limit]
                checked += len(shown)

    on(url, body)
