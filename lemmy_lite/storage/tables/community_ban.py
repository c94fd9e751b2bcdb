"""Who is banned from which community."""

from lemmy_lite.model.clock import Micros
from lemmy_lite.model.ids import CommunityId, PersonId
from lemmy_lite.storage.query import Row, Transaction


def put(tx: Transaction, community_id: CommunityId, person_id: PersonId, expires: Micros | None) -> None:
    """Ban a person from a community until a moment, or for good."""
    tx.run(
        """INSERT INTO community_person_ban (community_id, person_id, published, expires) VALUES (:community, :person, :now, :expires)
           ON CONFLICT (community_id, person_id) DO UPDATE SET expires = excluded.expires""",
        community=community_id,
        person=person_id,
        now=tx.now,
        expires=expires,
    )


def delete(tx: Transaction, community_id: CommunityId, person_id: PersonId) -> bool:
    """Lift a ban; answers whether there was one."""
    return (
        tx.run(
            "DELETE FROM community_person_ban WHERE community_id = :community AND person_id = :person",
            community=community_id,
            person=person_id,
        )
        > 0
    )


def clear_expired(tx: Transaction) -> int:
    """Delete the bans whose end has come; answers how many."""
    return tx.run("DELETE FROM community_person_ban WHERE expires IS NOT NULL AND expires <= :now", now=tx.now)


def holds(tx: Transaction, community_id: CommunityId, person_id: PersonId) -> bool:
    """Whether a ban is in force at this moment. Most communities have banned nobody, and the writer remembers that."""
    tables = ("community_person_ban",)
    if not tx.recalled(tables, "SELECT 1 FROM community_person_ban WHERE community_id = :community LIMIT 1", bool, community=community_id):
        return False
    sql = "SELECT expires FROM community_person_ban WHERE community_id = :community AND person_id = :person"
    ban = tx.recalled(tables, sql, _until, community=community_id, person=person_id)
    return ban is not None and (ban[0] is None or ban[0] > tx.now)


def _until(row: Row) -> tuple[Micros | None]:
    return (row[0],)
