"""Lists of posts: every order, every filter, every way to turn the page, on both databases."""

import random

import pytest

from lemmy_lite.domain import frozen_walk, ranking
from lemmy_lite.domain.ranking import RANKED_FOR
from lemmy_lite.domain.vote import controversy
from lemmy_lite.model.clock import DAY, HOUR, MINUTE
from lemmy_lite.model.errors import LemmyError
from lemmy_lite.model.ids import CommunityId, PersonId, PostId
from lemmy_lite.model.listing import ListingType, SortType
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.views import post_listing
from tests.domain.listings import Listings, ids, on
from tests.storage import rows
from tests.storage.rows import NOON

COUNTERS = {SortType.MOST_COMMENTS: 4, SortType.NEW_COMMENTS: 5, SortType.CONTROVERSIAL: 7}


def village(tx: Transaction, *, posts: int = 260, seed: int = 7) -> tuple[PersonId, list[CommunityId]]:
    """Communities from quiet to busy, with posts of three weeks: unloved, future-dated, pinned, at the edges of the week, of one moment."""
    chance = random.Random(seed)
    author = rows.person(tx, "author")
    homes = [rows.community(tx, f"c{number}", active=10**number) for number in range(4)]
    for number in range(posts):
        published = NOON - chance.randrange(21 * DAY) if number % 3 else NOON - chance.randrange(DAY)
        published = {1: NOON + HOUR, 2: NOON, 3: NOON - RANKED_FOR, 4: NOON - RANKED_FOR + 1, 5: NOON - HOUR, 6: NOON - HOUR}.get(
            number, published
        )
        up, down = chance.choice([(0, 0), (1, 0), (3, 9), (chance.randrange(500), chance.randrange(60))])
        commented = published + chance.choice([0, 0, chance.randrange(2 * DAY)])
        rows.post(
            tx,
            author,
            homes[number % 4],
            published=published,
            upvotes=up,
            downvotes=down,
            comments=chance.randrange(4),
            commented=commented,
            necro=max(published, commented - chance.choice([0, HOUR])),
            controversy=controversy(up, down),
            featured_local=number % 60 == 7,
            featured_community=number % 50 == 9,
        )
    return author, homes


def in_order(tx: Transaction, sort: SortType, *, pinned: str = "featured_local", community: int | None = None) -> list[PostId]:
    """All posts sorted by Lemmy's own rule, computed for each: pinned, key, published (where that counts), id, all descending."""
    since = ranking.since(sort, tx.now)
    found = tx.all(
        f"""SELECT a.post_id, a.published, a.score, a.newest_comment_time_necro, a.comments, a.newest_comment_time,
                        c.users_active_month, a.controversy, a.{pinned}
                   FROM post_aggregates a JOIN community_aggregates c ON c.community_id = a.community_id
                  WHERE a.community_id = :community OR :community = 0""",
        community=community or 0,
    )

    def key(row: tuple[int, ...]) -> tuple[float, ...]:
        number, published, score, necro, *_, active, _controversy, first = row
        age, idle = tx.now - published, tx.now - necro
        second = published
        main: float = score
        if sort in (SortType.HOT, SortType.ACTIVE):
            main = ranking.hot_rank(score, age if sort is SortType.HOT else idle)
        elif sort is SortType.SCALED:
            main = ranking.scaled_rank(score, age, active)
        elif sort in (SortType.NEW, SortType.OLD):
            main, second = (published if sort is SortType.NEW else -published), 0
        elif sort in COUNTERS:
            main, second = row[COUNTERS[sort]], 0 if sort is SortType.NEW_COMMENTS else published
        return first, main, second, number

    return [row[0] for row in sorted(found, key=key, reverse=True) if since is None or row[1] > since]


@pytest.mark.parametrize("sort", SortType)
def test_pages_follow_lemmys_order_to_the_last_post(database_url: str, sort: SortType) -> None:
    async def body(site: Listings) -> None:
        _, homes = await site.enter(village)
        expected = await site.database.read(in_order, sort)
        assert await site.walk(sort=sort, listing=ListingType.ALL, limit=23) == expected
        at_home = await site.database.read(in_order, sort, pinned="featured_community", community=homes[1])
        assert await site.walk(sort=sort, community_id=homes[1], limit=7) == at_home
        numbered = [number for page in (1, 2, 3) for number in await site.ids(sort=sort, listing=ListingType.ALL, page=page, limit=11)]
        assert numbered == expected[:33]

    on(database_url, body)


@pytest.mark.parametrize("sort", SortType)
def test_a_page_takes_three_statements_whatever_it_holds(database_url: str, sort: SortType) -> None:
    async def body(site: Listings) -> None:
        await site.enter(village)
        page = await site.page(sort=sort, listing=ListingType.ALL, limit=50)
        while page.next_page:
            # Deep in a ranked list, what was read for an earlier page is looked at again; tiers take up to three looks.
            assert len(site.statements) <= (6 if sort in (SortType.ACTIVE, SortType.HOT, SortType.SCALED) else 3)
            page = await site.page(sort=sort, listing=ListingType.ALL, limit=50, page_cursor=page.next_page)
        assert len(site.statements) == 2  # nothing to show

    on(database_url, body)


@pytest.mark.parametrize("sort", [SortType.HOT, SortType.ACTIVE, SortType.SCALED])
def test_a_ranked_page_reads_the_freshest_posts_only(tmp_path: object, sort: SortType, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[int] = []
    scan = post_listing.scan

    def counting(*arguments: object) -> list[post_listing.Row]:
        found = scan(*arguments)  # type: ignore[arg-type]  # handed on as it came
        read.append(len(found))
        return found

    monkeypatch.setattr(post_listing, "scan", counting)

    async def body(site: Listings) -> None:
        await site.enter(lambda tx: village(tx, posts=3000))
        expected = await site.database.read(in_order, sort)
        assert await site.ids(sort=sort, listing=ListingType.ALL, limit=20) == expected[:20]
        assert sum(read) < 4 * frozen_walk.FIRST_ROWS

    on(f"sqlite://{tmp_path}/lemmy.db", body)


def test_the_site_and_then_the_user_say_what_is_shown_when_nothing_is_asked(database_url: str) -> None:
    async def body(site: Listings) -> None:
        def enter(tx: Transaction) -> tuple[PostId, PostId]:
            rows.site(tx, default_post_listing_type="All", default_sort_type="Old")
            author = rows.person(tx, "author")
            far = rows.post(tx, author, rows.community(tx, "far", "there.test"), published=NOON - DAY)
            return far, rows.post(tx, author, rows.community(tx, "near"), published=NOON - HOUR)

        far, near = await site.enter(enter)
        assert await site.ids() == [far, near]
        ada = await site.enter(lambda tx: rows.user(tx, default_sort_type="New", default_listing_type="All"))
        assert await site.ids(ada) == [near, far]
        assert await site.ids(ada, listing=ListingType.LOCAL) == [near]

    on(database_url, body)


def test_a_private_site_shows_nothing_to_strangers(database_url: str) -> None:
    async def body(site: Listings) -> None:
        await site.enter(lambda tx: rows.site(tx, private_instance=True))
        ada = await site.enter(rows.user)
        with pytest.raises(LemmyError, match="instance_is_private"):
            await site.page()
        assert (await site.page(ada)).next_page is None

    on(database_url, body)


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"limit": 51}, "couldnt_get_posts"),
        ({"limit": 0}, "couldnt_get_posts"),
        ({"page": 101}, "couldnt_get_posts"),
        ({"page": 0}, "couldnt_get_posts"),
        ({"liked_only": True, "disliked_only": True}, "contradicting_filters"),
        ({"page_cursor": ""}, "couldnt_get_posts"),
        ({"page_cursor": "Pffffffff"}, "couldnt_get_posts"),
        ({"page_cursor": "Nonsense"}, "couldnt_get_posts"),
        ({"page_cursor": "P1", "page": 2, "listing": ListingType.SUBSCRIBED}, "couldnt_get_posts"),
    ],
)
def test_what_cannot_be_listed_is_refused_with_lemmys_code(database_url: str, query: dict[str, object], code: str) -> None:
    async def body(site: Listings) -> None:
        ada = await site.enter(rows.user)
        await site.enter(village)
        with pytest.raises(LemmyError, match=code):
            await site.page(ada, **query)

    on(database_url, body)


def test_a_cursor_of_another_sort_or_of_saved_posts_is_refused(database_url: str) -> None:
    async def body(site: Listings) -> None:
        ada = await site.enter(rows.user)
        await site.enter(village)
        cursor = (await site.page(ada, sort=SortType.HOT, listing=ListingType.ALL)).next_page
        for query in ({"sort": SortType.NEW}, {"sort": SortType.HOT, "saved_only": True}):
            with pytest.raises(LemmyError, match="couldnt_get_posts"):
                await site.page(ada, page_cursor=cursor, **query)

    on(database_url, body)


@pytest.mark.parametrize("sort", SortType)
def test_lemmys_own_cursor_goes_on_after_the_post_it_names(database_url: str, sort: SortType) -> None:
    async def body(site: Listings) -> None:
        await site.enter(village)
        expected = await site.database.read(in_order, sort)
        for place in {1, 4, len(expected) // 2} & set(range(len(expected))):
            found = await site.ids(sort=sort, listing=ListingType.ALL, limit=10, page_cursor=f"P{expected[place]:x}")
            assert found == expected[place + 1 : place + 11]

    on(database_url, body)


def test_a_cursor_and_a_page_number_together_skip_pages(database_url: str) -> None:
    async def body(site: Listings) -> None:
        await site.enter(village)
        expected = await site.database.read(in_order, SortType.HOT)
        cursor = (await site.page(sort=SortType.HOT, listing=ListingType.ALL, limit=10)).next_page
        assert await site.ids(sort=SortType.HOT, listing=ListingType.ALL, limit=10, page=2, page_cursor=cursor) == expected[20:30]

    on(database_url, body)


def test_saved_posts_come_in_the_order_of_saving_whatever_the_sort(database_url: str) -> None:
    async def body(site: Listings) -> None:
        ada = await site.enter(rows.user)
        await site.enter(village)
        chosen = [PostId(number) for number in (40, 8, 200, 3, 91)]  # 8 is pinned
        for number in chosen:
            site.pass_time(MINUTE)
            await site.enter(lambda tx, number=number: rows.link(tx, "post_saved", person_id=ada.id, post_id=number))
        query = {"saved_only": True, "sort": SortType.HOT, "listing": ListingType.ALL}
        assert await site.walk(ada, limit=2, **query) == chosen[::-1]
        assert await site.ids(ada, page_cursor="P8", **query) == [40]
        assert await site.ids(**query) == []

    on(database_url, body)


def test_a_sparse_set_of_communities_is_gathered_to_the_same_order(database_url: str) -> None:
    async def body(site: Listings) -> None:
        ada = await site.enter(rows.user)
        await site.enter(lambda tx: village(tx, posts=800))

        def follow_a_small_one(tx: Transaction) -> CommunityId:
            small = rows.community(tx, "small", posts=4)
            for number in range(4):
                rows.post(tx, ada.id, small, published=NOON - number * 4 * DAY - 1, upvotes=number, featured_local=number == 2)
            rows.link(tx, "community_follower", person_id=ada.id, community_id=small)
            return small

        small = await site.enter(follow_a_small_one)
        for sort in (SortType.HOT, SortType.ACTIVE, SortType.NEW, SortType.TOP_ALL, SortType.TOP_DAY, SortType.CONTROVERSIAL):
            expected = await site.database.read(in_order, sort, community=small)
            assert await site.walk(ada, sort=sort, listing=ListingType.SUBSCRIBED, limit=3) == expected

    on(database_url, body)


def test_a_page_that_is_not_empty_has_a_cursor_and_an_empty_one_has_none(database_url: str) -> None:
    async def body(site: Listings) -> None:
        await site.enter(lambda tx: rows.post(tx, rows.person(tx), rows.community(tx)))
        page = await site.page(sort=SortType.NEW)
        assert len(ids(page)) == 1
        after = await site.page(sort=SortType.NEW, page_cursor=page.next_page)
        assert (after.posts, after.next_page) == ([], None)

    on(database_url, body)
