"""Notes to local people: somebody answered, somebody mentioned them."""

from typing import Final, Literal

from lemmy_lite.model.ids import CommentId, PersonId
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import rows

Kind = Literal["comment_reply", "person_mention"]

_UNREAD: Final = """
  SELECT COUNT(*) FROM {kind} note JOIN comment ON comment.id = note.comment_id JOIN person author ON author.id = comment.creator_id
   WHERE note.recipient_id = :me AND NOT note.read AND NOT comment.deleted AND NOT comment.removed
     AND NOT EXISTS (SELECT 1 FROM person_block b WHERE b.person_id = :me AND b.target_id = comment.creator_id)
     AND (NOT author.bot_account OR EXISTS (SELECT 1 FROM local_user WHERE person_id = :me AND show_bot_accounts))
"""


def insert(tx: Transaction, kind: Kind, recipient_id: PersonId, comment_id: CommentId) -> bool:
    """Leave a note; answers False when it was left before."""
    return (
        tx.run(
            f"""INSERT INTO {kind} (recipient_id, comment_id, published) VALUES (:recipient, :comment, :now)
                ON CONFLICT (recipient_id, comment_id) DO NOTHING""",
            recipient=recipient_id,
            comment=comment_id,
            now=tx.now,
        )
        > 0
    )


def mark_answered(tx: Transaction, recipient_id: PersonId, comment_id: CommentId) -> None:
    """What told a person of a comment counts as read: they have answered it."""
    for kind in ("comment_reply", "person_mention"):
        tx.run(
            f"UPDATE {kind} SET read = TRUE WHERE recipient_id = :person AND comment_id = :comment", person=recipient_id, comment=comment_id
        )


def recipients(tx: Transaction, comment_id: CommentId) -> list[PersonId]:
    """Who was told of a comment."""
    return tx.column(
        """SELECT recipient_id FROM comment_reply WHERE comment_id = :id
           UNION SELECT recipient_id FROM person_mention WHERE comment_id = :id ORDER BY 1""",
        id=comment_id,
    )


def unread_recipients(tx: Transaction, kind: Kind, comment_id: CommentId) -> list[PersonId]:
    """Who was told of a comment in this way and has not read it."""
    return tx.column(f"SELECT recipient_id FROM {kind} WHERE comment_id = :id AND NOT read ORDER BY recipient_id", id=comment_id)


def unread(tx: Transaction, person_id: PersonId) -> tuple[int, int, int]:
    """How many unread replies, mentions and private messages wait, but for those of blocked authors, in what is deleted or removed, and
    of bots where the person does not want to see them. One statement: it is asked with every page."""
    found = tx.one(
        f"""SELECT ({_UNREAD.format(kind="comment_reply")}), ({_UNREAD.format(kind="person_mention")}),
                (SELECT COUNT(*) FROM private_message message JOIN person creator ON creator.id = message.creator_id
                  WHERE message.recipient_id = :me AND NOT message.read AND NOT message.deleted AND NOT message.removed
                    AND NOT EXISTS (SELECT 1 FROM person_block b WHERE b.person_id = :me AND b.target_id = message.creator_id)
                    AND NOT EXISTS (SELECT 1 FROM instance_block b
                                     WHERE b.person_id = :me AND b.instance_id = creator.instance_id))""",
        me=person_id,
    )
    replies, mentions, messages = found or (0, 0, 0)
    return replies, mentions, messages


def recipient(tx: Transaction, kind: Kind, number: int) -> PersonId | None:
    """Whom a note is for, None when there is no such note."""
    found: PersonId | None = tx.value(f"SELECT recipient_id FROM {kind} WHERE id = :id", id=number)
    return found


def mark(tx: Transaction, kind: Kind, number: int, *, read: bool) -> None:
    """Mark one note as read or unread."""
    rows.update(tx, kind, "id", number, read=read)


def mark_all_as_read(tx: Transaction, recipient_id: PersonId) -> None:
    """Every reply and mention of a person counts as read."""
    for kind in ("comment_reply", "person_mention"):
        tx.run(f"UPDATE {kind} SET read = TRUE WHERE recipient_id = :person AND NOT read", person=recipient_id)
