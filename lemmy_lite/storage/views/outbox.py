"""What a community's collections show to other instances."""

from lemmy_lite.model.ids import CommunityId
from lemmy_lite.model.post import Post
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.shapes import Shape

_POST = Shape(Post, "post")
_STANDING = "post.community_id = :community AND NOT post.deleted AND NOT post.removed"


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
