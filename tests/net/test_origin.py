"""URLs: what is read, how it is sent, and when two come from one place."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lemmy_lite.net.errors import Kind, NetError
from lemmy_lite.net.origin import Origin, is_private_name, joined, normal_host, origin_of, parse_url, same_origin


@pytest.mark.parametrize(
    ("text", "sent"),
    [
        ("https://Example.COM", "https://example.com/"),
        ("HTTPS://example.com.:443/a?b#c", "https://example.com/a?b"),
        ("https://example.com:8443/u/alice", "https://example.com:8443/u/alice"),
        ("https://example.com?x=1", "https://example.com/?x=1"),
        ("https://example.com/a%2Fb%7e?q=%20", "https://example.com/a%2Fb%7e?q=%20"),
        ("https://example.com/straße", "https://example.com/stra%C3%9Fe"),
        ("https://bücher.example/", "https://xn--bcher-kva.example/"),
        ("https://BÜCHER。example/", "https://xn--bcher-kva.example/"),
        ("https://xn--bcher-kva.example/", "https://xn--bcher-kva.example/"),
        ("https://a_b.example/", "https://a_b.example/"),
        ("https://[2606:4700:0::1111]/", "https://[2606:4700::1111]/"),
        ("http://93.184.216.34:80/", "http://93.184.216.34/"),
        ('https://example.com/"<>', "https://example.com/%22%3C%3E"),
    ],
)
def test_a_url_has_one_form_in_which_it_is_sent(text: str, sent: str) -> None:
    assert str(parse_url(text)) == sent


@pytest.mark.parametrize(
    "text",
    [
        "",
        "example.com",
        "//example.com/",
        "ftp://example.com/",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "https:/example.com",
        "https://",
        "https:///path",
        "https://user@example.com/",
        "https://user:secret@example.com/",
        "https://example.com@127.0.0.1/",
        "https://example.com\\@127.0.0.1/",
        "https://exam ple.com/",
        "https://example.com/a b",
        "https://example.com/\r\nHost: evil",
        "https://example.com/\x00",
        "https://example.com\u2028/",
        "https://example.com:0/",
        "https://example.com:65536/",
        "https://example.com:/x:y@",
        "https://example.com:٤٤٣/",
        "https://example..com/",
        "https://.example.com/",
        "https://-example.com/",
        "https://exa%6dple.com/",
        "https://" + "a" * 64 + ".example/",
        "https://" + "a." * 130 + "example/",
        "https://[::1/",
        "https://[::1%25eth0]/",
        "https://[127.0.0.1]/",
        "https://::1/",
        "https://2130706433/",
        "https://0x7f000001/",
        "https://0x7f.0.0.1/",
        "https://0177.0.0.1/",
        "https://127.1/",
        "https://127.0.0.01/",
        "https://1.2.3.4.5/",
        "https://example.0/",
        "https://１２７.1/",
        "https://example.com/" + "a" * 8192,
        "https://example.com/\ud800",
    ],
)
def test_what_programs_might_read_differently_is_refused(text: str) -> None:
    with pytest.raises(NetError) as caught:
        parse_url(text)
    assert caught.value.kind is Kind.REFUSED_URL


def test_full_width_digits_are_an_address_after_all() -> None:
    assert origin_of("https://１２７.0.0.1/") == Origin(scheme="https", host="127.0.0.1", port=443)


@given(st.text(max_size=80))
def test_any_text_is_a_url_or_refused(text: str) -> None:
    for candidate in (text, "https://" + text, "https://example.com/" + text):
        try:
            url = parse_url(candidate)
        except NetError as error:
            assert error.kind is Kind.REFUSED_URL
        else:
            assert parse_url(str(url)) == url
            assert str(url).isascii()


def test_one_place_in_many_spellings() -> None:
    assert same_origin("https://example.com/a", "HTTPS://EXAMPLE.com.:443/b")


@pytest.mark.parametrize(
    "other",
    [
        "http://example.com/",
        "https://example.com:8443/",
        "https://www.example.com/",
        "https://example.com.evil.example/",
        "https://example.co/",
        "not a url",
    ],
)
def test_another_place(other: str) -> None:
    assert not same_origin("https://example.com/", other)


def test_unreadable_urls_have_no_origin_in_common() -> None:
    assert not same_origin("nonsense", "nonsense")


@pytest.mark.parametrize(
    ("location", "result"),
    [
        ("/b", "https://example.com/b"),
        ("b?c", "https://example.com/u/b?c"),
        ("//other.example/b", "https://other.example/b"),
        ("http://other.example:81", "http://other.example:81/"),
        ("", "https://example.com/u/a"),
    ],
)
def test_a_redirect_is_read_from_where_it_was_given(location: str, result: str) -> None:
    assert str(joined(parse_url("https://example.com/u/a"), location)) == result


@pytest.mark.parametrize("location", ["file:///etc/passwd", "//u@other.example/", "/\\evil.example", "gopher://x/", "//[/", "\n"])
def test_a_redirect_to_something_unreadable_is_refused(location: str) -> None:
    with pytest.raises(NetError):
        joined(parse_url("https://example.com/u/a"), location)


def test_names_of_local_networks_are_known() -> None:
    for host in ("localhost", "db", "printer.local", "metadata.google.internal", "router.lan", "a.localhost"):
        assert is_private_name(host)
    for host in ("example.com", "local.example", "127.0.0.1", "2606:4700::1111", "abc.onion"):
        assert not is_private_name(host)


def test_hosts_have_one_form() -> None:
    assert normal_host("Example.COM.") == "example.com"
    assert normal_host("[::FFFF:1.2.3.4]") == "::ffff:102:304"


def test_a_user_name_is_refused_as_one() -> None:
    with pytest.raises(NetError, match="user name"):
        parse_url("https://example.com@127.0.0.1/")
