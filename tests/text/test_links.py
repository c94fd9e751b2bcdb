import pytest
from hypothesis import given
from hypothesis import strategies as st

from lemmy_lite.model.errors import LemmyError
from lemmy_lite.text import blocked_links, links, tracking

MAGNET = "magnet:?xt=urn:btih:4b390af3891e323778959d5abfff4b726510f14c&tr=udp%3A%2F%2Ftracker.example%3A1337%2Fa"


@pytest.mark.parametrize(
    ("written", "stored"),
    [
        ("https://EXAMPLE.com", "https://example.com/"),
        ("http://example.com:80/a", "http://example.com/a"),
        ("https://example.com:8443?q", "https://example.com:8443/?q"),
        ("  https://example.com/a b\n", "https://example.com/a%20b"),
        ("https:example.com\\a\\b", "https://example.com/a/b"),
        ("https://example.com/a/./b/../c/%2e%2E/d", "https://example.com/a/d"),
        ("https://example.com/a/..", "https://example.com/"),
        ("https://bücher.example/ü?ü='x'#ü", "https://xn--bcher-kva.example/%C3%BC?%C3%BC=%27x%27#%C3%BC"),
        ("https://user:p@ss@example.com/", "https://user:p%40ss@example.com/"),
        ("http://0x7f.1/", "http://127.0.0.1/"),
        ("http://[0:0::1]:81/", "http://[::1]:81/"),
        ("http://example.com:" + "0" * 5000 + "81/", "http://example.com:81/"),
        ("https://example.com/?a=1&b#", "https://example.com/?a=1&b#"),
        ("https://example.com/%zz|^", "https://example.com/%zz|^"),
        (MAGNET, MAGNET),
    ],
)
def test_a_link_is_stored_as_a_browser_would_write_it(written: str, stored: str) -> None:
    assert links.check_post_url(written) == stored


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("example.com", "invalid_url"),
        ("", "invalid_url"),
        ("https://", "invalid_url"),
        ("https://exa mple.com", "invalid_url"),
        ("https://example.com:99999/", "invalid_url"),
        ("https://example.com:" + "9" * 5000 + "/", "invalid_url"),
        ("https://1.2.3.4.5/", "invalid_url"),
        ("https://256.0.0.1/", "invalid_url"),
        ("https://09.0.0.1/", "invalid_url"),
        ("https://[::1", "invalid_url"),
        ("https://[fe80::1%eth0]/", "invalid_url"),
        ('https://[::1%"> <b>]/', "invalid_url"),
        ("https://a%00b/", "invalid_url"),
        ("https://%ff/", "invalid_url"),
        ("https://" + "ü" * 70 + ".example/", "invalid_url"),
        ("ftp://example.com", "invalid_url_scheme"),
        ("javascript:void", "invalid_url_scheme"),
        ("java\nscript:alert(1)", "invalid_url_scheme"),
        ("data:text/html,x", "invalid_url_scheme"),
        ("http://example.com/" + "x" * 2000, "url_length_overflow"),
        ("http://example.com/" + "x" * 100_000, "url_length_overflow"),
    ],
)
def test_a_link_that_cannot_be_posted_is_refused(written: str, code: str) -> None:
    with pytest.raises(LemmyError) as caught:
        links.check_post_url(written)
    assert caught.value.code == code


@given(st.one_of(st.text(), st.from_regex(r"https?://[a-z0-9.@:\[\]%\\/?#ü' ]*", fullmatch=True)))
def test_reading_a_link_gives_a_normal_form_or_a_lemmy_error(text: str) -> None:
    try:
        normal = links.check_post_url(text)
    except LemmyError:
        return
    assert links.check_post_url(normal) == normal
    assert normal.isascii()
    assert not any(character in normal for character in '<>"\n\t')


@pytest.mark.parametrize(
    ("followed", "cleaned"),
    [
        (
            "https://example.com/p?utm_content=b&utm_medium=s&user+name=random+user&id=123",
            "https://example.com/p?user+name=random+user&id=123",
        ),
        ("https://example.com/p?fbclid=x", "https://example.com/p"),
        ("https://example.com/p?a=1&GCLID=x#part", "https://example.com/p?a=1#part"),
        ("https://www.youtube.com/watch?v=abc&si=xyz&t=10", "https://www.youtube.com/watch?v=abc&t=10"),
        ("https://example.com/watch?v=abc&si=xyz", "https://example.com/watch?v=abc&si=xyz"),
        ("https://example.com/p?a=1#utm_source=x", "https://example.com/p?a=1#utm_source=x"),
        ("https://example.com/p?&a", "https://example.com/p?&a"),
        ("magnet:?utm_source=x", "magnet:?utm_source=x"),
    ],
)
def test_tracking_parameters_are_removed_and_nothing_else(followed: str, cleaned: str) -> None:
    assert tracking.clean(followed) == cleaned


def test_links_inside_markdown_are_cleaned_where_they_stand() -> None:
    text = "[a link](https://example.com/p?utm_source=x&id=1) and <https://example.com/?fbclid=1>, **https://e.com/?igshid=1**\n`x?utm_a=1`"
    assert tracking.clean_links_in(text) == (
        "[a link](https://example.com/p?id=1) and <https://example.com/>, **https://e.com/**\n`x?utm_a=1`"
    )


@given(st.lists(st.sampled_from(["https://", "youtu.be", "/", "?", "&", "utm_a=1", "si=2", "v=3", "#", " ", ")", "]("])).map("".join))
def test_cleaning_links_twice_changes_nothing_more(text: str) -> None:
    once = tracking.clean_links_in(text)
    assert tracking.clean_links_in(once) == once


def test_a_block_list_entry_loses_scheme_and_closing_slash() -> None:
    assert blocked_links.entries(["https://Example.com/", "http://example.com", "example.com", "x.org/a/?b=1", "h.org:81/"]) == [
        "example.com",
        "x.org/a/?b=1",
        "h.org:81",
    ]


@pytest.mark.parametrize("text", ["", "https://", "javascript:alert(1)", "mailto:a@b.example", "exa mple"])
def test_what_is_no_link_cannot_be_blocked(text: str) -> None:
    with pytest.raises(LemmyError) as caught:
        blocked_links.entry(text)
    assert caught.value.code == "invalid_url"


def test_a_block_list_has_an_end() -> None:
    with pytest.raises(LemmyError) as caught:
        blocked_links.entries(f"a{number}.example" for number in range(blocked_links.MOST_ENTRIES + 1))
    assert caught.value.code == "too_many_items"


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("https://x.com/", "https://x.com"),
        ("https://x.com/", "see x.com."),
        ("rt.com", "https://rt.com/abc"),
        ("example.com/spam.jpg", "![](https://example.com/spam.jpg)"),
        ("example.com", "[](https://example.com)"),
    ],
)
def test_a_blocked_link_is_found_in_any_text(written: str, text: str) -> None:
    with pytest.raises(LemmyError) as caught:
        blocked_links.check(text, [blocked_links.entry(written)])
    assert caught.value.code == "blocked_url"


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("rt.com", "deviantart.com"),
        ("rt.com", "rt.computer"),
        ("ex.mple.com", "example.com"),
        ("example.com/banned_page", "https://example.com/page"),
        ("example.com/spam.jpg", "![](https://example.com/spam.jpg1)"),
    ],
)
def test_a_longer_word_or_another_page_is_not_blocked(written: str, text: str) -> None:
    blocked_links.check(text, [blocked_links.entry(written)])
    blocked_links.check(text, [])
