"""A real mail server (aiosmtpd) on loopback, and what arrived there.

async with delivered(tls=server_context) as mailbox:
    ...
    mail = await mailbox.next()
    link = mail.link
"""

import asyncio
import re
import ssl
import warnings
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

LOGIN, PASSWORD = "postbox", "sesame"
SECONDS = 20.0


class Mail:
    """One that arrived: `to` is whom the envelope names."""

    def __init__(self, sender: str, to: list[str], raw: bytes) -> None:
        self.sender, self.to, self.raw = sender, to, raw
        self.message: EmailMessage = BytesParser(_class=EmailMessage, policy=policy.default).parsebytes(raw)

    def header(self, name: str) -> str:
        """The only header of this name."""
        (value,) = self.message.get_all(name, [])
        return str(value)

    def _part(self, kind: str) -> str:
        part = self.message.get_body((kind,))
        assert part is not None, f"the mail has no part {kind}"
        content: str = part.get_content()
        return content.replace("\r\n", "\n")

    @property
    def text(self) -> str:
        """The plain part."""
        return self._part("plain")

    @property
    def html(self) -> str:
        """The HTML part."""
        return self._part("html")

    def path(self, start: str) -> str:
        """What follows `start` in the one link of the plain part that begins so."""
        (found,) = set(re.findall(rf"{re.escape(start)}(\S+)", self.text))
        return str(found)


class Mailbox:
    """The server and what it took. `refusals` are answers to RCPT, by address; each is given as often as it is listed."""

    def __init__(self) -> None:
        self.mails: list[Mail] = []
        self.refusals: dict[str, list[str]] = {}
        self.logins: list[str] = []
        self.port = 0
        self._arrived = asyncio.Condition()
        self._server: asyncio.Server | None = None
        self._options: Mapping[str, Any] = {}
        self._tls: ssl.SSLContext | None = None
        self._talks: list[SMTP] = []

    async def open(
        self, port: int = 0, *, tls: ssl.SSLContext | None = None, starttls: ssl.SSLContext | None = None, auth: bool = False
    ) -> None:
        """Begin to listen, again on the same port if it did before."""
        self._tls = tls
        self._options = {
            "tls_context": starttls,
            "auth_required": auth,
            "auth_require_tls": starttls is not None,
            "authenticator": self._knows,
        }
        await self.reopen(port)

    async def reopen(self, port: int = 0) -> None:
        """Listen as before."""
        tls = self._tls
        self._server = await asyncio.get_running_loop().create_server(self._protocol, "127.0.0.1", port or self.port, ssl=tls)
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        """Be down."""
        if self._server is not None:
            self._server.close()
            self._server = None
            for talk in self._talks:
                if talk.transport is not None:
                    talk.transport.close()
            self._talks.clear()
            await asyncio.sleep(0.05)  # transports close in a later turn of the loop

    async def next(self, number: int = 1) -> Mail:
        """The last of so many mails in all, waited for."""
        async with asyncio.timeout(SECONDS), self._arrived:
            await self._arrived.wait_for(lambda: len(self.mails) >= number)
        return self.mails[number - 1]

    def to(self, address: str) -> list[Mail]:
        """All that came for an address."""
        return [mail for mail in self.mails if mail.to == [address]]

    def _protocol(self) -> SMTP:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it warns of logins without encryption, which is what some tests are about
            self._talks.append(SMTP(self, enable_SMTPUTF8=True, hostname="mail.test", **self._options))
        return self._talks[-1]

    def _knows(self, _server: object, _session: object, _envelope: object, _mechanism: str, data: Any) -> AuthResult:
        known = isinstance(data, LoginPassword) and (data.login, data.password) == (LOGIN.encode(), PASSWORD.encode())
        if known:
            self.logins.append(data.login.decode())
        return AuthResult(success=known, handled=False)

    async def handle_RCPT(self, _server: object, _session: object, envelope: Any, address: str, _options: list[str]) -> str:  # noqa: N802  aiosmtpd's name
        if waiting := self.refusals.get(address):
            return waiting.pop(0)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: object, _session: object, envelope: Any) -> str:  # noqa: N802  aiosmtpd's name
        async with self._arrived:
            self.mails.append(Mail(envelope.mail_from, envelope.rcpt_tos, envelope.content))
            self._arrived.notify_all()
        return "250 Taken"


@asynccontextmanager
async def delivered(**options: Any) -> AsyncIterator[Mailbox]:
    """A mail server that listens; options are those of `Mailbox.open`."""
    mailbox = Mailbox()
    await mailbox.open(**options)
    try:
        yield mailbox
    finally:
        await mailbox.close()
