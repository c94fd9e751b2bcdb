"""Private messages."""

from lemmy_lite.http.api_v3.wire.bounds import Int64, PersonId, PrivateMessageId
from lemmy_lite.model.private_message import PrivateMessageView
from lemmy_lite.model.struct import Struct


class GetPrivateMessages(Struct, kw_only=True):
    """`GET /private_message/list`."""

    unread_only: bool | None = None
    page: Int64 | None = None
    limit: Int64 | None = None
    creator_id: PersonId | None = None


class PrivateMessagesResponse(Struct, kw_only=True):
    """The answer of getPrivateMessages."""

    private_messages: list[PrivateMessageView]


class CreatePrivateMessage(Struct, kw_only=True):
    """`POST /private_message`."""

    content: str
    recipient_id: PersonId


class EditPrivateMessage(Struct, kw_only=True):
    """`PUT /private_message`."""

    private_message_id: PrivateMessageId
    content: str


class DeletePrivateMessage(Struct, kw_only=True):
    """`POST /private_message/delete`."""

    private_message_id: PrivateMessageId
    deleted: bool


class MarkPrivateMessageAsRead(Struct, kw_only=True):
    """`POST /private_message/mark_as_read`."""

    private_message_id: PrivateMessageId
    read: bool


class PrivateMessageResponse(Struct, kw_only=True):
    """The answer of every operation on one private message."""

    private_message_view: PrivateMessageView
