"""What people take along when they move: export and import of settings, follows, blocks and saved things."""

from lemmy_lite.model.local_user import LocalUser, LocalUserVoteDisplayMode
from lemmy_lite.model.struct import Struct


class UserSettingsBackup(Struct, kw_only=True):
    """The exported file. All things are named by their ActivityPub ids, instances by domain; here alone, absent values are null."""

    display_name: str | None
    bio: str | None
    avatar: str | None
    banner: str | None
    matrix_id: str | None
    bot_account: bool | None
    settings: LocalUser | None
    vote_display_mode_settings: LocalUserVoteDisplayMode | None
    followed_communities: list[str]
    saved_posts: list[str]
    saved_comments: list[str]
    blocked_communities: list[str]
    blocked_users: list[str]
    blocked_instances: list[str]


class UserSettingsImport(Struct, kw_only=True):
    """A backup to be taken in: anything may be left out, but `settings`, when given, must be a whole LocalUser."""

    display_name: str | None = None
    bio: str | None = None
    avatar: str | None = None
    banner: str | None = None
    matrix_id: str | None = None
    bot_account: bool | None = None
    settings: LocalUser | None = None
    vote_display_mode_settings: LocalUserVoteDisplayMode | None = None
    followed_communities: list[str] | None = None
    saved_posts: list[str] | None = None
    saved_comments: list[str] | None = None
    blocked_communities: list[str] | None = None
    blocked_users: list[str] | None = None
    blocked_instances: list[str] | None = None
