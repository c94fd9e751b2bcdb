"""Tokens: random ones with their stored hash, and the JWT that apps carry.

A JWT alone opens nothing: it must also stand in `login_token`, where only its SHA-256 is kept. So a stolen database holds no
session, and logging out ends one at once.
"""

import hashlib
import hmac
import secrets
from functools import lru_cache

from lemmy_lite.model.clock import SECOND, Micros
from lemmy_lite.model.ids import LocalUserId
from lemmy_lite.model.struct import Struct

TOKEN_BYTES = 32
MAX_JWT_CHARACTERS = 1024
"""Ours take some 250. The bound also keeps a hostile header's nesting below what the JSON reader can bear."""


class Claims(Struct):
    """What a valid JWT says: for whom, by whom, since when (microseconds)."""

    local_user_id: LocalUserId
    issuer: str
    issued: Micros


def new_token() -> str:
    """A secret of 256 random bits, safe in URLs and mails. Store only `stored_hash` of it."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def new_jwt_secret() -> str:
    """The instance's secret for its JWTs, made once and stored; Lemmy's own (a UUID) works here as well."""
    return secrets.token_hex(TOKEN_BYTES)


def stored_hash(token: str) -> str:
    """The SHA-256 of a token or JWT, 64 hexadecimal characters: what the database keeps and looks up.

    No salt is needed: nobody can guess 256 random bits. Text that is no UTF-8 gets a hash that belongs to nothing.
    """
    return hashlib.sha256(token.encode(errors="surrogatepass")).hexdigest()


def same(left: str, right: str) -> bool:
    """Compares two secrets in constant time."""
    return hmac.compare_digest(left.encode(errors="surrogatepass"), right.encode(errors="surrogatepass"))


def derived(secret: str, purpose: str, value: str) -> str:
    """A token that only we can make for a value, 64 hexadecimal characters: HMAC-SHA-256, with the purpose in it."""
    return hmac.new(secret.encode(), f"{purpose}\0{value}".encode(errors="surrogatepass"), hashlib.sha256).hexdigest()


def issue_jwt(secret: str, local_user_id: LocalUserId, issuer: str, now: Micros) -> str:
    """A session's JWT: HS256 with Lemmy's claims `sub` (local user id as text), `iss` (host name), `iat` (seconds).

    A random `jti` is added, as two logins in one second would otherwise get one token, and one logout would end both. There is
    no `exp`: clients of API v3 do not expect one, and the stored session decides.
    """
    import jwt

    claims = {"sub": str(local_user_id), "iss": issuer, "iat": now // SECOND, "jti": secrets.token_urlsafe(16)}
    return jwt.encode(claims, secret, algorithm="HS256")


def read_jwt(secret: str, token: str, issuer: str) -> Claims | None:
    """The claims of a JWT that we signed, or None for anything else. Whether its session still lives is the caller's question.

    The algorithm is pinned, the issuer compared. `iat` is not judged by the clock, so that a clock set right after start does
    not log everybody out. So the answer hangs on nothing but what is given, and is remembered for those who were here last: reading a token
    takes a twentieth of the time of a vote. What is longer than any of ours is not even remembered.
    """
    return _read_jwt(secret, token, issuer) if len(token) <= MAX_JWT_CHARACTERS else None


@lru_cache(maxsize=256)
def _read_jwt(secret: str, token: str, issuer: str) -> Claims | None:
    import jwt

    try:
        claims = jwt.decode(
            token,
            secret,
            algorithms=["HS256"],
            issuer=issuer,
            options={"require": ["sub", "iss", "iat"], "verify_iat": False, "verify_exp": False, "verify_aud": False},
        )
        subject, issued = claims["sub"], claims["iat"]
    except (jwt.PyJWTError, ValueError, RecursionError):
        return None
    if not isinstance(subject, str) or not subject.isascii() or not subject.isdecimal() or len(subject) > 18:
        return None
    if isinstance(issued, bool) or not isinstance(issued, int):
        return None
    return Claims(local_user_id=LocalUserId(int(subject)), issuer=issuer, issued=issued * SECOND)
