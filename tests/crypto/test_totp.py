"""One-time codes."""

import base64
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from lemmy_lite.crypto import totp
from lemmy_lite.model.clock import SECOND

# RFC 6238, appendix B: the secret is the text below, the codes are the last six of the eight published digits.
RFC_SECRET = "12345678901234567890"
RFC_CODES = [(59, "287082"), (1111111109, "081804"), (1111111111, "050471"), (1234567890, "005924"), (20000000000, "353130")]


@pytest.mark.parametrize(("second", "code"), RFC_CODES)
def test_the_codes_of_rfc_6238_match_their_step(second: int, code: str) -> None:
    assert totp.matching_step(RFC_SECRET, code, second * SECOND) == second // 30


def test_one_step_of_tolerance_and_no_more() -> None:
    second, code = 1111111109, "081804"
    for distance, accepted in ((-2, False), (-1, True), (0, True), (1, True), (2, False)):
        step = totp.matching_step(RFC_SECRET, code, (second + 30 * distance) * SECOND)
        assert step == (second // 30 if accepted else None)


def test_a_clock_that_starts_in_1970_is_no_accident() -> None:
    assert totp.matching_step(RFC_SECRET, "000000", 0) is None


@pytest.mark.parametrize("code", ["", "28708", "2870820", "28708a", "٢٨٧٠٨٢", "287083", "-28708", "287082\n"])
def test_anything_else_is_wrong(code: str) -> None:
    assert totp.matching_step(RFC_SECRET, code, 59 * SECOND) is None


def test_a_code_in_two_halves_is_understood() -> None:
    assert totp.matching_step(RFC_SECRET, "287 082", 59 * SECOND) == 1


def test_without_a_secret_no_code_is_right() -> None:
    assert totp.matching_step("", "287082", 59 * SECOND) is None


def test_the_url_carries_the_key_that_the_codes_are_made_with() -> None:
    secret = totp.new_secret()
    assert len(secret) == 40
    url = urlsplit(totp.otpauth_url(secret, "My: site", "alice"))
    assert (url.scheme, url.netloc, unquote(url.path)) == ("otpauth", "totp", "/My  site:alice")
    query = parse_qs(url.query)
    assert base64.b32decode(query["secret"][0]) == secret.encode()
    assert query["issuer"] == ["My  site"]
