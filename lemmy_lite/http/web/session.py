"""Who reads the site, and whether a form comes from one of our own pages.

The session's cookie carries the same token that apps carry, under a name that the API does not look at: a page elsewhere that makes a
browser ask the API gains nothing by it. Each form holds a token that only we can derive from the session, or, before logging in, from a
cookie set beside the form (security.md, rule 15).
"""

from collections.abc import Callable
from http import HTTPStatus

from lemmy_lite.config import Config
from lemmy_lite.crypto import tokens
from lemmy_lite.http.errors import Refused
from lemmy_lite.http.request import Request
from lemmy_lite.http.response import Response
from lemmy_lite.model.viewer import Viewer
from lemmy_lite.text.translations import phrase

_YEAR = 365 * 24 * 3600
_HOUR = 3600
_PURPOSE = "csrf"
_LENGTH = 32

STALE = "This page was open for too long, or your browser keeps no cookies. Go back, load it anew and try again."
ELSEWHERE = "This site lives at {address}, and the form was sent from another address. Open the site there and try again."
"""A newcomer types 127.0.0.1 where the configuration says localhost, or the name of the machine."""


class Cookies:
    """The two cookies of the site. With TLS their names have the prefix that lets no other host of the domain set them."""

    def __init__(self, config: Config, secret: Callable[[], str]) -> None:
        """`secret` answers the instance's own, which may be replaced while the server runs."""
        prefix, self._secure = ("__Host-", "; Secure") if config.tls_enabled else ("", "")
        self._session, self._seed = f"{prefix}session", f"{prefix}form"
        self._secret = secret
        self._origin = config.base_url

    def token(self, request: Request) -> str | None:
        """The session token that the browser sent."""
        return request.cookies.get(self._session)

    def enter(self, response: Response, token: str) -> None:
        """Begin a session in the browser."""
        self._set(response, self._session, token, _YEAR)
        self._set(response, self._seed, "", 0)

    def leave(self, response: Response) -> None:
        """End the session in the browser."""
        self._set(response, self._session, "", 0)

    def form_token(self, request: Request, viewer: Viewer | None) -> str:
        """The token of forms for this reader; empty for a stranger without a seed, whose page has no form."""
        value = viewer.session if viewer else request.cookies.get(self._seed)
        return self.seed_token(value) if value else ""

    def seeded(self, request: Request, response: Response, seed: str) -> None:
        """Keep the seed of a stranger's form in the browser for an hour."""
        if request.cookies.get(self._seed) != seed:
            self._set(response, self._seed, seed, _HOUR)

    def seed(self, request: Request) -> str:
        """The stranger's seed, or a new one."""
        return request.cookies.get(self._seed) or tokens.new_token()

    def seed_token(self, seed: str) -> str:
        """The token of forms that belongs to a seed: 128 bits, as it stands dozens of times on a page."""
        return tokens.derived(self._secret(), _PURPOSE, seed)[:_LENGTH]

    def check(self, request: Request, viewer: Viewer | None, sent: str) -> None:
        """Refuse a form that does not come from our own page. Raises Refused 403."""
        if self.is_foreign(request):
            raise Refused(HTTPStatus.FORBIDDEN, phrase(ELSEWHERE, address=self._origin))
        expected = self.form_token(request, viewer)
        if not expected or not tokens.same(expected, sent):
            raise Refused(HTTPStatus.FORBIDDEN, STALE)

    def is_foreign(self, request: Request) -> bool:
        """Whether another site's page sent the form. Browsers say so themselves; an address in the LAN or an onion name that leads here
        as well is not foreign: the page that sent the form then stands under the very host that was asked (Host)."""
        if request.header("sec-fetch-site") in ("cross-site", "same-site"):
            return True
        origin = request.header("origin")
        if origin is None or origin in (self._origin, "null"):
            return False
        return origin.partition("://")[2] != request.header("host")

    def _set(self, response: Response, name: str, value: str, seconds: int) -> None:
        response.headers.append(("set-cookie", f"{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{self._secure}"))
