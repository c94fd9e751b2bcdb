"""Comments and their counters. A path is the ids from the root `0` down to the comment itself, joined by dots."""

from typing import Any

from lemmy_lite.model.clock import Micros
from lemmy_lite.model.comment import Comment
from lemmy_lite.model.ids import CommentId, LanguageId, PersonId, PostId
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.shapes import Shape
from lemmy_lite.storage.tables import rows, search_text

COMMENT = Shape(Comment, "comment")


def insert(
    tx: Transaction,
    *,
    post_id: PostId,
    creator_id: PersonId,
    content: str,
    parent_path: str,
    local: bool,
    ap_id: str,
    language_id: LanguageId,
    published: Micros | None = None,
    **values: Any,
) -> Comment:
    """Enter a comment below `parent_path` ("0" for the top level). An `ap_id` of "" is completed by the caller's `update`."""
    when = tx.now if published is None else published
    number = rows.insert(
        tx,
        "comment",
        post_id=post_id,
        creator_id=creator_id,
        content=content,
        path=parent_path,
        local=local,
        ap_id=ap_id,
        language_id=language_id,
        published=when,
        **values,
    )
    tx.run("UPDATE comment SET path = :path WHERE id = :id", path=f"{parent_path}.{number}", id=number)
    tx.run("INSERT INTO comment_aggregates (comment_id, published) VALUES (:id, :published)", id=number, published=when)
    search_text.enter(tx, search_text.COMMENT, number, {"content": content, **values})
    return existing(tx, CommentId(number))


def get(tx: Transaction, comment_id: CommentId) -> Comment | None:
    """The comment with this id."""
    return _one(tx, "id = :key", comment_id)


def existing(tx: Transaction, comment_id: CommentId) -> Comment:
    """The comment of a row that a foreign key keeps there."""
    comment = get(tx, comment_id)
    if comment is None:
        raise LookupError(f"comment {comment_id}")
    return comment


def by_ap_id(tx: Transaction, ap_id: str) -> Comment | None:
    """The comment whose ActivityPub id this is."""
    return _one(tx, "ap_id = :key", ap_id)


def update(tx: Transaction, comment_id: CommentId, **values: Any) -> None:
    """Change columns of a comment; what is searched follows."""
    with search_text.following(tx, search_text.COMMENT, comment_id, values):
        rows.update(tx, "comment", "id", comment_id, **values)


def html(tx: Transaction, comment_ids: list[CommentId]) -> dict[CommentId, tuple[str | None, int]]:
    """The rendered contents of some comments, each with the version of the renderer that made it."""
    found = tx.all("SELECT id, html, html_version FROM comment WHERE id AMONG :ids", ids=list(comment_ids))
    return {row[0]: (row[1], row[2]) for row in found}


def count_children(tx: Transaction, ancestors: list[CommentId], by: int) -> None:
    """Add to the number of descendants of some comments."""
    if ancestors:
        tx.run("UPDATE comment_aggregates SET child_count = child_count + :by WHERE comment_id AMONG :ids", by=by, ids=list(ancestors))


def votes(tx: Transaction, comment_id: CommentId) -> tuple[int, int]:
    """Upvotes and downvotes as they are stored."""
    found = votes_if_there(tx, comment_id)
    if found is None:
        raise LookupError(f"comment {comment_id}")
    return found


def votes_if_there(tx: Transaction, comment_id: CommentId) -> tuple[int, int] | None:
    """The same; None where there is no such comment."""
    row = tx.one("SELECT upvotes, downvotes FROM comment_aggregates WHERE comment_id = :id", id=comment_id)
    return (row[0], row[1]) if row else None


def set_votes(tx: Transaction, comment_id: CommentId, upvotes: int, downvotes: int) -> None:
    """The vote counters of a comment, with the score that follows from them."""
    tx.run(
        "UPDATE comment_aggregates SET score = :score, upvotes = :up, downvotes = :down WHERE comment_id = :id",
        score=upvotes - downvotes,
        up=upvotes,
        down=downvotes,
        id=comment_id,
    )


def _one(tx: Transaction, condition: str, key: int | str) -> Comment | None:
    return tx.recalled(("comment",), f"SELECT {COMMENT.columns} FROM comment WHERE {condition}", COMMENT.build, key=key)
