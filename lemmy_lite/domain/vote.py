"""Votes on posts and comments."""

from lemmy_lite.domain import permissions
from lemmy_lite.model.comment import Comment
from lemmy_lite.model.events import VoteCast
from lemmy_lite.model.person import Person
from lemmy_lite.model.post import Post
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import comment, community, post, vote


def cast(tx: Transaction, actor: Person, target: Post | Comment, score: int) -> None:
    """Make `score` the actor's vote: 1, -1, or anything else for none. A repeat changes nothing.

    Whether downvotes and bots may vote is the policy of each surface. Raises LemmyError as permissions.require for `post.vote`.
    """
    score = score if score in (1, -1) else 0
    if isinstance(target, Post):
        permissions.require(tx, "post.vote", actor, community=community.existing(tx, target.community_id))
        _on_post(tx, actor, target, score)
    else:
        of_post = post.existing(tx, target.post_id)
        permissions.require(tx, "comment.vote", actor, community=community.existing(tx, of_post.community_id))
        _on_comment(tx, actor, target, score)


def controversy(upvotes: int, downvotes: int) -> float:
    """Lemmy's controversy: all votes to the power of how evenly they stand, 0 while one side is empty (performance.md 1.4)."""
    if upvotes <= 0 or downvotes <= 0:
        return 0.0
    return float((upvotes + downvotes) ** (min(upvotes, downvotes) / max(upvotes, downvotes)))


def _on_post(tx: Transaction, actor: Person, target: Post, score: int) -> None:
    before = vote.get(tx, "post", target.id, actor.id)
    if before == score:
        return
    counted = post.counters(tx, target.id)
    vote.put(tx, "post", target.id, actor.id, score, local=actor.local)
    tx.append(counted)
    upvotes, downvotes = _moved(counted.upvotes, counted.downvotes, before, score)
    post.set_votes(tx, target.id, upvotes, downvotes, controversy(upvotes, downvotes))
    tx.append(VoteCast(actor_id=actor.id, post_id=target.id, score=score, before=before))


def _on_comment(tx: Transaction, actor: Person, target: Comment, score: int) -> None:
    before = vote.get(tx, "comment", target.id, actor.id)
    if before == score:
        return
    upvotes, downvotes = comment.votes(tx, target.id)
    vote.put(tx, "comment", target.id, actor.id, score, local=actor.local)
    comment.set_votes(tx, target.id, *_moved(upvotes, downvotes, before, score))
    tx.append(VoteCast(actor_id=actor.id, post_id=target.post_id, comment_id=target.id, score=score, before=before))


def _moved(upvotes: int, downvotes: int, before: int, after: int) -> tuple[int, int]:
    """The counters once a vote has changed from one score to another."""
    return upvotes - (before == 1) + (after == 1), downvotes - (before == -1) + (after == -1)
