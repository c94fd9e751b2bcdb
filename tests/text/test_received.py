import html as html_entities

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lemmy_lite.text import mentions, sanitise
from lemmy_lite.text.markdown import plain, render
from lemmy_lite.text.received import MOST_READ, to_markdown

PIECES = [
    "<p>", "</p>", "<br>", "<b>", "</b>", "<i>", "</i>", "<a href='https://e.example/a_b'>", "</a>", "<ul>", "<ol>", "<li>",
    "</ul>", "</ol>", "<blockquote>", "</blockquote>", "<pre>", "<code>", "</code>", "</pre>", "<table>", "<tr>", "<td>", "<th>",
    "</table>", "<details>", "<summary>", "</summary>", "</details>", "<span class='invisible'>", "</span>", "<ruby>", "<rt>",
    "<img src='http://x.example/(' alt=']'>", "<script>", "x", " ", "*", "_", "[", "](", "`", "&lt;b&gt;", "#", "1. ", "- ", "> ",
    "@a@b.c", "\n", "|", ":::", "</script>", "<h1>", "</h1>", "<sup>", "\ud800",
]  # fmt: skip
received_texts = st.one_of(st.text(max_size=100), st.lists(st.sampled_from(PIECES), max_size=40).map("".join))


@pytest.mark.parametrize(
    ("html", "markdown"),
    [
        ("<p>one</p><p>two<br>three</p>", "one\n\ntwo  \nthree"),
        ("<p><strong>a</strong> <em>b</em> <del>c</del> <code>d`</code></p>", "**a** *b* ~~c~~ `` d` ``"),
        ("<strong>a<b>b</b></strong>", "**ab**"),
        ("<blockquote><p>q</p><p>r</p></blockquote>", "> q\n>\n> r"),
        ("<ul><li>a<ul><li>b</li></ul></li><li><p>c</p><p>d</p></li></ul>", "- a\n  - b\n- c\n\n  d"),
        ('<ol start="3"><li>x</li><li>y</li></ol>', "3. x\n4. y"),
        ('<pre><code class="language-py">a\n  b ```\n</code></pre>', "````py\na\n  b ```\n````"),
        ("<h2>T</h2><hr>", "## T\n\n---"),
        ("x<sup>2</sup> a<sub>b c</sub>", "x^2^ ab c"),
        ("<ruby>漢<rp>(</rp><rt>kan</rt><rp>)</rp></ruby>", "{漢|kan}"),
        ("<table><tr><td>a</td><td>b|c</td></tr><tr><td>1</td><td>2</td></tr></table>", "| a | b\\|c |\n| --- | --- |\n| 1 | 2 |"),
        ('<img src="http://x.example/a(b).png" alt="a]b">', "![a\\]b](http://x.example/a%28b%29.png)"),
        ('<a href="https://e.example/x y">text</a> <a href="https://e.example/z"></a>', "[text](https://e.example/x%20y)"),
        ('<a href="javascript:x">text</a><a href="/rel">rel</a>', "textrel"),
        ("<script>x</script><style>y</style>z", "z"),
        ("", ""),
    ],
)
def test_html_becomes_markdown(html: str, markdown: str) -> None:
    assert to_markdown(html) == markdown


def test_a_link_shortened_by_mastodon_is_shown_whole() -> None:
    html = (
        '<p><a href="https://e.example/a_very/long" rel="nofollow"><span class="invisible">https://</span>'
        '<span class="ellipsis">e.example/a_very/</span><span class="invisible">long</span></a></p>'
    )
    assert to_markdown(html) == "<https://e.example/a_very/long>"


def test_a_mention_from_mastodon_gets_its_host_and_is_found_as_a_mention() -> None:
    html = '<span class="h-card"><a href="https://mas.example/@a_nn_" class="u-url mention">@<span>a_nn_</span></a></span>'
    markdown = to_markdown(html)
    assert markdown == "[@a_nn_@mas.example](https://mas.example/@a_nn_)"
    assert mentions.find(markdown) == [mentions.Mention("a_nn_", "mas.example")]


def test_what_a_peer_hides_stays_hidden() -> None:
    assert to_markdown('<p>seen <span class="invisible">unseen</span></p>') == "seen"


def test_nested_spoilers_survive() -> None:
    html = "<details><summary>Out <b>er</b></summary><p>a</p><details><summary>in</summary><p>b</p></details></details>"
    markdown = to_markdown(html)
    assert markdown == ":::: spoiler Out er\na\n\n::: spoiler in\nb\n:::\n::::"
    assert render(markdown).count("<details>") == 2


def test_a_text_without_end_is_cut() -> None:
    assert len(to_markdown("x" * (2 * MOST_READ))) == MOST_READ


def test_deeply_nested_html_keeps_its_text() -> None:
    assert to_markdown("<div><b>" * 40 + "text" + "</b></div>" * 40) == "**text**"
    assert to_markdown("<div>" * 5_000 + "text") == "text"


@settings(deadline=None)
@given(received_texts)
def test_whatever_a_peer_sends_there_is_markdown_and_harmless_html(html: str) -> None:
    markdown = to_markdown(html)
    assert "<script" not in render(markdown)


@settings(deadline=None)
@given(st.text(alphabet=st.sampled_from([*"abc *_`[]()<>#-+=.:|~^{}\\!&;1", "é"]), max_size=60))
def test_plain_text_reads_the_same_after_the_journey(text: str) -> None:
    html = f"<p>{html_entities.escape(text)}</p>"
    assert plain(to_markdown(html)) == " ".join(text.split())


@settings(deadline=None)
@given(received_texts)
def test_sanitising_twice_changes_nothing_more(html: str) -> None:
    # A parser drops one line break behind <pre>, so there it may be one fewer each time.
    once = sanitise.received(html.replace("\ud800", ""))
    assert sanitise.received(once).replace("\n", "") == once.replace("\n", "")


@pytest.mark.parametrize(
    ("html", "left"),
    [
        ('<p style="color:red" onclick="x()" class="big">t</p>', "<p>t</p>"),
        ('<img src="data:image/png;base64,x" onerror="x()">', "<img>"),
        ('<a href=" java\tscript:alert(1)">t</a>', "<a>t</a>"),
        ("<iframe src='https://e.example'>x</iframe><svg><script>y</script></svg>t", "t"),
        ('<code class="language-py evil">t</code>', "<code>t</code>"),
        ('<a href="https://e.example" target="_top" rel="opener">t</a>', '<a href="https://e.example">t</a>'),
        ('<li id="login">t</li><th align="char">', "<li>t</li>"),
        ('<video src="https://e.example/a.mp4" autoplay controls=""></video>', '<video src="https://e.example/a.mp4" controls=""></video>'),
    ],
)
def test_our_own_html_is_held_to_the_allow_list(html: str, left: str) -> None:
    assert sanitise.own(html) == left


@pytest.mark.parametrize("text", ["https://example.com/tea.html", "tea.txt", "http://one.test"])
def test_a_text_that_is_nothing_but_an_address_is_converted_without_complaint(text: str) -> None:
    assert to_markdown(text) == text
