"""What is wiped for good: rows of purged things, and the words of people who left. Foreign keys take what hangs below along."""

from typing import Any, NamedTuple

from lemmy_lite.model.ids import CommentId, CommunityId, PersonId, PostId
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import search_text

REPLACEMENT = "*Permanently Deleted*"
"""What stands where a text was (contract, "deleted content")."""


class Words(NamedTuple):
    """What a person had written that still counted: where, and how much of it was local."""

    posts: list[PostId]
    commented: list[PostId]
    communities: list[CommunityId]
    local_posts: int
    local_comments: int


def words_of(tx: Transaction, creator_id: PersonId) -> Words:
    """Overwrite everything a person wrote and mark it deleted; answers what counted until now."""
    tally = _tally(tx, "post.creator_id = :person", "comment.creator_id = :person", person=creator_id)
    posts = tx.column("SELECT id FROM post WHERE creator_id = :person AND NOT deleted", person=creator_id)
    commented = tx.column("SELECT DISTINCT post_id FROM comment WHERE creator_id = :person AND NOT deleted", person=creator_id)
    communities = tx.column("SELECT DISTINCT community_id FROM post WHERE id AMONG :ids", ids=[*posts, *commented])
    search_text.forget(tx, search_text.POST, posts)
    search_text.forget(tx, search_text.COMMENT, tx.column("SELECT id FROM comment WHERE creator_id = :person", person=creator_id))
    tx.run(
        """UPDATE post SET name = :text, body = :text, html = NULL, url = NULL, thumbnail_url = NULL, custom_thumbnail = NULL,
                  alt_text = NULL, embed_title = NULL, embed_description = NULL, embed_video_url = NULL, url_content_type = NULL,
                  deleted = TRUE, updated = :now
            WHERE creator_id = :person""",
        text=REPLACEMENT,
        now=tx.now,
        person=creator_id,
    )
    tx.run("UPDATE post_aggregates SET listed = :no WHERE creator_id = :person", no=False, person=creator_id)
    tx.run(
        "UPDATE comment SET content = :text, html = NULL, deleted = TRUE, updated = :now WHERE creator_id = :person",
        text=REPLACEMENT,
        now=tx.now,
        person=creator_id,
    )
    return Words(posts, commented, communities, tally.local_posts, tally.local_comments)


def old_deletions(tx: Transaction, before: int, limit: int) -> int:
    """Overwrite some texts that were deleted before a moment (microseconds) and not touched since; answers how many.

    Deleting and restoring set `updated`. What is deleted stands in no index of words, so none needs to be told.
    """
    posts = tx.run(
        """UPDATE post SET name = :text, body = :text, html = NULL, url = NULL, thumbnail_url = NULL, custom_thumbnail = NULL,
                  alt_text = NULL, embed_title = NULL, embed_description = NULL, embed_video_url = NULL
            WHERE id IN (SELECT id FROM post WHERE deleted AND updated < :before AND (body IS NULL OR body <> :text) LIMIT :limit)""",
        text=REPLACEMENT,
        before=before,
        limit=limit,
    )
    comments = tx.run(
        """UPDATE comment SET content = :text, html = NULL
            WHERE id IN (SELECT id FROM comment WHERE deleted AND updated < :before AND content <> :text LIMIT :limit)""",
        text=REPLACEMENT,
        before=before,
        limit=limit,
    )
    return posts + comments


def moderations_of(tx: Transaction, person_id: PersonId) -> None:
    """A person who left moderates nothing any more."""
    tx.run("DELETE FROM community_moderator WHERE person_id = :person", person=person_id)


def post(tx: Transaction, post_id: PostId) -> None:
    """Delete a post with all its comments and votes."""
    search_text.forget(tx, search_text.COMMENT, tx.column("SELECT id FROM comment WHERE post_id = :id", id=post_id))
    search_text.forget(tx, search_text.POST, [post_id])
    tx.run("DELETE FROM post WHERE id = :id", id=post_id)


def comment_subtree(tx: Transaction, comment_id: CommentId, path: str) -> None:
    """Delete a comment with everything below it: an answer to nothing has no place in a tree."""
    ids = tx.column(
        """SELECT id FROM comment WHERE post_id = (SELECT post_id FROM comment WHERE id = :id) AND (path = :path OR path LIKE :below)""",
        id=comment_id,
        path=path,
        below=f"{path}.%",
    )
    search_text.forget(tx, search_text.COMMENT, ids)
    tx.run("DELETE FROM comment WHERE id AMONG :ids", ids=ids)


def community(tx: Transaction, community_id: CommunityId) -> None:
    """Delete a community with all that was posted there."""
    posts = tx.column("SELECT id FROM post WHERE community_id = :id", id=community_id)
    search_text.forget(tx, search_text.COMMENT, tx.column("SELECT id FROM comment WHERE post_id AMONG :ids", ids=posts))
    search_text.forget(tx, search_text.POST, posts)
    search_text.forget(tx, search_text.COMMUNITY, [community_id])
    tx.run("DELETE FROM community WHERE id = :id", id=community_id)


class Tally(NamedTuple):
    """Whom a purge concerns, and how many local posts and comments that counted for the site it takes away."""

    people: list[PersonId]
    local_posts: int
    local_comments: int


def tally_post(tx: Transaction, post_id: PostId) -> Tally:
    """What goes with a post."""
    return _tally(tx, "post.id = :id", "comment.post_id = :id", id=post_id)


def tally_comment(tx: Transaction, post_id: PostId, path: str) -> Tally:
    """What goes with a comment."""
    below = "comment.post_id = :post AND (comment.path = :path OR comment.path LIKE :below)"
    return _tally(tx, "post.id = 0", below, post=post_id, path=path, below=f"{path}.%")


def tally_community(tx: Transaction, community_id: CommunityId) -> Tally:
    """What goes with a community."""
    return _tally(tx, "post.community_id = :id", "comment.post_id IN (SELECT id FROM post WHERE community_id = :id)", id=community_id)


def _tally(tx: Transaction, posts: str, comments: str, **values: Any) -> Tally:
    people = tx.column(f"SELECT creator_id FROM post WHERE {posts} UNION SELECT creator_id FROM comment WHERE {comments}", **values)
    counts = "local AND NOT deleted AND NOT removed"
    return Tally(
        people,
        tx.value(f"SELECT COUNT(*) FROM post WHERE {counts} AND {posts}", **values),
        tx.value(f"SELECT COUNT(*) FROM comment WHERE {counts} AND {comments}", **values),
    )


def recount_people(tx: Transaction, people: list[PersonId]) -> None:
    """Count these people's posts and comments anew."""
    tx.run(
        """UPDATE person_aggregates SET
             post_count = (SELECT COUNT(*) FROM post WHERE creator_id = person_id AND NOT deleted AND NOT removed),
             comment_count = (SELECT COUNT(*) FROM comment WHERE creator_id = person_id AND NOT deleted AND NOT removed)
            WHERE person_id AMONG :people""",
        people=list(people),
    )


def recount_post(tx: Transaction, post_id: PostId) -> None:
    """Count the comments of a post, and the descendants of each, anew; those that left the disk go on counting."""
    tx.run(
        """UPDATE post_aggregates SET comments = (SELECT COUNT(*) FROM comment WHERE comment.post_id = :id AND NOT deleted AND NOT removed)
                  + COALESCE((SELECT comments FROM post_spent WHERE post_spent.post_id = :id), 0)
            WHERE post_id = :id""",
        id=post_id,
    )
    tx.run(
        """UPDATE comment_aggregates SET child_count = (
             SELECT COUNT(*) FROM comment below, comment self WHERE self.id = comment_aggregates.comment_id
                AND below.post_id = self.post_id AND below.path LIKE self.path || '.%' AND NOT below.deleted AND NOT below.removed)
            WHERE comment_id IN (SELECT id FROM comment WHERE post_id = :id)""",
        id=post_id,
    )


def recount_community(tx: Transaction, community_id: CommunityId) -> None:
    """Count a community's posts, and the comments of those that stand, anew."""
    tx.run(
        """UPDATE community_aggregates SET
             posts = (SELECT COUNT(*) FROM post WHERE post.community_id = :id AND NOT deleted AND NOT removed),
             comments = (SELECT COALESCE(SUM(counts.comments - COALESCE(spent.comments, 0)), 0) FROM post_aggregates counts
                           LEFT JOIN post_spent spent ON spent.post_id = counts.post_id
                          WHERE counts.community_id = :id AND counts.listed)
            WHERE community_id = :id""",
        id=community_id,
    )
