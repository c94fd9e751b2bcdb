"""Private messages between two people."""

from datetime import datetime

from lemmy_lite.model.ids import PersonId, PrivateMessageId
from lemmy_lite.model.person import Person
from lemmy_lite.model.struct import Struct


class PrivateMessage(Struct, kw_only=True):
    """A private message; `content` is markdown."""

    id: PrivateMessageId
    creator_id: PersonId
    recipient_id: PersonId
    content: str
    deleted: bool
    read: bool
    published: datetime
    updated: datetime | None = None
    ap_id: str
    local: bool
    removed: bool


class PrivateMessageView(Struct, kw_only=True):
    """A private message with both people."""

    private_message: PrivateMessage
    creator: Person
    recipient: Person
