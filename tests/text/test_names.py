from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lemmy_lite.model.errors import LemmyError
from lemmy_lite.text import names


def code_of(check: Callable[[], object]) -> str:
    with pytest.raises(LemmyError) as caught:
        check()
    return caught.value.code


@pytest.mark.parametrize("name", ["Hello_98", "ten", "تجريب", "تجريب_123", "Владимир", "___", "a" * 20])
def test_a_name_of_one_alphabet_is_welcome(name: str) -> None:
    names.check_actor_name(name, 20)


@pytest.mark.parametrize("name", ["تجريب_abc", "Влад_abc", "Hello-98", "ab", "", "abc\n", "a" * 21, "a b c", "çedilla"])
def test_a_name_that_mixes_alphabets_or_has_other_signs_is_refused(name: str) -> None:
    assert code_of(lambda: names.check_actor_name(name, 20)) == "invalid_name"


@pytest.mark.parametrize("name", ["hello @there", "  padded  ", "\U0001f3f3\ufe0f\u200d\u26a7\ufe0fName"])
def test_a_display_name_may_hold_any_visible_text(name: str) -> None:
    names.check_display_name(name, 20)


@pytest.mark.parametrize("name", ["@hello there", "\u200dhello", "\u20031\uffa02\u200d", "\u200b@my name is", "a\nbc", "", "x" * 21])
def test_a_display_name_that_could_deceive_is_refused(name: str) -> None:
    assert code_of(lambda: names.check_display_name(name, 20)) == "invalid_display_name"


@pytest.mark.parametrize("matrix_id", ["@dess:matrix.org", "@dess_:matrix.org", "@dess:matrix.org:443"])
def test_a_matrix_id_is_accepted(matrix_id: str) -> None:
    names.check_matrix_id(matrix_id)


@pytest.mark.parametrize(
    "matrix_id", ["dess:matrix.org", " @dess:matrix.org", "@dess:matrix.org t", "@dess:matrix.org\n", "@d:m:1", f"@{'d' * 250}:m.org"]
)
def test_what_is_no_matrix_id_is_refused(matrix_id: str) -> None:
    assert code_of(lambda: names.check_matrix_id(matrix_id)) == "invalid_matrix_id"


def test_a_title_is_counted_and_stored_trimmed() -> None:
    assert names.check_post_title("  him  ") == "him"
    assert names.check_post_title("12345" * 40 + "  ") == "12345" * 40


@pytest.mark.parametrize("title", ["hi", "a\nb c", "12345" * 40 + "x", "\n \n \n", "trailing break\n"])
def test_a_title_too_short_too_long_or_of_two_lines_is_refused(title: str) -> None:
    assert code_of(lambda: names.check_post_title(title)) == "invalid_post_title"


def test_a_title_counts_characters_and_a_body_counts_utf16_units() -> None:
    names.check_post_title("😃" * 200)
    names.check("comment", "😃" * 5_000)
    assert code_of(lambda: names.check("comment", "😃" * 5_000 + "x")) == "invalid_body_field"


@pytest.mark.parametrize("password", ["123456789", "x" * 61])
def test_a_password_needs_10_to_60_characters(password: str) -> None:
    names.check_password("1234567890")
    assert code_of(lambda: names.check_password(password)) == "invalid_password"


def test_a_report_needs_a_reason() -> None:
    assert names.check_report_reason("  spam ") == "spam"
    assert code_of(lambda: names.check_report_reason("  ")) == "report_reason_required"
    assert code_of(lambda: names.check_report_reason("x" * 1001)) == "report_too_long"


def test_a_site_needs_a_name() -> None:
    assert code_of(lambda: names.check("site name", "")) == "site_name_required"
    assert code_of(lambda: names.check("site name", "A" * 21)) == "site_name_length_overflow"


@pytest.mark.parametrize("field", sorted(names.LIMITS))
def test_every_limit_is_met_exactly(field: str) -> None:
    limit = names.LIMITS[field]
    names.check(field, "x" * limit.most)
    assert code_of(lambda: names.check(field, "x" * (limit.most + 1))) == limit.too_long
    if limit.least:
        assert code_of(lambda: names.check(field, "x" * (limit.least - 1))) == limit.too_short


@given(st.text())
def test_utf16_units_are_counted_as_an_encoder_counts_them(text: str) -> None:
    assert names.length(text, names.Count.UTF16) == len(text.encode("utf-16-le", "surrogatepass")) // 2
