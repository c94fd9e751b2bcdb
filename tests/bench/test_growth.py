"""How growth is counted: between data sets that answer as much."""

import pytest

from tests.bench.cases.growth import grown


def test_the_exponent_is_that_between_the_smallest_and_the_largest_set() -> None:
    *costs, exponent = grown("h1", "a page", "steps", {"S": 100.0, "M": 150.0, "L": 1_000.0}, {"S": 20, "M": 20, "L": 20}, 0.1)
    assert [(each.metric.name, each.value) for each in costs] == [("on S", 100), ("on M", 150), ("on L", 1_000)]
    assert exponent.metric.name == "exponent of steps, S to L"
    assert exponent.value == pytest.approx(0.5)  # ten times for a hundred times as many posts


def test_a_set_that_answers_less_is_told_but_not_counted_from() -> None:
    *costs, exponent = grown("h1", "a page", "steps", {"S": 10.0, "M": 100.0, "L": 1_000.0}, {"S": 2, "M": 20, "L": 20}, 0.1)
    assert len(costs) == 3
    assert exponent.metric.name == "exponent of steps, M to L"
    assert exponent.value == pytest.approx(1.0)


def test_where_only_the_largest_set_answers_so_much_the_one_before_it_is_counted_from_and_a_word_says_so() -> None:
    *_, exponent = grown("h1", "a page", "steps", {"S": 10.0, "M": 100.0, "L": 1_000.0}, {"S": 2, "M": 12, "L": 20}, 0.1)
    assert exponent.metric.name == "exponent of steps, M to L"
    assert exponent.why == "it gives 20 things on L and 12 on M"


def test_one_set_alone_has_no_exponent() -> None:
    assert len(grown("h1", "a page", "steps", {"S": 10.0}, {"S": 2}, 0.1)) == 1
