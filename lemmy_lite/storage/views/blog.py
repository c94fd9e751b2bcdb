"""One community read as a blog: its posts by date, by month and by language, and what stands before and after one of them.

Only what strangers may read counts (`listed`: neither deleted nor removed), whoever asks: a blog shows its authors no drafts.
"""

from typing import NamedTuple

from lemmy_lite.model.clock import DAY, Micros
from lemmy_lite.model.ids import CommunityId, LanguageId, PostId
from lemmy_lite.storage.query import Transaction

_SHOWN = "a.community_id = :community AND a.listed AND (:nsfw OR NOT a.nsfw)"
_BEYOND: Micros = 2**62


class Entry(NamedTuple):
    """A post as an archive lists it."""

    id: PostId
    name: str
    published: Micros
    language_id: LanguageId
    comments: int


class Place(NamedTuple):
    """A place in the order by date: what comes next is older."""

    published: Micros = _BEYOND
    id: int = _BEYOND


def numbers(
    tx: Transaction, community_id: CommunityId, *, nsfw: bool, after: Place, language_id: LanguageId | None, pinned: bool | None, limit: int
) -> list[tuple[PostId, Micros]]:
    """Ids and dates of posts, newest first. `pinned` asks for those that are pinned in the community, or for the others."""
    wanted = "" if pinned is None else " AND a.featured_community" if pinned else " AND NOT a.featured_community"
    spoken = "" if language_id is None else " AND a.language_id = :language"
    found = tx.all(
        f"""SELECT a.post_id, a.published FROM post_aggregates a
             WHERE {_SHOWN}{wanted}{spoken} AND (a.published, a.post_id) < (:published, :id)
             ORDER BY a.published DESC, a.post_id DESC LIMIT :limit""",
        community=community_id,
        nsfw=nsfw,
        language=language_id or 0,
        published=after.published,
        id=after.id,
        limit=limit,
    )
    return [(row[0], row[1]) for row in found]


def entries(
    tx: Transaction, community_id: CommunityId, *, nsfw: bool, since: Micros, until: Micros, after: Place, limit: int
) -> list[Entry]:
    """Posts of a stretch of time from `since` to before `until`, newest first."""
    found = tx.all(
        f"""SELECT a.post_id, post.name, a.published, a.language_id, a.comments
              FROM post_aggregates a CROSS JOIN post
             WHERE {_SHOWN} AND post.id = a.post_id AND a.published >= :since AND a.published < :until
               AND (a.published, a.post_id) < (:published, :id)
             ORDER BY a.published DESC, a.post_id DESC LIMIT :limit""",
        community=community_id,
        nsfw=nsfw,
        since=since,
        until=until,
        published=after.published,
        id=after.id,
        limit=limit,
    )
    return [Entry(*row) for row in found]


def days(tx: Transaction, community_id: CommunityId, *, nsfw: bool) -> list[tuple[int, int]]:
    """Days on which something was posted, counted from 1970, newest first, with how many posts."""
    found = tx.all(
        f"SELECT a.published / {DAY} AS day, COUNT(*) FROM post_aggregates a WHERE {_SHOWN} GROUP BY 1 ORDER BY 1 DESC",
        community=community_id,
        nsfw=nsfw,
    )
    return [(row[0], row[1]) for row in found]


def languages(tx: Transaction, community_id: CommunityId, *, nsfw: bool) -> list[tuple[LanguageId, int]]:
    """The languages of its posts, the most used first, with how many posts; without those whose language nobody told."""
    found = tx.all(
        f"""SELECT a.language_id, COUNT(*) FROM post_aggregates a WHERE {_SHOWN} AND a.language_id > 0
             GROUP BY a.language_id ORDER BY 2 DESC, 1""",
        community=community_id,
        nsfw=nsfw,
    )
    return [(row[0], row[1]) for row in found]


def neighbours(tx: Transaction, community_id: CommunityId, *, nsfw: bool, of: Place) -> tuple[Entry | None, Entry | None]:
    """The posts before and after a place in time, the older first."""

    def nearest(side: str, order: str) -> Entry | None:
        row = tx.one(
            f"""SELECT a.post_id, post.name, a.published, a.language_id, a.comments
                  FROM post_aggregates a CROSS JOIN post
                 WHERE {_SHOWN} AND post.id = a.post_id AND (a.published, a.post_id) {side} (:published, :id)
                 ORDER BY a.published {order}, a.post_id {order} LIMIT 1""",
            community=community_id,
            nsfw=nsfw,
            published=of.published,
            id=of.id,
        )
        return Entry(*row) if row else None

    return nearest("<", "DESC"), nearest(">", "ASC")


def local_communities(tx: Transaction, limit: int) -> list[str]:
    """Names of communities of this site that strangers may read, those with the most posts first."""
    found = tx.all(
        """SELECT community.name FROM community JOIN community_aggregates counts ON counts.community_id = community.id
            WHERE community.local AND NOT community.deleted AND NOT community.removed AND community.visibility = 'Public'
            ORDER BY counts.posts DESC, community.id LIMIT :limit""",
        limit=limit,
    )
    return [row[0] for row in found]
