"""Private messages on the wire: ChatMessage, or the Note to one person that Mastodon and its kin know instead.

They have no document at their id: what is written to one person is fetched by nobody (security.md, rule 11). So they are believed only as
their author's own host sends them.
"""

import re
from typing import Final

from lemmy_lite.context import Context
from lemmy_lite.domain import private_message as messages
from lemmy_lite.federation import origins
from lemmy_lite.federation.errors import Gone, Refused
from lemmy_lite.federation.evidence import Evidence
from lemmy_lite.federation.objects import attachments, texts, written
from lemmy_lite.federation.objects.post import is_newer
from lemmy_lite.federation.protocol import objects, values
from lemmy_lite.model.clock import micros
from lemmy_lite.model.instance import Instance
from lemmy_lite.model.person import Person
from lemmy_lite.model.private_message import PrivateMessage
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import comment, instance, person, post, private_message, tombstone

READ_CHAT_MESSAGES: Final = frozenset({"lemmy", "lemmy_lite", "piefed", "mbin", "kbin", "pleroma", "lotide"})
"""Software that takes a ChatMessage; Lemmy from 1.0 on takes both and sends Notes. Akkoma has given up what Pleroma has."""

# The call of the receiver in front, which Mastodon needs to send anything to anybody.
_CALL: Final = re.compile(r"\s*\[@[^\[\]\s]+\]\((?P<href>[^()\s]+)\)[ \t]*")


def takes_chat_messages(home: Instance | None) -> bool:
    """Whether an instance understands ChatMessage; one that was not asked yet is most likely a Lemmy."""
    if home is None or home.software is None:
        return True
    name = home.software.lower()
    if name == "lemmy":
        return (home.version or "0").startswith("0")
    return name in READ_CHAT_MESSAGES


def to_wire(tx: Transaction, context: Context, found: PrivateMessage) -> objects.Written:
    """The document of a message, in the form that the receiver's home understands."""
    recipient = person.existing(tx, found.recipient_id)
    chat = takes_chat_messages(instance.get(tx, recipient.instance_id))
    return objects.Written(
        id=found.ap_id,
        type="ChatMessage" if chat else "Note",
        attributed_to=person.existing(tx, found.creator_id).actor_id,
        to=[recipient.actor_id],
        content=texts.html(tx, context, found.content),
        media_type="text/html",
        source=values.written(found.content),
        published=texts.when(found.published),
        updated=texts.when(found.updated),
        # Mastodon takes a Note for a direct message only where the addressee is called.
        tag=None if chat else [written.call(recipient)],
    )


def recipient_of(tx: Transaction, wire: objects.Written) -> Person:
    """The one local person to whom a message is addressed. Raises Refused: not_private, wrong_addressee."""
    addressed = dict.fromkeys([*values.every(wire.to), *values.every(wire.cc)])
    addressed.pop(written.author_id(wire), None)
    if values.is_public(addressed):
        raise Refused("not_private", f"{wire.id[:200]} is addressed to the public")
    found = person.by_actor_id(tx, next(iter(addressed))) if len(addressed) == 1 else None
    if found is None or not found.local or found.deleted:
        raise Refused("wrong_addressee", f"{wire.id[:200]} is not written to one person of this instance")
    return found


def receive(tx: Transaction, evidence: Evidence, context: Context, wire: objects.Written, *, edited: bool) -> PrivateMessage:
    """Enter a message, or change it when this is newer. Raises Needs (its author, its text), Refused, LemmyError."""
    origins.require_remote(context.config, wire.id)
    origins.require_same(wire.id, written.author_id(wire), "author")
    if tombstone.holds(tx, wire.id):
        raise Gone(wire.id)
    recipient = recipient_of(tx, wire)
    _require_no_thread(tx, wire)
    author = written.author(tx, wire)
    content = _content(evidence, wire, recipient)
    known = private_message.by_ap_id(tx, wire.id)
    origin = written.origin(tx, wire)
    if known is None:
        return messages.create(tx, context, author, recipient.id, content, origin=origin)
    if (known.creator_id, known.recipient_id) != (author.id, recipient.id):
        raise Refused("foreign_object", f"{wire.id[:200]} was written by or to somebody else")
    if not is_newer(origin, micros(known.updated) if known.updated else None, edited=edited):
        return known
    return messages.edit(tx, context, author, known.id, content, origin=origin)


def _require_no_thread(tx: Transaction, wire: objects.Written) -> None:
    """What answers a post or comment, but not in public, is neither a comment nor a message of its own."""
    parent_id = values.one(wire.in_reply_to)
    if parent_id is not None and (post.by_ap_id(tx, parent_id) or comment.by_ap_id(tx, parent_id)):
        raise Refused("not_public", f"{wire.id[:200]} answers {parent_id[:200]}, but not in public")


def _content(evidence: Evidence, wire: objects.Written, recipient: Person) -> str:
    content = texts.markdown_of(evidence, wire.id, wire.content, wire.source, wire.media_type) or ""
    if (call := _CALL.match(content)) and call["href"] == recipient.actor_id:
        content = content[call.end() :]
    content = attachments.appended(content, attachments.listed(wire))
    if not content:
        raise Refused("no_content", f"{wire.id[:200]} says nothing")
    return texts.shortened_to(content, "private message")
