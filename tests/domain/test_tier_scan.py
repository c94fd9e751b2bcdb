"""Ranked lists read of each tier of scores what can stand on the page, and no more."""

import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lemmy_lite.domain import comment_listing, frozen_walk, scan_plan
from lemmy_lite.domain.comment_listing import CommentQuery
from lemmy_lite.domain.ranking import RANKED_FOR, hot_rank
from lemmy_lite.domain.scan_plan import Plan
from lemmy_lite.domain.tier_scan import TierScan
from lemmy_lite.domain.top_scan import TopScan
from lemmy_lite.model.clock import DAY, HOUR
from lemmy_lite.model.listing import ListingType, SortType
from lemmy_lite.model.score_tier import EDGES, NUMBER, tier_of
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.views import comment_listing as comment_views
from lemmy_lite.storage.views import post_listing
from lemmy_lite.storage.views.slices import Slice
from tests.domain import threads
from tests.domain.listings import Listings, on
from tests.domain.test_post_listing import in_order, village
from tests.storage import rows
from tests.storage.rows import NOON

SCORES = st.lists(st.integers(-5, 6000), min_size=1, max_size=60)
POSTS = st.lists(st.tuples(st.integers(-5, 6000), st.integers(1, RANKED_FOR - 1)), min_size=1, max_size=60)


def holds(slices: tuple[Slice, ...], score: int, time: int) -> bool:
    """Whether a post with this score and time is in one of the slices."""
    return slices[tier_of(score)].after < time <= slices[tier_of(score)].until


def test_each_tier_begins_at_its_edge() -> None:
    assert [tier_of(score) for score in (-9, 0, 7, 8, 15, 16)] == [0, 0, 0, 1, 1, 2]
    assert [tier_of(edge) for edge in EDGES] == list(range(1, NUMBER))
    assert [tier_of(edge - 1) for edge in EDGES] == list(range(NUMBER - 1))


@given(POSTS, st.floats(0, 500), st.integers(0, 300), st.one_of(st.none(), st.integers(0, 59)))
def test_what_has_the_rank_was_read_and_in_the_end_all_is(
    posts: list[tuple[int, int]], per_hour: float, at_once: int, reached: int | None
) -> None:
    after = None if reached is None else hot_rank(*posts[reached % len(posts)])
    scan = TierScan(NOON, max(score for score, _ in posts), per_hour, at_once, after)
    unread = [post for post in posts if after is None or hot_rank(*post) < after]
    for _ in range(200):
        slices = scan.next(20, len(posts) - len(unread), None)
        unread = [post for post in unread if not holds(slices, post[0], NOON - post[1])]
        assert not [post for post in unread if hot_rank(*post) >= scan.rank]
        if not scan.rank:
            break
    assert scan.rank == 0
    assert not unread


@given(
    st.lists(st.integers(-5, 6000), min_size=1, max_size=60), st.floats(0, 5000), st.integers(0, 300), st.one_of(st.none(), st.integers())
)
def test_the_best_of_a_window_were_read_and_in_the_end_all_are(
    scores: list[int], in_window: float, at_once: int, reached: int | None
) -> None:
    after = None if reached is None else scores[reached % len(scores)]
    scan = TopScan(NOON, in_window, at_once, after)
    unread = [score for score in scores if after is None or score <= after]
    for _ in range(NUMBER):
        slices = scan.next(20, len(scores) - len(unread), None)
        unread = [score for score in unread if slices[tier_of(score)].until <= NOON]
        assert not [score for score in unread if score >= scan.rank]
        if not scan.rank:
            break
    assert scan.rank == 0
    assert not unread


def test_each_tier_of_a_window_is_read_once() -> None:
    scan = TopScan(NOON, 9_000, 100)
    read = [tier for _ in range(NUMBER) for tier, each in enumerate(scan.next(20, 3, None)) if each.after < each.until]
    assert sorted(read) == list(range(NUMBER))


def test_the_rest_of_a_page_is_read_down_to_the_rank_of_its_last_post() -> None:
    scan = TierScan(NOON, 5000, 30.0, 0)
    scan.next(20, 0, None)
    lowest = hot_rank(98, 9 * HOUR)
    assert lowest < scan.rank
    slices = scan.next(20, 5, lowest)
    assert scan.rank == lowest
    assert holds(slices, 98, NOON - 9 * HOUR)
    assert not holds(slices, 98, NOON - 11 * HOUR)


@pytest.mark.parametrize("sort", [SortType.HOT, SortType.ACTIVE, SortType.TOP_DAY, SortType.TOP_WEEK])
def test_a_page_reads_as_few_posts_when_there_are_ten_times_as_many(
    tmp_path: Path, sort: SortType, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: dict[int, int] = {}
    scan = post_listing.scan
    posts = 0

    def counting(*arguments: object) -> list[post_listing.Row]:
        found = scan(*arguments)  # type: ignore[arg-type]  # handed on as it came
        read[posts] = read.get(posts, 0) + len(found)
        return found

    monkeypatch.setattr(post_listing, "scan", counting)

    async def body(site: Listings) -> None:
        await site.enter(lambda tx: village(tx, posts=posts))
        expected = await site.database.read(in_order, sort)
        assert await site.ids(sort=sort, listing=ListingType.ALL, limit=20) == expected[:20]

    for posts in (600, 6000):
        on(f"sqlite://{tmp_path}/{posts}.db", body)
    assert max(read.values()) < 130, read


@pytest.mark.parametrize("sort", [SortType.HOT, SortType.ACTIVE, SortType.SCALED])
def test_a_page_that_is_gathered_is_read_in_tiers_too(tmp_path: Path, sort: SortType, monkeypatch: pytest.MonkeyPatch) -> None:
    """As many rows come back when the communities have ten times as many, and of each tier only the fresh ones."""
    monkeypatch.setattr(scan_plan, "cheapest", lambda *_, **__: Plan(gather=True))
    read: list[int] = []
    scan = post_listing.scan

    def counting(*arguments: object) -> list[post_listing.Row]:
        found = scan(*arguments)  # type: ignore[arg-type]  # handed on as it came
        read.append(len(found))
        return found

    monkeypatch.setattr(post_listing, "scan", counting)

    async def body(site: Listings) -> None:
        _, homes = await site.enter(lambda tx: village(tx, posts=posts))
        ada = await site.enter(rows.user)
        await site.enter(lambda tx: rows.link(tx, "community_follower", person_id=ada.id, community_id=homes[2]))
        await site.enter(lambda tx: tx.run("UPDATE community_aggregates SET posts = :each", each=posts // 4))
        among = set(await site.database.read(_of, homes[2]))
        expected = [number for number in await site.database.read(in_order, sort) if number in among]
        assert await site.ids(ada, sort=sort, listing=ListingType.SUBSCRIBED, limit=20) == expected[:20]

    for posts in (800, 8000):
        on(f"sqlite://{tmp_path}/{posts}.db", body)
        assert sum(read) < 110, (posts, read)
        read.clear()


def _of(tx: Transaction, home: int) -> list[int]:
    return tx.column("SELECT post_id FROM post_aggregates WHERE community_id = :home", home=home)


@pytest.mark.parametrize("sort", [SortType.HOT, SortType.ACTIVE])
def test_a_list_looks_its_posts_up_by_tier_and_time(tmp_path: Path, sort: SortType) -> None:
    """SQLite plans without statistics: what stands first in the text must lead."""

    async def body(site: Listings) -> None:
        await site.enter(village)
        await site.page(sort=sort, listing=ListingType.ALL, limit=20)
        asked = next(statement for statement in site.statements if "WITH head" in statement)
        column = "published" if sort is SortType.HOT else "newest_comment_time_necro"

        def plan(tx: Transaction) -> str:
            names = {name.rstrip(",)") for name in asked.replace("(", " ").replace(")", " ").split() if name.startswith(":")}
            values = {name[1:]: [] if name in (":changed", ":languages", ":among", ":kept") else 0 for name in names}
            return "\n".join(str(row) for row in tx.all(f"EXPLAIN QUERY PLAN {asked}", **values))

        assert f"(tier=? AND {column}>? AND {column}<?)" in await site.database.read(plan)

    on(f"sqlite://{tmp_path}/lemmy.db", body)


@pytest.mark.parametrize("noun", ["post", "comment"])
def test_the_tier_follows_every_change_of_a_score(database_url: str, noun: str) -> None:
    async def body(site: Listings) -> None:
        chance = random.Random(1)

        def enter(tx: Transaction) -> None:
            author, home = rows.person(tx, "ada"), rows.community(tx, "birds")
            for _ in range(30):
                score = chance.choice([0, 1, 8, 40, 5000])
                written = rows.post(tx, author, home, upvotes=score)
                threads.comment(tx, author, written, upvotes=score)

        def change(tx: Transaction) -> None:
            for number in tx.column(f"SELECT {noun}_id FROM {noun}_aggregates"):
                score = chance.choice([-8, 0, 7, 8, 63, 64, 2047, 2048, 70_000])
                tx.run(f"UPDATE {noun}_aggregates SET score = :score WHERE {noun}_id = :id", score=score, id=number)

        await site.enter(enter)
        for _ in range(3):
            found = await site.database.read(lambda tx: tx.all(f"SELECT score, tier FROM {noun}_aggregates"))
            assert len(found) == 30
            assert [tier for _, tier in found] == [tier_of(score) for score, _ in found]
            await site.enter(change)

    on(database_url, body)


def test_hot_comments_of_all_posts_are_few_of_many(tmp_path: Path) -> None:
    def story(tx: Transaction) -> None:
        chance = random.Random(2)
        author, home = rows.person(tx), rows.community(tx)
        posts = [rows.post(tx, author, home) for _ in range(5)]
        facts = {}
        for _ in range(2500):
            score, published = int(chance.lognormvariate(1, 1.5)), NOON - chance.randrange(1, 6 * DAY)
            facts[threads.comment(tx, author, chance.choice(posts), upvotes=score, published=published)] = (score, published)
        read: list[int] = []
        keys = comment_views.keys

        def counting(*arguments: Any, **more: Any) -> list[comment_views.Key]:
            found = keys(*arguments, **more)
            read.append(len(found))
            return found

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(comment_views, "keys", counting)
            shown = threads.ids(comment_listing.listing(tx, None, CommentQuery(listing=ListingType.ALL, limit=20)))
        order = sorted(facts, key=lambda number: (hot_rank(facts[number][0], NOON - facts[number][1]), facts[number][0], number))
        assert shown == order[:-21:-1]
        assert sum(read) < 130

    threads.told(f"sqlite://{tmp_path}/lemmy.db", story)


@pytest.mark.parametrize("sort", [SortType.HOT, SortType.ACTIVE, SortType.SCALED])
def test_a_post_that_rises_while_a_page_is_turned_is_shown_where_it_was(
    database_url: str, sort: SortType, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is in a tier then that has been read already, or one of which less is read."""
    monkeypatch.setattr(frozen_walk, "FIRST_ROWS", 0)

    async def body(site: Listings) -> None:
        await site.enter(lambda tx: village(tx, posts=200))
        expected = await site.database.read(in_order, sort)
        fresh = [number for number in expected if number in await site.database.read(_fresh)]
        first = await site.page(sort=sort, listing=ListingType.ALL, limit=10)
        site.pass_time(1)
        risen = fresh[25:40]
        for number in risen:
            await site.enter(lambda tx, number=number: rows.count(tx, number, score=9000, upvotes=9000, newest_comment_time_necro=tx.now))
        site.pass_time(1)
        rest = await site.walk(sort=sort, listing=ListingType.ALL, limit=10, page_cursor=first.next_page)
        assert [view.post.id for view in first.posts] + rest == expected

    on(database_url, body)


def _fresh(tx: Transaction) -> set[int]:
    return set(tx.column("SELECT post_id FROM post_aggregates WHERE published > :since", since=tx.now - 7 * DAY))
