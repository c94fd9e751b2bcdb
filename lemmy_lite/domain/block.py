"""Blocking people and instances for oneself. Communities are blocked in community.py, as that also unfollows them."""

from lemmy_lite.domain import permissions
from lemmy_lite.model.errors import LemmyError
from lemmy_lite.model.events import FollowerDismissed
from lemmy_lite.model.ids import InstanceId, PersonId
from lemmy_lite.model.person import Person, PersonView
from lemmy_lite.net.errors import NetError
from lemmy_lite.net.origin import normal_host
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import block, instance, local_user, person, person_follower
from lemmy_lite.storage.views import person as people


def block_person(tx: Transaction, actor: Person, person_id: PersonId, blocked: bool) -> PersonView:
    """Block a person, or no longer; a repeat is harmless.

    Raises LemmyError: cant_block_yourself, cant_block_admin, person_block_already_exists for blocking somebody who is not there (Lemmy's
    code for it), couldnt_find_person for unblocking them.
    """
    permissions.require(tx, "person.block", actor)
    if person_id == actor.id:
        raise LemmyError("cant_block_yourself")
    if local_user.is_admin(tx, person_id):
        raise LemmyError("cant_block_admin")
    if person.get(tx, person_id) is None:
        raise LemmyError("person_block_already_exists" if blocked else "couldnt_find_person")
    (block.put if blocked else block.delete)(tx, "person", actor.id, person_id)
    if blocked and person_follower.delete(tx, actor.id, person_id):
        tx.append(FollowerDismissed(actor_id=actor.id, person_id=person_id))
    view = people.view(tx, person_id)
    if view is None:
        raise LemmyError("couldnt_find_person")
    return view


def block_instance(tx: Transaction, actor: Person, instance_id: InstanceId, blocked: bool) -> None:
    """Block all communities and people of an instance, or no longer; a repeat is harmless.

    Raises LemmyError: cant_block_local_instance, instance_block_already_exists for blocking one that is not there.
    """
    permissions.require(tx, "instance.block", actor)
    if instance_id == actor.instance_id:
        raise LemmyError("cant_block_local_instance")
    if blocked and instance.get(tx, instance_id) is None:
        raise LemmyError("instance_block_already_exists")
    (block.put if blocked else block.delete)(tx, "instance", actor.id, instance_id)


def block_instance_of(tx: Transaction, actor: Person, domain: str, blocked: bool) -> None:
    """The same by domain, of an instance that may not be known yet. Raises LemmyError: url_without_domain, cant_block_local_instance."""
    try:
        host = normal_host(domain.strip())
    except NetError as error:
        raise LemmyError("url_without_domain", cause=error) from error
    block_instance(tx, actor, instance.get_or_create(tx, host), blocked)
