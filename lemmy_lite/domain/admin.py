"""Admins: appointing, dismissing and stepping down. Who came first outranks who came later."""

from lemmy_lite.domain import permissions
from lemmy_lite.model.errors import LemmyError
from lemmy_lite.model.events import SiteEdited
from lemmy_lite.model.ids import PersonId
from lemmy_lite.model.modlog import ModlogActionType
from lemmy_lite.model.person import Person, PersonView
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import local_user, modlog
from lemmy_lite.storage.views import person as views


def appoint(tx: Transaction, actor: Person, person_id: PersonId, added: bool) -> list[PersonView]:
    """Make a local person admin, or no longer. Raises LemmyError: not_an_admin, not_higher_admin, object_not_local."""
    permissions.require(tx, "admin.appoint" if added else "admin.dismiss", actor, author_id=person_id)
    account = local_user.of_person(tx, person_id)
    if account is None:
        raise LemmyError("object_not_local")
    if account.admin != added:
        local_user.update(tx, account.id, admin=added, admin_since=tx.now if added else None)
    modlog.insert(tx, ModlogActionType.MOD_ADD, actor.id, other_person_id=person_id, flag=not added)
    tx.append(SiteEdited(actor_id=actor.id))
    return views.admins(tx)


def leave(tx: Transaction, actor: Person) -> None:
    """Step down. Raises LemmyError: not_an_admin, cannot_leave_admin for the last one."""
    permissions.require(tx, "admin.leave", actor)
    account = local_user.of_person(tx, actor.id)
    if account is None or len(local_user.admin_order(tx)) == 1:
        raise LemmyError("cannot_leave_admin")
    # An admin needed no accepted application; without this the account could not log in again.
    local_user.update(tx, account.id, admin=False, admin_since=None, accepted_application=True)
    modlog.insert(tx, ModlogActionType.MOD_ADD, actor.id, other_person_id=actor.id, flag=True)
    tx.append(SiteEdited(actor_id=actor.id))
