"""Mails: of what people are told, and the row of one that waits."""

from enum import StrEnum

from lemmy_lite.model.clock import Micros
from lemmy_lite.model.ids import LocalUserId
from lemmy_lite.model.struct import Struct


class MailKind(StrEnum):
    """Why somebody gets a mail. Behind each: what `subject_id` of its row names."""

    VERIFICATION = "verification"  # nothing; the token's hash leads to the address
    PASSWORD_RESET = "password_reset"  # nothing
    EMAIL_VERIFIED = "email_verified"  # nothing
    APPLICATION_RECEIVED = "application_received"  # the applicant's account
    APPLICATION_ACCEPTED = "application_accepted"  # nothing
    APPLICATION_DENIED = "application_denied"  # nothing
    REPLY = "reply"  # the comment
    MENTION = "mention"  # the comment
    PRIVATE_MESSAGE = "private_message"  # the message
    POST_REPORT = "post_report"  # the report, as in the next two
    COMMENT_REPORT = "comment_report"
    PRIVATE_MESSAGE_REPORT = "private_message_report"
    RECOVERY_CODE_USED = "recovery_code_used"  # nothing
    DIGEST = "digest"  # how many days it looks back, 1 or 7


WITH_TOKEN = frozenset({MailKind.VERIFICATION, MailKind.PASSWORD_RESET})
"""Mails that carry a link which opens something once."""


class WaitingMail(Struct, kw_only=True):
    """One that waits to be sent. It names whom and of what, and holds neither words nor secrets.

    `local_user_id` is absent where an address was given that no account has. `tried` is when it was first tried, `next_try` when it is to
    be tried next, microseconds.
    """

    id: int
    kind: MailKind
    local_user_id: LocalUserId | None = None
    subject_id: int | None = None
    token_hash: str | None = None
    published: Micros
    tried: Micros | None = None
    attempts: int
    next_try: Micros
