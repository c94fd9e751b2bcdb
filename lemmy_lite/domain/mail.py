"""Who gets a mail of what: a table of events, and the way out of being told.

The mail is put into the queue in the transaction of the deed itself, so that no crash parts them; `domain.postman` sends it. What is
queued is whom and of what. Whether it is still wanted is asked once more when it is sent (`domain.mail_matter`).
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, NamedTuple

from lemmy_lite.context import Context
from lemmy_lite.crypto import tokens
from lemmy_lite.model.clock import DAY, micros
from lemmy_lite.model.errors import LemmyError
from lemmy_lite.model.events import (
    ApplicationDecided,
    CommentCreated,
    CommentReported,
    EmailVerificationRequested,
    EmailVerified,
    Event,
    PasswordResetRequested,
    PersonRegistered,
    PostReported,
    PrivateMessageCreated,
    PrivateMessageReported,
    RecoveryCodeUsed,
)
from lemmy_lite.model.ids import CommunityId, LocalUserId, PersonId
from lemmy_lite.model.local_user import LocalUser
from lemmy_lite.model.mail import WITH_TOKEN, MailKind
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import (
    comment,
    community_moderator,
    local_user,
    mail,
    mail_digest,
    notification,
    post,
    private_message,
    registration_application,
    report,
    site,
)

MOST_WAITING: Final = 100
"""Mails that wait for one account: who is flooded with answers reads them here, not in a mailbox."""
_PURPOSE: Final = "unsubscribe"
_DIGEST_PURPOSE: Final = "unsubscribe from digests"


class Subscription(NamedTuple):
    """What somebody gets by mail and may end: notifications or digests. `ended`: it is so already."""

    local_user_id: LocalUserId
    digest: bool
    ended: bool


def within(context: Context, tx: Transaction, event: Event) -> None:
    """Subscriber of the database, after that of `notification`: queue the mails that an event is the reason for."""
    teller = _TELLERS.get(type(event))
    if teller is not None and context.config.email is not None:
        teller(tx, event)


def tells(event: Event) -> bool:
    """Whether an event may have put something into the queue."""
    return type(event) in _TELLERS


def way_out(context: Context, account: LocalUser, *, digest: bool = False) -> str:
    """What stands in the address where one click ends notifications by mail, or digests. It dies with the
    mail address that it was sent to."""
    mark = tokens.derived(context.jwt_secret, _DIGEST_PURPOSE if digest else _PURPOSE, f"{account.id} {account.email}")
    return f"{account.id}-{mark}"


def subscription(tx: Transaction, context: Context, shown: str) -> Subscription:
    """What a way out leads out of. Raises LemmyError token_not_found."""
    number = shown.partition("-")[0]
    account = local_user.get(tx, LocalUserId(int(number))) if number.isascii() and number.isdecimal() and len(number) < 19 else None
    if account is not None and account.email is not None:
        if tokens.same(way_out(context, account), shown):
            return Subscription(account.id, digest=False, ended=not account.send_notifications_to_email)
        if tokens.same(way_out(context, account, digest=True), shown):
            return Subscription(account.id, digest=True, ended=mail_digest.days(tx, account.id) == 0)
    raise LemmyError("token_not_found")


def unsubscribe(tx: Transaction, context: Context, shown: str) -> Subscription:
    """End notifications by mail, or digests, for whom the way out belongs to; a repeat is harmless. Raises LemmyError token_not_found."""
    found = subscription(tx, context, shown)
    if found.digest:
        mail_digest.drop(tx, found.local_user_id)
    else:
        local_user.update(tx, found.local_user_id, send_notifications_to_email=False)
    return found


def _queue(tx: Transaction, kind: MailKind, account: LocalUser | None, subject_id: int | None = None, token: str | None = None) -> None:
    if account is None or not (account.email or kind is MailKind.VERIFICATION):
        return
    if kind not in WITH_TOKEN and mail.count_waiting(tx, account.id) >= MOST_WAITING:
        return
    mail.insert(tx, kind, account.id, subject_id, tokens.stored_hash(token) if token else None)


def _notify(tx: Transaction, kind: MailKind, person_id: PersonId, subject_id: int) -> None:
    account = local_user.of_person(tx, person_id)
    if account is not None and account.send_notifications_to_email:
        _queue(tx, kind, account, subject_id)


def _verification(tx: Transaction, event: EmailVerificationRequested) -> None:
    _queue(tx, MailKind.VERIFICATION, local_user.get(tx, event.local_user_id), token=event.token.value)


def _password_reset(tx: Transaction, event: PasswordResetRequested) -> None:
    _queue(tx, MailKind.PASSWORD_RESET, local_user.get(tx, event.local_user_id), token=event.token.value)


def _registered(tx: Transaction, event: PersonRegistered) -> None:
    if not site.local(tx).require_email_verification:
        _tell_of_applicant(tx, event.local_user_id)


def _verified(tx: Transaction, event: EmailVerified) -> None:
    account = local_user.get(tx, event.local_user_id)
    if account is not None and account.send_notifications_to_email:
        _queue(tx, MailKind.EMAIL_VERIFIED, account)
    # Before the address was proven there was no applicant (domain.registration.listing).
    if site.local(tx).require_email_verification:
        _tell_of_applicant(tx, event.local_user_id)


def _tell_of_applicant(tx: Transaction, applicant: LocalUserId) -> None:
    if site.local(tx).application_email_admins and registration_application.decision(tx, applicant) == (False, None):
        for admin in _admins(tx):
            _queue(tx, MailKind.APPLICATION_RECEIVED, admin, applicant)


def _recovered(tx: Transaction, event: RecoveryCodeUsed) -> None:
    _queue(tx, MailKind.RECOVERY_CODE_USED, local_user.get(tx, event.local_user_id))


def _decided(tx: Transaction, event: ApplicationDecided) -> None:
    kind = MailKind.APPLICATION_ACCEPTED if event.approved else MailKind.APPLICATION_DENIED
    _queue(tx, kind, local_user.get(tx, event.local_user_id))


def _comment(tx: Transaction, event: CommentCreated) -> None:
    # What was written long ago and is fetched only now, to fill a community, is nothing to run for.
    if micros(comment.existing(tx, event.comment_id).published) < tx.now - DAY:
        return
    for person_id in notification.unread_recipients(tx, "comment_reply", event.comment_id):
        _notify(tx, MailKind.REPLY, person_id, event.comment_id)
    for person_id in notification.unread_recipients(tx, "person_mention", event.comment_id):
        _notify(tx, MailKind.MENTION, person_id, event.comment_id)


def _private_message(tx: Transaction, event: PrivateMessageCreated) -> None:
    found = private_message.existing(tx, event.private_message_id)
    _notify(tx, MailKind.PRIVATE_MESSAGE, found.recipient_id, found.id)


def _post_report(tx: Transaction, event: PostReported) -> None:
    found = report.made_by(tx, "post", event.post_id, event.actor_id)
    _tell_of_report(tx, MailKind.POST_REPORT, found, event.actor_id, post.existing(tx, event.post_id).community_id)


def _comment_report(tx: Transaction, event: CommentReported) -> None:
    found = report.made_by(tx, "comment", event.comment_id, event.actor_id)
    of = post.existing(tx, comment.existing(tx, event.comment_id).post_id)
    _tell_of_report(tx, MailKind.COMMENT_REPORT, found, event.actor_id, of.community_id)


def _private_message_report(tx: Transaction, event: PrivateMessageReported) -> None:
    found = report.made_by(tx, "private_message", event.private_message_id, event.actor_id)
    _tell_of_report(tx, MailKind.PRIVATE_MESSAGE_REPORT, found, event.actor_id, None)


def _tell_of_report(tx: Transaction, kind: MailKind, report_id: int | None, by: PersonId, community_id: CommunityId | None) -> None:
    """Admins, as in Lemmy, and the moderators who want notifications by mail; nobody of what they reported themselves."""
    if report_id is None or not site.local(tx).reports_email_admins:
        return
    told = {by}
    for admin in _admins(tx):
        if admin.person_id not in told:
            told.add(admin.person_id)
            _queue(tx, kind, admin, report_id)
    for person_id in community_moderator.order(tx, community_id) if community_id is not None else ():
        if person_id not in told:
            _notify(tx, kind, person_id, report_id)


def _admins(tx: Transaction) -> Iterable[LocalUser]:
    found = (local_user.of_person(tx, person_id) for person_id in local_user.admin_order(tx))
    return (account for account in found if account is not None)


_TELLERS: Final[Mapping[type[Event], Callable[[Transaction, Any], None]]] = {
    EmailVerificationRequested: _verification,
    PasswordResetRequested: _password_reset,
    PersonRegistered: _registered,
    EmailVerified: _verified,
    ApplicationDecided: _decided,
    CommentCreated: _comment,
    PrivateMessageCreated: _private_message,
    PostReported: _post_report,
    CommentReported: _comment_report,
    PrivateMessageReported: _private_message_report,
    RecoveryCodeUsed: _recovered,
}
HEARS: Final = tuple(_TELLERS)
