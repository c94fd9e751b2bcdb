"""Replies and mentions as their recipient sees them. The texts are whole even where a comment is deleted or removed: the recipient was told
of it when it was written (contract, "deleted content"). The post is as for anybody."""

from enum import StrEnum
from typing import Any, Final, TypeVar

from lemmy_lite.model.clock import Micros
from lemmy_lite.model.comment import Comment, CommentAggregates
from lemmy_lite.model.ids import PersonId
from lemmy_lite.model.notification import CommentReply, CommentReplyView, PersonMention, PersonMentionView
from lemmy_lite.model.struct import Struct
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.shapes import Shape
from lemmy_lite.storage.tables.notification import Kind
from lemmy_lite.storage.views import beside
from lemmy_lite.storage.views.comment import COMMENT_FROM
from lemmy_lite.storage.views.comment_listing import Part
from lemmy_lite.storage.views.community import SUBSCRIBED
from lemmy_lite.storage.views.counted import counted
from lemmy_lite.storage.views.person import person_shape

V = TypeVar("V", bound=Struct)

_PARTS: Final[dict[str, Shape[Any] | str]] = {
    "comment": Shape(Comment, "comment"),
    "creator": person_shape("creator"),
    "post": beside.POST,
    "community": beside.COMMUNITY,
    "recipient": person_shape("recipient"),
    "counts": Shape(CommentAggregates, "counts"),
    "creator_banned_from_community": "creator_ban.person_id IS NOT NULL",
    "banned_from_community": "ban.person_id IS NOT NULL",
    "creator_is_moderator": "creator_role.person_id IS NOT NULL",
    "creator_is_admin": "COALESCE(creator_user.admin, FALSE)",
    "subscribed": SUBSCRIBED,
    "saved": "saved.person_id IS NOT NULL",
    "creator_blocked": "block.person_id IS NOT NULL",
    "my_vote": "vote.score",
}
COMMENT_REPLY_VIEW: Shape[CommentReplyView] = Shape(CommentReplyView, "", comment_reply=Shape(CommentReply, "note"), **_PARTS)
PERSON_MENTION_VIEW: Shape[PersonMentionView] = Shape(PersonMentionView, "", person_mention=Shape(PersonMention, "note"), **_PARTS)
_NOTED = """
  JOIN {kind} note ON note.comment_id = comment.id
  JOIN person recipient ON recipient.id = note.recipient_id
 WHERE note.id AMONG :ids
"""
_REPLIES = f"SELECT {COMMENT_REPLY_VIEW.columns} {COMMENT_FROM} {_NOTED.format(kind='comment_reply')}"
_MENTIONS = f"SELECT {PERSON_MENTION_VIEW.columns} {COMMENT_FROM} {_NOTED.format(kind='person_mention')}"


class NoteQuery(Struct):
    """Whose notes of which kind are asked for."""

    kind: Kind
    recipient_id: PersonId
    unread_only: bool
    show_bots: bool


class Order(StrEnum):
    """An order that SQL makes. By their own time notes go as they were left, by that of the comment as it was written."""

    NEW = "note.published DESC, note.id DESC"
    OLD = "note.published, note.id"
    NEW_COMMENT = "comment.published DESC, note.id DESC"
    OLD_COMMENT = "comment.published, note.id"
    TOP = "counts.score DESC, note.id DESC"


class Key(Struct):
    """What the order of a note hangs on; `published` is that of the comment."""

    id: int
    published: Micros
    score: int
    upvotes: int
    downvotes: int


_KEY = Shape(Key, "counts", id="note.id", published="comment.published")


def keys(
    tx: Transaction,
    query: NoteQuery,
    order: Order | None,
    *,
    part: Part = Part.ALL,
    since: Micros = 0,
    limit: int | None = None,
    offset: int = 0,
) -> list[Key]:
    """The keys of a person's notes, but for those of blocked authors; `since` parts the fresh from the others, None is no limit."""
    unread = " AND NOT note.read" if query.unread_only else ""
    bots = "" if query.show_bots else " AND NOT author.bot_account"
    sort = f" ORDER BY {order}" if order else ""
    cut = "" if limit is None else " LIMIT :limit OFFSET :offset"
    rows = tx.all(
        f"""SELECT {_KEY.columns} FROM {query.kind} note
              JOIN comment ON comment.id = note.comment_id
              JOIN comment_aggregates counts ON counts.comment_id = note.comment_id
              JOIN person author ON author.id = comment.creator_id
             WHERE note.recipient_id = :me{unread}{bots}{part}
               AND NOT EXISTS (SELECT 1 FROM person_block b WHERE b.person_id = :me AND b.target_id = comment.creator_id){sort}{cut}""",
        me=query.recipient_id,
        now=tx.now,
        since=since,
        limit=limit,
        offset=offset,
    )
    return [_KEY.build(row) for row in rows]


def replies(tx: Transaction, viewer_id: PersonId, ids: list[int]) -> list[CommentReplyView]:
    """The replies with these ids, in their order: the caller has chosen what may be seen."""
    return _by_ids(tx, COMMENT_REPLY_VIEW, _REPLIES, viewer_id, ids)


def mentions(tx: Transaction, viewer_id: PersonId, ids: list[int]) -> list[PersonMentionView]:
    """The mentions with these ids, in their order: the caller has chosen what may be seen."""
    return _by_ids(tx, PERSON_MENTION_VIEW, _MENTIONS, viewer_id, ids)


def _by_ids(tx: Transaction, shape: Shape[V], select: str, viewer_id: PersonId, ids: list[int]) -> list[V]:
    if not ids:
        return []
    found = {row[0]: row for row in tx.all(select, ids=ids, viewer=viewer_id, now=tx.now)}
    return counted(tx, [shape.build(found[number]) for number in ids if number in found])
