"""What a person takes along: the ActivityPub ids of what they follow, have saved and have blocked, oldest first."""

from typing import NamedTuple

from lemmy_lite.model.ids import PersonId
from lemmy_lite.storage.query import Transaction

_QUERIES = {
    "followed_communities": """SELECT community.actor_id FROM community_follower mine JOIN community ON community.id = mine.community_id
                                WHERE mine.person_id = :person ORDER BY mine.published, community.id""",
    "saved_posts": """SELECT post.ap_id FROM post_saved mine JOIN post ON post.id = mine.post_id
                       WHERE mine.person_id = :person ORDER BY mine.published, post.id""",
    "saved_comments": """SELECT comment.ap_id FROM comment_saved mine JOIN comment ON comment.id = mine.comment_id
                          WHERE mine.person_id = :person ORDER BY mine.published, comment.id""",
    "blocked_communities": """SELECT community.actor_id FROM community_block mine JOIN community ON community.id = mine.community_id
                               WHERE mine.person_id = :person ORDER BY mine.published, community.id""",
    "blocked_users": """SELECT person.actor_id FROM person_block mine JOIN person ON person.id = mine.target_id
                         WHERE mine.person_id = :person ORDER BY mine.published, person.id""",
    "blocked_instances": """SELECT instance.domain FROM instance_block mine JOIN instance ON instance.id = mine.instance_id
                             WHERE mine.person_id = :person ORDER BY mine.published, instance.id""",
}


class Belongings(NamedTuple):
    """Six lists, named as in the exported file."""

    followed_communities: list[str]
    saved_posts: list[str]
    saved_comments: list[str]
    blocked_communities: list[str]
    blocked_users: list[str]
    blocked_instances: list[str]


def belongings(tx: Transaction, person_id: PersonId) -> Belongings:
    """All of a person's lists."""
    return Belongings(**{name: tx.column(sql, person=person_id) for name, sql in _QUERIES.items()})
