"""The serial behind the private addresses of an account's feeds, one for each account that has asked for them."""

from lemmy_lite.model.ids import LocalUserId
from lemmy_lite.storage.query import Transaction


def get(tx: Transaction, local_user_id: LocalUserId) -> str | None:
    """The serial in force."""
    found: str | None = tx.value("SELECT serial FROM feed_key WHERE local_user_id = :id", id=local_user_id)
    return found


def put(tx: Transaction, local_user_id: LocalUserId, serial: str) -> None:
    """Put a new serial in force; addresses made from an older one are dead."""
    tx.run(
        "INSERT INTO feed_key (local_user_id, serial, published) VALUES (:id, :serial, :now)"
        " ON CONFLICT (local_user_id) DO UPDATE SET serial = :serial, published = :now",
        id=local_user_id,
        serial=serial,
        now=tx.now,
    )


def drop(tx: Transaction, local_user_id: LocalUserId) -> None:
    """All addresses of the account's feeds are dead."""
    tx.run("DELETE FROM feed_key WHERE local_user_id = :id", id=local_user_id)
