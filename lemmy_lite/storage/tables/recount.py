"""Every counter with the text that counts it anew from the rows it stands for. What decides is the same everywhere: what is neither
deleted nor removed counts, and a comment counts for its community while its post does."""

from collections.abc import Mapping
from typing import Final, NamedTuple

from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import rows


class Counters(NamedTuple):
    """The counters of one table. In `columns` each has its recount, where `self` is the row; `name` is what the key is the id of. So many
    rows are counted `at_once`: as long as one statement reads, SQLite's log grows, and one community can have a tenth of all comments."""

    name: str
    table: str
    key: str
    at_once: int
    columns: Mapping[str, str]


_COUNTS = "NOT {0}.deleted AND NOT {0}.removed"
_POSTS, _COMMENTS, _COMMUNITIES = (_COUNTS.format(noun) for noun in ("post", "comment", "community"))
_OF = "SELECT COUNT(*) FROM"
# Where the posts of a community are is known to the table of listings alone: without it each community would read all posts of all others.
_PLACED = "post_aggregates place CROSS JOIN post"
_IN_COMMUNITY = "WHERE place.community_id = self.community_id AND post.id = place.post_id"


def _spent(noun: str, what: str) -> str:
    """What rows that left the disk still count for (tables/spent.py)."""
    return f"COALESCE((SELECT {what} FROM {noun}_spent WHERE {noun}_spent.{noun}_id = self.{noun}_id), 0)"


def _votes(noun: str) -> dict[str, str]:
    mine = f"{noun}_vote WHERE {noun}_id = self.{noun}_id"
    return {
        "upvotes": f"SELECT COUNT(*) + {_spent(noun, 'upvotes')} FROM {mine} AND score = 1",
        "downvotes": f"SELECT COUNT(*) + {_spent(noun, 'downvotes')} FROM {mine} AND score = -1",
        "score": f"SELECT COALESCE(SUM(score), 0) + {_spent(noun, 'upvotes - downvotes')} FROM {mine}",
    }


POSTS: Final = Counters(
    "post",
    "post_aggregates",
    "post_id",
    200,
    {
        **_votes("post"),
        "comments": f"SELECT COUNT(*) + {_spent('post', 'comments')} FROM comment WHERE comment.post_id = self.post_id AND {_COMMENTS}",
    },
)
COMMENTS: Final = Counters("comment", "comment_aggregates", "comment_id", 200, _votes("comment"))
COMMUNITIES: Final = Counters(
    "community",
    "community_aggregates",
    "community_id",
    1,
    {
        "posts": f"{_OF} {_PLACED} {_IN_COMMUNITY} AND {_POSTS}",
        "comments": f"{_OF} {_PLACED} CROSS JOIN comment {_IN_COMMUNITY} AND comment.post_id = post.id AND {_POSTS} AND {_COMMENTS}",
        # A remote community's home says how many follow it; here are only some of them.
        "subscribers": f"""SELECT CASE WHEN community.local
                             THEN ({_OF} community_follower WHERE community_follower.community_id = self.community_id)
                             ELSE self.subscribers END FROM community WHERE community.id = self.community_id""",
        "subscribers_local": f"""{_OF} community_follower JOIN person ON person.id = community_follower.person_id
                                  WHERE community_follower.community_id = self.community_id AND person.local""",
    },
)
PEOPLE: Final = Counters(
    "person",
    "person_aggregates",
    "person_id",
    20,
    {
        "post_count": f"{_OF} post WHERE post.creator_id = self.person_id AND {_POSTS}",
        "comment_count": f"{_OF} comment WHERE comment.creator_id = self.person_id AND {_COMMENTS}",
    },
)
SITE: Final = Counters(
    "site",
    "site_aggregates",
    "site_id",
    1,
    {
        "users": f"{_OF} local_user WHERE accepted_application",
        "posts": f"{_OF} post WHERE post.local AND {_POSTS}",
        "comments": f"{_OF} comment WHERE comment.local AND {_COMMENTS}",
        "communities": f"{_OF} community WHERE community.local AND {_COMMUNITIES}",
    },
)


class Row(NamedTuple):
    """One row's counters that are wrong: what is stored and what is counted."""

    number: int
    wrong: dict[str, tuple[int, int]]


def look(tx: Transaction, counters: Counters, after: int, limit: int) -> tuple[int | None, list[Row]]:
    """Recount the next rows with ids beyond `after`; answers the last id looked at, None at the end, and the rows that are wrong."""
    found = tx.all(f"{_select(counters)} WHERE {counters.key} > :after ORDER BY {counters.key} LIMIT :limit", after=after, limit=limit)
    checked = [_compared(counters, row) for row in found]
    return (found[-1][0] if found else None), [row for row in checked if row.wrong]


def look_at(tx: Transaction, counters: Counters, number: int) -> Row | None:
    """Recount one row."""
    row = tx.one(f"{_select(counters)} WHERE {counters.key} = :id", id=number)
    return _compared(counters, row) if row else None


def correct(tx: Transaction, counters: Counters, number: int, values: dict[str, int]) -> None:
    """Store what was counted."""
    rows.update(tx, counters.table, counters.key, number, **values)


def threads(tx: Transaction, after: int, limit: int) -> list[int]:
    """The next posts that have comments."""
    return tx.column("SELECT DISTINCT post_id FROM comment WHERE post_id > :after ORDER BY post_id LIMIT :limit", after=after, limit=limit)


def thread(tx: Transaction, post_id: int) -> list[tuple[int, str, bool, int]]:
    """Each comment of a post: id, path, whether it counts, and how many descendants it is said to have."""
    found = tx.all(
        f"""SELECT id, path, {_COMMENTS}, child_count FROM comment JOIN comment_aggregates ON comment_id = comment.id
             WHERE post_id = :id""",
        id=post_id,
    )
    return [(row[0], row[1], bool(row[2]), row[3]) for row in found]


def _select(counters: Counters) -> str:
    pairs = ", ".join(f"{column}, ({recount})" for column, recount in counters.columns.items())
    return f"SELECT {counters.key}, {pairs} FROM {counters.table} self"


def _compared(counters: Counters, row: tuple[int, ...]) -> Row:
    pairs = zip(counters.columns, row[1::2], row[2::2], strict=True)
    return Row(row[0], {column: (stored, int(counted)) for column, stored, counted in pairs if stored != counted})
