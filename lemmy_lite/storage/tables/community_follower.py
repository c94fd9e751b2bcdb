"""Who follows which community."""

from lemmy_lite.model.ids import CommunityId, PersonId
from lemmy_lite.storage.query import Transaction


def state(tx: Transaction, person_id: PersonId, community_id: CommunityId) -> bool | None:
    """None: does not follow. True: waits for the community to accept. False: follows."""
    row = tx.one(
        "SELECT pending FROM community_follower WHERE person_id = :person AND community_id = :community",
        person=person_id,
        community=community_id,
    )
    return bool(row[0]) if row else None


def put(tx: Transaction, person_id: PersonId, community_id: CommunityId, *, pending: bool) -> None:
    """Enter a follower, or change whether it is pending."""
    tx.run(
        """INSERT INTO community_follower (person_id, community_id, published, pending) VALUES (:person, :community, :now, :pending)
           ON CONFLICT (person_id, community_id) DO UPDATE SET pending = excluded.pending""",
        person=person_id,
        community=community_id,
        now=tx.now,
        pending=pending,
    )


def delete(tx: Transaction, person_id: PersonId, community_id: CommunityId) -> bool:
    """Take a follower out; answers whether there was one."""
    return (
        tx.run(
            "DELETE FROM community_follower WHERE person_id = :person AND community_id = :community",
            person=person_id,
            community=community_id,
        )
        > 0
    )


def has_local(tx: Transaction, community_id: CommunityId) -> bool:
    """Whether anybody here follows the community."""
    # Whether a person is local never changes, so of the two tables this one alone says something new.
    sql = """SELECT 1 FROM community_follower JOIN person ON person.id = community_follower.person_id
              WHERE community_id = :id AND person.local LIMIT 1"""
    return bool(tx.recalled(("community_follower",), sql, bool, id=community_id))


def followed_by(tx: Transaction, person_id: PersonId) -> list[CommunityId]:
    """The communities that a person follows, or waits to."""
    return tx.column("SELECT community_id FROM community_follower WHERE person_id = :person ORDER BY 1", person=person_id)


def local(tx: Transaction, community_id: CommunityId, limit: int) -> list[PersonId]:
    """People of this instance who follow the community, or wait to."""
    return tx.column(
        """SELECT person_id FROM community_follower JOIN person ON person.id = community_follower.person_id
            WHERE community_id = :id AND person.local ORDER BY person_id LIMIT :limit""",
        id=community_id,
        limit=limit,
    )


def has_remote(tx: Transaction, community_id: CommunityId) -> bool:
    """Whether anybody of another instance follows the community."""
    sql = """SELECT 1 FROM community_follower JOIN person ON person.id = community_follower.person_id
              WHERE community_id = :id AND NOT person.local AND NOT pending LIMIT 1"""
    return bool(tx.recalled(("community_follower",), sql, bool, id=community_id))
