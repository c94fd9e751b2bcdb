"""Objects that were deleted before they arrived: what is remembered here does not come to life when its Create comes late."""

from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import rows


def put(tx: Transaction, ap_id: str, actor_ap_id: str) -> None:
    """Remember that `actor_ap_id` deleted an object that is not here."""
    rows.insert_plain(tx, "tombstone", ap_id=ap_id, actor_ap_id=actor_ap_id, published=tx.now)


def holds(tx: Transaction, ap_id: str) -> bool:
    """Whether an object was deleted before it came."""
    return tx.one("SELECT 1 FROM tombstone WHERE ap_id = :id", id=ap_id) is not None


def lift(tx: Transaction, ap_id: str) -> bool:
    """Forget a deletion that was undone; answers whether there was one."""
    return tx.run("DELETE FROM tombstone WHERE ap_id = :id", id=ap_id) > 0
