"""What people have asked moderators and admins to look at: one table for each kind of thing, alike but for what they copy of it."""

from typing import Any, Literal

from lemmy_lite.model.ids import PersonId
from lemmy_lite.storage.query import Transaction

Kind = Literal["post", "comment", "private_message"]


def insert(tx: Transaction, kind: Kind, creator_id: PersonId, number: int, reason: str, **original: Any) -> int | None:
    """Enter a report of the thing with the id `number`; `original` is the copy of what it says now.

    Answers the report's id, None when the person has reported this thing before.
    """
    values = {f"{kind}_id": number, "creator_id": creator_id, "reason": reason, "published": tx.now, **original}
    names, slots = ", ".join(values), ", ".join(f":{name}" for name in values)
    found: int | None = tx.value(
        f"INSERT INTO {kind}_report ({names}) VALUES ({slots}) ON CONFLICT ({kind}_id, creator_id) DO NOTHING RETURNING id", **values
    )
    return found


def reported(tx: Transaction, kind: Kind, report_id: int) -> int | None:
    """The id of the thing that a report is about, None when there is no such report."""
    found: int | None = tx.value(f"SELECT {kind}_id FROM {kind}_report WHERE id = :id", id=report_id)
    return found


def made_by(tx: Transaction, kind: Kind, number: int, creator_id: PersonId) -> int | None:
    """The id of a person's report of a thing."""
    found: int | None = tx.value(
        f"SELECT id FROM {kind}_report WHERE {kind}_id = :number AND creator_id = :creator", number=number, creator=creator_id
    )
    return found


def set_resolved(tx: Transaction, kind: Kind, report_id: int, resolver_id: PersonId, *, resolved: bool) -> None:
    """Close one report, or open it again; either way it says who did so."""
    tx.run(
        f"UPDATE {kind}_report SET resolved = :resolved, resolver_id = :resolver, updated = :now WHERE id = :id",
        resolved=resolved,
        resolver=resolver_id,
        now=tx.now,
        id=report_id,
    )


def resolve_all(tx: Transaction, kind: Kind, number: int, resolver_id: PersonId) -> None:
    """Close every open report of one thing."""
    tx.run(
        f"""UPDATE {kind}_report SET resolved = TRUE, resolver_id = :resolver, updated = :now
             WHERE {kind}_id = :number AND NOT resolved""",
        resolver=resolver_id,
        now=tx.now,
        number=number,
    )
