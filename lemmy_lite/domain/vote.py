"""Votes on posts and comments."""

from lemmy_lite.domain import permissions
from lemmy_lite.model.comment import Comment
from lemmy_lite.model.events import VoteCast
from lemmy_lite.model.person import Person
from lemmy_lite.model.post import Post
from lemmy_lite.storage import pending
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import comment, community, post, spent, vote
from lemmy_lite.storage.tables.post import controversy

__all__ = ["cast", "controversy", "own"]


def cast(tx: Transaction, actor: Person, target: Post | Comment, score: int) -> None:
    """Make `score` the actor's vote: 1, -1, or anything else for none. A repeat changes nothing.

    Whether downvotes and bots may vote is the policy of each surface. Raises LemmyError as permissions.require for `post.vote`.
    """
    score = score if score in (1, -1) else 0
    if isinstance(target, Post):
        permissions.require(tx, "post.vote", actor, community=community.existing(tx, target.community_id))
    else:
        of_post = post.existing(tx, target.post_id)
        permissions.require(tx, "comment.vote", actor, community=community.existing(tx, of_post.community_id))
    _cast(tx, actor, target, score)


def own(tx: Transaction, author: Person, target: Post | Comment) -> None:
    """The upvote that everything has from its author from the start: in the unit that enters it, when nobody can have voted yet."""
    _cast(tx, author, target, 1, is_new=True)


def _cast(tx: Transaction, actor: Person, target: Post | Comment, score: int, *, is_new: bool = False) -> None:
    """Votes of other instances may wait in the log for each other, where they come fast (storage/README.md). On what `is_new` there are
    none: nothing is asked for, and its author's own waits for nobody."""
    kind: vote.Kind = "post" if isinstance(target, Post) else "comment"
    before = 0 if is_new else vote.get(tx, kind, target.id, actor.id)
    if before == score:
        return
    if not actor.local and spent.is_folded(tx, kind, target.id):
        return  # it may be counted already: who of other instances has voted on this is not known any more (README.md)
    if isinstance(target, Post):
        tx.append(post.counters(tx, target.id))
    if not is_new and not actor.local and pending.rushes(tx):
        pending.wait(tx, kind, target.id, actor.id, score, before)
    else:
        _store(tx, actor, target, score, before, is_new=is_new)
    tx.append(
        VoteCast(
            actor_id=actor.id,
            post_id=target.id if isinstance(target, Post) else target.post_id,
            comment_id=None if isinstance(target, Post) else target.id,
            score=score,
            before=before,
        )
    )


def _store(tx: Transaction, actor: Person, target: Post | Comment, score: int, before: int, *, is_new: bool) -> None:
    if isinstance(target, Post):
        vote.put(tx, "post", target.id, actor.id, score, local=actor.local)
        post.set_votes(tx, target.id, *_moved(*((0, 0) if is_new else post.votes(tx, target.id)), before, score))
    else:
        vote.put(tx, "comment", target.id, actor.id, score, local=actor.local)
        comment.set_votes(tx, target.id, *_moved(*((0, 0) if is_new else comment.votes(tx, target.id)), before, score))


def _moved(upvotes: int, downvotes: int, before: int, after: int) -> tuple[int, int]:
    """The counters once a vote has changed from one score to another."""
    return upvotes - (before == 1) + (after == 1), downvotes - (before == -1) + (after == -1)
