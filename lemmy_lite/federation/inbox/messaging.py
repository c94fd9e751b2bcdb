"""Private messages: Create, Update, Delete and its Undo, from the author's own host only.

Nothing of them is ever announced or fetched: a community that claims to pass one on is refused, and so is a message that is named by its
id alone.
"""

from lemmy_lite.domain import private_message as messages
from lemmy_lite.federation import origins
from lemmy_lite.federation.errors import Refused
from lemmy_lite.federation.inbox.verified import Verified
from lemmy_lite.federation.inbox.voting import find
from lemmy_lite.federation.objects import private_message as of_messages
from lemmy_lite.federation.objects import written
from lemmy_lite.federation.protocol import objects, values
from lemmy_lite.federation.protocol.reading import Malformed, into
from lemmy_lite.storage.tables import person, private_message, tombstone


def is_private(given: Verified) -> bool:
    """Whether what is written or changed is a message to somebody: a ChatMessage, or a Note that the public does not get."""
    document = given.activity.object
    if values.kind(document) == "ChatMessage":
        return True
    return isinstance(document, dict) and values.kind(document) == "Note" and not values.is_public(_addressees(given, document))


def receive(given: Verified) -> None:
    """A message was written or changed."""
    document = _first_hand(given)
    try:
        wire = into(objects.Written, document)
    except Malformed as cause:
        raise Refused("malformed", str(cause)) from cause
    if written.author_id(wire) != given.actor_id:
        raise Refused("foreign_author", f"{given.actor_id[:200]} sends what somebody else wrote")
    given.require_addressed_to(of_messages.recipient_of(given.tx, wire).actor_id)
    of_messages.receive(given.tx, given.evidence, given.context, wire, edited=given.activity.type == "Update")


def concerns(given: Verified, inner: Verified) -> bool:
    """Whether a Delete or its Undo is about a message: one that is here, or something unknown that was addressed to somebody alone.

    Mastodon tells the public of the deletion of direct messages too; Lemmy addresses that of a ChatMessage to its author.
    """
    if private_message.by_ap_id(given.tx, inner.object_id) is not None:
        return True
    addressed = _addressees(given, {})
    if given.announcer is not None or values.is_public(addressed) or find(inner) is not None:
        return False
    return any(given.context.config.local(each) and person.by_actor_id(given.tx, each) is not None for each in addressed)


def set_deleted(given: Verified, inner: Verified, *, deleted: bool) -> None:
    """Its author took a message back, or restores it. One that comes after its deletion does not come to life."""
    if given.announcer is not None:
        raise Refused("foreign_announce", "a private message is not announced")
    origins.require_same(inner.object_id, given.actor_id, "object")
    origins.require_remote(given.context.config, inner.object_id)
    found = private_message.by_ap_id(given.tx, inner.object_id)
    author = written.known_person(given.tx, given.actor_id)
    if found is None:
        (tombstone.put(given.tx, inner.object_id, author.actor_id) if deleted else tombstone.lift(given.tx, inner.object_id))
    elif found.creator_id != author.id:
        raise Refused("foreign_object", f"{given.actor_id[:200]} did not write {found.ap_id}")
    else:
        given.require_addressed_to(author.actor_id, person.existing(given.tx, found.recipient_id).actor_id)
        messages.delete(given.tx, author, found.id, deleted)


def _first_hand(given: Verified) -> dict[str, object]:
    if given.announcer is not None:
        raise Refused("foreign_announce", "a private message is not announced")
    document = given.activity.object
    if not isinstance(document, dict):
        raise Refused("no_object", f"{given.activity.id[:200]} holds no message")
    origins.require_same(given.object_id, given.actor_id, "object")
    return document


def _addressees(given: Verified, document: dict[str, object]) -> list[str]:
    named = (given.activity.to, given.activity.cc, document.get("to"), document.get("cc"))
    return [each for value in named for each in values.every(value)]
