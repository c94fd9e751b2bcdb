"""Private messages to people elsewhere: into the recipient's own inbox and nowhere else, and shown to nobody who asks for the activity."""

from lemmy_lite.federation import outgoing
from lemmy_lite.federation.objects import private_message as of_messages
from lemmy_lite.federation.outbox.log import Outbox
from lemmy_lite.federation.protocol.activities import Activity
from lemmy_lite.model import events
from lemmy_lite.model.person import Person
from lemmy_lite.model.private_message import PrivateMessage
from lemmy_lite.storage.tables import person, private_message


def message_written(outbox: Outbox, author: Person, event: events.PrivateMessageCreated | events.PrivateMessageEdited) -> None:
    """A message is new, or changed."""
    found = private_message.existing(outbox.tx, event.private_message_id)
    kind = "Create" if isinstance(event, events.PrivateMessageCreated) else "Update"
    recipient = person.existing(outbox.tx, found.recipient_id)
    document = of_messages.to_wire(outbox.tx, outbox.context, found)
    _send(outbox, found, author, recipient, outgoing.to_one_person(outbox.context, kind, author, recipient, document))


def message_deleted(outbox: Outbox, author: Person, event: events.PrivateMessageDeleted) -> None:
    """A message was taken back, or restored."""
    found = private_message.existing(outbox.tx, event.private_message_id)
    recipient = person.existing(outbox.tx, found.recipient_id)
    activity = outgoing.to_one_person(outbox.context, "Delete", author, recipient, found.ap_id)
    _send(outbox, found, author, recipient, activity if event.deleted else outgoing.undo(outbox.context, activity))


def _send(outbox: Outbox, found: PrivateMessage, author: Person, recipient: Person, activity: Activity) -> None:
    if not recipient.local:
        outbox.to_one(activity, author.actor_id, recipient.actor_id, found.ap_id, own_inbox=True)
