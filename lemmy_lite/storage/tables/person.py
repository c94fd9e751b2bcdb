"""People, local and remote."""

from typing import Any

from lemmy_lite.model.clock import Micros
from lemmy_lite.model.ids import InstanceId, PersonId
from lemmy_lite.model.person import Person
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.shapes import Shape
from lemmy_lite.storage.tables import rows, search_text

PERSON = Shape(Person, "person")
_BY_ID = f"SELECT {PERSON.columns} FROM person WHERE id = :key"


def insert(
    tx: Transaction, *, name: str, actor_id: str, instance_id: InstanceId, local: bool, published: Micros | None = None, **values: Any
) -> Person:
    """Enter a person, with empty counters. Other columns may be given by name. `published` defaults to now."""
    number = rows.insert(
        tx,
        "person",
        name=name,
        name_folded=name.lower(),
        actor_id=actor_id,
        instance_id=instance_id,
        local=local,
        published=tx.now if published is None else published,
        **values,
    )
    tx.run("INSERT INTO person_aggregates (person_id) VALUES (:id)", id=number)
    search_text.enter(tx, search_text.PERSON, number, {"name": name, **values})
    return existing(tx, PersonId(number))


def get(tx: Transaction, person_id: PersonId) -> Person | None:
    """The person with this id."""
    return _one(tx, "id = :key", key=person_id)


def existing(tx: Transaction, person_id: PersonId) -> Person:
    """The person of a row that a foreign key keeps there."""
    person = get(tx, person_id)
    if person is None:
        raise LookupError(f"person {person_id}")
    return person


def by_actor_id(tx: Transaction, actor_id: str) -> Person | None:
    """The person whose ActivityPub id this is."""
    found = _one(tx, "actor_id = :key", key=actor_id)
    if found is not None:
        tx.recall_as(("person",), _BY_ID, found, key=found.id)
    return found


def local_by_name(tx: Transaction, name: str) -> Person | None:
    """A local person by name, without regard to case; deleted ones too."""
    return _one(tx, "name_folded = :key AND local", key=name.lower())


def by_name(tx: Transaction, name: str, host: str) -> Person | None:
    """A person by name and home, without regard to case. `host` has the port where the home's addresses have one: instances that share a
    domain are told apart by it."""
    row = tx.one(
        f"""SELECT {PERSON.columns} FROM person WHERE name_folded = :name
               AND instance_id = (SELECT id FROM instance WHERE domain = :domain)
             ORDER BY CASE WHEN actor_id LIKE :place THEN 0 ELSE 1 END, id LIMIT 1""",
        name=name.lower(),
        domain=host.lower().partition(":")[0],
        place=f"%://{host.lower()}/%",
    )
    found = PERSON.build(row) if row else None
    return found if found is None or ":" not in host or f"://{host.lower()}/" in found.actor_id else None


def update(tx: Transaction, person_id: PersonId, **values: Any) -> None:
    """Change columns of a person; what is searched follows."""
    with search_text.following(tx, search_text.PERSON, person_id, values):
        rows.update(tx, "person", "id", person_id, **values)


def delete(tx: Transaction, person_ids: list[PersonId]) -> None:
    """Delete people with all that hangs on them. For those who have left no trace: no counter follows."""
    search_text.forget(tx, search_text.PERSON, person_ids)
    tx.run("DELETE FROM person WHERE id AMONG :ids", ids=list(person_ids))


def clear_expired_bans(tx: Transaction) -> int:
    """Clear the site bans whose end has come; answers how many."""
    return tx.run(
        "UPDATE person SET banned = :no, ban_expires = NULL WHERE ban_expires IS NOT NULL AND ban_expires <= :now", no=False, now=tx.now
    )


def count(tx: Transaction, person_id: PersonId, *, posts: int = 0, comments: int = 0) -> None:
    """Add to a person's counters."""
    rows.add(tx, "person_aggregates", "person_id", person_id, post_count=posts, comment_count=comments)


def _one(tx: Transaction, condition: str, **values: Any) -> Person | None:
    return tx.recalled(("person",), f"SELECT {PERSON.columns} FROM person WHERE {condition}", PERSON.build, **values)
