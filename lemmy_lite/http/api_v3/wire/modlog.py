"""The moderation log."""

from lemmy_lite.http.api_v3.wire.bounds import CommentId, CommunityId, Int64, PersonId, PostId
from lemmy_lite.model.modlog import (
    AdminPurgeCommentView,
    AdminPurgeCommunityView,
    AdminPurgePersonView,
    AdminPurgePostView,
    ModAddCommunityView,
    ModAddView,
    ModBanFromCommunityView,
    ModBanView,
    ModFeaturePostView,
    ModHideCommunityView,
    ModLockPostView,
    ModlogActionType,
    ModRemoveCommentView,
    ModRemoveCommunityView,
    ModRemovePostView,
    ModTransferCommunityView,
)
from lemmy_lite.model.struct import Struct


class GetModlog(Struct, kw_only=True):
    """`GET /modlog`."""

    mod_person_id: PersonId | None = None
    community_id: CommunityId | None = None
    page: Int64 | None = None
    limit: Int64 | None = None
    type_: ModlogActionType | None = None
    other_person_id: PersonId | None = None
    post_id: PostId | None = None
    comment_id: CommentId | None = None


class GetModlogResponse(Struct, kw_only=True):
    """The answer of getModlog."""

    removed_posts: list[ModRemovePostView]
    locked_posts: list[ModLockPostView]
    featured_posts: list[ModFeaturePostView]
    removed_comments: list[ModRemoveCommentView]
    removed_communities: list[ModRemoveCommunityView]
    banned_from_community: list[ModBanFromCommunityView]
    banned: list[ModBanView]
    added_to_community: list[ModAddCommunityView]
    transferred_to_community: list[ModTransferCommunityView]
    added: list[ModAddView]
    admin_purged_persons: list[AdminPurgePersonView]
    admin_purged_communities: list[AdminPurgeCommunityView]
    admin_purged_posts: list[AdminPurgePostView]
    admin_purged_comments: list[AdminPurgeCommentView]
    hidden_communities: list[ModHideCommunityView]
