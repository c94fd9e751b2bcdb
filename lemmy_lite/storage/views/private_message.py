"""Private messages as the two people they concern see them, and nobody else (security.md, rule 11)."""

from typing import Any

from lemmy_lite.model.ids import PersonId, PrivateMessageId
from lemmy_lite.model.paging import Page
from lemmy_lite.model.private_message import PrivateMessage, PrivateMessageView
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.shapes import Shape
from lemmy_lite.storage.views.person import person_shape

PRIVATE_MESSAGE_VIEW: Shape[PrivateMessageView] = Shape(
    PrivateMessageView,
    private_message=Shape(PrivateMessage, "message"),
    creator=person_shape("creator"),
    recipient=person_shape("recipient"),
)
_FROM = """
  FROM private_message message
  JOIN person creator ON creator.id = message.creator_id
  JOIN person recipient ON recipient.id = message.recipient_id
"""
# The blocks of the recipient count, whoever looks: Lemmy hides such a message from its sender too.
_LISTED = """
  NOT message.deleted AND NOT message.removed
  AND NOT EXISTS (SELECT 1 FROM person_block b WHERE b.person_id = message.recipient_id AND b.target_id = message.creator_id)
  AND NOT EXISTS (SELECT 1 FROM instance_block b WHERE b.person_id = message.recipient_id AND b.instance_id = creator.instance_id)
"""


def read(tx: Transaction, private_message_id: PrivateMessageId) -> PrivateMessageView | None:
    """One message, whatever its state: the caller has asked whether the viewer is one of the two."""
    row = tx.one(f"SELECT {PRIVATE_MESSAGE_VIEW.columns} {_FROM} WHERE message.id = :id", id=private_message_id)
    return PRIVATE_MESSAGE_VIEW.build(row) if row else None


def listing(tx: Transaction, viewer_id: PersonId, page: Page, *, unread_only: bool, other: PersonId | None) -> list[PrivateMessageView]:
    """What a person received and sent, newest first; `other` narrows it to the conversation with one person.

    With `unread_only` only what was received and not read yet, and `other` is the sender.
    """
    whose, with_other = "(message.recipient_id = :me OR message.creator_id = :me)", "(message.creator_id = :other OR recipient.id = :other)"
    if unread_only:
        whose, with_other = "message.recipient_id = :me AND NOT message.read", "message.creator_id = :other"
    values: dict[str, Any] = {"me": viewer_id, "limit": page.limit, "offset": page.offset}
    if other is not None:
        whose, values = f"{whose} AND {with_other}", values | {"other": other}
    rows = tx.all(
        f"""SELECT {PRIVATE_MESSAGE_VIEW.columns} {_FROM} WHERE {whose} AND {_LISTED}
             ORDER BY message.published DESC, message.id DESC LIMIT :limit OFFSET :offset""",
        **values,
    )
    return [PRIVATE_MESSAGE_VIEW.build(row) for row in rows]
