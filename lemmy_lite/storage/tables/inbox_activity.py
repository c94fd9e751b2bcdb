"""Activities that were verified and acknowledged, waiting for their effect. A row leaves in the transaction of its effect."""

from lemmy_lite.model.ids import ActivityId
from lemmy_lite.model.struct import Struct
from lemmy_lite.storage.digests import digest
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.shapes import Shape


class InboxActivity(Struct, kw_only=True):
    """One acknowledged activity: `data` is the body as it was signed, `host` the sending host whose order it keeps."""

    id: ActivityId
    ap_id: str
    host: str
    actor_ap_id: str
    attempts: int
    data: bytes


INBOX_ACTIVITY = Shape(InboxActivity, "inbox_activity")


def insert_new(tx: Transaction, ap_id: str, host: str, actor_ap_id: str, data: bytes) -> bool:
    """Append an activity; answers False when the same one waits already, or has had its effect."""
    return (
        tx.run(
            """INSERT INTO inbox_activity (ap_id, host, actor_ap_id, received, data)
               SELECT :ap_id, :host, :actor, :now, :data WHERE NOT EXISTS (SELECT 1 FROM received_activity WHERE digest = :digest)
               ON CONFLICT (ap_id) DO NOTHING""",
            ap_id=ap_id,
            digest=digest(ap_id),
            host=host,
            actor=actor_ap_id,
            now=tx.now,
            data=data,
        )
        > 0
    )


def oldest_of(tx: Transaction, host: str, limit: int) -> list[InboxActivity]:
    """The oldest activities of a host that are not parked."""
    found = tx.all(
        f"SELECT {INBOX_ACTIVITY.columns} FROM inbox_activity WHERE host = :host AND parked IS NULL ORDER BY id LIMIT :limit",
        host=host,
        limit=limit,
    )
    return [INBOX_ACTIVITY.build(row) for row in found]


def by_host(tx: Transaction) -> dict[str, int]:
    """How many activities of each host wait, parked ones apart."""
    return dict(tx.all("SELECT host, COUNT(*) FROM inbox_activity WHERE parked IS NULL GROUP BY host"))


def has_any_of(tx: Transaction, host: str) -> bool:
    """Whether an activity of a host waits, parked ones apart."""
    return tx.one("SELECT 1 FROM inbox_activity WHERE host = :host AND parked IS NULL LIMIT 1", host=host) is not None


def hosts(tx: Transaction) -> list[str]:
    """The hosts of which something waits."""
    return tx.column("SELECT DISTINCT host FROM inbox_activity WHERE parked IS NULL")


def waiting(tx: Transaction) -> int:
    """How many activities wait, parked ones apart."""
    number: int = tx.value("SELECT COUNT(*) FROM inbox_activity WHERE parked IS NULL")
    return number


def figures(tx: Transaction) -> tuple[int, int]:
    """How many activities wait, and how many could not be applied."""
    row = tx.one("SELECT COUNT(*) FILTER (WHERE parked IS NULL), COUNT(*) FILTER (WHERE parked IS NOT NULL) FROM inbox_activity")
    return (row[0], row[1]) if row else (0, 0)


def delete(tx: Transaction, number: ActivityId) -> bool:
    """Take an activity out; answers whether it was still there."""
    return tx.run("DELETE FROM inbox_activity WHERE id = :id", id=number) > 0


def count_attempt(tx: Transaction, number: ActivityId) -> int:
    """Note that an activity could not be applied for the time being; answers how often that was so."""
    attempts: int = tx.value("UPDATE inbox_activity SET attempts = attempts + 1 WHERE id = :id RETURNING attempts", id=number)
    return attempts


def park(tx: Transaction, number: ActivityId, reason: str) -> None:
    """Put an activity aside for people to look at, so that those behind it flow."""
    tx.run("UPDATE inbox_activity SET parked = :reason WHERE id = :id", reason=reason, id=number)


def forget_parked(tx: Transaction, before: int, limit: int) -> int:
    """Drop some of what could not be applied and was received before a moment; answers how much."""
    return tx.run(
        """DELETE FROM inbox_activity
            WHERE id IN (SELECT id FROM inbox_activity WHERE parked IS NOT NULL AND received < :before ORDER BY id LIMIT :limit)""",
        before=before,
        limit=limit,
    )
