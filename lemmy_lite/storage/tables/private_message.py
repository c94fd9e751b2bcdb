"""Private messages, in a table that no listing, search, feed or document of others reads (security.md, rule 11)."""

from typing import Any

from lemmy_lite.model.clock import Micros
from lemmy_lite.model.ids import PersonId, PrivateMessageId
from lemmy_lite.model.private_message import PrivateMessage
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.shapes import Shape
from lemmy_lite.storage.tables import rows

PRIVATE_MESSAGE = Shape(PrivateMessage, "private_message")


def insert(
    tx: Transaction,
    *,
    creator_id: PersonId,
    recipient_id: PersonId,
    content: str,
    ap_id: str,
    local: bool,
    published: Micros | None = None,
    **values: Any,
) -> PrivateMessage:
    """Enter a message. `published` defaults to now."""
    number = rows.insert(
        tx,
        "private_message",
        creator_id=creator_id,
        recipient_id=recipient_id,
        content=content,
        ap_id=ap_id,
        local=local,
        published=tx.now if published is None else published,
        **values,
    )
    return existing(tx, PrivateMessageId(number))


def get(tx: Transaction, private_message_id: PrivateMessageId) -> PrivateMessage | None:
    """The message with this id."""
    return _one(tx, "id = :key", private_message_id)


def existing(tx: Transaction, private_message_id: PrivateMessageId) -> PrivateMessage:
    """The message of a row that is known to be there."""
    found = get(tx, private_message_id)
    if found is None:
        raise LookupError(f"private message {private_message_id}")
    return found


def by_ap_id(tx: Transaction, ap_id: str) -> PrivateMessage | None:
    """The message whose ActivityPub id this is."""
    return _one(tx, "ap_id = :key", ap_id)


def update(tx: Transaction, private_message_id: PrivateMessageId, **values: Any) -> None:
    """Change columns of a message."""
    rows.update(tx, "private_message", "id", private_message_id, **values)


def mark_all_as_read(tx: Transaction, recipient_id: PersonId) -> None:
    """Everything that a person has received counts as read."""
    tx.run("UPDATE private_message SET read = TRUE WHERE recipient_id = :person AND NOT read", person=recipient_id)


def set_removed(tx: Transaction, creator_id: PersonId, *, removed: bool) -> None:
    """Remove, or restore, all that a person has sent."""
    tx.run("UPDATE private_message SET removed = :removed WHERE creator_id = :person", removed=removed, person=creator_id)


def _one(tx: Transaction, condition: str, key: int | str) -> PrivateMessage | None:
    row = tx.one(f"SELECT {PRIVATE_MESSAGE.columns} FROM private_message WHERE {condition}", key=key)
    return PRIVATE_MESSAGE.build(row) if row else None
