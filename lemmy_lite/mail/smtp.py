"""The talk with the mail server: plain, STARTTLS or TLS, as Lemmy's option `email.tls_type` has it.

With STARTTLS and TLS the certificate must be good for the host's name; a server that offers no encryption is never spoken to in clear, as
anybody on the way could have taken the offer out. aiosmtplib is imported with the first letter: most instances send none for hours.
"""

from __future__ import annotations

import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from lemmy_lite.config import Config
from lemmy_lite.mail.letter import BadAddress, Letter, message, parted
from lemmy_lite.mail.told import Told

if TYPE_CHECKING:
    from aiosmtplib import SMTP

_PERMANENT: Final = range(500, 600)
_QUIT_SECONDS: Final = 2.0
_MOST_ANSWER: Final = 200
_HOW: Final = {"none": Told("not encrypted"), "starttls": Told("STARTTLS, certificate checked"), "tls": Told("TLS, certificate checked")}


Dial = Callable[[str, int], Awaitable[Any]]
"""`dial(host, port)` gives a connected socket, raising OSError or an error of its own whose text is a sentence."""


@dataclass(frozen=True, slots=True)
class Line:
    """How the mail server is reached: whose certificates are trusted, and `dial` where a proxy stands between."""

    tls: ssl.SSLContext
    dial: Dial | None = None


class MailError(Exception):
    """A letter did not leave; the text is a sentence that names no secret, `told` the same for other languages.

    `permanent`: this letter will never be taken. `server_wide`: no other letter would have left either.
    """

    def __init__(self, told: Told, *, permanent: bool = False, server_wide: bool = False) -> None:
        super().__init__(str(told))
        self.told = told
        self.permanent = permanent
        self.server_wide = server_wide


class Connection:
    """One talk with the configured server, over which any number of letters go, one after another. An async context manager.

    Needs `config.email`. Entering raises MailError (server_wide).
    """

    def __init__(self, config: Config, line: Line, sender_name: str = "") -> None:
        if config.email is None:
            raise ValueError("no mail server is configured")
        self._email, self._timeout, self._host = config.email, float(config.mail.timeout), config.domain
        self._line = line
        self._sender_name = sender_name
        self._smtp: SMTP | None = None

    async def __aenter__(self) -> Connection:
        import aiosmtplib

        host, port = self._email.smtp_server
        connected = await self._dialled(host, port)
        self._smtp = aiosmtplib.SMTP(
            hostname=host,
            port=None if connected else port,
            sock=connected,
            username=self._email.smtp_login,
            password=self._email.smtp_password,
            local_hostname=self._host,
            timeout=self._timeout,
            use_tls=self._email.tls_type == "tls",
            start_tls=self._email.tls_type == "starttls",
            tls_context=self._line.tls,
        )
        try:
            await self._smtp.connect()
        except (aiosmtplib.SMTPException, OSError, ssl.CertificateError, ValueError) as error:
            self._smtp.close()
            raise MailError(_why_no_talk(self._email.smtp_server, error), server_wide=True) from error
        return self

    async def __aexit__(self, *_: object) -> None:
        import aiosmtplib

        if self._smtp is not None and self._smtp.is_connected:
            try:
                await self._smtp.quit(timeout=_QUIT_SECONDS)
            except (aiosmtplib.SMTPException, OSError):
                self._smtp.close()

    async def _dialled(self, host: str, port: int) -> Any:
        """The socket that leads through the proxy, None where there is none."""
        if self._line.dial is None:
            return None
        try:
            return await self._line.dial(host, port)
        except Exception as error:
            why = Told("The mail server {server} cannot be reached through the proxy.", {"server": str(self._email.smtp_server)})
            raise MailError(why, server_wide=True) from error

    async def send(self, letter: Letter) -> str:
        """Hand a letter over; answers what the server said to it. Raises MailError."""
        import aiosmtplib

        assert self._smtp is not None, "enter the connection first"
        try:
            written = message(letter, self._email.smtp_from_address, self._sender_name)
            sender = parted(self._email.smtp_from_address)[1]
        except (BadAddress, ValueError) as error:
            raise MailError(Told("The address cannot be written to."), permanent=True) from error
        try:
            _, answer = await self._smtp.send_message(written, sender=sender, recipients=[letter.to_address])
        except aiosmtplib.SMTPRecipientsRefused as error:
            refused = error.recipients[0]
            why = Told("The mail server does not take mails for this address; it says: {answer}", {"answer": _answer(refused)})
            raise MailError(why, permanent=_final(refused)) from error
        except aiosmtplib.SMTPSenderRefused as error:
            why = Told("The mail server refuses the sender, email.smtp_from_address; it says: {answer}", {"answer": _answer(error)})
            raise MailError(why, server_wide=True) from error
        except aiosmtplib.SMTPResponseException as error:
            why = Told("The mail server refused the mail; it says: {answer}", {"answer": _answer(error)})
            raise MailError(why, permanent=_final(error), server_wide=not self._smtp.is_connected) from error
        except aiosmtplib.SMTPNotSupported as error:
            raise MailError(Told("The mail server cannot send to an address with such characters."), permanent=True) from error
        except (aiosmtplib.SMTPException, OSError) as error:
            raise MailError(Told("The mail server ended the connection while it was given the mail."), server_wide=True) from error
        return answer[:_MOST_ANSWER]


def description(config: Config) -> Told:
    """One sentence for people: how mails leave."""
    email = config.email
    if email is None:
        return Told("No mails are sent: there is no section `email`.")
    found: dict[str, str | Told] = {"server": str(email.smtp_server), "how": _HOW[email.tls_type], "address": email.smtp_from_address}
    if email.smtp_login:
        return Told("Mails go to {server} ({how}) as {login}, from {address}.", {**found, "login": email.smtp_login})
    return Told("Mails go to {server} ({how}), from {address}.", found)


def warnings(config: Config) -> list[Told]:
    """What is doubtful about how mails leave, a sentence each."""
    email = config.email
    if email is None:
        return []
    found = []
    away = not email.smtp_server.host.startswith(("127.", "localhost", "::1"))
    if email.tls_type == "none" and email.smtp_login and away:
        found.append(Told("email.tls_type is none: login and password go through the network in clear."))
    try:
        parted(email.smtp_from_address)
    except BadAddress:
        found.append(Told("email.smtp_from_address is no address that a mail server would take."))
    return found


def _final(error: object) -> bool:
    return getattr(error, "code", 0) in _PERMANENT


def _answer(error: object) -> str:
    code, answer = getattr(error, "code", 0), " ".join(str(getattr(error, "message", "")).split())
    return f"{code} {answer[:_MOST_ANSWER]}"


def _why_no_talk(server: object, error: Exception) -> Told:
    """The cause in words that name what to look at."""
    import aiosmtplib

    causes = _causes(error)
    where = {"server": str(server)}
    if any(isinstance(cause, ssl.SSLCertVerificationError) for cause in causes):
        reason = next(cause.verify_message for cause in causes if isinstance(cause, ssl.SSLCertVerificationError))
        return Told("The certificate of the mail server {server} is not trusted: {reason}.", {**where, "reason": reason})
    if any(isinstance(cause, ssl.SSLError) for cause in causes):
        return Told("There is no TLS at {server}; email.tls_type may be wrong (tls is usual on port 465, starttls on port 587).", where)
    if isinstance(error, aiosmtplib.SMTPAuthenticationError):
        answered = {**where, "answer": _answer(error)}
        return Told("The mail server {server} refuses the login or password; it says: {answer}", answered)
    if isinstance(error, aiosmtplib.SMTPTimeoutError):
        return Told("The mail server {server} does not answer in time.", where)
    if isinstance(error, aiosmtplib.SMTPResponseException):
        return Told("The mail server {server} does not want to talk; it says: {answer}", {**where, "answer": _answer(error)})
    if isinstance(error, aiosmtplib.SMTPConnectError):
        return Told("The mail server {server} cannot be reached.", where)
    if "AUTH" in str(error) or "authentication" in str(error):
        return Told("The mail server {server} offers no way to log in that is known here.", where)
    if "STARTTLS" in str(error):
        return Told("The mail server {server} offers no STARTTLS, so nothing was sent.", where)
    return Told("The talk with the mail server {server} broke off.", where)


def _causes(error: BaseException | None) -> list[BaseException]:
    found: list[BaseException] = []
    while error is not None and error not in found:
        found.append(error)
        error = error.__cause__ or error.__context__
    return found
