"""Comments."""

from datetime import datetime

from msgspec import UNSET, UnsetType

from lemmy_lite.model.community import Community, SubscribedType
from lemmy_lite.model.ids import CommentId, LanguageId, PersonId, PostId
from lemmy_lite.model.person import Person
from lemmy_lite.model.post import Post
from lemmy_lite.model.struct import Struct


class Comment(Struct, kw_only=True):
    """A comment. `content` is markdown; `path` is 0, the ids of its ancestors and its own id, joined by dots."""

    id: CommentId
    creator_id: PersonId
    post_id: PostId
    content: str
    removed: bool
    published: datetime
    updated: datetime | None = None
    deleted: bool
    ap_id: str
    local: bool
    path: str
    distinguished: bool
    language_id: LanguageId


class CommentAggregates(Struct, kw_only=True):
    """The counters of a comment; `child_count` counts all levels below."""

    comment_id: CommentId
    score: int
    upvotes: int
    downvotes: int
    published: datetime
    child_count: int


class CommentView(Struct, kw_only=True):
    """A comment as one viewer sees it; `my_vote` is 1 or -1, absent without a vote."""

    comment: Comment
    creator: Person
    post: Post
    community: Community
    counts: CommentAggregates
    creator_banned_from_community: bool
    banned_from_community: bool
    creator_is_moderator: bool
    creator_is_admin: bool
    subscribed: SubscribedType
    saved: bool
    creator_blocked: bool
    my_vote: int | None = None


class CommentForm(Struct, kw_only=True):
    """The form that writes or edits a comment; what is unset keeps its value.

    `post_id` and `parent_id` count at creation only.
    """

    content: str | UnsetType = UNSET
    post_id: PostId | UnsetType = UNSET
    parent_id: CommentId | UnsetType = UNSET
    language_id: LanguageId | UnsetType = UNSET
