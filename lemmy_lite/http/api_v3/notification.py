"""Operations on what waits in one's inbox: replies and mentions."""

from lemmy_lite.domain import notification
from lemmy_lite.http.api_v3.call import UserCall
from lemmy_lite.http.api_v3.wire.notification import (
    CommentReplyResponse,
    GetPersonMentions,
    GetPersonMentionsResponse,
    GetReplies,
    GetRepliesResponse,
    MarkCommentReplyAsRead,
    MarkPersonMentionAsRead,
    PersonMentionResponse,
)
from lemmy_lite.model.listing import CommentSortType
from lemmy_lite.model.paging import page
from lemmy_lite.model.viewer import Viewer
from lemmy_lite.storage.query import Transaction


async def get_replies(call: UserCall, form: GetReplies) -> GetRepliesResponse:
    """One page of the answers to oneself."""
    return await call.database.read(_replies, call.viewer, form)


async def mark_comment_reply_as_read(call: UserCall, form: MarkCommentReplyAsRead) -> CommentReplyResponse:
    """Mark an answer as read or unread."""
    view = await call.database.note(notification.mark_reply, call.viewer, form.comment_reply_id, form.read)
    return CommentReplyResponse(comment_reply_view=view)


async def get_person_mentions(call: UserCall, form: GetPersonMentions) -> GetPersonMentionsResponse:
    """One page of the comments that name oneself."""
    return await call.database.read(_mentions, call.viewer, form)


async def mark_person_mention_as_read(call: UserCall, form: MarkPersonMentionAsRead) -> PersonMentionResponse:
    """Mark a mention as read or unread."""
    view = await call.database.note(notification.mark_mention, call.viewer, form.person_mention_id, form.read)
    return PersonMentionResponse(person_mention_view=view)


async def mark_all_as_read(call: UserCall) -> GetRepliesResponse:
    """Mark the whole inbox as read. The answer is always empty, as Lemmy's is."""
    await call.database.note(notification.mark_all_as_read, call.viewer.person)
    return GetRepliesResponse(replies=[])


def _replies(tx: Transaction, viewer: Viewer, form: GetReplies) -> GetRepliesResponse:
    found = notification.replies(
        tx, viewer, page(form.limit, form.page), sort=form.sort or CommentSortType.NEW, unread_only=bool(form.unread_only)
    )
    return GetRepliesResponse(replies=found)


def _mentions(tx: Transaction, viewer: Viewer, form: GetPersonMentions) -> GetPersonMentionsResponse:
    found = notification.person_mentions(
        tx, viewer, page(form.limit, form.page), sort=form.sort or CommentSortType.HOT, unread_only=bool(form.unread_only)
    )
    return GetPersonMentionsResponse(mentions=found)
