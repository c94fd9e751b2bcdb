"""What waits in somebody's inbox beside private messages: replies and mentions."""

from datetime import datetime

from lemmy_lite.model.comment import Comment, CommentAggregates
from lemmy_lite.model.community import Community, SubscribedType
from lemmy_lite.model.ids import CommentId, CommentReplyId, PersonId, PersonMentionId
from lemmy_lite.model.person import Person
from lemmy_lite.model.post import Post
from lemmy_lite.model.struct import Struct


class CommentReply(Struct, kw_only=True):
    """Tells the author of a post or comment that it was answered."""

    id: CommentReplyId
    recipient_id: PersonId
    comment_id: CommentId
    read: bool
    published: datetime


class CommentReplyView(Struct, kw_only=True):
    """A reply with the comment as its recipient sees it."""

    comment_reply: CommentReply
    comment: Comment
    creator: Person
    post: Post
    community: Community
    recipient: Person
    counts: CommentAggregates
    creator_banned_from_community: bool
    banned_from_community: bool
    creator_is_moderator: bool
    creator_is_admin: bool
    subscribed: SubscribedType
    saved: bool
    creator_blocked: bool
    my_vote: int | None = None


class PersonMention(Struct, kw_only=True):
    """Tells a person that a comment names them."""

    id: PersonMentionId
    recipient_id: PersonId
    comment_id: CommentId
    read: bool
    published: datetime


class PersonMentionView(Struct, kw_only=True):
    """A mention with the comment as its recipient sees it."""

    person_mention: PersonMention
    comment: Comment
    creator: Person
    post: Post
    community: Community
    recipient: Person
    counts: CommentAggregates
    creator_banned_from_community: bool
    banned_from_community: bool
    creator_is_moderator: bool
    creator_is_admin: bool
    subscribed: SubscribedType
    saved: bool
    creator_blocked: bool
    my_vote: int | None = None
