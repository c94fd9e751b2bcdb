"""No text may cost more than its length: counted in calls made, for seconds would tell of the machine."""

from collections.abc import Callable

import pytest

from lemmy_lite.text import mentions, tracking
from lemmy_lite.text.image_links import image_urls, rewrite_images
from lemmy_lite.text.markdown import SHORT, is_cheap, plain, render
from lemmy_lite.text.received import to_markdown
from tests.calls import calls_of

SMALL, LARGE, HUGE = 3_000, 12_000, 100_000

MARKDOWN = [
    ">", "> ", "[", "]", "*", "_", "(", ")", "`", "~", "^", "![", "[](", "[a](", "<", "\\", "&", "|", "- ", "1. ", "# ", "\n",
    "> a\n", "- a\n", "*a **a ", "a**b", "*a_ ", "``` ", "```\n", "::: spoiler x\n", ":::\n", "a|b\n-|-\n", "|a|\n|-|\n", "[^1]",
    "[^1]: x\n", "[a]: b\n", "[a]\n", "=\n* a\n\n> 1. ~", "> - ", "- > ", "@a", "@a@b.c", "http://", "www.", "{a|", "<http:",
    "<!--", "<a b=", "a\n===\n", "(((", "\\\n", "&#",
]  # fmt: skip
RECEIVED = [
    "<div>", "<b>", "<a href=x>", "<p>", "<table>", "<table><tr><td>", "<ul><li>", "<ol><li>x", "<li>", "</p>", "<b></p>",
    "<i><b>x</a>", "<pre>", "<details>", "<svg>", "<!--", "&", "<", "<br>", "<span class=invisible>", "<ruby>a<rt>b", "<tr><td>x",
    "<h1>", "<blockquote>", "*_[`", "<img>",
]  # fmt: skip


def repeated(unit: str, length: int) -> str:
    return (unit * (length // len(unit) + 1))[:length]


def assert_linear(function: Callable[[str], object], unit: str) -> None:
    function(repeated(unit, SMALL))  # fills caches
    few, many = (calls_of(function, repeated(unit, length)) for length in (SMALL, LARGE))
    assert many <= 6 * few + 2_000


@pytest.mark.parametrize("unit", MARKDOWN)
def test_rendering_takes_steps_in_proportion_to_the_text(unit: str) -> None:
    assert_linear(render, unit)


@pytest.mark.parametrize("unit", [*MARKDOWN, "- - - a\n", "www.a "])
def test_a_text_that_counts_as_cheap_costs_a_tenth_of_a_costly_one_at_most(unit: str) -> None:
    text = repeated(unit, SHORT)
    while not is_cheap(text):
        text = text[: len(text) * 9 // 10]
    text += " which why how" * ((SHORT - len(text)) // 14)
    assert is_cheap(text)
    assert calls_of(render, text) < calls_of(render, "- a\n" * 2_500) / 9


def test_words_are_read_in_one_step_whatever_letters_they_begin_with() -> None:
    assert calls_of(render, "who hews the why " * 200) == calls_of(render, "ann eats an egg, " * 200)
    assert 'href="https://a.example"' in render("how https://a.example")
    assert 'href="http://www.a.example"' in render("what www.a.example")
    assert render("h &hellip; w &eth;") == "<p>h … w ð</p>\n"


@pytest.mark.parametrize("unit", RECEIVED)
def test_reading_received_html_takes_steps_in_proportion_to_the_text(unit: str) -> None:
    assert_linear(to_markdown, unit)


@pytest.mark.parametrize("unit", MARKDOWN)
def test_a_huge_hostile_text_is_rendered_without_an_error(unit: str) -> None:
    text = repeated(unit, HUGE)
    assert len(render(text)) < 200 * HUGE
    assert len(plain(text)) <= HUGE
    mentions.find(text)
    tracking.clean_links_in(text)


@pytest.mark.parametrize("unit", ["![](http://x)", "![", "](", "`", "[r]: http://x\n![r]\n", "```\n", "\\", "![](<", "[[[", "![]("])
def test_finding_images_takes_steps_in_proportion_to_the_text(unit: str) -> None:
    assert_linear(image_urls, unit)
    assert_linear(lambda text: rewrite_images("![](http://y/) " + text, lambda url: "http://proxy/"), unit)
