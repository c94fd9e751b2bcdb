"""Which rows would be missed least: what came from elsewhere, is old, and of which nobody here has made anything.

Each search goes along an index in slices of SLICE rows, whatever it finds in them, so that no step is longer than another. A place is where
the next slice begins.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

from lemmy_lite.model.clock import Micros
from lemmy_lite.model.ids import ActivityId, PostId
from lemmy_lite.storage.pending import Kind
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables.spent import Lean

SLICE: Final = 500
FEWEST_VOTES: Final = 3
"""Fewer rows of votes take no more than the number that would stand for them."""

Place = tuple[Micros, int]
START: Final[Place] = (-(2**62), 0)

# What SQLite's file gained when rows left, texts of comments apart: with 3,000 threads of eight comments (tests/faults/feeding.py) the sums
# come within a few per cent of it. The last three are reckoned from lengths.
POST_BYTES: Final = 1300
COMMENT_BYTES: Final = 200
VOTE_BYTES: Final = 20
RECEIVED_BYTES: Final = 50
SENT_BYTES: Final = 220
PARKED_BYTES: Final = 150

# Nobody here wrote below it, voted on it, saved it, reported it, was answered or called in it, or decided about it. Removed things stay:
# to forget them would bring them back.
_UNTOUCHED: Final = """
    NOT post.local AND NOT community.local AND NOT post.removed AND NOT post.deleted AND NOT post.featured_local
    AND NOT EXISTS (SELECT 1 FROM post_vote WHERE post_vote.post_id = post.id AND post_vote.local)
    AND NOT EXISTS (SELECT 1 FROM post_saved WHERE post_saved.post_id = post.id)
    AND NOT EXISTS (SELECT 1 FROM post_report WHERE post_report.post_id = post.id)
    AND NOT EXISTS (SELECT 1 FROM modlog WHERE modlog.post_id = post.id)
    AND NOT EXISTS (SELECT 1 FROM comment WHERE comment.post_id = post.id AND (comment.local OR comment.removed
         OR EXISTS (SELECT 1 FROM comment_vote WHERE comment_vote.comment_id = comment.id AND comment_vote.local)
         OR EXISTS (SELECT 1 FROM comment_saved WHERE comment_saved.comment_id = comment.id)
         OR EXISTS (SELECT 1 FROM comment_report WHERE comment_report.comment_id = comment.id)
         OR EXISTS (SELECT 1 FROM comment_reply WHERE comment_reply.comment_id = comment.id)
         OR EXISTS (SELECT 1 FROM person_mention WHERE person_mention.comment_id = comment.id)
         OR EXISTS (SELECT 1 FROM modlog WHERE modlog.comment_id = comment.id)))"""


class Found(NamedTuple):
    """What a slice holds: the numbers of what may leave, and where the next slice begins; None at the end."""

    numbers: list[int]
    next: Place | None


class Weight(NamedTuple):
    """What would leave with some rows: how many things, and about how many bytes."""

    things: int
    size: int


class Comment(NamedTuple):
    """A comment that leaves, with what the counters need."""

    id: int
    creator_id: int
    path: str
    counts: bool


def threads(tx: Transaction, before: Micros, place: Place, limit: int = SLICE) -> Found:
    """Posts with a text or comments that could be had again, in which nothing was said since `before`; the oldest first."""
    return _posts(tx, before, place, limit, "spent.stub IS NULL")


def stubs(tx: Transaction, before: Micros, place: Place, limit: int = SLICE) -> Found:
    """Posts whose text has left, in which nothing was said since `before`."""
    return _posts(tx, before, place, limit, "spent.stub IS NOT NULL")


def is_spendable(tx: Transaction, post_id: PostId, before: Micros) -> bool:
    """Whether a post may still leave, as seen by the unit that lets it go."""
    return (
        tx.one(
            f"""SELECT 1 FROM post JOIN post_aggregates counts ON counts.post_id = post.id
                  JOIN community ON community.id = post.community_id
                 WHERE post.id = :id AND counts.newest_comment_time < :before AND {_UNTOUCHED}""",
            id=post_id,
            before=before,
        )
        is not None
    )


def _posts(tx: Transaction, before: Micros, place: Place, limit: int, state: str) -> Found:
    looked = tx.all(
        """SELECT newest_comment_time, post_id FROM post_aggregates
            WHERE (newest_comment_time, post_id) > (:time, :after) AND newest_comment_time < :before
            ORDER BY newest_comment_time, post_id LIMIT :limit""",
        time=place[0],
        after=place[1],
        before=before,
        limit=limit,
    )
    if not looked:
        return Found([], None)
    found = tx.column(
        f"""SELECT post.id FROM post JOIN post_aggregates counts ON counts.post_id = post.id
              JOIN community ON community.id = post.community_id LEFT JOIN post_spent spent ON spent.post_id = post.id
             WHERE post.id AMONG :ids AND {state} AND {_UNTOUCHED} ORDER BY counts.newest_comment_time, post.id""",
        ids=[row[1] for row in looked],
    )
    return Found(found, (looked[-1][0], looked[-1][1]) if len(looked) == limit else None)


def weigh_threads(tx: Transaction, numbers: Sequence[int]) -> Weight:
    """What becoming stubs would free."""
    below = tx.one(
        """SELECT COUNT(*), COALESCE(SUM(LENGTH(content) + COALESCE(LENGTH(html), 0)), 0) FROM comment WHERE post_id AMONG :ids""",
        ids=list(numbers),
    )
    votes = tx.value(
        "SELECT COUNT(*) FROM comment_vote WHERE comment_id IN (SELECT id FROM comment WHERE post_id AMONG :ids)", ids=list(numbers)
    )
    comments, words = below or (0, 0)
    texts = tx.value(
        "SELECT COALESCE(SUM(COALESCE(LENGTH(body), 0) + COALESCE(LENGTH(html), 0)), 0) FROM post WHERE id AMONG :ids", ids=list(numbers)
    )
    return Weight(len(numbers), comments * COMMENT_BYTES + words + texts + votes * VOTE_BYTES)


def weigh_stubs(tx: Transaction, numbers: Sequence[int]) -> Weight:
    """What leaving altogether would free."""
    return Weight(len(numbers), len(numbers) * POST_BYTES)


def comments(tx: Transaction, post_id: PostId, limit: int) -> list[Comment]:
    """The newest comments of a post: an answer always leaves before what it answers."""
    found = tx.all(
        """SELECT id, creator_id, path, NOT deleted AND NOT removed FROM comment WHERE post_id = :id ORDER BY id DESC LIMIT :limit""",
        id=post_id,
        limit=limit,
    )
    return [Comment(row[0], row[1], row[2], bool(row[3])) for row in found]


def delete_comments(tx: Transaction, numbers: Sequence[int]) -> None:
    """Delete comments with their votes. Their words must have left the index before."""
    tx.run("DELETE FROM comment WHERE id AMONG :ids", ids=list(numbers))


def count_people(tx: Transaction, comments: dict[int, int]) -> None:
    """Take comments from the counters of those who wrote them."""
    tx.run_many(
        "UPDATE person_aggregates SET comment_count = comment_count - :by WHERE person_id = :id",
        [{"id": number, "by": by} for number, by in sorted(comments.items())],
    )


def voted(tx: Transaction, kind: Kind, before: Micros, place: Place, limit: int = SLICE) -> Found:
    """What was written elsewhere before a moment and has votes of other instances, whose rows could become numbers."""
    table, key, home = ("post_aggregates", "post_id", "post") if kind == "post" else ("comment", "id", "comment")
    looked = tx.all(
        f"""SELECT published, {key} FROM {table} WHERE (published, {key}) > (:time, :after) AND published < :before
             ORDER BY published, {key} LIMIT :limit""",
        time=place[0],
        after=place[1],
        before=before,
        limit=limit,
    )
    if not looked:
        return Found([], None)
    through = "" if kind == "post" else "JOIN post ON post.id = comment.post_id "
    found = tx.column(
        f"""SELECT {home}.id FROM {home} {through}JOIN community ON community.id = post.community_id
             WHERE {home}.id AMONG :ids AND NOT {home}.local AND NOT community.local
               AND (SELECT COUNT(*) FROM {kind}_vote WHERE {kind}_vote.{kind}_id = {home}.id AND NOT {kind}_vote.local) >= :fewest
             ORDER BY {home}.id""",
        ids=[row[1] for row in looked],
        fewest=FEWEST_VOTES,
    )
    waiting = tx.pending
    if waiting is not None and len(waiting):
        found = [number for number in found if not waiting.waits(kind, number)]
    return Found(found, (looked[-1][0], looked[-1][1]) if len(looked) == limit else None)


def lean(tx: Transaction, kind: Kind, numbers: Sequence[int]) -> list[Lean]:
    """How other instances have voted on these."""
    found = tx.all(
        f"""SELECT {kind}_id, COUNT(*) FILTER (WHERE score = 1), COUNT(*) FILTER (WHERE score = -1) FROM {kind}_vote
             WHERE {kind}_id AMONG :ids AND NOT local GROUP BY {kind}_id ORDER BY {kind}_id""",
        ids=list(numbers),
    )
    return [Lean(*row) for row in found]


def received(tx: Transaction, before: Micros) -> Weight:
    """Ids of activities that came before a moment, and those that could not be applied."""
    known = tx.value("SELECT COUNT(*) FROM received_activity WHERE published < :before", before=before)
    row = tx.one(
        "SELECT COUNT(*), COALESCE(SUM(LENGTH(data)), 0) FROM inbox_activity WHERE parked IS NOT NULL AND received < :before", before=before
    )
    parked, size = row or (0, 0)
    return Weight(known + parked, known * RECEIVED_BYTES + parked * PARKED_BYTES + size)


def told(tx: Transaction, before: Micros) -> ActivityId:
    """The last sent activity from before a moment that no instance waits for that is awake: those without trouble have heard it within
    seconds, and of the others each has a cursor."""
    last = tx.value("SELECT COALESCE(MAX(id), 0) FROM sent_activity WHERE published < :before", before=before)
    slowest = tx.value("SELECT MIN(last_successful_id) FROM delivery WHERE next_retry IS NOT NULL AND NOT asleep")
    return ActivityId(last if slowest is None else min(last, slowest))


def sent(tx: Transaction, through: ActivityId) -> Weight:
    """Sent activities up to one."""
    row = tx.one("SELECT COUNT(*), COALESCE(SUM(LENGTH(data)), 0) FROM sent_activity WHERE id <= :through", through=through)
    number, size = row or (0, 0)
    return Weight(number, number * SENT_BYTES + size)


def forget_sent(tx: Transaction, through: ActivityId, limit: int) -> int:
    """Drop some of them, the oldest; answers how many. Cursors that were behind move along."""
    gone = tx.column(
        "DELETE FROM sent_activity WHERE id IN (SELECT id FROM sent_activity WHERE id <= :through ORDER BY id LIMIT :limit) RETURNING id",
        through=through,
        limit=limit,
    )
    if gone:
        tx.run("UPDATE delivery SET last_successful_id = :last WHERE last_successful_id < :last", last=max(gone))
    return len(gone)
