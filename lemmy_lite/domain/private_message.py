"""Private messages: writing, editing, deleting, and reading one's own."""

from lemmy_lite.context import Context
from lemmy_lite.domain import permissions
from lemmy_lite.domain.writing import House
from lemmy_lite.model.clock import micros
from lemmy_lite.model.errors import LemmyError
from lemmy_lite.model.events import PrivateMessageCreated, PrivateMessageDeleted, PrivateMessageEdited
from lemmy_lite.model.ids import PersonId, PrivateMessageId
from lemmy_lite.model.origin import RemoteOrigin
from lemmy_lite.model.paging import Page
from lemmy_lite.model.person import Person
from lemmy_lite.model.private_message import PrivateMessage, PrivateMessageView
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import block, person, private_message
from lemmy_lite.storage.views import private_message as views

__all__ = ["create", "delete", "edit", "existing", "listing", "mark_as_read", "view"]


def create(
    tx: Transaction, context: Context, actor: Person, recipient_id: PersonId, content: str, *, origin: RemoteOrigin | None = None
) -> PrivateMessage:
    """Send a message to a person here or elsewhere, or receive one.

    A received message that is here already is answered as it is. Raises LemmyError: person_is_blocked when the recipient has blocked the
    sender, couldnt_create_private_message when there is no such recipient, and the codes of House.markdown.
    """
    if origin and (known := private_message.by_ap_id(tx, origin.ap_id)):
        return known
    text = House(tx, context, origin.ap_id if origin else None).markdown(content, "private message")
    permissions.require(tx, "private_message.create", actor)
    _require_welcome(tx, actor, recipient_id)
    if person.get(tx, recipient_id) is None:
        raise LemmyError("couldnt_create_private_message")
    written = private_message.insert(
        tx,
        creator_id=actor.id,
        recipient_id=recipient_id,
        content=text,
        ap_id=origin.ap_id if origin else f"new:{actor.id}:{tx.now}",
        local=origin is None,
        published=origin.published if origin else None,
        updated=origin.updated if origin else None,
    )
    if origin is None:
        private_message.update(tx, written.id, ap_id=f"{context.config.base_url}/private_message/{written.id}")
    tx.append(PrivateMessageCreated(actor_id=actor.id, private_message_id=written.id))
    return private_message.existing(tx, written.id)


def edit(
    tx: Transaction,
    context: Context,
    actor: Person,
    private_message_id: PrivateMessageId,
    content: str,
    *,
    origin: RemoteOrigin | None = None,
) -> PrivateMessage:
    """Change a message that one has sent. A received change that is older than what stands here is ignored.

    Who has been blocked since cannot write through an old message (GHSA-46g9-847m-qf8r). Raises LemmyError: couldnt_find_private_message,
    edit_private_message_not_allowed, and those of `create`.
    """
    found = existing(tx, private_message_id)
    permissions.require(tx, "private_message.edit", actor, author_id=found.creator_id)
    text = House(tx, context, origin.ap_id if origin else None).markdown(content, "private message")
    _require_welcome(tx, actor, found.recipient_id)
    if origin and found.updated is not None and (origin.updated is None or micros(found.updated) > origin.updated):
        return found
    private_message.update(tx, found.id, content=text, updated=(origin.updated if origin else None) or tx.now)
    tx.append(PrivateMessageEdited(actor_id=actor.id, private_message_id=found.id))
    return private_message.existing(tx, found.id)


def delete(tx: Transaction, actor: Person, private_message_id: PrivateMessageId, deleted: bool) -> PrivateMessage:
    """Take back a message that one has sent, or restore it; the text stays. Raises LemmyError: couldnt_find_private_message,
    edit_private_message_not_allowed."""
    found = existing(tx, private_message_id)
    permissions.require(tx, "private_message.delete", actor, author_id=found.creator_id)
    if found.deleted != deleted:
        private_message.update(tx, found.id, deleted=deleted)
        tx.append(PrivateMessageDeleted(actor_id=actor.id, private_message_id=found.id, deleted=deleted))
    return private_message.existing(tx, found.id)


def mark_as_read(tx: Transaction, actor: Person, private_message_id: PrivateMessageId, read: bool) -> PrivateMessage:
    """Mark a message that one has received as read or unread. Raises LemmyError: couldnt_find_private_message,
    couldnt_update_private_message for everybody but its recipient."""
    found = existing(tx, private_message_id)
    permissions.require(tx, "private_message.mark", actor, author_id=found.recipient_id)
    private_message.update(tx, found.id, read=read)
    return private_message.existing(tx, found.id)


def existing(tx: Transaction, private_message_id: PrivateMessageId) -> PrivateMessage:
    """A message by id, whatever its state. Raises couldnt_find_private_message."""
    found = private_message.get(tx, private_message_id)
    if found is None:
        raise LemmyError("couldnt_find_private_message")
    return found


def view(tx: Transaction, actor: Person, private_message_id: PrivateMessageId) -> PrivateMessageView:
    """A message as its sender or recipient sees it; for everybody else there is none. Raises couldnt_find_private_message."""
    found = views.read(tx, private_message_id)
    if found is None or actor.id not in (found.private_message.creator_id, found.private_message.recipient_id):
        raise LemmyError("couldnt_find_private_message")
    return found


def listing(
    tx: Transaction, actor: Person, page: Page, *, unread_only: bool = False, other: PersonId | None = None
) -> list[PrivateMessageView]:
    """One page of what a person received and sent, newest first. `other` is the person at the other end, with `unread_only` the sender.

    Left out are messages that were deleted or removed, and those whose recipient has blocked the sender or the sender's instance.
    """
    permissions.require(tx, "private_message.list", actor)
    return views.listing(tx, actor.id, page, unread_only=unread_only, other=other)


def _require_welcome(tx: Transaction, actor: Person, recipient_id: PersonId) -> None:
    if block.holds(tx, "person", recipient_id, actor.id):
        raise LemmyError("person_is_blocked")
