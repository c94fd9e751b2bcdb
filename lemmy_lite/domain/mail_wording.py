"""What each kind of mail says: one table of sentences, in English as the catalogues have them for keys (`assets/locale/*/mail.po`).

`{host}` is this site, `{name}` the reader, `{who}` the person the mail is about, `{title}` the post, `{community}` its community,
`{address}` a mail address, `{left}` a number. A placeholder is filled with plain text, whatever stands in it.
"""

from collections.abc import Iterator, Mapping
from typing import Final

from lemmy_lite.model.mail import MailKind
from lemmy_lite.model.struct import Struct

DOMAIN: Final = "mail"


class Wording(Struct, kw_only=True):
    """The sentences of one kind. `reason` tells why the reader gets it; `closing` follows what somebody wrote."""

    subject: str
    opening: str
    closing: tuple[str, ...] = ()
    button: str
    reason: str


GREETING: Final = "Hello {name},"
UNSUBSCRIBE: Final = "No more such mails"
DENIAL_REASON: Final = "This is the reason:"
POINTS: Final = "{community}, points: {score}, comments: {comments}"
"""Of a post in a digest."""

_ACCOUNT: Final = "You get this mail because of your account at {host}."
_NOTIFIED: Final = "You get this mail because you want to be told by mail, see your settings at {host}."
_CHOSEN: Final = "You get this mail because you want a digest, see your settings at {host}."
_ADMIN: Final = "You get this mail because you administer {host}."
_OFFICE: Final = "You get this mail because you moderate {community} at {host}."

WORDINGS: Final[Mapping[MailKind, Wording]] = {
    MailKind.VERIFICATION: Wording(
        subject="Is this your mail address? ({host})",
        opening="Somebody gave {address} as the mail address of the account {name} at {host}. If it was you, follow this link.",
        closing=("The link works once, within seven days. If it was not you, you need not do anything.",),
        button="Yes, this is my address",
        reason=_ACCOUNT,
    ),
    MailKind.PASSWORD_RESET: Wording(
        subject="A new password for {name} at {host}",
        opening="A new password was asked for the account {name} at {host}. Choose it here.",
        closing=("The link works once, within a day. If you did not ask for it, do nothing: your password stays as it is.",),
        button="Choose a new password",
        reason=_ACCOUNT,
    ),
    MailKind.EMAIL_VERIFIED: Wording(
        subject="Your mail address is verified ({host})",
        opening="Your mail address at {host} is verified now.",
        button="Go to {host}",
        reason=_NOTIFIED,
    ),
    MailKind.RECOVERY_CODE_USED: Wording(
        subject="A recovery code of {name} was used at {host}",
        opening="Somebody used a recovery code instead of the authenticator app for the account {name} at {host}. Codes left: {left}.",
        closing=("If it was not you, somebody has your codes and your password: change both now.",),
        button="Look at it",
        reason=_ACCOUNT,
    ),
    MailKind.APPLICATION_RECEIVED: Wording(
        subject="{who} asks for an account at {host}",
        opening="{who} asks for an account at {host} and writes:",
        button="Read and decide",
        reason=_ADMIN,
    ),
    MailKind.APPLICATION_ACCEPTED: Wording(
        subject="Welcome to {host}",
        opening="Your account {name} at {host} has been accepted. You can log in now.",
        button="Log in",
        reason=_ACCOUNT,
    ),
    MailKind.APPLICATION_DENIED: Wording(
        subject="Your application at {host}",
        opening="Your application for the account {name} at {host} has been declined.",
        button="Go to {host}",
        reason=_ACCOUNT,
    ),
    MailKind.REPLY: Wording(
        subject="{who} answered you in “{title}”",
        opening="{who} answered you in “{title}”:",
        button="Read it in its place",
        reason=_NOTIFIED,
    ),
    MailKind.MENTION: Wording(
        subject="{who} mentioned you in “{title}”",
        opening="{who} mentioned you in “{title}”:",
        button="Read it in its place",
        reason=_NOTIFIED,
    ),
    MailKind.PRIVATE_MESSAGE: Wording(
        subject="{who} wrote you a message",
        opening="{who} wrote you a message:",
        button="Open the inbox",
        reason=_NOTIFIED,
    ),
    MailKind.POST_REPORT: Wording(
        subject="{reporter} reported a post of {who} ({host})",
        opening="{reporter} reported the post “{title}” of {who} in {community}, and writes:",
        button="Read the reports",
        reason=_ADMIN,
    ),
    MailKind.COMMENT_REPORT: Wording(
        subject="{reporter} reported a comment of {who} ({host})",
        opening="{reporter} reported a comment of {who} on “{title}” in {community}, and writes:",
        button="Read the reports",
        reason=_ADMIN,
    ),
    MailKind.PRIVATE_MESSAGE_REPORT: Wording(
        subject="{reporter} reported a message of {who} ({host})",
        opening="{reporter} reported a private message of {who}, and writes:",
        button="Read the reports",
        reason=_ADMIN,
    ),
    MailKind.DIGEST: Wording(
        subject="The best of what you follow ({host})",
        opening="This was liked best in the communities that you follow at {host}, and you have not read it yet:",
        button="Read on at {host}",
        reason=_CHOSEN,
    ),
}


TEST_GREETING: Final = "Hello,"
TEST: Final = Wording(
    subject="A test mail from {host}",
    opening="This is the test that was asked for. Mails from {host} reach you.",
    button="",
    reason="You get this mail because somebody who runs {host} typed your address.",
)
"""The mail with which somebody tries the mail server: no kind of its own, as it waits in no queue. It has no button."""


def office(kind: MailKind, *, admin: bool) -> str:
    """Why the reader gets a mail of this kind: a moderator gets reports for another reason than an admin."""
    return WORDINGS[kind].reason if admin or WORDINGS[kind].reason != _ADMIN else _OFFICE


def sentences() -> Iterator[str]:
    """Every sentence that is to be translated, each once."""
    every = [GREETING, UNSUBSCRIBE, DENIAL_REASON, POINTS, _ACCOUNT, _NOTIFIED, _ADMIN, _OFFICE, TEST_GREETING]
    for wording in (*WORDINGS.values(), TEST):
        every += [wording.subject, wording.opening, *wording.closing, wording.button, wording.reason]
    yield from filter(None, dict.fromkeys(every))
