"""What of a text is searched by."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lemmy_lite.storage import terms
from lemmy_lite.storage.dialect import POSTGRES, SQLITE
from lemmy_lite.storage.terms import Wanted


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Don't STOP the_music, 2nd-hand!", ["don", "t", "stop", "the", "music", "2nd", "hand"]),
        ("Über Straße naïve ﬁn Ｗｉｄｅ Ёлка", ["uber", "strasse", "naive", "fin", "wide", "елка"]),
        ("日本語 東京tower", ["日本", "本語", "語", "東京", "京", "tower"]),
        ("がか 한국어", ["がか", "か", "한국", "국어", "어"]),
        ("हिन्दी العَرَبيّة", ["हिन्दी", "العربية"]),
        ("🎉 party👍🏽 ☃", ["🎉", "party", "👍", "☃"]),
        ("\0 \" ' * - () : \\ % &|! ；。", []),
        ("x" * 100, ["x" * terms.LONGEST]),
        ("again Again AGAIN", ["again"]),
        ("", []),
    ],
)
def test_terms_are_words_without_case_and_accents_emoji_and_pairs_of_characters(text: str, found: list[str]) -> None:
    """A change here means another index: a migration must enter all rows anew (tables/search_text.py)."""
    assert terms.of_texts([text]) == found


def test_names_are_cut_so_that_every_part_begins_a_term() -> None:
    assert terms.of_names(["linux_Gä", None]) == ["lin", "inu", "nux", "ux", "x", "ga", "a"]


def test_the_last_word_may_be_a_beginning_and_short_ones_may_not() -> None:
    assert terms.wanted_of_text("The Linux kern") == Wanted(("the", "linux"), ("kern",))
    assert terms.wanted_of_text("let it go") == Wanted(("let", "it", "go"), ())
    assert terms.wanted_of_text("日本語 猫") == Wanted(("日本", "本語"), ("猫",))
    assert terms.wanted_of_name("Gaming ab 日") == Wanted(("gam", "ami", "min", "ing"), ("ab", "日"))


def test_long_queries_and_long_texts_are_cut() -> None:
    wanted = terms.wanted_of_text(" ".join(f"w{number}" for number in range(10_000)))
    assert len(wanted.terms) + len(wanted.prefixes) == terms.MOST_ASKED
    assert len(terms.of_texts([" ".join(f"w{number}" for number in range(20_000))])) == terms.MOST_TERMS
    assert len(terms.wanted_of_text("語学" * 300).terms) == 2


@given(st.text(max_size=80))
def test_every_text_is_found_by_itself_and_no_sign_of_a_database_gets_through(text: str) -> None:
    for index, query in ((terms.of_texts, terms.wanted_of_text), (terms.of_names, terms.wanted_of_name)):
        held, wanted = index([text]), query(text)
        assert set(wanted.terms) <= set(held)
        assert all(any(term.startswith(prefix) for term in held) for prefix in wanted.prefixes)
        assert not set("\"'*\\&|!:()-<>^+{} \0\t\n%_,;") & set("".join([*held, *wanted.terms, *wanted.prefixes]))


def test_quotation_marks_stand_for_themselves_should_one_come_in() -> None:
    wanted = Wanted(('a" OR "b',), ("c'|'d\\",))
    assert SQLITE.wanted(wanted) == '"a"" OR ""b" AND "c\'|\'d\\"*'
    assert POSTGRES.wanted(wanted) == "'a\" OR \"b' & 'c''|''d\\\\':*"
