"""Posts."""

from datetime import datetime
from enum import StrEnum

from msgspec import UNSET, UnsetType

from lemmy_lite.model.community import Community, SubscribedType
from lemmy_lite.model.ids import CommunityId, LanguageId, PersonId, PostId
from lemmy_lite.model.image import ImageDetails
from lemmy_lite.model.person import Person
from lemmy_lite.model.struct import Struct


class PostFeatureType(StrEnum):
    """Where a post is pinned: on the front pages or in its community."""

    LOCAL = "Local"
    COMMUNITY = "Community"


class Post(Struct, kw_only=True):
    """A post. `body` is markdown; the `embed_` fields and the thumbnail come from the linked page."""

    id: PostId
    name: str
    url: str | None = None
    body: str | None = None
    creator_id: PersonId
    community_id: CommunityId
    removed: bool
    locked: bool
    published: datetime
    updated: datetime | None = None
    deleted: bool
    nsfw: bool
    embed_title: str | None = None
    embed_description: str | None = None
    thumbnail_url: str | None = None
    ap_id: str
    local: bool
    embed_video_url: str | None = None
    language_id: LanguageId
    featured_community: bool
    featured_local: bool
    url_content_type: str | None = None
    alt_text: str | None = None


class PostAggregates(Struct, kw_only=True):
    """The counters of a post; `score` is upvotes less downvotes."""

    post_id: PostId
    comments: int
    score: int
    upvotes: int
    downvotes: int
    published: datetime
    newest_comment_time: datetime


class PostView(Struct, kw_only=True):
    """A post as one viewer sees it; `my_vote` is 1 or -1, absent without a vote."""

    post: Post
    creator: Person
    community: Community
    image_details: ImageDetails | None = None
    creator_banned_from_community: bool
    banned_from_community: bool
    creator_is_moderator: bool
    creator_is_admin: bool
    counts: PostAggregates
    subscribed: SubscribedType
    saved: bool
    read: bool
    hidden: bool
    creator_blocked: bool
    my_vote: int | None = None
    unread_comments: int


class LinkMetadata(Struct, kw_only=True):
    """What a linked page says about itself."""

    title: str | None = None
    description: str | None = None
    image: str | None = None
    embed_video_url: str | None = None
    content_type: str | None = None


class PostForm(Struct, kw_only=True):
    """The form that writes or edits a post; what is unset keeps its value, an empty text clears it.

    `community_id` counts at creation only. `honeypot` is a field that people do not see; it must stay empty.
    """

    name: str | UnsetType = UNSET
    community_id: CommunityId | UnsetType = UNSET
    url: str | UnsetType = UNSET
    body: str | UnsetType = UNSET
    alt_text: str | UnsetType = UNSET
    honeypot: str | UnsetType = UNSET
    nsfw: bool | UnsetType = UNSET
    language_id: LanguageId | UnsetType = UNSET
    custom_thumbnail: str | UnsetType = UNSET
