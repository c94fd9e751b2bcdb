"""Who moderates which community: the order of appointment is the order of rank."""

from lemmy_lite.model.clock import Micros
from lemmy_lite.model.ids import CommunityId, PersonId
from lemmy_lite.storage.query import Transaction


def insert(tx: Transaction, community_id: CommunityId, person_id: PersonId, published: Micros | None = None) -> bool:
    """Appoint a moderator, lowest in rank; answers False when the person was one already."""
    return (
        tx.run(
            """INSERT INTO community_moderator (community_id, person_id, published) VALUES (:community, :person, :now)
               ON CONFLICT (community_id, person_id) DO NOTHING""",
            community=community_id,
            person=person_id,
            now=tx.now if published is None else published,
        )
        > 0
    )


def delete(tx: Transaction, community_id: CommunityId, person_id: PersonId) -> bool:
    """Dismiss a moderator; answers whether there was one."""
    return (
        tx.run(
            "DELETE FROM community_moderator WHERE community_id = :community AND person_id = :person",
            community=community_id,
            person=person_id,
        )
        > 0
    )


def order(tx: Transaction, community_id: CommunityId) -> list[PersonId]:
    """The moderators of a community, the top one first."""
    sql = "SELECT person_id FROM community_moderator WHERE community_id = :id ORDER BY published, id"
    return list(tx.recalled_all(("community_moderator", "community"), sql, lambda found: tuple(row[0] for row in found), id=community_id))


def moderates(tx: Transaction, person_id: PersonId, community_id: CommunityId) -> bool:
    """Whether a person moderates a community."""
    return (
        tx.one(
            "SELECT 1 FROM community_moderator WHERE community_id = :community AND person_id = :person",
            community=community_id,
            person=person_id,
        )
        is not None
    )


def moderates_any(tx: Transaction, person_id: PersonId) -> bool:
    """Whether a person moderates any community at all."""
    return tx.one("SELECT 1 FROM community_moderator WHERE person_id = :person LIMIT 1", person=person_id) is not None
