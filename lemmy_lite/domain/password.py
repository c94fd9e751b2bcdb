"""Passwords: changing one's own, and getting a new one by mail.

Slow hashing is done off the event loop and off the writer; the verbs below are handed the results. Every change of a password ends all
sessions and spends all tokens that could change it once more (security.md, "token theft consequences", "reset/verification tokens").
"""

from typing import Final

from lemmy_lite.context import Context
from lemmy_lite.crypto import passwords, tokens
from lemmy_lite.domain import email_address, permissions
from lemmy_lite.domain import local_user as accounts
from lemmy_lite.domain.local_user import Visitor
from lemmy_lite.model.clock import DAY, HOUR, Micros
from lemmy_lite.model.errors import LemmyError
from lemmy_lite.model.events import PasswordResetRequested
from lemmy_lite.model.ids import LocalUserId
from lemmy_lite.model.mail import MailKind
from lemmy_lite.model.secret import Secret
from lemmy_lite.model.viewer import Viewer
from lemmy_lite.storage.database import Database
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import account_token, local_user, login_token, mail, site
from lemmy_lite.text import names

RESET_LIFE: Final[Micros] = DAY
MOST_RESETS: Final = 3
"""Mails that one account gets in a day: more would let anybody fill somebody's mailbox. The first ones keep working meanwhile."""
PROOF_PAUSE: Final[Micros] = HOUR
"""How often, instead, the mail is sent that proves an address."""
MOST_FOR_NOBODY: Final = 1000
MOST_WRONG: Final = 10
"""Passwords that may be tried out in an hour by whoever holds a session. Each session has its own: a thief who guesses does not keep the
owner from changing the password."""


async def require(database: Database, context: Context, viewer: Viewer, password: str) -> str:
    """Compare the viewer's password; answers the stored text it fits, for verbs to compare again.

    Raises incorrect_login, and rate_limit_error after MOST_WRONG.
    """
    guessed = f"session {viewer.session}"
    if not context.guesses.spend(guessed, MOST_WRONG):
        raise LemmyError("rate_limit_error")
    stored = await database.read(local_user.password, viewer.local_user.id)
    check = await passwords.aside(passwords.check_password, password, stored)
    if not check.correct:
        raise LemmyError("incorrect_login")
    context.guesses.forgive(guessed)
    return stored


async def change(database: Database, context: Context, viewer: Viewer, old: str, new: str, repeated: str, visitor: Visitor) -> str:
    """Give the viewer a new password; all sessions end, and the token of a new one is answered.

    Raises LemmyError: invalid_password, passwords_do_not_match, incorrect_login, rate_limit_error.
    """
    _check_new(new, repeated)
    stored = await require(database, context, viewer, old)
    hashed = await passwords.aside(passwords.hash_password, new)
    return await database.write(_change, context, viewer, stored, hashed, visitor)


async def request_reset(database: Database, context: Context, email: str) -> None:
    """Have the owner of an address sent the link with which a new password can be set; event PasswordResetRequested queues it.

    Where no mail can be sent, everybody is told so before anything is looked up. Otherwise nothing is said, and as much is written,
    whether the address is somebody's, or nobody's, or has had MOST_RESETS mails today (security.md, "user enumeration"; README.md). To
    an address that is still to be proven goes the mail that proves it. Raises LemmyError: no_email_setup.
    """
    if context.config.email is None:
        raise LemmyError("no_email_setup")
    await database.write(_request_reset, email, tokens.new_token())


async def set_by_token(database: Database, context: Context, token: str, new: str, repeated: str) -> None:
    """Set a new password by the token from a mail. A password that is refused does not spend the token. Wrong logins of before, by which a
    stranger may keep the owner out, are forgiven.

    Raises LemmyError: invalid_password, passwords_do_not_match, token_not_found.
    """
    _check_new(new, repeated)
    # Guessed tokens must not cost a hash each.
    await database.read(_owner, token)
    hashed = await passwords.aside(passwords.hash_password, new)
    for name in await database.write(_set_by_token, token, hashed):
        context.guesses.forgive(accounts.guessed(name))


def _check_new(new: str, repeated: str) -> None:
    names.check_password(new)
    if new != repeated:
        raise LemmyError("passwords_do_not_match")


def _change(tx: Transaction, context: Context, viewer: Viewer, stored: str, hashed: str, visitor: Visitor) -> str:
    permissions.require(tx, "account.change", viewer.person, author_id=viewer.id)
    require_unchanged(tx, viewer.local_user.id, stored)
    _replace(tx, viewer.local_user.id, hashed)
    return accounts.start_session(tx, context, viewer.local_user, visitor)


def require_unchanged(tx: Transaction, local_user_id: LocalUserId, stored: str) -> None:
    """Refuse what was asked with a password that has been changed since it was compared. Raises incorrect_login."""
    if not tokens.same(local_user.password(tx, local_user_id), stored):
        raise LemmyError("incorrect_login")


def _request_reset(tx: Transaction, email: str, token: str) -> None:
    account = local_user.by_email(tx, email)
    if account is None:
        _write_as_much(tx)
    elif site.local(tx).require_email_verification and not account.email_verified:
        if account_token.count_verifications(tx, account.id, tx.now - PROOF_PAUSE):
            _write_as_much(tx)
        else:
            email_address.ask_for_proof(tx, account.id, email.lower())
    elif account_token.count_resets(tx, account.id, tx.now - RESET_LIFE) >= MOST_RESETS:
        _write_as_much(tx)
    else:
        account_token.insert_reset(tx, tokens.stored_hash(token), account.id)
        tx.append(PasswordResetRequested(local_user_id=account.id, token=Secret(value=token)))


def _write_as_much(tx: Transaction) -> None:
    """A mail for nobody: without it the answer would come a commit sooner, and tell that nobody is there."""
    if mail.count_for_nobody(tx) < MOST_FOR_NOBODY:
        mail.insert(tx, MailKind.PASSWORD_RESET, None)


def _owner(tx: Transaction, token: str) -> LocalUserId:
    owner = account_token.reset_owner(tx, tokens.stored_hash(token), tx.now - RESET_LIFE)
    if owner is None:
        raise LemmyError("token_not_found")
    return owner


def _set_by_token(tx: Transaction, token: str, hashed: str) -> list[str]:
    """Answers what its owner may log in as."""
    owner = _owner(tx, token)
    _replace(tx, owner, hashed)
    return local_user.names(tx, owner)


def _replace(tx: Transaction, local_user_id: LocalUserId, hashed: str) -> None:
    local_user.update(tx, local_user_id, password_encrypted=hashed)
    login_token.delete_all(tx, local_user_id)
    account_token.forget_resets(tx, local_user_id)
