"""Applications for an account."""

from lemmy_lite.model.ids import LocalUserId
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import rows


def insert(tx: Transaction, local_user_id: LocalUserId, answer: str) -> None:
    """Hand in an application."""
    rows.insert(tx, "registration_application", local_user_id=local_user_id, answer=answer, published=tx.now)


def decision(tx: Transaction, local_user_id: LocalUserId) -> tuple[bool, str | None] | None:
    """None without an application; else whether an admin has decided, and the reason given for a denial."""
    row = tx.one("SELECT admin_id, deny_reason FROM registration_application WHERE local_user_id = :id", id=local_user_id)
    return (row[0] is not None, row[1]) if row else None
