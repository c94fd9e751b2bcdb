"""Applications for an account: admins read and decide them."""

from typing import Final

from lemmy_lite.domain import permissions
from lemmy_lite.model.clock import DAY, Micros
from lemmy_lite.model.errors import LemmyError
from lemmy_lite.model.events import ApplicationDecided
from lemmy_lite.model.ids import PersonId, RegistrationApplicationId
from lemmy_lite.model.paging import Page
from lemmy_lite.model.person import Person
from lemmy_lite.model.registration import RegistrationApplicationView
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import local_user, login_token, person, registration_application, site
from lemmy_lite.storage.views import registration as views

DENIED_KEPT: Final[Micros] = 7 * DAY


def decide(
    tx: Transaction, actor: Person, application_id: RegistrationApplicationId, *, approve: bool, deny_reason: str | None = None
) -> RegistrationApplicationView:
    """Accept or refuse an application; a decision can be changed later. An empty reason clears the one that stands.

    Who is refused after having been accepted is logged out. Raises LemmyError: not_an_admin, couldnt_find_registration_application.
    """
    permissions.require(tx, "application.decide", actor)
    found = registration_application.get(tx, application_id)
    account = local_user.get(tx, found.local_user_id) if found else None
    if found is None or account is None:
        raise LemmyError("couldnt_find_registration_application")
    reason = {} if deny_reason is None else {"deny_reason": deny_reason or None}
    registration_application.decide(tx, found.id, actor.id, **reason)
    if account.accepted_application != approve:
        local_user.update(tx, account.id, accepted_application=approve)
        site.count(tx, users=1 if approve else -1)
    if not approve and not account.admin:
        login_token.delete_all(tx, account.id)
    tx.append(ApplicationDecided(actor_id=actor.id, local_user_id=account.id, approved=approve, deny_reason=deny_reason or None))
    return _found(views.read(tx, found.id))


def of_person(tx: Transaction, actor: Person, person_id: PersonId) -> RegistrationApplicationView:
    """What a person answered when asking for the account. Raises not_an_admin, couldnt_find_registration_application."""
    permissions.require(tx, "application.read", actor)
    return _found(views.of_person(tx, person_id))


def listing(tx: Transaction, actor: Person, page: Page, *, undecided_only: bool) -> list[RegistrationApplicationView]:
    """One page of applications. Where addresses are to be verified, those who have not done so are no applicants yet."""
    permissions.require(tx, "application.read", actor)
    return views.listing(tx, page, undecided_only=undecided_only, verified_only=site.local(tx).require_email_verification)


def count_undecided(tx: Transaction, actor: Person) -> int:
    """How many applications wait. Raises not_an_admin."""
    permissions.require(tx, "application.read", actor)
    return views.count_undecided(tx, verified_only=site.local(tx).require_email_verification)


def forget_denied(tx: Transaction, limit: int) -> int:
    """Delete some who were refused and had applied more than a week ago, so that they may try again under the same name; answers how many.

    Those who were members once and have left something here stay (Lemmy deletes what they wrote along with them).
    """
    people = registration_application.long_denied(tx, tx.now - DENIED_KEPT, limit)
    person.delete(tx, people)
    return len(people)


def _found(view: RegistrationApplicationView | None) -> RegistrationApplicationView:
    if view is None:
        raise LemmyError("couldnt_find_registration_application")
    return view
