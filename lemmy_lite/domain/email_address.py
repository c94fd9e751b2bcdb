"""Mail addresses of accounts, and the proof that they are their owners' own."""

from typing import Final

from lemmy_lite.crypto import tokens
from lemmy_lite.model.clock import DAY, Micros
from lemmy_lite.model.errors import LemmyError
from lemmy_lite.model.events import EmailVerificationRequested, EmailVerified
from lemmy_lite.model.ids import LocalUserId
from lemmy_lite.model.secret import Secret
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import account_token, local_user

PROOF_LIFE: Final[Micros] = 7 * DAY


def ask_for_proof(tx: Transaction, local_user_id: LocalUserId, email: str) -> None:
    """Make the token that proves an address; event EmailVerificationRequested carries it to the mailer. Earlier ones count no more."""
    token = tokens.new_token()
    account_token.forget_verifications(tx, local_user_id)
    account_token.insert_verification(tx, tokens.stored_hash(token), local_user_id, email)
    tx.append(EmailVerificationRequested(local_user_id=local_user_id, email=email, token=Secret(value=token)))


def verify(tx: Transaction, token: str) -> LocalUserId:
    """The address that a token was sent to is its account's own. Raises LemmyError: token_not_found, email_already_exists."""
    found = account_token.verification(tx, tokens.stored_hash(token), tx.now - PROOF_LIFE)
    if found is None:
        raise LemmyError("token_not_found")
    local_user_id, email = found
    holder = local_user.by_email(tx, email)
    if holder is not None and holder.id != local_user_id:
        raise LemmyError("email_already_exists")
    local_user.update(tx, local_user_id, email=email, email_verified=True)
    account_token.forget_verifications(tx, local_user_id)
    tx.append(EmailVerified(local_user_id=local_user_id))
    return local_user_id
