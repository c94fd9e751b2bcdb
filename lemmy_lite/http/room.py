"""What may be asked while the disk is full: reading, voting, marking, moderating and deleting. Refused is what would add texts, files or
accounts; these tables say which operations and forms do. The answer is 507 with the code `disk_full`."""

from typing import Final

from lemmy_lite.context import Context

ADDING: Final = frozenset(
    {
        *("createCommunity", "editCommunity", "createPost", "editPost", "createComment", "editComment"),
        *("createPrivateMessage", "editPrivateMessage", "register", "importSettings", "uploadImage", "createCustomEmoji"),
    }
)
"""Operations of API v3 that add."""

ADDING_FORMS: Final = frozenset(
    {
        *("/create_community", "/create_post", "/post/{post_id}/edit", "/post/{post_id}/reply", "/comment/{comment_id}/edit"),
        *("/comment/{comment_id}/reply", "/create_private_message/{recipient_id}", "/private_message/{message_id}/edit", "/signup"),
        *("/settings/import", "/c/{name}/settings"),
    }
)
"""Forms of the site that add."""


def require(context: Context) -> None:
    """Raises StorageError(FULL) where there is no room for anything new."""
    if context.room is not None:
        context.room.require()
