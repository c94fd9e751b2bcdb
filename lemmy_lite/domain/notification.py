"""Notes to local people about comments: replies and mentions. They are written in the transaction of the comment itself."""

from collections.abc import Iterator
from typing import Final

from lemmy_lite.context import Context
from lemmy_lite.domain import comment as comments
from lemmy_lite.domain import permissions
from lemmy_lite.domain import person as people
from lemmy_lite.domain.ranking import RANKED_FOR, hot_rank
from lemmy_lite.domain.vote import controversy
from lemmy_lite.model.comment import Comment
from lemmy_lite.model.errors import LemmyError
from lemmy_lite.model.events import CommentCreated, CommentEdited, Event
from lemmy_lite.model.ids import CommentReplyId, LocalUserId, PersonId, PersonMentionId
from lemmy_lite.model.listing import CommentSortType
from lemmy_lite.model.notification import CommentReplyView, PersonMentionView
from lemmy_lite.model.paging import Page
from lemmy_lite.model.person import Person
from lemmy_lite.model.viewer import Viewer
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import block, comment, community, local_user, notification, person, post, private_message
from lemmy_lite.storage.views import notification as views
from lemmy_lite.storage.views.comment_listing import Part
from lemmy_lite.storage.views.notification import Key, NoteQuery, Order
from lemmy_lite.text import mentions

MOST_MENTIONS = 50
"""People whom one comment can call: more is an alarm bell for spammers."""


HEARS: Final = (CommentCreated, CommentEdited)


def within(context: Context, tx: Transaction, event: Event) -> None:
    """Subscriber of the database: leave the notes of a new comment, and those of mentions that an edit added."""
    if isinstance(event, CommentCreated):
        written = comment.existing(tx, event.comment_id)
        author = person.existing(tx, event.actor_id)
        parent = _parent_author(tx, written)
        if parent is not None and _wants(tx, parent, author, written):
            notification.insert(tx, "comment_reply", parent, written.id)
        # Who answers has read: Lemmy marks the note of the comment above (its api_crud/comment/create.rs).
        for above in comments.ancestors(written.path)[-1:]:
            notification.mark_answered(tx, author.id, above)
        _mention(tx, context, written, author, {parent}, event.called)
    elif isinstance(event, CommentEdited):
        written = comment.existing(tx, event.comment_id)
        told: set[PersonId | None] = set(notification.recipients(tx, written.id))
        _mention(tx, context, written, person.existing(tx, event.actor_id), told, event.called)


def recipients(tx: Transaction, written: Comment) -> list[LocalUserId]:
    """The accounts that were told of a comment, for `recipient_ids` of API v3."""
    accounts = (local_user.of_person(tx, recipient) for recipient in notification.recipients(tx, written.id))
    return [account.id for account in accounts if account is not None]


def unread(tx: Transaction, person_id: PersonId) -> tuple[int, int, int]:
    """Unread replies, mentions and private messages."""
    return notification.unread(tx, person_id)


def replies(
    tx: Transaction, viewer: Viewer, page: Page, *, sort: CommentSortType = CommentSortType.NEW, unread_only: bool = False
) -> list[CommentReplyView]:
    """One page of the answers to what the viewer wrote, by their own time where that is the order; two or three statements.

    Left out are those of people whom the viewer has blocked, and of bots where the viewer does not want to see them.
    """
    permissions.require(tx, "notification.list", viewer.person)
    return views.replies(tx, viewer.id, _listed(tx, viewer, "comment_reply", page, sort, unread_only))


def person_mentions(
    tx: Transaction, viewer: Viewer, page: Page, *, sort: CommentSortType = CommentSortType.HOT, unread_only: bool = False
) -> list[PersonMentionView]:
    """One page of the comments that name the viewer, by the comment's time where that is the order; else as `replies`."""
    permissions.require(tx, "notification.list", viewer.person)
    return views.mentions(tx, viewer.id, _listed(tx, viewer, "person_mention", page, sort, unread_only))


def mark_reply(tx: Transaction, viewer: Viewer, reply_id: CommentReplyId, read: bool) -> CommentReplyView:
    """Mark an answer to oneself as read or unread. Raises LemmyError: couldnt_find_comment_reply, couldnt_update_comment for others'."""
    _mark(tx, viewer, "comment_reply", reply_id, read, "couldnt_find_comment_reply")
    return views.replies(tx, viewer.id, [reply_id])[0]


def mark_mention(tx: Transaction, viewer: Viewer, mention_id: PersonMentionId, read: bool) -> PersonMentionView:
    """Mark a mention of oneself as read or unread. Raises LemmyError: couldnt_find_person_mention, couldnt_update_comment for others'."""
    _mark(tx, viewer, "person_mention", mention_id, read, "couldnt_find_person_mention")
    return views.mentions(tx, viewer.id, [mention_id])[0]


def mark_all_as_read(tx: Transaction, actor: Person) -> None:
    """Everything in the actor's inbox counts as read: replies, mentions and private messages."""
    permissions.require(tx, "notification.list", actor)
    notification.mark_all_as_read(tx, actor.id)
    private_message.mark_all_as_read(tx, actor.id)


def _mark(tx: Transaction, viewer: Viewer, kind: notification.Kind, number: int, read: bool, missing: str) -> None:
    recipient = notification.recipient(tx, kind, number)
    if recipient is None:
        raise LemmyError(missing)
    permissions.require(tx, "notification.mark", viewer.person, author_id=recipient)
    notification.mark(tx, kind, number, read=read)


def _listed(tx: Transaction, viewer: Viewer, kind: notification.Kind, page: Page, sort: CommentSortType, unread_only: bool) -> list[int]:
    """The notes on one page. Ranks that SQL does not compute come first, sorted here; the rest follows in an order that SQL makes."""
    query = NoteQuery(kind=kind, recipient_id=viewer.id, unread_only=unread_only, show_bots=viewer.local_user.show_bot_accounts)
    since = tx.now - RANKED_FOR
    newest, oldest = (Order.NEW, Order.OLD) if kind == "comment_reply" else (Order.NEW_COMMENT, Order.OLD_COMMENT)
    first: list[Key] = []
    rest, order = Part.ALL, {CommentSortType.OLD: oldest, CommentSortType.TOP: Order.TOP}.get(sort, newest)
    if sort is CommentSortType.HOT:
        rest, order = Part.NOT_FRESH, Order.TOP
        first = views.keys(tx, query, None, part=Part.FRESH, since=since)
        first.sort(key=lambda key: (hot_rank(key.score, tx.now - key.published), key.id), reverse=True)
    elif sort is CommentSortType.CONTROVERSIAL:
        rest = Part.NOT_CONTESTED
        first = views.keys(tx, query, None, part=Part.CONTESTED)
        first.sort(key=lambda key: (controversy(key.upvotes, key.downvotes), key.id), reverse=True)
    found = first[page.offset : page.offset + page.limit]
    if missing := page.limit - len(found):
        found += views.keys(tx, query, order, part=rest, since=since, limit=missing, offset=max(0, page.offset - len(first)))
    return [key.id for key in found]


def _parent_author(tx: Transaction, written: Comment) -> PersonId | None:
    above = comments.ancestors(written.path)
    if above:
        parent = comment.get(tx, above[-1])
        return parent.creator_id if parent else None
    return post.existing(tx, written.post_id).creator_id


def _mention(
    tx: Transaction, context: Context, written: Comment, author: Person, told: set[PersonId | None], called: tuple[PersonId, ...]
) -> None:
    for mentioned in dict.fromkeys([*_mentioned(tx, context, written.content), *called[:MOST_MENTIONS]]):
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
