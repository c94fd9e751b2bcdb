"""Votes."""

from lemmy_lite.http.api_v3.wire.bounds import CommentId, Int16, Int64, PostId
from lemmy_lite.model.struct import Struct
from lemmy_lite.model.vote import VoteView


class CreatePostLike(Struct, kw_only=True):
    """`POST /post/like`."""

    post_id: PostId
    score: Int16


class CreateCommentLike(Struct, kw_only=True):
    """`POST /comment/like`."""

    comment_id: CommentId
    score: Int16


class ListPostLikes(Struct, kw_only=True):
    """`GET /post/like/list`."""

    post_id: PostId
    page: Int64 | None = None
    limit: Int64 | None = None


class ListPostLikesResponse(Struct, kw_only=True):
    """The answer of listPostLikes."""

    post_likes: list[VoteView]


class ListCommentLikes(Struct, kw_only=True):
    """`GET /comment/like/list`."""

    comment_id: CommentId
    page: Int64 | None = None
    limit: Int64 | None = None


class ListCommentLikesResponse(Struct, kw_only=True):
    """The answer of listCommentLikes."""

    comment_likes: list[VoteView]
