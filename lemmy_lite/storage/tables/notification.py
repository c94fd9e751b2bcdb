"""Notes to local people: somebody answered, somebody mentioned them."""

from typing import Literal

from lemmy_lite.model.ids import CommentId, PersonId
from lemmy_lite.storage.query import Transaction

Kind = Literal["comment_reply", "person_mention"]


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


def recipients(tx: Transaction, comment_id: CommentId) -> list[PersonId]:
    """Who was told of a comment."""
    return tx.column(
        """SELECT recipient_id FROM comment_reply WHERE comment_id = :id
           UNION SELECT recipient_id FROM person_mention WHERE comment_id = :id ORDER BY 1""",
        id=comment_id,
    )


def unread(tx: Transaction, person_id: PersonId) -> tuple[int, int, int]:
    """How many unread replies, mentions and private messages wait, from authors who are not blocked and in nothing removed."""
    messages = tx.value(
        """SELECT COUNT(*) FROM private_message message WHERE recipient_id = :me AND NOT read AND NOT deleted AND NOT removed
              AND NOT EXISTS (SELECT 1 FROM person_block b WHERE b.person_id = :me AND b.target_id = message.creator_id)""",
        me=person_id,
    )
    return _unread(tx, "comment_reply", person_id), _unread(tx, "person_mention", person_id), messages


def _unread(tx: Transaction, kind: Kind, person_id: PersonId) -> int:
    number: int = tx.value(
        f"""SELECT COUNT(*) FROM {kind} note JOIN comment ON comment.id = note.comment_id
             WHERE note.recipient_id = :me AND NOT note.read AND NOT comment.deleted AND NOT comment.removed
               AND NOT EXISTS (SELECT 1 FROM person_block b WHERE b.person_id = :me AND b.target_id = comment.creator_id)""",
        me=person_id,
    )
    return number
