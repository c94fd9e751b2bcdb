"""Reports: somebody asks moderators or admins to look at something."""

from datetime import datetime

from lemmy_lite.model.comment import Comment, CommentAggregates
from lemmy_lite.model.community import Community, SubscribedType
from lemmy_lite.model.ids import CommentId, CommentReportId, PersonId, PostId, PostReportId, PrivateMessageId, PrivateMessageReportId
from lemmy_lite.model.person import Person
from lemmy_lite.model.post import Post, PostAggregates
from lemmy_lite.model.private_message import PrivateMessage
from lemmy_lite.model.struct import Struct


class PostReport(Struct, kw_only=True):
    """A report of a post, with a copy of what it said then."""

    id: PostReportId
    creator_id: PersonId
    post_id: PostId
    original_post_name: str
    original_post_url: str | None = None
    original_post_body: str | None = None
    reason: str
    resolved: bool
    resolver_id: PersonId | None = None
    published: datetime
    updated: datetime | None = None


class PostReportView(Struct, kw_only=True):
    """A report of a post as one moderator sees it."""

    post_report: PostReport
    post: Post
    community: Community
    creator: Person
    post_creator: Person
    creator_banned_from_community: bool
    creator_is_moderator: bool
    creator_is_admin: bool
    subscribed: SubscribedType
    saved: bool
    read: bool
    hidden: bool
    creator_blocked: bool
    my_vote: int | None = None
    unread_comments: int
    counts: PostAggregates
    resolver: Person | None = None


class CommentReport(Struct, kw_only=True):
    """A report of a comment, with a copy of what it said then."""

    id: CommentReportId
    creator_id: PersonId
    comment_id: CommentId
    original_comment_text: str
    reason: str
    resolved: bool
    resolver_id: PersonId | None = None
    published: datetime
    updated: datetime | None = None


class CommentReportView(Struct, kw_only=True):
    """A report of a comment as one moderator sees it."""

    comment_report: CommentReport
    comment: Comment
    post: Post
    community: Community
    creator: Person
    comment_creator: Person
    counts: CommentAggregates
    creator_banned_from_community: bool
    creator_is_moderator: bool
    creator_is_admin: bool
    creator_blocked: bool
    subscribed: SubscribedType
    saved: bool
    my_vote: int | None = None
    resolver: Person | None = None


class PrivateMessageReport(Struct, kw_only=True):
    """A report of a private message, with a copy of what it said then."""

    id: PrivateMessageReportId
    creator_id: PersonId
    private_message_id: PrivateMessageId
    original_pm_text: str
    reason: str
    resolved: bool
    resolver_id: PersonId | None = None
    published: datetime
    updated: datetime | None = None


class PrivateMessageReportView(Struct, kw_only=True):
    """A report of a private message as admins see it."""

    private_message_report: PrivateMessageReport
    private_message: PrivateMessage
    private_message_creator: Person
    creator: Person
    resolver: Person | None = None
