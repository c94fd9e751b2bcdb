"""Which activities have had their effect, by digests of their ids, kept longer than a signature holds, so that no copy has it again."""

from collections.abc import Sequence

from lemmy_lite.model.clock import Micros
from lemmy_lite.storage import pending
from lemmy_lite.storage.digests import digest
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import rows


def insert(tx: Transaction, ap_id: str, *, of_vote: bool = False) -> bool:
    """Remember an activity; answers False when it was known already. Those of votes are remembered where the votes wait, for some hours."""
    if of_vote and pending.gathers(tx):
        return not known(tx, ap_id) and remember(tx, ap_id, of_vote=True)
    return not pending.knows(tx, ap_id) and remember(tx, ap_id, of_vote=of_vote)


def remember(tx: Transaction, ap_id: str, *, of_vote: bool = False) -> bool:
    """The same for one that is not `known`."""
    if of_vote and pending.gathers(tx):
        pending.note(tx, ap_id)
        return True
    return rows.insert_plain(tx, "received_activity", digest=digest(ap_id), published=tx.now)


def known(tx: Transaction, ap_id: str, other: str | None = None) -> bool:
    """Whether an activity has had its effect, under this name or the `other`."""
    if pending.knows(tx, ap_id) or (other is not None and pending.knows(tx, other)):
        return True
    one, two = digest(ap_id), digest(other or ap_id)
    return tx.one("SELECT 1 FROM received_activity WHERE digest IN (:one, :two)", one=one, two=two) is not None


def known_or_waits(tx: Transaction, ap_id: str) -> bool:
    """Whether an activity has had its effect, or waits for it in a row (inbox_activity), or is parked there."""
    if pending.knows(tx, ap_id):
        return True
    sql = "SELECT 1 FROM received_activity WHERE digest = :digest UNION ALL SELECT 1 FROM inbox_activity WHERE ap_id = :id"
    return tx.one(sql, id=ap_id, digest=digest(ap_id)) is not None


def are_new(tx: Transaction, ap_id: str, others: Sequence[str]) -> bool:
    """Whether nothing at all is known of an activity, nor under `others`, two further names at most, and the activity waits nowhere. One
    statement for what mostly is so; where it is not, `known_or_waits` and `known` tell what is known."""
    if any(pending.knows(tx, name) for name in (ap_id, *others)):
        return False
    sql = """SELECT 1 FROM received_activity WHERE digest IN (:one, :two, :three)
             UNION ALL SELECT 1 FROM inbox_activity WHERE ap_id = :id"""
    one, two, three = [*map(digest, (ap_id, *others)), *[digest(ap_id)] * (2 - len(others))]
    return tx.one(sql, id=ap_id, one=one, two=two, three=three) is None


def newest(tx: Transaction) -> Micros | None:
    """When the last activity came."""
    moment: Micros | None = tx.value("SELECT MAX(published) FROM received_activity")
    return max((each for each in (moment, tx.pending.newest if tx.pending is not None else None) if each), default=None)


def forget(tx: Transaction, before: Micros, limit: int = 1000) -> int:
    """Drop some of what was received before a moment; answers how much."""
    return tx.run(
        """DELETE FROM received_activity
            WHERE digest IN (SELECT digest FROM received_activity WHERE published < :before ORDER BY published LIMIT :limit)""",
        before=before,
        limit=limit,
    )
