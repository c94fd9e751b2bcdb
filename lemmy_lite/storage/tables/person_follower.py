"""Who of other instances follows which of our people. Nobody here follows persons: Lemmy knows following of communities only."""

from lemmy_lite.model.ids import PersonId
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import rows


def put(tx: Transaction, person_id: PersonId, follower_id: PersonId) -> bool:
    """Enter a follower; answers False when it stood there already."""
    return rows.insert_plain(tx, "person_follower", person_id=person_id, follower_id=follower_id, published=tx.now)


def delete(tx: Transaction, person_id: PersonId, follower_id: PersonId) -> bool:
    """Take a follower out; answers whether there was one."""
    return (
        tx.run(
            "DELETE FROM person_follower WHERE person_id = :person AND follower_id = :follower",
            person=person_id,
            follower=follower_id,
        )
        > 0
    )


def forget(tx: Transaction, person_id: PersonId) -> None:
    """Take somebody out of every list, as follower and as followed."""
    tx.run("DELETE FROM person_follower WHERE person_id = :person OR follower_id = :person", person=person_id)


def holds(tx: Transaction, person_id: PersonId, follower_id: PersonId) -> bool:
    """Whether somebody follows a person."""
    return (
        tx.one(
            "SELECT 1 FROM person_follower WHERE person_id = :person AND follower_id = :follower",
            person=person_id,
            follower=follower_id,
        )
        is not None
    )


def count(tx: Transaction, person_id: PersonId) -> int:
    """How many follow a person."""
    found: int = tx.value("SELECT COUNT(*) FROM person_follower WHERE person_id = :person", person=person_id)
    return found


def inboxes(tx: Transaction, person_id: PersonId) -> list[str]:
    """The inboxes that serve a person's followers: one for each host that shares its inbox."""
    return tx.column(
        """SELECT DISTINCT COALESCE(actor.shared_inbox_url, actor.inbox_url) FROM person_follower
             JOIN actor ON actor.person_id = person_follower.follower_id
            WHERE person_follower.person_id = :person AND actor.private_key IS NULL ORDER BY 1""",
        person=person_id,
    )
