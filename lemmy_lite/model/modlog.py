"""The public log of moderation. `moderator` and `admin` are absent where the site hides names; the ids stay."""

from datetime import datetime
from enum import StrEnum

from lemmy_lite.model.comment import Comment
from lemmy_lite.model.community import Community
from lemmy_lite.model.ids import CommentId, CommunityId, PersonId, PostId
from lemmy_lite.model.person import Person
from lemmy_lite.model.post import Post
from lemmy_lite.model.struct import Struct


class ModlogActionType(StrEnum):
    """Which part of the log is asked for."""

    ALL = "All"
    MOD_REMOVE_POST = "ModRemovePost"
    MOD_LOCK_POST = "ModLockPost"
    MOD_FEATURE_POST = "ModFeaturePost"
    MOD_REMOVE_COMMENT = "ModRemoveComment"
    MOD_REMOVE_COMMUNITY = "ModRemoveCommunity"
    MOD_BAN_FROM_COMMUNITY = "ModBanFromCommunity"
    MOD_ADD_COMMUNITY = "ModAddCommunity"
    MOD_TRANSFER_COMMUNITY = "ModTransferCommunity"
    MOD_ADD = "ModAdd"
    MOD_BAN = "ModBan"
    MOD_HIDE_COMMUNITY = "ModHideCommunity"
    ADMIN_PURGE_PERSON = "AdminPurgePerson"
    ADMIN_PURGE_COMMUNITY = "AdminPurgeCommunity"
    ADMIN_PURGE_POST = "AdminPurgePost"
    ADMIN_PURGE_COMMENT = "AdminPurgeComment"


class ModRemovePost(Struct, kw_only=True):
    """A moderator removed or restored a post."""

    id: int
    mod_person_id: PersonId
    post_id: PostId
    reason: str | None = None
    removed: bool
    when_: datetime


class ModRemovePostView(Struct, kw_only=True):
    """That entry with those it is about."""

    mod_remove_post: ModRemovePost
    moderator: Person | None = None
    post: Post
    community: Community


class ModLockPost(Struct, kw_only=True):
    """A moderator locked or unlocked a post."""

    id: int
    mod_person_id: PersonId
    post_id: PostId
    locked: bool
    when_: datetime


class ModLockPostView(Struct, kw_only=True):
    """That entry with those it is about."""

    mod_lock_post: ModLockPost
    moderator: Person | None = None
    post: Post
    community: Community


class ModFeaturePost(Struct, kw_only=True):
    """A moderator pinned or unpinned a post, in its community or on the front pages."""

    id: int
    mod_person_id: PersonId
    post_id: PostId
    featured: bool
    when_: datetime
    is_featured_community: bool


class ModFeaturePostView(Struct, kw_only=True):
    """That entry with those it is about."""

    mod_feature_post: ModFeaturePost
    moderator: Person | None = None
    post: Post
    community: Community


class ModRemoveComment(Struct, kw_only=True):
    """A moderator removed or restored a comment."""

    id: int
    mod_person_id: PersonId
    comment_id: CommentId
    reason: str | None = None
    removed: bool
    when_: datetime


class ModRemoveCommentView(Struct, kw_only=True):
    """That entry with those it is about."""

    mod_remove_comment: ModRemoveComment
    moderator: Person | None = None
    comment: Comment
    commenter: Person
    post: Post
    community: Community


class ModRemoveCommunity(Struct, kw_only=True):
    """An admin removed or restored a community."""

    id: int
    mod_person_id: PersonId
    community_id: CommunityId
    reason: str | None = None
    removed: bool
    when_: datetime


class ModRemoveCommunityView(Struct, kw_only=True):
    """That entry with those it is about."""

    mod_remove_community: ModRemoveCommunity
    moderator: Person | None = None
    community: Community


class ModBanFromCommunity(Struct, kw_only=True):
    """A moderator banned somebody from a community, or let them back in."""

    id: int
    mod_person_id: PersonId
    other_person_id: PersonId
    community_id: CommunityId
    reason: str | None = None
    banned: bool
    expires: datetime | None = None
    when_: datetime


class ModBanFromCommunityView(Struct, kw_only=True):
    """That entry with those it is about."""

    mod_ban_from_community: ModBanFromCommunity
    moderator: Person | None = None
    community: Community
    banned_person: Person


class ModBan(Struct, kw_only=True):
    """An admin banned somebody from the site, or let them back in."""

    id: int
    mod_person_id: PersonId
    other_person_id: PersonId
    reason: str | None = None
    banned: bool
    expires: datetime | None = None
    when_: datetime


class ModBanView(Struct, kw_only=True):
    """That entry with those it is about."""

    mod_ban: ModBan
    moderator: Person | None = None
    banned_person: Person


class ModAddCommunity(Struct, kw_only=True):
    """Somebody was made a moderator, or is one no longer."""

    id: int
    mod_person_id: PersonId
    other_person_id: PersonId
    community_id: CommunityId
    removed: bool
    when_: datetime


class ModAddCommunityView(Struct, kw_only=True):
    """That entry with those it is about."""

    mod_add_community: ModAddCommunity
    moderator: Person | None = None
    community: Community
    modded_person: Person


class ModTransferCommunity(Struct, kw_only=True):
    """A community was handed to another top moderator."""

    id: int
    mod_person_id: PersonId
    other_person_id: PersonId
    community_id: CommunityId
    when_: datetime


class ModTransferCommunityView(Struct, kw_only=True):
    """That entry with those it is about."""

    mod_transfer_community: ModTransferCommunity
    moderator: Person | None = None
    community: Community
    modded_person: Person


class ModAdd(Struct, kw_only=True):
    """Somebody was made an administrator, or is one no longer."""

    id: int
    mod_person_id: PersonId
    other_person_id: PersonId
    removed: bool
    when_: datetime


class ModAddView(Struct, kw_only=True):
    """That entry with those it is about."""

    mod_add: ModAdd
    moderator: Person | None = None
    modded_person: Person


class ModHideCommunity(Struct, kw_only=True):
    """An admin hid a community from the front page, or shows it again."""

    id: int
    community_id: CommunityId
    mod_person_id: PersonId
    when_: datetime
    reason: str | None = None
    hidden: bool


class ModHideCommunityView(Struct, kw_only=True):
    """That entry with those it is about."""

    mod_hide_community: ModHideCommunity
    admin: Person | None = None
    community: Community


class AdminPurgePerson(Struct, kw_only=True):
    """An admin erased a person with everything they made."""

    id: int
    admin_person_id: PersonId
    reason: str | None = None
    when_: datetime


class AdminPurgePersonView(Struct, kw_only=True):
    """That entry with those it is about."""

    admin_purge_person: AdminPurgePerson
    admin: Person | None = None


class AdminPurgeCommunity(Struct, kw_only=True):
    """An admin erased a community with everything in it."""

    id: int
    admin_person_id: PersonId
    reason: str | None = None
    when_: datetime


class AdminPurgeCommunityView(Struct, kw_only=True):
    """That entry with those it is about."""

    admin_purge_community: AdminPurgeCommunity
    admin: Person | None = None


class AdminPurgePost(Struct, kw_only=True):
    """An admin erased a post."""

    id: int
    admin_person_id: PersonId
    community_id: CommunityId
    reason: str | None = None
    when_: datetime


class AdminPurgePostView(Struct, kw_only=True):
    """That entry with those it is about."""

    admin_purge_post: AdminPurgePost
    admin: Person | None = None
    community: Community


class AdminPurgeComment(Struct, kw_only=True):
    """An admin erased a comment."""

    id: int
    admin_person_id: PersonId
    post_id: PostId
    reason: str | None = None
    when_: datetime


class AdminPurgeCommentView(Struct, kw_only=True):
    """That entry with those it is about."""

    admin_purge_comment: AdminPurgeComment
    admin: Person | None = None
    post: Post
