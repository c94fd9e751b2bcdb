"""What happened: appended by verbs to their transaction, read by subscribers within it (outbox, notifications) and after it.

`actor_id` is the person who did it, local or remote.
"""

from lemmy_lite.model.clock import Micros
from lemmy_lite.model.ids import CommentId, CommunityId, LocalUserId, PersonId, PostId, PrivateMessageId
from lemmy_lite.model.secret import Secret
from lemmy_lite.model.struct import Struct


class Event(Struct):
    """Something that happened in a unit of work."""


class PostCreated(Event):
    """A post was written here or received."""

    actor_id: PersonId
    post_id: PostId


class PostEdited(Event):
    """Its author changed a post."""

    actor_id: PersonId
    post_id: PostId


class PostDeleted(Event):
    """Its author deleted or restored a post."""

    actor_id: PersonId
    post_id: PostId
    deleted: bool


class PostRemoved(Event):
    """A moderator or admin removed or restored a post."""

    actor_id: PersonId
    post_id: PostId
    removed: bool
    reason: str | None = None


class PostLocked(Event):
    """A moderator locked or unlocked a post."""

    actor_id: PersonId
    post_id: PostId
    locked: bool


class PostFeatured(Event):
    """A post was pinned in its community, or by an admin on the front page."""

    actor_id: PersonId
    post_id: PostId
    featured: bool
    locally: bool


class PostCounted(Event):
    """The counters of a post changed; the values are those before the change, which frozen walks of a listing still need. `published` is
    what it always was."""

    post_id: PostId
    published: Micros
    score: int
    upvotes: int
    downvotes: int
    comments: int
    newest_comment_time: Micros
    newest_comment_time_necro: Micros


class CommentCreated(Event):
    """A comment was written here or received. `called` are people whom it calls, besides those named in its text."""

    actor_id: PersonId
    comment_id: CommentId
    called: tuple[PersonId, ...] = ()


class CommentEdited(Event):
    """Its author changed a comment, or a moderator distinguished his own. `called` as for a new one."""

    actor_id: PersonId
    comment_id: CommentId
    called: tuple[PersonId, ...] = ()


class CommentDeleted(Event):
    """Its author deleted or restored a comment."""

    actor_id: PersonId
    comment_id: CommentId
    deleted: bool


class CommentRemoved(Event):
    """A moderator or admin removed or restored a comment."""

    actor_id: PersonId
    comment_id: CommentId
    removed: bool
    reason: str | None = None


class VoteCast(Event, kw_only=True):
    """A person's vote on a post (comment_id absent) or a comment became `score`: 1, -1, or 0 for no vote."""

    actor_id: PersonId
    post_id: PostId
    comment_id: CommentId | None = None
    score: int
    before: int


class ActivityLogged(Event):
    """Other instances have to be told something: it stands in the log of sent activities."""


class CommunityCreated(Event):
    """A person founded a community here."""

    actor_id: PersonId
    community_id: CommunityId


class CommunityEdited(Event):
    """A moderator changed a community."""

    actor_id: PersonId
    community_id: CommunityId


class CommunityDeleted(Event):
    """The top moderator deleted or restored a community."""

    actor_id: PersonId
    community_id: CommunityId
    deleted: bool


class CommunityRemoved(Event):
    """An admin removed or restored a community."""

    actor_id: PersonId
    community_id: CommunityId
    removed: bool
    reason: str | None = None


class CommunityFollowed(Event):
    """A person follows a community, or no longer does."""

    actor_id: PersonId
    community_id: CommunityId
    following: bool


class ModeratorAppointed(Event):
    """A person became moderator of a community, or ceased to be one."""

    actor_id: PersonId
    community_id: CommunityId
    person_id: PersonId
    added: bool


class CommunityTransferred(Event):
    """A community was handed over to another of its moderators."""

    actor_id: PersonId
    community_id: CommunityId
    person_id: PersonId


class CommunityHidden(Event):
    """An admin hid a community from All, or shows it again."""

    actor_id: PersonId
    community_id: CommunityId
    hidden: bool


class PersonBannedFromCommunity(Event):
    """A moderator banned or unbanned a person in a community."""

    actor_id: PersonId
    community_id: CommunityId
    person_id: PersonId
    banned: bool
    remove_data: bool
    reason: str | None = None
    expires: Micros | None = None


class PersonBanned(Event):
    """An admin banned or unbanned a person on this site, or the person's home told us so."""

    actor_id: PersonId
    person_id: PersonId
    banned: bool
    remove_data: bool
    reason: str | None = None
    expires: Micros | None = None


class PersonRegistered(Event):
    """A new account, perhaps still waiting for acceptance or a verified address."""

    actor_id: PersonId
    local_user_id: LocalUserId


class PersonEdited(Event):
    """A person changed what the profile shows."""

    actor_id: PersonId


class FollowerDismissed(Event):
    """A person blocked somebody of another instance who followed them."""

    actor_id: PersonId
    person_id: PersonId


class PersonDeleted(Event):
    """A person left for good."""

    actor_id: PersonId
    remove_data: bool


class PrivateMessageCreated(Event):
    """A message was sent from one person to another."""

    actor_id: PersonId
    private_message_id: PrivateMessageId


class PrivateMessageEdited(Event):
    """Its sender changed a message."""

    actor_id: PersonId
    private_message_id: PrivateMessageId


class PrivateMessageDeleted(Event):
    """Its sender deleted or restored a message."""

    actor_id: PersonId
    private_message_id: PrivateMessageId
    deleted: bool


class PostReported(Event):
    """A person reported a post to its moderators."""

    actor_id: PersonId
    post_id: PostId
    reason: str


class CommentReported(Event):
    """A person reported a comment to its moderators."""

    actor_id: PersonId
    comment_id: CommentId
    reason: str


class PrivateMessageReported(Event):
    """A person reported a message that they received to the admins."""

    actor_id: PersonId
    private_message_id: PrivateMessageId
    reason: str


class SiteEdited(Event):
    """An admin changed the site: caches of it are stale."""

    actor_id: PersonId


class SiteKeyRenewed(Event):
    """The site's own actor signs with another key."""

    actor_id: PersonId


class PasswordResetRequested(Event):
    """The owner of an address wants a new password: the mail with the token is to be sent."""

    local_user_id: LocalUserId
    token: Secret


class EmailVerificationRequested(Event):
    """An address was given to an account: the mail with the token that proves it is to be sent there."""

    local_user_id: LocalUserId
    email: str
    token: Secret


class EmailVerified(Event):
    """An account's address was proven to be its owner's."""

    local_user_id: LocalUserId


class RecoveryCodeUsed(Event):
    """Somebody proved with a recovery code, instead of a code of the second factor, to be an account's owner."""

    local_user_id: LocalUserId


class ApplicationDecided(Event):
    """An admin accepted or refused an application for an account."""

    actor_id: PersonId
    local_user_id: LocalUserId
    approved: bool
    deny_reason: str | None = None


class ImagesGone(Event):
    """Pictures were deleted, and nobody else has these files: names of uploads, and addresses of which a copy was kept."""

    files: tuple[str, ...]
    sources: tuple[str, ...] = ()
