"""Comments."""

from lemmy_lite.http.api_v3.wire.bounds import CommentId, CommunityId, Int32, Int64, LanguageId, LocalUserId, LongText, PostId
from lemmy_lite.model.comment import CommentView
from lemmy_lite.model.listing import CommentSortType, ListingType
from lemmy_lite.model.struct import Struct


class CreateComment(Struct, kw_only=True):
    """`POST /comment`."""

    content: str
    post_id: PostId
    parent_id: CommentId | None = None
    language_id: LanguageId | None = None


class GetComment(Struct, kw_only=True):
    """`GET /comment`."""

    id: CommentId


class EditComment(Struct, kw_only=True):
    """`PUT /comment`."""

    comment_id: CommentId
    content: str | None = None
    language_id: LanguageId | None = None


class DeleteComment(Struct, kw_only=True):
    """`POST /comment/delete`."""

    comment_id: CommentId
    deleted: bool


class RemoveComment(Struct, kw_only=True):
    """`POST /comment/remove`."""

    comment_id: CommentId
    removed: bool
    reason: LongText | None = None


class DistinguishComment(Struct, kw_only=True):
    """`POST /comment/distinguish`."""

    comment_id: CommentId
    distinguished: bool


class SaveComment(Struct, kw_only=True):
    """`PUT /comment/save`."""

    comment_id: CommentId
    save: bool


class GetComments(Struct, kw_only=True):
    """`GET /comment/list`."""

    type_: ListingType | None = None
    sort: CommentSortType | None = None
    max_depth: Int32 | None = None
    page: Int64 | None = None
    limit: Int64 | None = None
    community_id: CommunityId | None = None
    community_name: str | None = None
    post_id: PostId | None = None
    parent_id: CommentId | None = None
    saved_only: bool | None = None
    liked_only: bool | None = None
    disliked_only: bool | None = None


class GetCommentsResponse(Struct, kw_only=True):
    """The answer of getComments."""

    comments: list[CommentView]


class CommentResponse(Struct, kw_only=True):
    """The answer of every operation on one comment; `recipient_ids` are the accounts here that the operation notifies."""

    comment_view: CommentView
    recipient_ids: list[LocalUserId]
