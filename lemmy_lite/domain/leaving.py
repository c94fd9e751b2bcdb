"""Leaving for good: an account is emptied, with what its owner wrote or without."""

from lemmy_lite.context import Context
from lemmy_lite.domain import community as communities
from lemmy_lite.domain import password as passwords
from lemmy_lite.domain import permissions, purge
from lemmy_lite.model.events import CommunityFollowed, PersonDeleted
from lemmy_lite.model.ids import PersonId
from lemmy_lite.model.person import Person
from lemmy_lite.model.viewer import Viewer
from lemmy_lite.storage.database import Database
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import account_token, community_follower, person, person_follower


async def delete_account(database: Database, context: Context, viewer: Viewer, password: str, *, delete_content: bool) -> None:
    """Delete the viewer's account after asking for the password once more. Raises LemmyError: incorrect_login, rate_limit_error."""
    stored = await passwords.require(database, context, viewer, password)
    await database.write(_delete, viewer, stored, delete_content)


def _delete(tx: Transaction, viewer: Viewer, stored: str, delete_content: bool) -> None:
    permissions.require(tx, "account.change", viewer.person, author_id=viewer.id)
    passwords.require_unchanged(tx, viewer.local_user.id, stored)
    leave(tx, viewer.person, remove_data=delete_content)
    account_token.forget_resets(tx, viewer.local_user.id)
    account_token.forget_verifications(tx, viewer.local_user.id)


def leave(tx: Transaction, leaver: Person, *, remove_data: bool) -> None:
    """Empty the profile of somebody who leaves, ours or another instance's, and with `remove_data` all that they wrote. They follow
    nothing any more."""
    _follow_nothing(tx, leaver)
    if remove_data:
        purge.wipe_words(tx, leaver.id)
    purge.wipe_profile(tx, leaver.id)
    tx.append(PersonDeleted(actor_id=leaver.id, remove_data=remove_data))


def receive_deleted(tx: Transaction, person_id: PersonId) -> None:
    """The home of a person of another instance says that they are gone. What they wrote stays until it says otherwise."""
    person.update(tx, person_id, deleted=True)
    _follow_nothing(tx, person.existing(tx, person_id))


def _follow_nothing(tx: Transaction, leaver: Person) -> None:
    """Counters of followers go down, here and by an Undo at the homes of the communities: else these would go on telling us."""
    for community_id in community_follower.followed_by(tx, leaver.id):
        communities.leave(tx, leaver, communities.existing(tx, community_id))
        tx.append(CommunityFollowed(actor_id=leaver.id, community_id=community_id, following=False))
    person_follower.forget(tx, leaver.id)
