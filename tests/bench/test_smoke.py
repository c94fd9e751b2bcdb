"""The data sets are true to themselves, and the counts that noise cannot touch stay within bounds. Nothing here measures time."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from msgspec import structs

from lemmy_lite.domain import comment_listing, post_listing
from lemmy_lite.domain.comment_listing import CommentQuery
from lemmy_lite.domain.post_listing import PostQuery
from lemmy_lite.model.clock import DAY, HOUR, Clock
from lemmy_lite.model.ids import CommunityId
from lemmy_lite.model.listing import CommentSortType, ListingType, SortType
from lemmy_lite.storage.history import History
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import active_person
from tests.bench import report, smoke
from tests.bench.cases import growth, outbound, wearing
from tests.bench.cases.table import CASES, chosen
from tests.bench.counting import reading
from tests.bench.data import recount
from tests.bench.data.loading import Loader, opened
from tests.bench.data.seed import NotEmpty, main, seed
from tests.bench.data.sizes import READERS, THREADS, Size
from tests.bench.figures import Figure, Kind, Metric, Target
from tests.bench.page import page

BUSY = Size("busy", posts=6_000, communities=60, people=1_000, hosts=10, fresh=0.9)
"""A small instance whose week is long: nearly all of its posts have a rank that decays."""

WEEK = "SELECT post_id, score, published FROM post_aggregates WHERE published > :since"

MOST_BYTES_A_VOTE = 5_000
"""Of two thousand votes, ten a second, each written to its tables by itself took 50,000 and more."""

QUIET = Size("quiet", posts=2_000, communities=30, people=500, hosts=5)


@pytest.fixture(scope="module")
def busy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of a busy instance."""
    path = tmp_path_factory.mktemp("busy") / "lemmy.db"
    seed(f"sqlite://{path}", BUSY, 1)
    return path


@contextmanager
def seeded(url: str, number: int) -> Iterator[Loader]:
    """A loader on a quiet instance."""
    seed(url, QUIET, number)
    with opened(url) as loader:
        yield loader


@pytest.mark.parametrize("kind", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def test_every_counter_of_a_data_set_equals_a_recount(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    url: str = f"sqlite://{tmp_path}/lemmy.db" if kind == "sqlite" else request.getfixturevalue("postgres_url")
    with seeded(url, 1) as loader:
        assert recount.differences(loader) == []
        if kind == "sqlite":
            assert loader.execute("PRAGMA foreign_key_check") == []
            # Who was active: all that the deeds of half a year tell, but for those on its edge.
            kept = "SELECT * FROM active_person WHERE last > :edge ORDER BY community_id, person_id"
            newest, half_year = loader.execute("SELECT MAX(published) FROM post")[0][0], active_person.SPANS["half_year"]
            noted = loader.execute(kept, {"edge": (newest - half_year + DAY) // HOUR})
            loader.execute("DELETE FROM active_person")
            active_person.note_all(Transaction(loader.session, Clock().now()), newest - half_year)
            assert loader.execute(kept, {"edge": (newest - half_year + DAY) // HOUR}) == noted != []
        # A counter that is wrong is found.
        loader.execute("UPDATE person_aggregates SET comment_count = comment_count + 1 WHERE person_id = 3")
        assert recount.differences(loader) == ["comments of people: 1 rows of person_aggregates differ"]


def test_the_same_number_gives_the_same_data_and_another_gives_other_data(tmp_path: Path) -> None:
    def texts(folder: str, number: int) -> list[tuple[Any, ...]]:
        with seeded(f"sqlite://{tmp_path}/{folder}/lemmy.db", number) as loader:
            return loader.execute("SELECT name, creator_id, community_id, body FROM post ORDER BY id")

    first = texts("a", 1)
    assert texts("b", 1) == first
    assert texts("c", 2) != first


def test_the_threads_with_names_have_as_many_comments_as_they_say(busy: Path) -> None:
    with opened(f"sqlite://{busy}") as loader:
        found = loader.execute("SELECT name, comments FROM post JOIN post_aggregates ON post_id = post.id WHERE name LIKE 'A % of %'")
    assert {name: comments for name, comments in found if name in THREADS} == THREADS


def test_what_is_seeded_can_be_searched(busy: Path) -> None:
    with opened(f"sqlite://{busy}") as loader:
        texts = loader.execute("SELECT COUNT(*) FROM comment WHERE NOT removed AND NOT deleted AND content LIKE '%station%'")
        found = loader.execute("SELECT COUNT(*) FROM comment_terms WHERE comment_terms MATCH 'station'")
    assert found == texts
    assert found > [(1_000,)]


def test_a_database_with_posts_is_left_alone(busy: Path) -> None:
    with pytest.raises(NotEmpty):
        seed(f"sqlite://{busy}", QUIET, 1)
    ended = CliRunner().invoke(main, ["--size", "S", "--to", f"sqlite://{busy}"])
    assert (ended.exit_code, ended.stderr) == (2, "the database holds posts already: give a new file or an empty database\n")


ONE_WALK = {SortType.NEW, SortType.OLD, SortType.MOST_COMMENTS, SortType.NEW_COMMENTS, SortType.CONTROVERSIAL, SortType.TOP_ALL}
"""Sorts that are read along one index. The others guess how far a page reaches, and a look more costs less than rows that are read in vain;
how many that takes hangs on the hour, as more is written by day."""


@pytest.mark.parametrize("sort", SortType)
@pytest.mark.parametrize("listing", [ListingType.ALL, ListingType.LOCAL])
def test_a_list_for_strangers_takes_few_statements(busy: Path, listing: ListingType, sort: SortType) -> None:
    shown, taken = smoke.listed(busy, PostQuery(listing=listing, sort=sort, limit=20))
    assert taken.statements <= (3 if sort in ONE_WALK else 7 if sort is SortType.SCALED else 6)
    assert len(shown.posts) == 20 or sort in (SortType.TOP_HOUR, SortType.TOP_SIX_HOUR, SortType.TOP_TWELVE_HOUR)


@pytest.mark.parametrize("name", ["reader_0", "reader_86", "reader_500"])
def test_a_list_for_members_takes_few_statements(busy: Path, name: str) -> None:
    for listing in (ListingType.ALL, ListingType.SUBSCRIBED):
        taken = smoke.listed(busy, PostQuery(listing=listing, sort=SortType.HOT, limit=20), name)[1]
        assert taken.statements <= 6  # as for strangers: a look more costs less than rows that are read in vain


MOST_STEPS = 45_000
"""Steps of SQLite's machine for any list of posts on a busy instance, about a millisecond; most take 6,000 to 25,000."""


@pytest.mark.parametrize("sort", SortType)
def test_no_list_of_posts_reads_much_whoever_asks(busy: Path, sort: SortType) -> None:
    with opened(f"sqlite://{busy}") as loader:
        largest = CommunityId(loader.execute("SELECT community_id FROM community_aggregates ORDER BY posts DESC LIMIT 1")[0][0])
    for query in (PostQuery(listing=ListingType.ALL), PostQuery(listing=ListingType.LOCAL), PostQuery(community_id=largest)):
        assert smoke.listed(busy, structs.replace(query, sort=sort, limit=20))[1].steps < MOST_STEPS
    for name in READERS:
        for listing in (ListingType.ALL, ListingType.SUBSCRIBED):
            assert smoke.listed(busy, PostQuery(listing=listing, sort=sort, limit=20), name)[1].steps < 2 * MOST_STEPS


@pytest.mark.parametrize("sort", [SortType.ACTIVE, SortType.HOT])
@pytest.mark.parametrize("listing", ["All", "Local", "Subscribed 86"])
def test_days_in_which_nothing_came_do_not_make_a_page_read_more(busy: Path, listing: str, sort: SortType) -> None:
    with closing(sqlite3.connect(busy, isolation_level=None)) as connection:
        asked = growth.DataSet(connection, busy)
        at_once = asked.counted(f"posts, {listing} {sort}")[0]
        for days in (1, 3):
            asked.now = growth.end(connection) + days * DAY
            # Ranks lie closer together when all are old, so somewhat more may be ranked like the last of the page.
            assert asked.counted(f"posts, {listing} {sort}")[0] < 4 * at_once, f"cut off for {days} days"


@pytest.mark.parametrize("sort", CommentSortType)
def test_a_list_of_comments_across_posts_reads_a_small_part_of_them(busy: Path, sort: CommentSortType) -> None:
    with reading(busy) as counted:
        every = counted(lambda tx: tx.value("SELECT COUNT(*) FROM comment"))[0]
        query = CommentQuery(listing=ListingType.ALL, sort=sort, limit=20)
        shown, taken = counted(lambda tx: comment_listing.listing(tx, None, query))
    assert len(shown) == 20
    assert taken.rows < every / 20
    assert taken.statements <= 6


@pytest.mark.parametrize("sort", [SortType.HOT, SortType.ACTIVE, SortType.SCALED])
def test_two_hundred_pages_of_a_ranked_list_read_no_more_each_than_the_first(busy: Path, sort: SortType) -> None:
    steps, cursor, clock = [], None, Clock()
    history = History(clock.now)
    with reading(busy) as counted:
        for _ in range(200):
            query = PostQuery(listing=ListingType.ALL, sort=sort, limit=20, page_cursor=cursor)
            shown, taken = counted(partial(post_listing.page, history=history, viewer=None, query=query))
            cursor = shown.next_page
            steps.append(taken.steps)
    assert steps[199] <= steps[0]
    assert sum(steps) / 200 <= 1.1 * steps[0]  # and what is looked at again


@pytest.mark.parametrize("sort", [SortType.HOT, SortType.ACTIVE])
def test_ranks_at_read_time_look_at_a_small_part_of_the_week(busy: Path, sort: SortType) -> None:
    ranked = smoke.listed(busy, PostQuery(listing=ListingType.ALL, sort=sort, limit=20))[1]
    with reading(busy) as counted:
        week = counted(lambda tx: tx.all(WEEK, since=tx.now - 7 * DAY))[1]
    assert week.rows > 5_000
    assert ranked.rows < week.rows / 50
    assert ranked.steps < week.steps


def test_the_smoke_run_gives_counts_and_the_report_drops_no_case() -> None:
    figures = smoke.figures(lambda _: None)
    values = {f"{figure.name}: {figure.metric.name}": figure.value or 0 for figure in figures}
    assert all(figure.samples and figure.metric.kind is Kind.COUNT for figure in figures)
    assert 30 < values["front page: bytes"] < 150
    assert values["front page, gzip: bytes"] < values["front page: bytes"] / 2
    assert 0 < values["200 votes one by one: written"] < 100_000
    others = f"{smoke.OTHERS_VOTES:,} votes of others, {wearing.PACE} a second"
    assert 0 < values[f"{others}: given to write calls"] < MOST_BYTES_A_VOTE
    assert 0 < values[f"{others}: commits"] < 200
    assert values["4 hosts, 60 each: acknowledged"] == 4 * 62, "some of them twice"
    assert 150 < values["4 hosts, 60 each: remembered"] < 4 * 60, "a vote, or what else was announced and what announced it"
    assert 0 < values["4 hosts, 60 each: written"] < 100_000
    assert values["one post to 40 hosts: messages to each that lives"] == outbound.OF_A_POST
    assert 0 < values["one post to 40 hosts: written"] < 1_000_000
    assert values["300 votes, 1 × kill -9: lost"] == values["300 votes, 1 × kill -9: out of order"] == 0
    assert values["1,000 pictures, 5,000 reads: disk at most"] <= 1
    assert values["1,000 pictures, 5,000 reads: hits by those of the oracle"] >= 0.95
    cases = (*smoke.CASES, *CASES)
    text, html, document = report.text(cases, figures, {}), page(cases, report.lines(figures), {}), report.document(cases, figures, {})
    for case in cases:
        assert f"\n{case.id} " in text
        assert f"<h2>{case.id}: " in html
    assert [case["id"] for case in document["cases"]] == [case.id for case in cases]


def test_every_workload_of_the_plan_is_in_the_table() -> None:
    plan = [
        "a1",
        "a2",
        "a3",
        "a4",
        "a5",
        "a6",
        "a7",
        "b1",
        "b2",
        "c1",
        "c2",
        "c3",
        "d1",
        "d2",
        "d3",
        "e1",
        "e2",
        "e3",
        "f1",
        "g1",
        "h1",
        "h1-postgres",
    ]
    assert [case.id for case in CASES if case.id != "floor"] == plan
    assert [case.id for case in chosen(("a", "b1"))] == ["floor", *plan[:8]]
    with pytest.raises(KeyError):
        chosen(("z9",))


def test_a_figure_is_judged_by_its_target_and_its_floor() -> None:
    floor = Figure("floor", "constant", Metric("rate", "req/s", Kind.RATE), (100.0, 110.0, 90.0))
    asked = Metric("rate", "req/s", Kind.RATE, Target(least=0.6, of_floor=True), "constant: rate")
    good, bad = Figure("a1", "list", asked, (70.0,)), Figure("a1", "list", asked, (50.0,))
    unknown = Figure("a1", "list", asked, (), why="the server refused")
    assert [line.verdict for line in report.lines([floor, good, bad, unknown])] == ["", "met", "missed", "no figure"]
    assert [line.verdict for line in report.lines([good])] == [""]
    assert (floor.value, floor.deviation) == (100.0, 10.0)
