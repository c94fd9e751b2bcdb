"""Who wants a digest by mail, and when the next one is due."""

from lemmy_lite.model.clock import DAY
from lemmy_lite.model.ids import LocalUserId
from lemmy_lite.storage.query import Transaction


def days(tx: Transaction, local_user_id: LocalUserId) -> int:
    """How many days are between two digests; 0 for none."""
    found: int | None = tx.value("SELECT days FROM mail_digest WHERE local_user_id = :id", id=local_user_id)
    return found or 0


def put(tx: Transaction, local_user_id: LocalUserId, days: int) -> None:
    """A digest every so many days, the first one after as many."""
    tx.run(
        "INSERT INTO mail_digest (local_user_id, days, due) VALUES (:id, :days, :due)"
        " ON CONFLICT (local_user_id) DO UPDATE SET days = :days, due = :due",
        id=local_user_id,
        days=days,
        due=tx.now + days * DAY,
    )


def drop(tx: Transaction, local_user_id: LocalUserId) -> None:
    """No digest any more."""
    tx.run("DELETE FROM mail_digest WHERE local_user_id = :id", id=local_user_id)


def take_due(tx: Transaction, limit: int) -> list[tuple[LocalUserId, int]]:
    """Those whose digest is due, with its days; each is due again when as many have passed from now: what an absence of ours swallowed is
    not sent after it."""
    found = tx.all(
        "SELECT local_user_id, days FROM mail_digest WHERE due <= :now ORDER BY due, local_user_id LIMIT :limit", now=tx.now, limit=limit
    )
    tx.run_many(
        "UPDATE mail_digest SET due = :due WHERE local_user_id = :id",
        [{"id": row[0], "due": tx.now + row[1] * DAY} for row in found],
    )
    return [(LocalUserId(row[0]), row[1]) for row in found]
