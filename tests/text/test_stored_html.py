"""What is stored of a body's HTML gives exactly that HTML again, and nothing where paragraphs are all there is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lemmy_lite.text.markdown import render
from lemmy_lite.text.stored_html import PLAIN, pack, unpack

PROSE = ['It\'s "plain" & simple <3', "Two lines\nof one paragraph.\n\nAnd another.", "Größe, 大きさ, 📏", "<b>"]
MARKED = [
    "*new*",
    "- a list",
    " led in",
    "a\n\n\nb",
    "ends in a line\n",
    "https://there.example/",
    "&amp;",
    "@ann@there.example",
    "",
]


@pytest.mark.parametrize("source", PROSE)
def test_of_plain_paragraphs_nothing_is_stored(source: str) -> None:
    assert pack(source, render(source)) == PLAIN
    assert unpack(source, PLAIN) == render(source)


@pytest.mark.parametrize("source", MARKED)
def test_of_everything_else_the_html_is_stored(source: str) -> None:
    assert unpack(source, pack(source, render(source))) == render(source)
    assert pack(source, render(source)) == render(source)


@given(st.text(st.sampled_from("ab &<>\"'*_-#\n\t\r\\`[]()|~^:@!./1\u00e4\u2028"), max_size=60))
def test_whatever_the_text_its_html_comes_back(source: str) -> None:
    assert unpack(source, pack(source, render(source))) == render(source)
