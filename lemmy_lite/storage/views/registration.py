"""Applications for an account, as admins see them."""

from lemmy_lite.model.ids import PersonId, RegistrationApplicationId
from lemmy_lite.model.paging import Page
from lemmy_lite.model.registration import RegistrationApplicationView
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.shapes import Shape
from lemmy_lite.storage.tables.local_user import LOCAL_USER
from lemmy_lite.storage.tables.registration_application import REGISTRATION_APPLICATION
from lemmy_lite.storage.views.person import PERSON, person_shape

_VIEW: Shape[RegistrationApplicationView] = Shape(
    RegistrationApplicationView,
    registration_application=REGISTRATION_APPLICATION,
    creator_local_user=LOCAL_USER,
    creator=PERSON,
    admin=person_shape("decider"),
)
_FROM = """
  FROM registration_application
  JOIN local_user ON local_user.id = registration_application.local_user_id
  JOIN person ON person.id = local_user.person_id
  LEFT JOIN person decider ON decider.id = registration_application.admin_id
"""


def read(tx: Transaction, application_id: RegistrationApplicationId) -> RegistrationApplicationView | None:
    """One application."""
    row = tx.one(f"SELECT {_VIEW.columns} {_FROM} WHERE registration_application.id = :id", id=application_id)
    return _VIEW.build(row) if row else None


def of_person(tx: Transaction, person_id: PersonId) -> RegistrationApplicationView | None:
    """What a person answered when asking for the account."""
    row = tx.one(f"SELECT {_VIEW.columns} {_FROM} WHERE person.id = :id", id=person_id)
    return _VIEW.build(row) if row else None


def listing(tx: Transaction, page: Page, *, undecided_only: bool, verified_only: bool) -> list[RegistrationApplicationView]:
    """One page: the newest first, of the undecided alone the oldest. `verified_only` leaves out who has not proven the address yet."""
    order = "ASC" if undecided_only else "DESC"
    rows = tx.all(
        f"""SELECT {_VIEW.columns} {_FROM} WHERE {_condition(undecided_only, verified_only)}
             ORDER BY registration_application.published {order}, registration_application.id {order} LIMIT :limit OFFSET :offset""",
        limit=page.limit,
        offset=page.offset,
    )
    return [_VIEW.build(row) for row in rows]


def count_undecided(tx: Transaction, *, verified_only: bool) -> int:
    """How many wait for an admin."""
    number: int = tx.value(f"SELECT COUNT(*) {_FROM} WHERE {_condition(True, verified_only)}")
    return number


def _condition(undecided_only: bool, verified_only: bool) -> str:
    wanted = ["registration_application.admin_id IS NULL"] if undecided_only else []
    return " AND ".join([*wanted, *(["local_user.email_verified"] if verified_only else [])]) or "TRUE"
