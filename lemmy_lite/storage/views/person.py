"""People, as lists and other views show them."""

from lemmy_lite.model.ids import PersonId
from lemmy_lite.model.person import Person, PersonAggregates, PersonView
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.shapes import Shape


def person_shape(alias: str = "person") -> Shape[Person]:
    """A person read from table `person` under an alias."""
    return Shape(Person, alias)


PERSON = person_shape()
PERSON_VIEW: Shape[PersonView] = Shape(
    PersonView, person=PERSON, counts=Shape(PersonAggregates, "person_aggregates"), is_admin="COALESCE(local_user.admin, FALSE)"
)
_FROM = """
  FROM person
  JOIN person_aggregates ON person_aggregates.person_id = person.id
  LEFT JOIN local_user ON local_user.person_id = person.id
"""


def view(tx: Transaction, person_id: PersonId) -> PersonView | None:
    """One person with counters; deleted ones too, as Lemmy shows what is left of them."""
    row = tx.one(f"SELECT {PERSON_VIEW.columns} {_FROM} WHERE person.id = :id", id=person_id)
    return PERSON_VIEW.build(row) if row else None


def by_ids(tx: Transaction, ids: list[PersonId]) -> list[PersonView]:
    """The persons with these ids, in their order, whatever their state: the caller has chosen what may be seen."""
    if not ids:
        return []
    rows = tx.all(f"SELECT {PERSON_VIEW.columns} {_FROM} WHERE person.id AMONG :ids", ids=ids)
    found = {row[0]: row for row in rows}
    return [PERSON_VIEW.build(found[number]) for number in ids if number in found]


def admins(tx: Transaction) -> list[PersonView]:
    """The admins of this site, who came first first: the order of the hierarchy."""
    rows = tx.all(f"SELECT {PERSON_VIEW.columns} {_FROM} WHERE local_user.admin AND NOT person.deleted ORDER BY admin_since, local_user.id")
    return [PERSON_VIEW.build(row) for row in rows]


def banned(tx: Transaction) -> list[PersonView]:
    """Local people banned from the site, newest account first."""
    rows = tx.all(
        f"SELECT {PERSON_VIEW.columns} {_FROM} WHERE person.local AND person.banned AND NOT person.deleted"
        " AND (person.ban_expires IS NULL OR person.ban_expires > :now) ORDER BY person.id DESC",
        now=tx.now,
    )
    return [PERSON_VIEW.build(row) for row in rows]
