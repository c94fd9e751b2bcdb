"""Counters as they stand, with the votes that wait in the log (storage/README.md, "Votes of other instances")."""

from typing import Any, TypeVar

from msgspec import Struct, structs

from lemmy_lite.model.comment import CommentAggregates
from lemmy_lite.model.post import PostAggregates
from lemmy_lite.storage.query import Transaction

V = TypeVar("V", bound=Struct)
C = TypeVar("C", PostAggregates, CommentAggregates)


def counted(tx: Transaction, views: list[V]) -> list[V]:
    """Views of posts or comments, each with its `counts` as they stand."""
    if not tx.pending:
        return views
    return [_view(tx, view) for view in views]


def counts(tx: Transaction, stored: C) -> C:
    """The counters of one post or comment as they stand."""
    if not tx.pending:
        return stored
    if isinstance(stored, PostAggregates):
        up, down = tx.pending.moved(tx.share, "post", stored.post_id)
    else:
        up, down = tx.pending.moved(tx.share, "comment", stored.comment_id)
    if not (up or down):
        return stored
    return structs.replace(stored, score=stored.score + up - down, upvotes=stored.upvotes + up, downvotes=stored.downvotes + down)


def _view(tx: Transaction, view: Any) -> Any:
    now = counts(tx, view.counts)
    return view if now is view.counts else structs.replace(view, counts=now)
