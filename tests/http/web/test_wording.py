"""How values are worded."""

from datetime import timedelta

import pytest

from lemmy_lite.http.web import choices, wording
from lemmy_lite.model.listing import CommentSortType, SearchType, SortType
from lemmy_lite.text import figures
from tests.http.web import sample


@pytest.mark.parametrize(
    ("age", "words"),
    [
        (timedelta(seconds=-90), "now"),
        (timedelta(seconds=59), "now"),
        (timedelta(minutes=1), "1 min"),
        (timedelta(minutes=59, seconds=59), "59 min"),
        (timedelta(hours=1), "1 h"),
        (timedelta(hours=23, minutes=59), "23 h"),
        (timedelta(days=29), "29 d"),
        (timedelta(days=30), "1 mo"),
        (timedelta(days=364), "12 mo"),
        (timedelta(days=800), "2 y"),
    ],
)
def test_an_age_is_one_number_and_a_unit(age: timedelta, words: str) -> None:
    unit, count = wording.age(sample.NOW - age, sample.NOW)
    one, many = wording.AGES[unit]
    assert (one if count == 1 else many).format(count=count).removesuffix(" ago").removeprefix("just ") == words


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (0, "0"),
        (999, "999"),
        (1000, "1k"),
        (1234, "1.2k"),
        (15_300, "15k"),
        (999_999, "999k"),
        (1_250_000, "1.2M"),
        (-6, "\u22126"),
        (-1500, "\u22121.5k"),
    ],
)
def test_a_number_takes_little_room_and_never_rounds_up(number: int, words: str) -> None:
    assert figures.compact(number) == words


@pytest.mark.parametrize(
    ("address", "host"),
    [
        ("https://www.example.org/a?b", "example.org"),
        ("http://example.org:8536/", "example.org:8536"),
        ("https://example.org:443/", "example.org"),
        ("magnet:?xt=urn:btih:c12f", ""),
        ("https://[broken", ""),
        ("https://example.org:99999/", ""),
    ],
)
def test_the_host_of_an_address_is_shown_without_what_goes_without_saying(address: str, host: str) -> None:
    assert wording.host(address) == host


@pytest.mark.parametrize(
    "address", ["javascript:alert(1)", "JAVASCRIPT:x", " javascript:x", "data:text/html,x", "\x01https://x", "nothing", "", None]
)
def test_only_web_addresses_and_magnets_become_links(address: str | None) -> None:
    assert wording.outbound(address) is None


@pytest.mark.parametrize("address", ["https://example.org", "HTTP://EXAMPLE.ORG/", "magnet:?xt=urn:btih:c12f"])
def test_a_good_address_becomes_a_link_as_it_is(address: str) -> None:
    assert wording.outbound(address) == address


def test_a_local_actor_goes_by_name_and_a_remote_one_by_name_and_host() -> None:
    assert wording.person_path(sample.person(1, name="ada")) == "/u/ada"
    assert wording.person_path(sample.person(1, name="ada", local=False)) == "/u/ada@meadow.example"
    assert wording.community_path(sample.community(6)) == "/c/%D1%80%D0%B0%D0%B4%D0%B8%D0%BE"
    assert wording.handle(sample.community(6)) == "радио"


def test_an_address_of_ours_names_only_what_is_set() -> None:
    assert wording.href("/", sort="Hot", pageCursor=None, q="") == "/?sort=Hot"
    assert wording.href("/search", q="a&b=c d") == "/search?q=a%26b%3Dc+d"
    assert wording.href("/") == "/"


@pytest.mark.parametrize(
    ("markdown", "words"),
    [
        ("All about *tea*.\n\n- green\n- black", "All about tea."),
        ("# The __tea__ house\nfor [all](https://example.org/a_b) of `you`", "The tea house for all of you"),
        ("![cup](https://example.org/cup.png)\n\n> Second", "Second"),
        ("snake_case ^up^ ~~gone~~ 2 * 3", "snake_case up gone 2 3"),
        ("::: spoiler Rules\nBe kind.\n:::", "Be kind."),
        ("word " * 60, "word " * 27 + "…"),
        ("***", ""),
        ("", ""),
    ],
)
def test_an_excerpt_is_the_first_paragraph_without_its_marks(markdown: str, words: str) -> None:
    assert wording.excerpt(markdown) == words


def test_every_sort_of_the_contract_can_be_chosen() -> None:
    assert {value for value, _ in choices.SORTS} == set(SortType)
    assert {value for value, _ in choices.COMMENT_SORTS} == set(CommentSortType)
    assert {value for value, _ in choices.SEARCH_TYPES} <= set(SearchType)


def test_a_monogram_is_the_first_letter_or_a_dot() -> None:
    assert [wording.initial(name) for name in ("ada", "_9x", "радио", "___")] == ["A", "9", "Р", "\u2022"]
