"""Tokens sent by mail, of which only the hash is kept: for a new password, and for a proven address. Each counts once."""

from lemmy_lite.model.clock import Micros
from lemmy_lite.model.ids import LocalUserId
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import rows


def insert_reset(tx: Transaction, token_hash: str, local_user_id: LocalUserId) -> None:
    """Let a token change the password of an account."""
    rows.insert(tx, "password_reset_request", token_hash=token_hash, local_user_id=local_user_id, published=tx.now)


def count_resets(tx: Transaction, local_user_id: LocalUserId, since: Micros) -> int:
    """How many tokens for a new password an account was given since a moment."""
    number: int = tx.value(
        "SELECT COUNT(*) FROM password_reset_request WHERE local_user_id = :id AND published > :since", id=local_user_id, since=since
    )
    return number


def reset_owner(tx: Transaction, token_hash: str, since: Micros) -> LocalUserId | None:
    """Whose password a token changes, if it was made after a moment."""
    found: LocalUserId | None = tx.value(
        "SELECT local_user_id FROM password_reset_request WHERE token_hash = :hash AND published > :since", hash=token_hash, since=since
    )
    return found


def insert_verification(tx: Transaction, token_hash: str, local_user_id: LocalUserId, email: str) -> None:
    """Let a token prove that an address is an account's own."""
    rows.insert(tx, "email_verification", token_hash=token_hash, local_user_id=local_user_id, email=email, published=tx.now)


def count_verifications(tx: Transaction, local_user_id: LocalUserId, since: Micros) -> int:
    """How many tokens that prove an address an account was given since a moment, of those that still count."""
    number: int = tx.value(
        "SELECT COUNT(*) FROM email_verification WHERE local_user_id = :id AND published > :since", id=local_user_id, since=since
    )
    return number


def verification(tx: Transaction, token_hash: str, since: Micros) -> tuple[LocalUserId, str] | None:
    """The account and the address that a token proves, if it was made after a moment."""
    row = tx.one(
        "SELECT local_user_id, email FROM email_verification WHERE token_hash = :hash AND published > :since", hash=token_hash, since=since
    )
    return (LocalUserId(row[0]), row[1]) if row else None


def renew_reset(tx: Transaction, token_hash: str, renewed: str) -> bool:
    """Another token takes the place of one for a new password; answers False where that one counts no more."""
    return tx.run("UPDATE password_reset_request SET token_hash = :new WHERE token_hash = :old", old=token_hash, new=renewed) > 0


def renew_verification(tx: Transaction, token_hash: str, renewed: str) -> bool:
    """Another token takes the place of one that proves an address; answers False where that one counts no more."""
    return tx.run("UPDATE email_verification SET token_hash = :new WHERE token_hash = :old", old=token_hash, new=renewed) > 0


def forget_resets(tx: Transaction, local_user_id: LocalUserId) -> None:
    """No token changes this account's password any more."""
    tx.run("DELETE FROM password_reset_request WHERE local_user_id = :id", id=local_user_id)


def forget_verifications(tx: Transaction, local_user_id: LocalUserId) -> None:
    """No token proves an address of this account any more."""
    tx.run("DELETE FROM email_verification WHERE local_user_id = :id", id=local_user_id)


def expire(tx: Transaction, resets_before: Micros, verifications_before: Micros) -> int:
    """Drop the tokens made before these moments; answers how many."""
    return tx.run("DELETE FROM password_reset_request WHERE published <= :before", before=resets_before) + tx.run(
        "DELETE FROM email_verification WHERE published <= :before", before=verifications_before
    )
