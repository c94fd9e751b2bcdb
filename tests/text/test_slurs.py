import re

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from lemmy_lite.model.errors import LemmyError
from lemmy_lite.text import slurs
from lemmy_lite.text.linear_regex import MOST_REMEMBERED, Pattern
from lemmy_lite.text.regex_syntax import InvalidPattern

# Nested repetition as in widespread filters: Python's `re` would need 2 ** 20 000 steps for it.
NESTED = r"(\bf+o+(?:o{2,}|b)+ls?\b|ni((g{2,}|q)+|[gq]{2,})[e3r]+(s|z)?|cock\s?roach(es)?)"


def code_of(regex: str) -> str:
    with pytest.raises(LemmyError) as caught:
        slurs.check_regex(regex)
    return caught.value.code


ATOMS = ["a", "b", "A", "[ab]", "[^a]", "[a-b_]", ".", r"\w", r"\W", r"\s", r"\b", r"\B", "^", "$", r"\d", "é"]
REPEATS = ["*", "+", "?", "*?", "+?", "??", "{2}", "{1,2}", "{0,1}?"]

# Without the empty text: there Python's \B, for historical reasons, never matches.
texts = st.text("abA_ \né1", min_size=1, max_size=8)


def oracle(regex: str) -> re.Pattern[str]:
    """Rust's $ is the very end of the text; Python's also stands before a last line break."""
    return re.compile(regex.replace("$", r"\Z"), re.IGNORECASE)


def can_match_nothing(regex: str) -> bool:
    return any(match.end() == match.start() for text in ("", " ", "a", "a b", "aa") for match in oracle(regex).finditer(text))


def patterns(*, empty_loops: bool) -> st.SearchStrategy[str]:
    """Engines differ in how long they go round a loop over nothing, so only the question whether it matches has one answer there."""
    return st.recursive(
        st.sampled_from(ATOMS),
        lambda inner: st.one_of(
            st.lists(inner, min_size=1, max_size=3).map("".join),
            st.lists(inner, min_size=2, max_size=3).map(lambda parts: f"(?:{'|'.join(parts)})"),
            st.tuples(inner.filter(lambda part: empty_loops or not can_match_nothing(part)), st.sampled_from(REPEATS)).map(
                lambda pair: f"(?:{pair[0]}){pair[1]}"
            ),
        ),
        max_leaves=6,
    )


@settings(deadline=None)
@given(patterns(empty_loops=True), texts)
def test_the_automaton_matches_where_a_backtracking_engine_does(regex: str, text: str) -> None:
    pattern = Pattern(regex)
    expected = oracle(regex).search(text) is not None
    assert pattern.is_in(text) == expected
    assert pattern.is_in(text) == expected, "the second time from memory"


@settings(deadline=None)
@given(patterns(empty_loops=False), texts)
def test_the_automaton_finds_the_same_words_as_a_backtracking_engine(regex: str, text: str) -> None:
    expected = [match.span() for match in oracle(regex).finditer(text)]
    assume(all(end > start for start, end in expected))
    assert list(Pattern(regex).spans(text)) == expected


@pytest.mark.parametrize(
    ("regex", "text", "found"),
    [
        ("(?P<name>bad|worse)", "so Worse", ["Worse"]),
        ("(?<name>bad)", "bad", ["bad"]),
        (r"\bслово\b", "это СЛОВО, словом", ["СЛОВО"]),
        ("(?-i)bad", "Bad bad", ["bad"]),
        ("a(?s:.)b|c.d", "a\nb c\nd", ["a\nb"]),
        ("(?m)^x$", "y\nx\nx", ["x", "x"]),
        (r"\x41\x{42}\u0043[\x44-\x45]", "abce", ["abce"]),
        (r"\(\*\)[.\]-]", "(*)]", ["(*)]"]),
        ("[[:digit:]]+[^[:alpha:]]", "12-3a", ["12-"]),
        ("[]a]", "]", ["]"]),
        (r"a\.b", "a.b axb", ["a.b"]),
        ("a|ab", "ab", ["a"]),
    ],
)
def test_the_dialect_of_rust_is_understood(regex: str, text: str, found: list[str]) -> None:
    assert [text[start:end] for start, end in Pattern(regex).spans(text)] == found


@pytest.mark.parametrize(
    "regex",
    [
        "[",
        "(",
        ")",
        "a)",
        "*a",
        "a{2,1}",
        "a{x}",
        "a{",
        "(?=a)",
        "(?!a)",
        "(?<=a)",
        "(?<!a)",
        r"(a)\1",
        r"\p{L}",
        r"\k",
        "[b-a]",
        "[a[b]]",
        "\\",
        "[a&&b]",
        "(?P<a-b>x)",
        r"\x{110000}",
        r"\xzz",
        "(?z)",
        "[[:nope:]]",
        "(" * 60 + "a" + ")" * 60,
        "(?:a{1000}){1000}",
        "a" * 10_001,
        "a{9999}",
        "a{" + "9" * 5000 + "}",
    ],
)
def test_what_the_dialect_does_not_have_is_an_invalid_filter(regex: str) -> None:
    assert code_of(regex) == "invalid_regex"


@pytest.mark.parametrize("regex", ["(foo|bar|)", ".*", r"\d", "1", "[^a]"])
def test_a_filter_that_matches_nearly_everything_is_too_permissive(regex: str) -> None:
    assert code_of(regex) == "permissive_regex"


@pytest.mark.parametrize("regex", [None, "", "(foo|bar)", NESTED])
def test_no_filter_and_a_sensible_filter_are_fine(regex: str | None) -> None:
    slurs.check_regex(regex)


@settings(deadline=None)
@given(st.text("ab1[](){}*+?|^$\\-.:=!<>P,&xdwsb", max_size=20))
def test_any_filter_is_either_used_or_refused(regex: str) -> None:
    try:
        slurs.check_regex(regex)
    except LemmyError as problem:
        assert problem.code in ("invalid_regex", "permissive_regex")
    slurs.replace(regex, "ab1 [x]")


def test_a_title_with_a_slur_is_refused_and_only_the_log_learns_which() -> None:
    with pytest.raises(LemmyError) as caught:
        slurs.check(NESTED, "you Foools and cockroaches")
    assert caught.value.code == "slurs"
    assert "cockroaches" in str(caught.value.cause)
    assert caught.value.message is None
    slurs.check(NESTED, "nothing of that kind")
    slurs.check(NESTED, None)
    slurs.check(None, "fooools")


def test_slurs_in_a_body_are_removed_and_the_rest_stays() -> None:
    assert slurs.replace(NESTED, "Cock roach, fooools; fooolsish") == "*removed*, *removed*; fooolsish"
    assert slurs.replace(NESTED, "clean") == "clean"
    assert slurs.replace(None, "fooools") == "fooools"


def test_a_filter_that_cannot_be_used_filters_nothing() -> None:
    assert slurs.replace("[", "text") == "text"


def test_a_text_made_to_hang_the_filter_does_not() -> None:
    text = "ni" + "g" * 20_000 + " " + "f" + "o" * 20_000
    slurs.check(NESTED, text)
    assert slurs.replace(NESTED, text + " cockroach").endswith(" *removed*")


def test_a_remembering_filter_forgets_before_it_grows_too_large() -> None:
    pattern = Pattern("x[^y]*z")
    text = "".join(map(chr, range(0x4E00, 0x4E00 + MOST_REMEMBERED)))
    assert not pattern.is_in(text + "x" + text)
    assert pattern._remembered <= MOST_REMEMBERED
    assert pattern.is_in(text + "xz")


def test_counting_nothing_again_and_again_takes_no_time() -> None:
    regex = "(?:()())"
    for _ in range(10):
        regex = f"(?:{regex}){{1000}}"
    assert not Pattern(regex + "x").is_in("abc")


def test_a_broken_pattern_says_why() -> None:
    with pytest.raises(InvalidPattern, match="unclosed group"):
        Pattern("(a")
