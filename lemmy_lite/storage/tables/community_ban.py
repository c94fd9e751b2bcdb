"""Who is banned from which community."""

from lemmy_lite.model.clock import Micros
from lemmy_lite.model.ids import CommunityId, PersonId
from lemmy_lite.storage.query import Transaction


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
    """Whether a ban is in force at this moment."""
    return (
        tx.one(
            """SELECT 1 FROM community_person_ban WHERE community_id = :community AND person_id = :person
                  AND (expires IS NULL OR expires > :now)""",
            community=community_id,
            person=person_id,
            now=tx.now,
        )
        is not None
    )
