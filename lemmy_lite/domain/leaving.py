"""Leaving for good: an account is emptied, with what its owner wrote or without."""

from lemmy_lite.domain import password as passwords
from lemmy_lite.domain import permissions, purge
from lemmy_lite.model.events import PersonDeleted
from lemmy_lite.model.person import Person
from lemmy_lite.model.viewer import Viewer
from lemmy_lite.storage.database import Database
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import account_token


async def delete_account(database: Database, viewer: Viewer, password: str, *, delete_content: bool) -> None:
    """Delete the viewer's account after asking for the password once more. Raises LemmyError: incorrect_login."""
    stored = await passwords.require(database, viewer, password)
    await database.write(_delete, viewer, stored, delete_content)


def _delete(tx: Transaction, viewer: Viewer, stored: str, delete_content: bool) -> None:
    permissions.require(tx, "account.change", viewer.person, author_id=viewer.id)
    passwords.require_unchanged(tx, viewer.local_user.id, stored)
    leave(tx, viewer.person, remove_data=delete_content)
    account_token.forget_resets(tx, viewer.local_user.id)
    account_token.forget_verifications(tx, viewer.local_user.id)


def leave(tx: Transaction, leaver: Person, *, remove_data: bool) -> None:
    """Empty the profile of somebody who leaves, ours or another instance's, and with `remove_data` all that they wrote."""
    if remove_data:
        purge.wipe_words(tx, leaver.id)
    purge.wipe_profile(tx, leaver.id)
    tx.append(PersonDeleted(actor_id=leaver.id, remove_data=remove_data))
