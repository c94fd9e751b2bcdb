import re
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lemmy_lite.text import markdown, sanitise
from lemmy_lite.text.image_links import image_urls, rewrite_images
from lemmy_lite.text.markdown import Options, plain, render

HOME = Options(host="home.example")

# Pieces that mean something to the parser, so that hypothesis builds markdown instead of noise.
PIECES = [
    *"*_~^`#>-+|:[]()!<>&\\{}\n @/", "**", "~~", "```\n", "::: spoiler t\n", ":::\n", "\n\n", "    ", "- ", "1. ", "> ",
    "| a | b |\n|---|:-:|\n", "![", "](", "http://x.example/a.png", "https://e.example", "javascript:alert(1)", "data:text/html,x",
    "@a@b.c", "!c@d.e:80", "/u/a@b.c", "[^1]", "[^1]: n\n", "[r]: http://r.example\n", "![r]", "[r]", "{a|b}", "<script>",
    "<img src=x onerror=y>", '"onload="', "&lt;", "&#0;", "é", "\x00", "\ud800", "www.x.example", "mailto:a@b.c", "<a@b.c>",
    "<http://x.example>", "```js\n",
]  # fmt: skip
markdown_texts = st.one_of(st.text(max_size=200), st.lists(st.sampled_from(PIECES), max_size=40).map("".join))


class Audit(HTMLParser):
    """Notes every tag and attribute that a browser would see, and whether the tags are balanced."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))
        if tag not in {"br", "hr", "img"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def audit(html: str) -> list[tuple[str, dict[str, str | None]]]:
    reader = Audit()
    reader.feed(html)
    reader.close()
    assert reader.open == []
    return reader.seen


@pytest.mark.parametrize(
    ("source", "html"),
    [
        ("*a* **b** ~~c~~ `d`", "<p><em>a</em> <strong>b</strong> <del>c</del> <code>d</code></p>\n"),
        ("2^10^ H~2~O {漢|かん}", "<p>2<sup>10</sup> H<sub>2</sub>O <ruby>漢<rp>(</rp><rt>かん</rt><rp>)</rp></ruby></p>\n"),
        ("a^b c^ d~e f~", "<p>a^b c^ d~e f~</p>\n"),
        ("a  \nb", "<p>a<br>\nb</p>\n"),
        ("# h\n\n---", "<h1>h</h1>\n<hr>\n"),
        ("> q", "<blockquote>\n<p>q</p>\n</blockquote>\n"),
        ("- a\n- b", "<ul>\n<li>a</li>\n<li>b</li>\n</ul>\n"),
        ("3. a", '<ol start="3">\n<li>a</li>\n</ol>\n'),
        ("```python x\n<b>\n```", '<pre><code class="language-python">&lt;b&gt;\n</code></pre>\n'),
        ('```"><b\nx\n```', "<pre><code>x\n</code></pre>\n"),
        ("<b>*x*</b>", "<p>&lt;b&gt;<em>x</em>&lt;/b&gt;</p>\n"),
        ("<div>\n*x*\n</div>", "<p>&lt;div&gt;\n<em>x</em>\n&lt;/div&gt;</p>\n"),
        ("&lt; \\&lt; &copy;", "<p>&lt; &amp;lt; ©</p>\n"),
        ("", ""),
    ],
)
def test_commonmark_and_its_extras_become_html(source: str, html: str) -> None:
    assert render(source) == html


def test_a_spoiler_hides_its_content_and_takes_its_title_as_text() -> None:
    html = render("hey\n::: spoiler _lean_ in\n**you**\n\n- a\n:::\nafter")
    assert html == (
        "<p>hey</p>\n<details><summary>_lean_ in</summary>\n<p><strong>you</strong></p>\n"
        "<ul>\n<li>a</li>\n</ul>\n</details>\n<p>after</p>\n"
    )


def test_a_spoiler_ends_a_list_before_it() -> None:
    html = render("- did you know\n::: spoiler the call was\ninside\n:::\n - crazy")
    assert html.index("</ul>") < html.index("<details>")


def test_spoilers_nest_when_the_outer_has_more_colons() -> None:
    html = render(":::: spoiler out\n::: spoiler in\nx\n:::\ny\n::::\nz")
    assert html.count("<details>") == 2
    assert html.endswith("<p>y</p>\n</details>\n<p>z</p>\n")


def test_a_spoiler_left_open_hides_the_rest() -> None:
    assert render("::: spoiler end\nsecret").endswith("<p>secret</p>\n</details>\n")


def test_a_spoiler_without_a_title_is_text() -> None:
    assert "<details>" not in render("::: spoiler\nx\n:::")


def test_a_table_keeps_its_alignment_and_forgives_uneven_rows() -> None:
    html = render("a | b\n--|:-:\n1 | `x\\|y` | surplus\nlonely\n\nafter")
    assert '<th>a</th><th align="center">b</th>' in html
    assert '<tr><td>1</td><td align="center"><code>x|y</code></td></tr>' in html
    assert "<tr><td>lonely</td></tr>" in html
    assert html.endswith("<p>after</p>\n")


def test_a_table_works_inside_quotes_and_lists() -> None:
    assert "<table>" in render("> | a |\n> |---|\n> | b |")
    assert "<table>" in render("- | a |\n  |---|\n  | b |")


def test_footnotes_link_both_ways_and_do_not_clash_on_a_page() -> None:
    one, other = render("a[^x]\n\n[^x]: note"), render("b[^x]\n\n[^x]: note")
    targets = re.findall(r'(?:id|href)="#?([^"]+)"', one)
    assert len(targets) == 4
    assert len(set(targets)) == 2
    assert not set(targets) & set(re.findall(r'id="([^"]+)"', other))


@pytest.mark.parametrize(
    ("source", "href"),
    [
        ("@ann@home.example", "/u/ann"),
        ("@ann@HOME.example.", "/u/ann"),
        ("(@ann@far.example)", "/u/ann@far.example"),
        ("!main@home.example", "/c/main"),
        ("!main@far.example:8536", "/c/main@far.example:8536"),
        ("/c/main@far.example", "/c/main@far.example"),
        ("/m/main@far.example", "/c/main@far.example"),
        ("@Владимир@far.example", "/u/Владимир@far.example"),
    ],
)
def test_names_link_to_their_page_on_this_site(source: str, href: str) -> None:
    (link,) = [attributes for tag, attributes in audit(render(source, HOME)) if tag == "a"]
    assert link == {"href": href}


@pytest.mark.parametrize("source", ["ann@far.example", "@ann", "`@ann@far.example`", "https://far.example/@ann@x.example/u/b@c.example"])
def test_what_only_looks_like_a_name_is_no_name(source: str) -> None:
    assert 'href="/' not in render(source, HOME)


def test_a_name_inside_a_link_belongs_to_the_link() -> None:
    assert render("[by @ann@far.example](https://e.example/)", HOME).count("<a ") == 1


@pytest.mark.parametrize(
    ("source", "href", "rest"),
    [
        ("see https://e.example/a_(b).", "https://e.example/a_(b)", "</a>."),
        ("(https://e.example/a)", "https://e.example/a", "</a>)"),
        ("**https://e.example/a**", "https://e.example/a", "</a></strong>"),
        ("www.e.example, yes", "http://www.e.example", "</a>, yes"),
        ("https://e.example/a*b*c", "https://e.example/a*b*c", "</a>"),
    ],
)
def test_a_bare_link_is_a_link_without_the_signs_around_it(source: str, href: str, rest: str) -> None:
    html = render(source)
    assert f'<a href="{href}" rel="nofollow noopener ugc">' in html
    assert rest in html


def test_only_links_to_other_hosts_are_marked_as_external() -> None:
    assert "rel=" not in render("[a](/post/1) [b](https://home.example/post/1) [c](#x)", HOME)
    for url in ("https://far.example", "//far.example", "https://home.example.evil/", "mailto:a@b.example"):
        assert 'rel="nofollow noopener ugc"' in render(f"[x](<{url}>)", HOME), url


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "JaVaScRiPt:x", "&#106;avascript:x", "data:text/html,x", "vbscript:x", "file:///etc"]
)
def test_a_link_of_another_scheme_is_only_its_text(url: str) -> None:
    html = render(f"[text]({url}) ![alt]({url}) <{url}>")
    assert "<a" not in html
    assert "<img" not in html
    assert "text" in html
    assert "alt" in html


def test_an_image_loads_late_and_is_described() -> None:
    assert render('![a *b*](http://x.example/i.png "t")') == (
        '<p><img src="http://x.example/i.png" alt="a b" title="t" loading="lazy"></p>\n'
    )


def test_films_and_sounds_get_a_player() -> None:
    assert [tag for tag, _ in audit(render("![](https://x.example/a.mp4?x) ![](/b.ogg)"))] == ["p", "video", "audio"]


def test_images_can_be_shown_through_a_proxy_or_by_description_alone() -> None:
    assert 'src="/proxy?http://x.example/i.png"' in render("![a](http://x.example/i.png)", Options(image=lambda url: f"/proxy?{url}"))
    assert render("![a](http://x.example/i.png)", Options(image=lambda url: None)) == "<p>a</p>\n"


def test_for_peers_every_relative_link_is_absolute() -> None:
    html = render("@ann@far.example [a](/post/1) ![i](/i.png)", Options(host="home.example", base_url="https://home.example"))
    assert re.findall(r'(?:href|src)="([^"]+)"', html) == [
        "https://home.example/u/ann@far.example",
        "https://home.example/post/1",
        "https://home.example/i.png",
    ]


def test_a_reference_cannot_blow_up_the_page() -> None:
    source = "[a]: http://x.example/" + "y" * 20_000 + "\n\n" + "[a]" * 20_000
    assert len(render(source)) < 20 * len(source)


def test_a_text_beyond_any_limit_is_shown_as_it_is() -> None:
    html = render("<b>*x*" * 30_000)
    assert html.startswith("<pre>&lt;b&gt;*x*")
    assert image_urls("![](http://x.example/) " * 10_000) == []


@settings(deadline=None)
@given(markdown_texts, st.sampled_from([Options(), HOME, Options(host="b.c", base_url="https://b.c")]))
def test_whatever_the_text_the_html_holds_only_what_the_allow_list_names(source: str, options: Options) -> None:
    for tag, attributes in audit(render(source, options)):
        assert tag in sanitise.OWN_TAGS
        assert attributes.keys() <= sanitise.OWN_ATTRIBUTES.get(tag, frozenset())
        for name in ("href", "src"):
            assert sanitise.scheme_of(attributes.get(name) or "") in sanitise.LINK_SCHEMES | {""}


@settings(deadline=None)
@given(markdown_texts)
def test_the_renderer_is_safe_without_its_sanitiser(source: str) -> None:
    html = markdown._Writer(source, HOME).blocks(markdown.grammar.parse(source))
    for tag, attributes in audit(html.replace("\x00", "")):
        assert tag in sanitise.OWN_TAGS
        assert attributes.keys() <= sanitise.OWN_ATTRIBUTES.get(tag, frozenset())


@settings(deadline=None)
@given(markdown_texts, st.integers(0, 50))
def test_plain_text_never_fails_and_keeps_its_limit(source: str, limit: int) -> None:
    assert len(plain(source, limit)) <= limit
    assert "\n\n" not in plain(source)


def test_plain_text_tells_no_spoiler() -> None:
    source = "# Title\n\nSome *text* with ![a cat](http://x.example/) and `code`\n\n"
    source += "::: spoiler who\nthe butler\n:::\n- one\n- two[^1]\n\n[^1]: n"
    assert plain(source) == "Title\nSome text with a cat and code\nwho\none\ntwo"


def test_a_preview_is_cut_between_words() -> None:
    assert plain("one two three four", 13) == "one two…"
    assert plain("one two", 7) == "one two"
    assert plain("&amp; \\* x") == "& * x"


def test_images_are_found_in_order_and_once() -> None:
    assert image_urls(
        "![a](http://x.example/1) ![b][r] ![a](http://x.example/1) `![](http://x.example/no)` ![](/local)\n\n[r]: http://x.example/2"
    ) == [
        "http://x.example/1",
        "http://x.example/2",
    ]


def test_image_addresses_are_exchanged_and_nothing_else() -> None:
    source = '![a](http://x.example/a(b).png "emoji t") [l](http://x.example/l) `![](http://x.example/c)`\n'
    source += '> - ![<]( <http://x.example/ y> )\n\n![R]\n\n[r]: http://x.example/r "t"\n'
    assert rewrite_images(source, lambda url: "https://h.example/p?url=" + url.rpartition("/")[2]) == (
        '![a](https://h.example/p?url=a%28b%29.png "emoji t") [l](http://x.example/l) `![](http://x.example/c)`\n'
        '> - ![<]( <https://h.example/p?url=%20y> )\n\n![R]\n\n[r]: https://h.example/p?url=r "t"\n'
    )


@pytest.mark.parametrize("behind", ["\n", " ", ' "t"'])
def test_a_backslash_at_the_end_of_an_address_hides_no_image(behind: str) -> None:
    proxied = rewrite_images(f"![](http://x.example/\\{behind})", lambda url: "https://proxy.example/" + url.rpartition("/")[2])
    assert proxied == f"![](https://proxy.example/%5C{behind})"


def test_images_left_alone_leave_the_text_alone() -> None:
    source = "![a]( <http://x.example/ y> )"
    assert rewrite_images(source, lambda url: url) == source


@settings(deadline=None)
@given(markdown_texts)
def test_no_image_escapes_the_proxy(source: str) -> None:
    rewritten = rewrite_images(source, lambda url: "https://proxy.example/p")
    assert set(image_urls(rewritten)) <= {"https://proxy.example/p"}
