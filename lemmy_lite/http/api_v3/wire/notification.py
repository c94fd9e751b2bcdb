"""Replies, mentions and how many things are unread."""

from lemmy_lite.http.api_v3.wire.bounds import CommentReplyId, Int64, PersonMentionId
from lemmy_lite.model.listing import CommentSortType
from lemmy_lite.model.notification import CommentReplyView, PersonMentionView
from lemmy_lite.model.struct import Struct


class GetReplies(Struct, kw_only=True):
    """`GET /user/replies`."""

    sort: CommentSortType | None = None
    page: Int64 | None = None
    limit: Int64 | None = None
    unread_only: bool | None = None


class GetRepliesResponse(Struct, kw_only=True):
    """The answer of getReplies and markAllAsRead."""

    replies: list[CommentReplyView]


class MarkCommentReplyAsRead(Struct, kw_only=True):
    """`POST /comment/mark_as_read`."""

    comment_reply_id: CommentReplyId
    read: bool


class CommentReplyResponse(Struct, kw_only=True):
    """The answer of markCommentReplyAsRead."""

    comment_reply_view: CommentReplyView


class GetPersonMentions(Struct, kw_only=True):
    """`GET /user/mention`."""

    sort: CommentSortType | None = None
    page: Int64 | None = None
    limit: Int64 | None = None
    unread_only: bool | None = None


class GetPersonMentionsResponse(Struct, kw_only=True):
    """The answer of getPersonMentions."""

    mentions: list[PersonMentionView]


class MarkPersonMentionAsRead(Struct, kw_only=True):
    """`POST /user/mention/mark_as_read`."""

    person_mention_id: PersonMentionId
    read: bool


class PersonMentionResponse(Struct, kw_only=True):
    """The answer of markPersonMentionAsRead."""

    person_mention_view: PersonMentionView


class GetUnreadCountResponse(Struct, kw_only=True):
    """The answer of getUnreadCount."""

    replies: int
    mentions: int
    private_messages: int
