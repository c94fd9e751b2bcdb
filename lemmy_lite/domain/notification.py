"""Notes to local people about comments: replies and mentions, written in the transaction of the comment itself."""

from collections.abc import Iterator

from lemmy_lite.context import Context
from lemmy_lite.domain import comment as comments
from lemmy_lite.domain import person as people
from lemmy_lite.model.comment import Comment
from lemmy_lite.model.events import CommentCreated, CommentEdited, Event
from lemmy_lite.model.ids import LocalUserId, PersonId
from lemmy_lite.model.person import Person
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import block, comment, community, local_user, notification, person, post
from lemmy_lite.text import mentions

MOST_MENTIONS = 50
"""People whom one comment can call: more is an alarm bell for spammers."""


def within(context: Context, tx: Transaction, event: Event) -> None:
    """Subscriber of the database: leave the notes of a new comment, and those of mentions that an edit added."""
    if isinstance(event, CommentCreated):
        written = comment.existing(tx, event.comment_id)
        author = person.existing(tx, event.actor_id)
        parent = _parent_author(tx, written)
        if parent is not None and _wants(tx, parent, author, written):
            notification.insert(tx, "comment_reply", parent, written.id)
        _mention(tx, context, written, author, {parent})
    elif isinstance(event, CommentEdited):
        written = comment.existing(tx, event.comment_id)
        told: set[PersonId | None] = set(notification.recipients(tx, written.id))
        _mention(tx, context, written, person.existing(tx, event.actor_id), told)


def recipients(tx: Transaction, written: Comment) -> list[LocalUserId]:
    """The accounts that were told of a comment, for `recipient_ids` of API v3."""
    accounts = (local_user.of_person(tx, recipient) for recipient in notification.recipients(tx, written.id))
    return [account.id for account in accounts if account is not None]


def unread(tx: Transaction, person_id: PersonId) -> tuple[int, int, int]:
    """Unread replies, mentions and private messages."""
    return notification.unread(tx, person_id)


def _parent_author(tx: Transaction, written: Comment) -> PersonId | None:
    above = comments.ancestors(written.path)
    if above:
        parent = comment.get(tx, above[-1])
        return parent.creator_id if parent else None
    return post.existing(tx, written.post_id).creator_id


def _mention(tx: Transaction, context: Context, written: Comment, author: Person, told: set[PersonId | None]) -> None:
    for mentioned in _mentioned(tx, context, written.content):
        if mentioned not in told and _wants(tx, mentioned, author, written):
            notification.insert(tx, "person_mention", mentioned, written.id)


def _mentioned(tx: Transaction, context: Context, text: str) -> Iterator[PersonId]:
    for mention in mentions.find(text)[:MOST_MENTIONS]:
        if mention.host.lower() == context.config.hostname.lower():
            found = people.named(tx, context, mention.name)
            if found is not None:
                yield found.id


def _wants(tx: Transaction, recipient_id: PersonId, author: Person, written: Comment) -> bool:
    """Only local people are told, never of their own words, and not by whom or where they have blocked."""
    recipient = person.get(tx, recipient_id)
    if recipient is None or not recipient.local or recipient.deleted or recipient.id == author.id:
        return False
    of_post = post.existing(tx, written.post_id)
    home = community.existing(tx, of_post.community_id)
    return not (
        block.holds(tx, "person", recipient.id, author.id)
        or block.holds(tx, "community", recipient.id, home.id)
        or block.holds(tx, "instance", recipient.id, author.instance_id)
        or block.holds(tx, "instance", recipient.id, home.instance_id)
    )
