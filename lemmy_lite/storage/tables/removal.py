"""Removing, or restoring, all that a person wrote: in sets, as a busy person may have written tens of thousands of things."""

from typing import Any, NamedTuple

from lemmy_lite.model.ids import CommentId, CommunityId, PersonId, PostId
from lemmy_lite.model.modlog import ModlogActionType
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import search_text


class RemovedPost(NamedTuple):
    """A post whose `removed` changed, with what the counters need: whether it counted otherwise, and how many comments hang on it."""

    id: PostId
    community_id: CommunityId
    local: bool
    deleted: bool
    comments: int


class RemovedComment(NamedTuple):
    """A comment whose `removed` changed, with what the counters need. `post_counts`: its post is neither deleted nor removed."""

    id: CommentId
    post_id: PostId
    community_id: CommunityId
    local: bool
    deleted: bool
    path: str
    post_counts: bool


def posts(
    tx: Transaction, creator_id: PersonId, community_id: CommunityId | None, *, removed: bool, judged_too: bool = True
) -> list[RemovedPost]:
    """Set `removed` on a person's posts, in one community or everywhere; answers those that changed.

    Without `judged_too` posts that were removed one by one, or in a community from which the person is banned, are left as they are.
    """
    where, values = _where(creator_id, community_id)
    if not judged_too:
        where += _unjudged("post.id", ModlogActionType.MOD_REMOVE_POST, "post.community_id")
    changed = tx.column(f"SELECT id FROM post WHERE {where} AND removed <> :removed", removed=removed, **values)
    search_text.forget(tx, search_text.POST, changed)
    tx.run("UPDATE post SET removed = :removed WHERE id AMONG :ids", removed=removed, ids=changed)
    search_text.enter_again(tx, search_text.POST, changed)
    tx.run(
        """UPDATE post_aggregates SET listed = NOT (SELECT post.removed OR post.deleted FROM post WHERE post.id = post_aggregates.post_id)
            WHERE post_id AMONG :ids""",
        ids=changed,
    )
    rows = tx.all(
        """SELECT post.id, post.community_id, post.local, post.deleted, counts.comments - COALESCE(spent.comments, 0)
             FROM post JOIN post_aggregates counts ON counts.post_id = post.id LEFT JOIN post_spent spent ON spent.post_id = post.id
            WHERE post.id AMONG :ids""",
        ids=changed,
    )
    return [RemovedPost(row[0], row[1], bool(row[2]), bool(row[3]), row[4]) for row in rows]


def comments(
    tx: Transaction, creator_id: PersonId, community_id: CommunityId | None, *, removed: bool, judged_too: bool = True
) -> list[RemovedComment]:
    """Set `removed` on a person's comments, in one community or everywhere; answers those that changed. `judged_too` as for posts."""
    scope = "" if community_id is None else " AND post_id IN (SELECT id FROM post WHERE community_id = :community)"
    if not judged_too:
        place = "(SELECT community_id FROM post WHERE post.id = comment.post_id)"
        scope += _unjudged("comment.id", ModlogActionType.MOD_REMOVE_COMMENT, place)
    values: dict[str, Any] = {"creator": creator_id, "removed": removed}
    if community_id is not None:
        values["community"] = community_id
    changed = tx.column(f"SELECT id FROM comment WHERE creator_id = :creator AND removed <> :removed{scope}", **values)
    search_text.forget(tx, search_text.COMMENT, changed)
    tx.run("UPDATE comment SET removed = :removed WHERE id AMONG :ids", removed=removed, ids=changed)
    search_text.enter_again(tx, search_text.COMMENT, changed)
    rows = tx.all(
        """SELECT comment.id, comment.post_id, post.community_id, comment.local, comment.deleted, comment.path,
                  NOT (post.deleted OR post.removed)
             FROM comment JOIN post ON post.id = comment.post_id WHERE comment.id AMONG :ids""",
        ids=changed,
    )
    return [RemovedComment(row[0], row[1], row[2], bool(row[3]), bool(row[4]), row[5], bool(row[6])) for row in rows]


def count_post_comments(tx: Transaction, changes: dict[PostId, int]) -> None:
    """Add to the comment counters of posts."""
    tx.run_many(
        "UPDATE post_aggregates SET comments = comments + :by WHERE post_id = :id",
        [{"id": number, "by": by} for number, by in sorted(changes.items())],
    )


def count_children(tx: Transaction, changes: dict[CommentId, int]) -> None:
    """Add to the numbers of descendants of comments."""
    tx.run_many(
        "UPDATE comment_aggregates SET child_count = child_count + :by WHERE comment_id = :id",
        [{"id": number, "by": by} for number, by in sorted(changes.items())],
    )


def communities_of_moderator(tx: Transaction, person_id: PersonId) -> list[CommunityId]:
    """The local communities whose top moderator a person is."""
    return tx.column(
        """SELECT community.id FROM community JOIN community_moderator mod ON mod.community_id = community.id
            WHERE community.local AND mod.person_id = :person
              AND mod.id = (SELECT first.id FROM community_moderator first WHERE first.community_id = community.id
                             ORDER BY first.published, first.id LIMIT 1)""",
        person=person_id,
    )


def local_communities_of(tx: Transaction, person_id: PersonId) -> list[CommunityId]:
    """The local communities that stand and in which a person has written."""
    return tx.column(
        """SELECT id FROM community WHERE local AND NOT deleted AND NOT removed AND id IN (
             SELECT community_id FROM post WHERE creator_id = :person
             UNION SELECT post.community_id FROM comment JOIN post ON post.id = comment.post_id WHERE comment.creator_id = :person)
           ORDER BY id""",
        person=person_id,
    )


def _where(creator_id: PersonId, community_id: CommunityId | None) -> tuple[str, dict[str, Any]]:
    if community_id is None:
        return "creator_id = :creator", {"creator": creator_id}
    return "creator_id = :creator AND community_id = :community", {"creator": creator_id, "community": community_id}


def _unjudged(number: str, kind: ModlogActionType, place: str) -> str:
    """Conditions of the rows on which no moderator's last word was to remove them, outside of communities that have banned `:creator`."""
    column = "post_id" if kind is ModlogActionType.MOD_REMOVE_POST else "comment_id"
    last_word = f"SELECT flag FROM modlog WHERE modlog.{column} = {number} AND kind = '{kind.value}' ORDER BY modlog.id DESC LIMIT 1"
    return f""" AND NOT COALESCE(({last_word}), FALSE)
             AND {place} NOT IN (SELECT community_id FROM community_person_ban WHERE person_id = :creator)"""
