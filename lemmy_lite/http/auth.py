"""Who sends this request: the token, where it may come from, and the viewer behind it.

Lemmy's API takes a Bearer token, else the cookie `jwt`. A browser sends cookies also when another site makes it ask, so the cookie
counts only where no other site can be behind the request (security.md, rule 15 and its exception for clients that know nothing else).
"""

from collections.abc import Collection

from lemmy_lite.context import Context
from lemmy_lite.domain import local_user
from lemmy_lite.http.request import Request
from lemmy_lite.model.viewer import Viewer
from lemmy_lite.storage.database import Database

COOKIE = "jwt"

_LONGEST = 4096
"""Characters of a token that are looked at; ours have about 250."""

_OWN_SITES = (None, "same-origin", "none")
"""Values of Sec-Fetch-Site that no foreign page can cause: not sent, from our own pages, typed by the user. `same-site` is left out, as
another program may live on a neighbouring subdomain."""


def token_of(request: Request, own_origins: Collection[str]) -> str | None:
    """The token that counts, or None. `own_origins` are ours, as `https://example.org`, the onion's too.

    A Bearer token wins over the cookie. More than one Authorization header is ambiguous and counts as none. Other schemes are left to
    proxies that ask for a password of their own.
    """
    if len(request.headers("authorization")) > 1:
        return None
    token = _bearer(request)
    if token is None and _cookie_counts(request, own_origins):
        token = request.cookies.get(COOKIE)
    return token if token and len(token) <= _LONGEST else None


def is_by_bearer(request: Request) -> bool:
    """Whether the token that counts is a Bearer token. A program has put it there itself, whereas a browser sends the cookie also for a
    picture in somebody's text, whose address on this site is asked for as by our own pages."""
    return _bearer(request) is not None


def _bearer(request: Request) -> str | None:
    headers = request.headers("authorization")
    scheme, _, credentials = (headers[0] if headers else "").strip().partition(" ")
    return credentials.strip() if scheme.lower() == "bearer" else None


def _cookie_counts(request: Request, own_origins: Collection[str]) -> bool:
    origin = request.header("origin")
    if origin is not None:
        return origin in own_origins
    return request.header("sec-fetch-site") in _OWN_SITES


def credentials_sent(request: Request) -> bool:
    """Whether anything was sent that could make the answer personal, valid or not: such an answer must not be kept by shared caches."""
    return request.header("authorization") is not None or COOKIE in request.cookies


async def authenticate(database: Database, context: Context, token: str | None) -> Viewer | None:
    """The viewer behind a token; None for no token and for one that is malformed, revoked, or of a banned or deleted user.

    One indexed read a request and no cache, so that a logout or a ban counts from the very next request, in every process.
    """
    return None if token is None else await database.read(local_user.session, context, token)
