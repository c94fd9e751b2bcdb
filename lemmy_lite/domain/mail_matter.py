"""What a waiting mail is about, read when it is sent: whoever wants it no more, or what nobody may see any more, gives no mail.

A link that opens something once is made here and nowhere else: the token exists in the mail, and its hash in the database. Each further
try makes another, and the earlier one is dead.
"""

from collections.abc import Callable, Mapping
from typing import Final

from lemmy_lite.context import Context
from lemmy_lite.crypto import tokens
from lemmy_lite.domain import email_address, mail_digest, password, permissions, recovery_code
from lemmy_lite.domain import mail as mails
from lemmy_lite.model import web_address
from lemmy_lite.model.clock import DAY, Micros
from lemmy_lite.model.community import Community
from lemmy_lite.model.ids import CommentId, LocalUserId, PersonId, PrivateMessageId
from lemmy_lite.model.local_user import LocalUser
from lemmy_lite.model.mail import MailKind, WaitingMail
from lemmy_lite.model.person import Person
from lemmy_lite.model.struct import Struct
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import (
    account_token,
    block,
    comment,
    community,
    community_moderator,
    local_user,
    mail,
    notification,
    person,
    post,
    private_message,
    registration_application,
    site,
)
from lemmy_lite.storage.tables import mail_digest as mail_digests
from lemmy_lite.storage.views import report as reports

STALE: Final[Micros] = 7 * DAY
"""News of last week is none: what waited so long, because no mail server was configured meanwhile, is dropped."""
_AT_ONCE: Final = 50


class Listed(Struct, kw_only=True):
    """A post of a digest; `community` is its handle."""

    title: str
    community: str
    score: int
    comments: int
    path: str


class Matter(Struct, kw_only=True):
    """All that a letter is made of. `values` fill the placeholders of its sentences, `path` is where its link leads, `quote` is markdown
    that somebody wrote, `way_out` belongs to the address that ends such mails."""

    mail: WaitingMail
    address: str
    name: str
    language: str
    site_name: str
    values: Mapping[str, str]
    path: str
    quote: str | None = None
    entries: tuple[Listed, ...] = ()
    way_out: str | None = None


class _Found(Struct, kw_only=True):
    """What one kind adds. `address` differs from the account's where it is still to be proven; `notified`: the reader may end such
    mails; `digest`: so it is, and ended by itself."""

    values: Mapping[str, str] = {}
    path: str = "/"
    quote: str | None = None
    entries: tuple[Listed, ...] = ()
    address: str | None = None
    notified: bool = False
    digest: bool = False


class _Reader(Struct, kw_only=True):
    """Who gets the mail."""

    account: LocalUser
    person: Person


def take(tx: Transaction, context: Context, until: Micros) -> Matter | None:
    """The next mail to be sent, which is nobody else's until the moment given. Those that are wanted no more are dropped on the way."""
    for _ in range(_AT_ONCE):
        waiting = mail.take(tx, until)
        if waiting is None:
            return None
        matter = _matter(tx, context, waiting)
        if matter is not None:
            return matter
        mail.delete(tx, waiting.id)
    return None


def _matter(tx: Transaction, context: Context, waiting: WaitingMail) -> Matter | None:
    account = local_user.get(tx, waiting.local_user_id) if waiting.local_user_id is not None else None
    if account is None or waiting.published < tx.now - STALE:
        return None
    reader = _Reader(account=account, person=person.existing(tx, account.person_id))
    found = _FINDERS[waiting.kind](tx, context, waiting, reader)
    if found is None or not _is_wanted(tx, reader, found):
        return None
    address = found.address or account.email
    view = site.view(tx)
    if address is None or view is None:
        return None
    return Matter(
        mail=waiting,
        address=address,
        name=reader.person.name,
        language=account.interface_language,
        site_name=view.site.name,
        values={**found.values, "host": context.config.hostname, "name": reader.person.name, "address": address},
        path=found.path,
        quote=found.quote,
        entries=found.entries,
        way_out=mails.way_out(context, account, digest=found.digest) if found.notified or found.digest else None,
    )


def _is_wanted(tx: Transaction, reader: _Reader, found: _Found) -> bool:
    """Of what readers may end, as in Lemmy nothing goes to the banned, nor where an address is to be proven that has not been."""
    if not (found.notified or found.digest):
        return True
    proven = reader.account.email_verified or reader.account.admin or not site.local(tx).require_email_verification
    here = not reader.person.deleted and not permissions.is_banned(reader.person, tx.now)
    return (found.digest or reader.account.send_notifications_to_email) and proven and here


def _verification(tx: Transaction, _context: Context, waiting: WaitingMail, _reader: _Reader) -> _Found | None:
    old, token = waiting.token_hash or "", tokens.new_token()
    found = account_token.verification(tx, old, tx.now - email_address.PROOF_LIFE)
    if found is None or not account_token.renew_verification(tx, old, tokens.stored_hash(token)):
        return None
    mail.set_token(tx, waiting.id, tokens.stored_hash(token))
    return _Found(path=f"/verify_email/{token}", address=found[1])


def _password_reset(tx: Transaction, _context: Context, waiting: WaitingMail, _reader: _Reader) -> _Found | None:
    old, token = waiting.token_hash or "", tokens.new_token()
    owner = account_token.reset_owner(tx, old, tx.now - password.RESET_LIFE)
    if owner is None or not account_token.renew_reset(tx, old, tokens.stored_hash(token)):
        return None
    mail.set_token(tx, waiting.id, tokens.stored_hash(token))
    return _Found(path=f"/password_change/{token}")


def _email_verified(_tx: Transaction, _context: Context, _waiting: WaitingMail, _reader: _Reader) -> _Found | None:
    return _Found(notified=True)


def _recovery_code_used(tx: Transaction, _context: Context, _waiting: WaitingMail, reader: _Reader) -> _Found | None:
    return _Found(values={"left": str(recovery_code.left(tx, reader.account.id).left)}, path="/settings/security#second-factor")


def _application_received(tx: Transaction, context: Context, waiting: WaitingMail, reader: _Reader) -> _Found | None:
    applicant = local_user.get(tx, LocalUserId(waiting.subject_id or 0))
    application = registration_application.of_account(tx, applicant.id) if applicant else None
    if applicant is None or application is None or application.admin_id is not None or not reader.account.admin:
        return None
    who = _handle(context, person.existing(tx, applicant.person_id))
    return _Found(values={"who": who}, path="/registration_applications", quote=application.answer)


def _accepted(_tx: Transaction, _context: Context, _waiting: WaitingMail, reader: _Reader) -> _Found | None:
    return _Found(path="/login") if reader.account.accepted_application else None


def _denied(tx: Transaction, _context: Context, _waiting: WaitingMail, reader: _Reader) -> _Found | None:
    application = registration_application.of_account(tx, reader.account.id)
    if application is None or application.admin_id is None or reader.account.accepted_application:
        return None
    return _Found(quote=application.deny_reason)


def _reply(tx: Transaction, context: Context, waiting: WaitingMail, reader: _Reader) -> _Found | None:
    return _comment(tx, context, waiting, reader, "comment_reply")


def _mention(tx: Transaction, context: Context, waiting: WaitingMail, reader: _Reader) -> _Found | None:
    return _comment(tx, context, waiting, reader, "person_mention")


def _comment(tx: Transaction, context: Context, waiting: WaitingMail, reader: _Reader, kind: notification.Kind) -> _Found | None:
    written = comment.get(tx, CommentId(waiting.subject_id or 0))
    if written is None or written.deleted or written.removed:
        return None
    of = post.existing(tx, written.post_id)
    home = community.existing(tx, of.community_id)
    gone = of.deleted or of.removed or home.deleted or home.removed
    author = person.existing(tx, written.creator_id)
    unread = reader.person.id in notification.unread_recipients(tx, kind, written.id)
    if gone or not unread or not _is_welcome(tx, reader, author) or _is_blocked(tx, reader, home):
        return None
    values = {"who": _handle(context, author), "title": of.name}
    return _Found(values=values, path=f"/comment/{written.id}", quote=written.content, notified=True)


def _private_message(tx: Transaction, context: Context, waiting: WaitingMail, reader: _Reader) -> _Found | None:
    found = private_message.get(tx, PrivateMessageId(waiting.subject_id or 0))
    if found is None or found.deleted or found.removed or found.read or found.recipient_id != reader.person.id:
        return None
    author = person.existing(tx, found.creator_id)
    if not _is_welcome(tx, reader, author):
        return None
    return _Found(values={"who": _handle(context, author)}, path="/inbox", quote=found.content, notified=True)


def _post_report(tx: Transaction, context: Context, waiting: WaitingMail, reader: _Reader) -> _Found | None:
    for view in reports.post_reports(tx, reader.person.id, [waiting.subject_id or 0]):
        if not view.post_report.resolved:
            values = {"title": view.post_report.original_post_name}
            return _report(tx, context, reader, view.creator, view.post_creator, view.post_report.reason, view.community, values)
    return None


def _comment_report(tx: Transaction, context: Context, waiting: WaitingMail, reader: _Reader) -> _Found | None:
    for view in reports.comment_reports(tx, reader.person.id, [waiting.subject_id or 0]):
        if not view.comment_report.resolved:
            values = {"title": view.post.name}
            return _report(tx, context, reader, view.creator, view.comment_creator, view.comment_report.reason, view.community, values)
    return None


def _private_message_report(tx: Transaction, context: Context, waiting: WaitingMail, reader: _Reader) -> _Found | None:
    for view in reports.private_message_reports(tx, [waiting.subject_id or 0]):
        if not view.private_message_report.resolved:
            reason = view.private_message_report.reason
            return _report(tx, context, reader, view.creator, view.private_message_creator, reason, None, {})
    return None


def _report(
    tx: Transaction,
    context: Context,
    reader: _Reader,
    reporter: Person,
    author: Person,
    reason: str,
    home: Community | None,
    values: Mapping[str, str],
) -> _Found | None:
    """Admins are told by virtue of their office; moderators while they are, and only if they want to be."""
    if not reader.account.admin and (home is None or not community_moderator.moderates(tx, reader.person.id, home.id)):
        return None
    people = {"reporter": _handle(context, reporter), "who": _handle(context, author)}
    place = {"community": _place(context, home.name, home.actor_id)} if home else {}
    return _Found(values={**values, **people, **place}, path="/reports", quote=reason, notified=not reader.account.admin)


def _digest(tx: Transaction, context: Context, waiting: WaitingMail, reader: _Reader) -> _Found | None:
    days = mail_digests.days(tx, reader.account.id)
    if days != waiting.subject_id:
        return None
    entries = tuple(
        Listed(
            title=view.post.name,
            community=_place(context, view.community.name, view.community.actor_id),
            score=view.counts.score,
            comments=view.counts.comments,
            path=f"/post/{view.post.id}",
        )
        for view in mail_digest.posts(tx, context, reader.account.id, days)
    )
    return _Found(entries=entries, digest=True) if entries else None


def _is_welcome(tx: Transaction, reader: _Reader, author: Person) -> bool:
    """Whether the reader wants to hear of an author: neither blocked, nor a bot where bots are not wanted."""
    if author.bot_account and not reader.account.show_bot_accounts:
        return False
    me: PersonId = reader.person.id
    return not (block.holds(tx, "person", me, author.id) or block.holds(tx, "instance", me, author.instance_id))


def _is_blocked(tx: Transaction, reader: _Reader, home: Community) -> bool:
    me: PersonId = reader.person.id
    return block.holds(tx, "community", me, home.id) or block.holds(tx, "instance", me, home.instance_id)


def _handle(context: Context, who: Person) -> str:
    """The name that cannot be chosen freely: display names are how people pass for others."""
    return who.name if who.local else _place(context, who.name, who.actor_id)


def _place(context: Context, name: str, actor_id: str) -> str:
    return name if context.config.local(actor_id) else f"{name}@{web_address.parts(actor_id).netloc}"


_FINDERS: Final[Mapping[MailKind, Callable[[Transaction, Context, WaitingMail, _Reader], _Found | None]]] = {
    MailKind.VERIFICATION: _verification,
    MailKind.PASSWORD_RESET: _password_reset,
    MailKind.EMAIL_VERIFIED: _email_verified,
    MailKind.RECOVERY_CODE_USED: _recovery_code_used,
    MailKind.APPLICATION_RECEIVED: _application_received,
    MailKind.APPLICATION_ACCEPTED: _accepted,
    MailKind.APPLICATION_DENIED: _denied,
    MailKind.REPLY: _reply,
    MailKind.MENTION: _mention,
    MailKind.PRIVATE_MESSAGE: _private_message,
    MailKind.POST_REPORT: _post_report,
    MailKind.COMMENT_REPORT: _comment_report,
    MailKind.PRIVATE_MESSAGE_REPORT: _private_message_report,
    MailKind.DIGEST: _digest,
}
