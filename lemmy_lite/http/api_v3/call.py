"""What a handler of the API is given besides the request's Struct: the tools, who asks, and from where."""

from __future__ import annotations

from dataclasses import dataclass

from lemmy_lite.context import Context
from lemmy_lite.domain.local_user import Visitor
from lemmy_lite.federation.service import Federation
from lemmy_lite.http.negotiation import languages
from lemmy_lite.http.request import IPAddress, Request
from lemmy_lite.model.viewer import Viewer
from lemmy_lite.storage.database import Database

_LONGEST_USER_AGENT = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call by anybody. `request` is for the few handlers that need headers or stream the body."""

    context: Context
    database: Database
    request: Request
    viewer: Viewer | None
    federation: Federation

    @property
    def address(self) -> IPAddress:
        """Where the client is."""
        return self.request.address

    @property
    def user_agent(self) -> str | None:
        """What the client calls itself, shortened."""
        agent = self.request.header("user-agent")
        return agent[:_LONGEST_USER_AGENT] if agent else None

    @property
    def languages(self) -> tuple[str, ...]:
        """The tags of Accept-Language, best first."""
        return languages(self.request.header("accept-language"))

    @property
    def visitor(self) -> Visitor:
        """From where somebody registers or logs in."""
        direct = self.request.is_direct
        return Visitor(address=str(self.address), direct=direct, user_agent=self.user_agent, languages=self.languages)


@dataclass(frozen=True, slots=True, kw_only=True)
class UserCall(Call):
    """One call by a logged-in user."""

    viewer: Viewer
