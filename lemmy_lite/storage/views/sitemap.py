"""The posts that search engines are told of."""

from typing import NamedTuple

from lemmy_lite.model.clock import Micros
from lemmy_lite.storage.query import Transaction


class Address(NamedTuple):
    """A post's address, and when it was written or last edited."""

    ap_id: str
    changed: Micros


def recent(tx: Transaction, since: Micros, limit: int) -> list[Address]:
    """Local posts since a moment that every stranger may read, newest first. Nothing that is NSFW, or in a community that is hidden."""
    found = tx.all(
        """SELECT post.ap_id, COALESCE(post.updated, post.published)
             FROM post_aggregates CROSS JOIN post JOIN community ON community.id = post.community_id
            WHERE post_aggregates.published > :since AND post.id = post_aggregates.post_id
              AND post.local AND NOT post.deleted AND NOT post.removed AND NOT post.nsfw
              AND NOT community.deleted AND NOT community.removed AND NOT community.hidden AND NOT community.nsfw
              AND community.visibility = 'Public'
            ORDER BY post_aggregates.published DESC, post_aggregates.post_id DESC LIMIT :limit""",
        since=since,
        limit=limit,
    )
    return [Address(*row) for row in found]
