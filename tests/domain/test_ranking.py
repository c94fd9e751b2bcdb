"""Lemmy's formulas, and the bounds that let a scan stop early."""

import random

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lemmy_lite.domain import ranking
from lemmy_lite.domain.ranking import RANKED_FOR, Bounds, hot_rank, scaled_rank
from lemmy_lite.model.clock import DAY, HOUR, micros, moment
from lemmy_lite.model.listing import SortType

SCORES = st.integers(-1000, 100_000)
AGES = st.integers(1, RANKED_FOR - 1)


@pytest.mark.parametrize(
    ("score", "age", "rank"),
    [
        (1, 1, 0.137017),  # log10(3) / 2 ** 1.8
        (98, HOUR, 0.276829),  # log10(100) / 3 ** 1.8
        (0, HOUR, 0.041667),  # scores count as 0 at least
        (-50, HOUR, 0.041667),
        (9_998, RANKED_FOR - 1, 0.000387),
        (9_998, RANKED_FOR, 0.0),
        (9_998, 0, 0.0),
        (9_998, -HOUR, 0.0),
    ],
)
def test_the_hot_rank_is_lemmys(score: int, age: int, rank: float) -> None:
    assert hot_rank(score, age) == pytest.approx(rank, abs=1e-6)


def test_the_scaled_rank_lifts_small_communities() -> None:
    assert scaled_rank(98, HOUR, 98) == pytest.approx(hot_rank(98, HOUR) / 2)
    assert scaled_rank(98, HOUR, 1) > scaled_rank(98, HOUR, 1000)


@given(SCORES, AGES, st.integers(0, 10**7), st.integers(0, 1000), st.sampled_from([SortType.HOT, SortType.SCALED]))
def test_no_post_lies_beyond_the_bounds(score: int, age: int, active: int, better: int, sort: SortType) -> None:
    rank = scaled_rank(score, age, active) if sort is SortType.SCALED else hot_rank(score, age)
    for among in ((0, None), (active, active), (active // 2, active + 7)):
        _lies_within(Bounds(sort, score + better, among), score, age, active, rank)


def _lies_within(bounds: Bounds, score: int, age: int, active: int, rank: float) -> None:
    assert rank <= bounds.most(age)
    assert rank <= bounds.most(age // 2)
    assert bounds.youngest(rank) <= age <= bounds.oldest(rank)
    for earlier in (age, age // 2):
        least = bounds.least_score(rank, earlier)
        assert least is None or score >= least
        for busy, in_busy in bounds.least_in_busy(rank, earlier):
            assert active < busy or score >= in_busy


def test_the_bounds_are_narrow_enough_to_be_of_use() -> None:
    bounds = Bounds(SortType.HOT, 998)
    rank = hot_rank(98, 10 * HOUR)
    assert bounds.oldest(rank) < 14 * HOUR
    assert bounds.youngest(rank) > 2 * HOUR
    assert 90 < (bounds.least_score(rank, 10 * HOUR) or 0) <= 98
    assert bounds.most(RANKED_FOR) == 0


@pytest.mark.parametrize(
    ("sort", "now", "since"),
    [
        (SortType.TOP_MONTH, "2026-03-31T10:00:00.000001+00:00", "2026-02-28T10:00:00.000001+00:00"),
        (SortType.TOP_YEAR, "2028-02-29T00:00:00+00:00", "2027-02-28T00:00:00+00:00"),
        (SortType.TOP_NINE_MONTHS, "2026-09-30T00:00:00+00:00", "2025-12-30T00:00:00+00:00"),
        (SortType.TOP_WEEK, "2026-03-08T00:00:00+00:00", "2026-03-01T00:00:00+00:00"),
        (SortType.TOP_HOUR, "2026-03-08T00:30:00+00:00", "2026-03-07T23:30:00+00:00"),
    ],
)
def test_the_windows_of_top_sorts_follow_the_calendar(sort: SortType, now: str, since: str) -> None:
    then = ranking.since(sort, micros(moment(0).fromisoformat(now)))
    assert then is not None
    assert moment(then).isoformat() == since


def test_top_of_all_time_has_no_window() -> None:
    assert ranking.since(SortType.TOP_ALL, DAY) is None


@pytest.mark.postgres
def test_ranks_equal_what_postgres_computes(postgres_url: str) -> None:
    """Lemmy computes its ranks there, in exact decimals."""
    chance = random.Random(1)
    cases = [(chance.randrange(-20, 5000), chance.randrange(1, RANKED_FOR)) for _ in range(500)]
    formula = "log(greatest(2, %s::numeric + 2)) / power(%s::numeric / 1000000 / 3600 + 2, 1.8)"
    with psycopg.connect(postgres_url) as connection:
        for score, age in cases:
            row = connection.execute(f"SELECT ({formula})::float8".encode(), (score, age)).fetchone()
            assert row is not None
            assert hot_rank(score, age) == pytest.approx(row[0], rel=1e-12)
