"""Operations on private messages."""

from lemmy_lite.context import Context
from lemmy_lite.domain import private_message as messages
from lemmy_lite.http.api_v3.call import UserCall
from lemmy_lite.http.api_v3.wire.private_message import (
    CreatePrivateMessage,
    DeletePrivateMessage,
    EditPrivateMessage,
    GetPrivateMessages,
    MarkPrivateMessageAsRead,
    PrivateMessageResponse,
    PrivateMessagesResponse,
)
from lemmy_lite.model.paging import page
from lemmy_lite.model.private_message import PrivateMessage
from lemmy_lite.model.viewer import Viewer
from lemmy_lite.storage.query import Transaction


async def get_private_messages(call: UserCall, form: GetPrivateMessages) -> PrivateMessagesResponse:
    """One page of one's messages, both ways."""
    return await call.database.read(_list, call.viewer, form)


async def create_private_message(call: UserCall, form: CreatePrivateMessage) -> PrivateMessageResponse:
    """Send a message."""
    await call.federation.meet_home(form.recipient_id)
    return await call.database.write(_create, call.context, call.viewer, form)


async def edit_private_message(call: UserCall, form: EditPrivateMessage) -> PrivateMessageResponse:
    """Change a message one has sent."""
    return await call.database.write(_edit, call.context, call.viewer, form)


async def delete_private_message(call: UserCall, form: DeletePrivateMessage) -> PrivateMessageResponse:
    """Take back a message one has sent, or restore it."""
    return await call.database.write(_delete, call.viewer, form)


async def mark_private_message_as_read(call: UserCall, form: MarkPrivateMessageAsRead) -> PrivateMessageResponse:
    """Mark a message one has received as read or unread."""
    return await call.database.note(_mark, call.viewer, form)


def _answer(tx: Transaction, viewer: Viewer, message: PrivateMessage) -> PrivateMessageResponse:
    return PrivateMessageResponse(private_message_view=messages.view(tx, viewer.person, message.id))


def _create(tx: Transaction, context: Context, viewer: Viewer, form: CreatePrivateMessage) -> PrivateMessageResponse:
    return _answer(tx, viewer, messages.create(tx, context, viewer.person, form.recipient_id, form.content))


def _edit(tx: Transaction, context: Context, viewer: Viewer, form: EditPrivateMessage) -> PrivateMessageResponse:
    return _answer(tx, viewer, messages.edit(tx, context, viewer.person, form.private_message_id, form.content))


def _delete(tx: Transaction, viewer: Viewer, form: DeletePrivateMessage) -> PrivateMessageResponse:
    return _answer(tx, viewer, messages.delete(tx, viewer.person, form.private_message_id, form.deleted))


def _mark(tx: Transaction, viewer: Viewer, form: MarkPrivateMessageAsRead) -> PrivateMessageResponse:
    return _answer(tx, viewer, messages.mark_as_read(tx, viewer.person, form.private_message_id, form.read))


def _list(tx: Transaction, viewer: Viewer, form: GetPrivateMessages) -> PrivateMessagesResponse:
    found = messages.listing(tx, viewer.person, page(form.limit, form.page), unread_only=bool(form.unread_only), other=form.creator_id)
    return PrivateMessagesResponse(private_messages=found)
