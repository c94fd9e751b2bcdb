"""Posts."""

from lemmy_lite.http.api_v3.wire.bounds import CommentId, CommunityId, Int64, LanguageId, LongText, PostId
from lemmy_lite.model.community import CommunityModeratorView, CommunityView
from lemmy_lite.model.listing import ListingType, SortType
from lemmy_lite.model.paging import PaginationCursor
from lemmy_lite.model.post import LinkMetadata, PostFeatureType, PostView
from lemmy_lite.model.struct import Struct


class CreatePost(Struct, kw_only=True):
    """`POST /post`."""

    name: str
    community_id: CommunityId
    url: str | None = None
    body: str | None = None
    alt_text: str | None = None
    honeypot: str | None = None
    nsfw: bool | None = None
    language_id: LanguageId | None = None
    custom_thumbnail: str | None = None


class GetPost(Struct, kw_only=True):
    """`GET /post`."""

    id: PostId | None = None
    comment_id: CommentId | None = None


class GetPostResponse(Struct, kw_only=True):
    """The answer of getPost."""

    post_view: PostView
    community_view: CommunityView
    moderators: list[CommunityModeratorView]
    cross_posts: list[PostView]


class EditPost(Struct, kw_only=True):
    """`PUT /post`."""

    post_id: PostId
    name: str | None = None
    url: str | None = None
    body: str | None = None
    alt_text: str | None = None
    nsfw: bool | None = None
    language_id: LanguageId | None = None
    custom_thumbnail: str | None = None


class DeletePost(Struct, kw_only=True):
    """`POST /post/delete`."""

    post_id: PostId
    deleted: bool


class RemovePost(Struct, kw_only=True):
    """`POST /post/remove`."""

    post_id: PostId
    removed: bool
    reason: LongText | None = None


class MarkPostAsRead(Struct, kw_only=True):
    """`POST /post/mark_as_read`."""

    post_ids: list[PostId]
    read: bool


class HidePost(Struct, kw_only=True):
    """`POST /post/hide`."""

    post_ids: list[PostId]
    hide: bool


class LockPost(Struct, kw_only=True):
    """`POST /post/lock`."""

    post_id: PostId
    locked: bool


class FeaturePost(Struct, kw_only=True):
    """`POST /post/feature`."""

    post_id: PostId
    featured: bool
    feature_type: PostFeatureType


class GetPosts(Struct, kw_only=True):
    """`GET /post/list`."""

    type_: ListingType | None = None
    sort: SortType | None = None
    page: Int64 | None = None
    limit: Int64 | None = None
    community_id: CommunityId | None = None
    community_name: str | None = None
    saved_only: bool | None = None
    liked_only: bool | None = None
    disliked_only: bool | None = None
    show_hidden: bool | None = None
    show_read: bool | None = None
    show_nsfw: bool | None = None
    page_cursor: PaginationCursor | None = None


class GetPostsResponse(Struct, kw_only=True):
    """The answer of getPosts."""

    posts: list[PostView]
    next_page: PaginationCursor | None = None


class SavePost(Struct, kw_only=True):
    """`PUT /post/save`."""

    post_id: PostId
    save: bool


class GetSiteMetadata(Struct, kw_only=True):
    """`GET /post/site_metadata`."""

    url: str


class GetSiteMetadataResponse(Struct, kw_only=True):
    """The answer of getSiteMetadata."""

    metadata: LinkMetadata


class PostResponse(Struct, kw_only=True):
    """The answer of every operation on one post."""

    post_view: PostView
