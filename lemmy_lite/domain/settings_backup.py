"""Moving house: a person's settings and lists as one file, and taking such a file in.

What the lists name is looked up afterwards, in the background (federation/importing.py); the rest is done at once.
"""

from typing import Final

from lemmy_lite.context import Context
from lemmy_lite.domain import local_user as accounts
from lemmy_lite.model.errors import LemmyError
from lemmy_lite.model.local_user import LocalUser, SettingsForm
from lemmy_lite.model.settings_backup import UserSettingsBackup, UserSettingsImport
from lemmy_lite.model.viewer import Viewer
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import local_user
from lemmy_lite.storage.views import settings_backup as views

MOST_ITEMS: Final = 10_000
"""Entries of all lists of one file together (contract, too_many_items)."""

LISTS: Final = ("followed_communities", "saved_posts", "saved_comments", "blocked_communities", "blocked_users", "blocked_instances")


def export(tx: Transaction, viewer: Viewer) -> UserSettingsBackup:
    """Everything that the viewer may take along."""
    return UserSettingsBackup(
        display_name=viewer.person.display_name,
        bio=viewer.person.bio,
        avatar=viewer.person.avatar,
        banner=viewer.person.banner,
        matrix_id=viewer.person.matrix_user_id,
        bot_account=viewer.person.bot_account,
        settings=viewer.local_user,
        vote_display_mode_settings=viewer.vote_display,
        **views.belongings(tx, viewer.id)._asdict(),
    )


def take_in(tx: Transaction, context: Context, viewer: Viewer, file: UserSettingsImport) -> None:
    """Take over profile and settings of an exported file.

    As in Lemmy, name, biography and Matrix id that the file lacks are cleared, and pictures stay as they are: those of the file lie on
    another server. Raises LemmyError: too_many_items before anything is changed, and those of `local_user.save_settings`.
    """
    if sum(len(getattr(file, name) or ()) for name in LISTS) > MOST_ITEMS:
        raise LemmyError("too_many_items")
    accounts.save_settings(tx, context, viewer, _form(file))
    if (shown := file.vote_display_mode_settings) is not None:
        local_user.update(
            tx,
            viewer.local_user.id,
            vote_score=shown.score,
            vote_upvotes=shown.upvotes,
            vote_downvotes=shown.downvotes,
            vote_upvote_percentage=shown.upvote_percentage,
        )


def _form(file: UserSettingsImport) -> SettingsForm:
    given = {name: getattr(file.settings, name) for name in accounts.SAME_COLUMNS} if isinstance(file.settings, LocalUser) else {}
    if file.bot_account is not None:
        given["bot_account"] = file.bot_account
    return SettingsForm(display_name=file.display_name or "", bio=file.bio or "", matrix_user_id=file.matrix_id or "", **given)
