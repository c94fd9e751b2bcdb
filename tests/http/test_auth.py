"""Which token counts, and where it may come from (security.md, rule 15 and its exception)."""

import pytest

from lemmy_lite.http.auth import credentials_sent, token_of
from lemmy_lite.http.request import Request

OWN = ("https://example.org", "http://abc.onion")


def request(*headers: tuple[str, str]) -> Request:
    async def receive() -> object:
        raise AssertionError("nobody reads a body here")

    scope: dict[str, object] = {"type": "http", "method": "GET", "path": "/", "query_string": b"", "client": None}
    scope["headers"] = [(name.lower().encode(), value.encode("latin-1")) for name, value in headers]
    return Request(scope, receive, {})  # type: ignore[arg-type]  # a scope by hand


BEARER = ("Authorization", "Bearer aaa.bbb.ccc")
COOKIE = ("Cookie", "theme=dark; jwt=ddd.eee.fff")


def test_a_bearer_token_counts_wherever_it_comes_from() -> None:
    assert token_of(request(BEARER, ("Origin", "https://evil.example")), OWN) == "aaa.bbb.ccc"
    assert token_of(request(("authorization", "bEARER   aaa.bbb.ccc ")), OWN) == "aaa.bbb.ccc"


def test_a_bearer_token_wins_over_the_cookie() -> None:
    assert token_of(request(BEARER, COOKIE), OWN) == "aaa.bbb.ccc"


@pytest.mark.parametrize(
    "headers",
    [
        [],
        [("Origin", "https://example.org")],
        [("Origin", "http://abc.onion")],
        [("Sec-Fetch-Site", "same-origin")],
        [("Sec-Fetch-Site", "none")],
        [("Authorization", "Basic cHJveHk6cGFzc3dvcmQ=")],
    ],
)
def test_the_cookie_counts_where_no_other_site_can_be_behind_the_request(headers: list[tuple[str, str]]) -> None:
    assert token_of(request(COOKIE, *headers), OWN) == "ddd.eee.fff"


@pytest.mark.parametrize(
    "headers",
    [
        [("Origin", "https://evil.example")],
        [("Origin", "null")],
        [("Origin", "https://example.org.evil.example")],
        [("Origin", "http://example.org")],
        [("Origin", "https://example.org"), ("Origin", "https://evil.example")],
        [("Sec-Fetch-Site", "cross-site")],
        [("Sec-Fetch-Site", "same-site")],
        [("Sec-Fetch-Site", "same-origin, cross-site")],
    ],
)
def test_the_cookie_does_not_count_when_another_site_may_have_caused_the_request(headers: list[tuple[str, str]]) -> None:
    assert token_of(request(COOKIE, *headers), OWN) is None


@pytest.mark.parametrize("value", ["", "Bearer", "Bearer ", "Basic abc", "aaa.bbb.ccc", "Bearer " + "x" * 5000])
def test_what_is_no_bearer_token_is_none(value: str) -> None:
    assert token_of(request(("Authorization", value)), OWN) is None


def test_two_authorization_headers_are_ambiguous_and_count_as_none() -> None:
    assert token_of(request(BEARER, ("Authorization", "Bearer other"), COOKIE), OWN) is None


def test_an_answer_is_personal_when_anything_personal_was_sent_valid_or_not() -> None:
    assert credentials_sent(request(("Authorization", "Bearer nonsense")))
    assert credentials_sent(request(COOKIE, ("Origin", "https://evil.example")))
    assert not credentials_sent(request(("Cookie", "theme=dark")))
