"""What the collections of communities, posts and comments show to other instances."""

from lemmy_lite.model.comment import Comment
from lemmy_lite.model.ids import CommentId, CommunityId, PostId
from lemmy_lite.model.post import Post
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.shapes import Shape

_POST = Shape(Post, "post")
_COMMENT = Shape(Comment, "comment")
_STANDING = "post.community_id = :community AND NOT post.deleted AND NOT post.removed"
_ANSWERS = """comment.post_id = :post AND comment.path LIKE :below AND comment.path NOT LIKE :deeper
               AND NOT comment.deleted AND NOT comment.removed"""


def newest_posts(tx: Transaction, community_id: CommunityId, limit: int) -> list[Post]:
    """The newest posts of a community that stand."""
    found = tx.all(
        f"""SELECT {_POST.columns} FROM post_aggregates JOIN post ON post.id = post_aggregates.post_id
             WHERE post_aggregates.community_id = :community AND {_STANDING}
             ORDER BY post_aggregates.published DESC, post_aggregates.post_id DESC LIMIT :limit""",
        community=community_id,
        limit=limit,
    )
    return [_POST.build(row) for row in found]


def featured_posts(tx: Transaction, community_id: CommunityId, limit: int) -> list[Post]:
    """The pinned posts of a community that stand, newest first."""
    found = tx.all(
        f"""SELECT {_POST.columns} FROM post_aggregates JOIN post ON post.id = post_aggregates.post_id
             WHERE post_aggregates.community_id = :community AND post_aggregates.featured_community AND {_STANDING}
             ORDER BY post.published DESC, post.id DESC LIMIT :limit""",
        community=community_id,
        limit=limit,
    )
    return [_POST.build(row) for row in found]


def followers(tx: Transaction, community_id: CommunityId) -> int:
    """How many people follow a community."""
    return int(tx.value("SELECT subscribers FROM community_aggregates WHERE community_id = :id", id=community_id) or 0)


def thread(tx: Transaction, post_id: PostId, after: CommentId, limit: int) -> list[Comment]:
    """The comments of a post that stand, in the order in which they came here, so that none comes before what it answers."""
    found = tx.all(
        f"""SELECT {_COMMENT.columns} FROM comment
             WHERE comment.post_id = :post AND comment.id > :after AND NOT comment.deleted AND NOT comment.removed
             ORDER BY comment.id LIMIT :limit""",
        post=post_id,
        after=after,
        limit=limit,
    )
    return [_COMMENT.build(row) for row in found]


def answers(tx: Transaction, post_id: PostId, parent: str, after: CommentId, limit: int) -> list[Comment]:
    """The direct answers to the comment with the path `parent`, or to the post itself if that is "0", as far as they stand."""
    found = tx.all(
        f"""SELECT {_COMMENT.columns} FROM comment WHERE {_ANSWERS} AND comment.id > :after ORDER BY comment.id LIMIT :limit""",
        post=post_id,
        below=f"{parent}.%",
        deeper=f"{parent}.%.%",
        after=after,
        limit=limit,
    )
    return [_COMMENT.build(row) for row in found]


def count_answers(tx: Transaction, post_id: PostId, parent: str) -> int:
    """How many direct answers stand."""
    found = tx.value(f"SELECT count(*) FROM comment WHERE {_ANSWERS}", post=post_id, below=f"{parent}.%", deeper=f"{parent}.%.%")
    return int(found)


def count_thread(tx: Transaction, post_id: PostId) -> int:
    """How many comments of a post stand."""
    return int(tx.value("SELECT count(*) FROM comment WHERE post_id = :post AND NOT deleted AND NOT removed", post=post_id))
