"""Whom and what people have blocked for themselves: persons, communities, instances."""

from typing import Literal

from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import rows

Kind = Literal["person", "community", "instance"]
_TARGET = {"person": "target_id", "community": "community_id", "instance": "instance_id"}


def put(tx: Transaction, kind: Kind, person_id: int, target: int) -> None:
    """Block; a repeat is harmless."""
    rows.insert_plain(tx, f"{kind}_block", person_id=person_id, published=tx.now, **{_TARGET[kind]: target})


def delete(tx: Transaction, kind: Kind, person_id: int, target: int) -> None:
    """Unblock; a repeat is harmless."""
    tx.run(f"DELETE FROM {kind}_block WHERE person_id = :person AND {_TARGET[kind]} = :target", person=person_id, target=target)


def carry_over(tx: Transaction, kind: Kind, old: int, new: int) -> None:
    """Whoever has blocked one target has blocked another one too."""
    column = _TARGET[kind]
    tx.run(
        f"""INSERT INTO {kind}_block (person_id, {column}, published) SELECT person_id, :new, :now FROM {kind}_block WHERE {column} = :old
             ON CONFLICT DO NOTHING""",
        old=old,
        new=new,
        now=tx.now,
    )


def holds(tx: Transaction, kind: Kind, person_id: int, target: int) -> bool:
    """Whether a person has blocked the target."""
    return (
        tx.one(f"SELECT 1 FROM {kind}_block WHERE person_id = :person AND {_TARGET[kind]} = :target", person=person_id, target=target)
        is not None
    )
