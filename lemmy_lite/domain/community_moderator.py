"""Who moderates a community: appointing, dismissing, and handing the community over."""

from lemmy_lite.domain import community as communities
from lemmy_lite.domain import permissions
from lemmy_lite.model.errors import LemmyError
from lemmy_lite.model.events import CommunityTransferred, ModeratorAppointed
from lemmy_lite.model.ids import CommunityId, PersonId
from lemmy_lite.model.modlog import ModlogActionType
from lemmy_lite.model.person import Person
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import community_moderator, modlog, person


def appoint(tx: Transaction, actor: Person, community_id: CommunityId, person_id: PersonId, added: bool) -> None:
    """Make a person moderator of a community, or no longer.

    An admin needs to moderate a remote community to do this: its home knows no admin of ours. Raises LemmyError: couldnt_find_community,
    couldnt_find_person, not_a_mod_or_admin, not_a_moderator, not_higher_mod, community_moderator_already_exists when nothing would change.
    """
    home = communities.existing(tx, community_id)
    if person.get(tx, person_id) is None:
        raise LemmyError("couldnt_find_person")
    action = "community.appoint" if added else "community.dismiss"
    permissions.require(tx, action, actor, community=home, author_id=person_id)
    if not home.local and actor.local and not community_moderator.moderates(tx, actor.id, home.id):
        raise LemmyError("not_a_moderator")
    changed = (community_moderator.insert if added else community_moderator.delete)(tx, home.id, person_id)
    if not changed:
        raise LemmyError("community_moderator_already_exists")
    modlog.insert(tx, ModlogActionType.MOD_ADD_COMMUNITY, actor.id, other_person_id=person_id, community_id=home.id, flag=not added)
    tx.append(ModeratorAppointed(actor_id=actor.id, community_id=home.id, person_id=person_id, added=added))


def transfer(tx: Transaction, actor: Person, community_id: CommunityId, person_id: PersonId) -> None:
    """Put one of the moderators at the top. Raises LemmyError: couldnt_find_community, not_an_admin, not_a_moderator, and those of a
    community that is closed to the actor."""
    home = communities.existing(tx, community_id)
    permissions.require(tx, "community.transfer", actor, community=home)
    order = community_moderator.order(tx, home.id)
    if person_id not in order:
        raise LemmyError("not_a_moderator")
    communities.receive_moderators(tx, home.id, [person_id, *(other for other in order if other != person_id)])
    modlog.insert(tx, ModlogActionType.MOD_TRANSFER_COMMUNITY, actor.id, other_person_id=person_id, community_id=home.id)
    tx.append(CommunityTransferred(actor_id=actor.id, community_id=home.id, person_id=person_id))
