"""Forms are taken from our own pages alone, under whatever name the reader reached us."""

from typing import Any

import pytest

from lemmy_lite import config
from lemmy_lite.http.errors import Refused
from lemmy_lite.http.request import Request
from lemmy_lite.http.web.session import Cookies

COOKIES = Cookies(config.read({"hostname": "site.test"}, environment={}), lambda: "s" * 64)
SEED = "seed-of-the-form"
TOKEN = COOKIES.seed_token(SEED)


def request(**headers: str) -> Request:
    """A posted form of a stranger with the form's cookie."""
    sent = {"host": "site.test", "cookie": f"__Host-form={SEED}", **{name.replace("_", "-"): value for name, value in headers.items()}}
    scope: Any = {"type": "http", "method": "POST", "headers": [(name.encode(), value.encode()) for name, value in sent.items()]}

    async def receive() -> Any:
        return {}

    return Request(scope, receive, {})


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"origin": "https://site.test", "sec_fetch_site": "same-origin"},
        {"origin": "null"},  # Tor Browser and strict referrer policies hide it; the token proves the page
        {"origin": "http://192.168.1.5:8536", "host": "192.168.1.5:8536"},
        {"origin": "http://abcdef.onion", "host": "abcdef.onion"},
    ],
)
def test_a_form_of_our_own_page_is_taken(headers: dict[str, str]) -> None:
    COOKIES.check(request(**headers), None, TOKEN)


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.test"},
        {"origin": "https://site.test.evil.test"},
        {"origin": "https://other.site.test", "sec_fetch_site": "same-site"},
        {"sec_fetch_site": "cross-site"},
        {"origin": "http://192.168.1.5:8536", "host": "192.168.1.5:8536", "sec_fetch_site": "cross-site"},
    ],
)
def test_a_form_of_another_sites_page_is_refused_even_with_the_token(headers: dict[str, str]) -> None:
    with pytest.raises(Refused) as refusal:
        COOKIES.check(request(**headers), None, TOKEN)
    assert refusal.value.status == 403


@pytest.mark.parametrize("sent", ["", "x" * 64, COOKIES.seed_token("another seed")])
def test_a_form_without_the_token_of_its_cookie_is_refused(sent: str) -> None:
    with pytest.raises(Refused):
        COOKIES.check(request(), None, sent)
    with pytest.raises(Refused):
        COOKIES.check(request(cookie="other=1"), None, TOKEN)
