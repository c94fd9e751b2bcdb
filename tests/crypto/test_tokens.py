"""Tokens and JWTs: what is believed."""

import base64
import json

import jwt
import pytest

from lemmy_lite.crypto import tokens
from lemmy_lite.model.clock import SECOND
from lemmy_lite.model.ids import LocalUserId

SECRET = tokens.new_jwt_secret()
NOW = 1_790_000_000 * SECOND + 123_456
USER = LocalUserId(7)


def forged(**claims: object) -> str:
    return jwt.encode({"sub": "7", "iss": "here.example", "iat": 1_790_000_000} | claims, SECRET, algorithm="HS256")


def test_a_jwt_says_for_whom_by_whom_and_since_when() -> None:
    claims = tokens.read_jwt(SECRET, tokens.issue_jwt(SECRET, USER, "here.example", NOW), "here.example")
    assert claims == tokens.Claims(local_user_id=USER, issuer="here.example", issued=1_790_000_000 * SECOND)


def test_a_jwt_carries_lemmys_claims_and_never_expires_by_itself() -> None:
    payload = jwt.decode(tokens.issue_jwt(SECRET, USER, "here.example", NOW), options={"verify_signature": False})
    assert payload.pop("jti")
    assert payload == {"sub": "7", "iss": "here.example", "iat": 1_790_000_000}


def test_two_logins_in_one_second_get_two_tokens() -> None:
    assert tokens.issue_jwt(SECRET, USER, "here.example", NOW) != tokens.issue_jwt(SECRET, USER, "here.example", NOW)


def test_a_jwt_from_lemmy_itself_without_our_randomness_is_read() -> None:
    assert tokens.read_jwt(SECRET, forged(), "here.example") is not None


def test_a_jwt_dated_ahead_of_our_clock_is_read() -> None:
    assert tokens.read_jwt(SECRET, forged(iat=9_999_999_999), "here.example") is not None


def part(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


@pytest.mark.parametrize(
    "token",
    [
        "",
        "a.b.c",
        "é.é.é",
        "\ud800",
        "x" * 2000,
        base64.urlsafe_b64encode(b"[" * 700).decode() + ".e30.AAAA",
        f"{part({'alg': 'none', 'typ': 'JWT'})}.{part({'sub': '7', 'iss': 'here.example', 'iat': 1})}.",
        jwt.encode({"sub": "7", "iss": "here.example", "iat": 1}, "another secret of thirty-two bytes", algorithm="HS256"),
        jwt.encode({"sub": "7", "iss": "here.example", "iat": 1}, SECRET, algorithm="HS512"),
        forged(iss="there.example"),
        forged(iss="HERE.example"),
        forged(sub="-7"),
        forged(sub="٧"),
        forged(sub="seven"),
        forged(sub="9" * 30),
        forged(iat="soon"),
        forged(iat=True),
        jwt.encode({"sub": "7", "iat": 1}, SECRET, algorithm="HS256"),
        jwt.encode({"iss": "here.example", "iat": 1}, SECRET, algorithm="HS256"),
    ],
)
def test_anything_else_is_no_token(token: str) -> None:
    assert tokens.read_jwt(SECRET, token, "here.example") is None


def test_random_tokens_have_256_bits_and_are_stored_as_their_hash() -> None:
    token = tokens.new_token()
    assert len(base64.urlsafe_b64decode(token + "=")) == 32
    assert tokens.stored_hash(token) == tokens.stored_hash(token)
    assert len(tokens.stored_hash(token)) == 64
    assert token not in tokens.stored_hash(token)
    assert tokens.new_token() != token


def test_secrets_are_compared_whole() -> None:
    assert tokens.same("abc", "abc")
    assert not tokens.same("abc", "abcd")
    assert not tokens.same("\ud800", "é")
