"""Cursors go back and forth unharmed, and nothing else is taken for one."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lemmy_lite.domain import post_cursor
from lemmy_lite.domain.post_cursor import Reached
from lemmy_lite.domain.ranking import Key
from lemmy_lite.model.clock import HOUR
from lemmy_lite.model.errors import LemmyError
from lemmy_lite.model.ids import PostId
from lemmy_lite.model.listing import SortType

NOW = 1_790_000_000_000_000
WHOLE = st.integers(-(2**53), 2**53).map(float)
REACHED = st.builds(
    Reached,
    sort=st.sampled_from(SortType),
    saved=st.booleans(),
    frozen=st.integers(0, NOW),
    newest=st.integers(0, 2**62).map(PostId),
    key=st.builds(Key, st.integers(0, 1), WHOLE | st.floats(0, 100), st.integers(-(2**62), 2**62), st.integers(0, 2**62)),
)


@given(REACHED)
def test_a_cursor_is_read_as_it_was_written_and_needs_no_escapes_in_a_url(reached: Reached) -> None:
    text = post_cursor.write(reached)
    assert post_cursor.read(text, NOW) == reached
    assert re.fullmatch(r"1[A-Za-z0-9_-]{62}", text)


def test_a_cursor_of_lemmys_kind_names_a_post() -> None:
    assert post_cursor.read("P1a2b", NOW) == PostId(0x1A2B)


@given(REACHED, st.integers(0, 62), st.sampled_from("AZaz09-_!%é"))
def test_a_cursor_with_a_changed_character_is_refused(reached: Reached, place: int, character: str) -> None:
    text = post_cursor.write(reached)
    changed = text[:place] + character + text[place + 1 :]
    if changed != text:
        with pytest.raises(LemmyError, match="couldnt_get_posts"):
            post_cursor.read(changed, NOW)


@given(st.text(max_size=80))
def test_any_other_text_is_refused(text: str) -> None:
    if not re.fullmatch(r"P[0-9a-fA-F]{1,8}", text):
        with pytest.raises(LemmyError, match="couldnt_get_posts"):
            post_cursor.read(text, NOW)


def test_a_cursor_from_the_future_is_refused() -> None:
    reached = Reached(sort=SortType.HOT, saved=False, frozen=NOW + HOUR, newest=PostId(1), key=Key(0, 0.0, 0, 1))
    with pytest.raises(LemmyError, match="couldnt_get_posts"):
        post_cursor.read(post_cursor.write(reached), NOW)
