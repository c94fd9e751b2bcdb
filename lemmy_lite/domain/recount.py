"""Repairing counters. Verbs keep them right; should one ever go wrong, through a bug or a hand in the database, this sets it right.

Looking is done beside the writer, some rows at a time; what is wrong is counted once more in the writer's own transaction and put right.
"""

from collections import Counter
from typing import Final

from lemmy_lite.model.ids import PostId
from lemmy_lite.model.struct import Struct
from lemmy_lite.storage.database import Database
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import post, recount
from lemmy_lite.storage.tables.recount import Counters

_THREADS_AT_ONCE: Final = 20
_ALL: Final = (recount.POSTS, recount.COMMENTS, recount.COMMUNITIES, recount.PEOPLE, recount.SITE)


class Difference(Struct):
    """A counter that was wrong: `of` is a post, comment, community, person or site."""

    of: str
    id: int
    counter: str
    stored: int
    counted: int

    def __str__(self) -> str:
        return f"{self.of} {self.id} had {self.stored} {self.counter}, has {self.counted}"


async def repair(database: Database) -> list[Difference]:
    """Recount everything and put right what is wrong; answers what that was. Takes minutes on a large instance; nobody waits for it."""
    found: list[Difference] = []
    for counters in _ALL:
        after: int | None = 0
        while after is not None:
            after, wrong = await database.read(recount.look, counters, after, counters.at_once)
            for row in wrong:
                found += await database.write(_correct, counters, row.number)
    after = 0
    while posts := await database.read(recount.threads, after, _THREADS_AT_ONCE):
        for number in posts:
            if await database.read(_wrong_descendants, number):
                found += await database.write(_correct_descendants, number)
        after = posts[-1]
    return found


def _correct(tx: Transaction, counters: Counters, number: int) -> list[Difference]:
    row = recount.look_at(tx, counters, number)
    if row is None or not row.wrong:
        return []
    if counters is recount.POSTS:
        tx.append(post.counters(tx, PostId(number)))
    recount.correct(tx, counters, number, {column: counted for column, (_, counted) in row.wrong.items()})
    if counters is recount.POSTS and row.wrong.keys() & {"upvotes", "downvotes"}:
        post.set_votes(tx, PostId(number), *post.votes(tx, PostId(number)))
    return [
        Difference(of=counters.name, id=number, counter=column, stored=stored, counted=counted)
        for column, (stored, counted) in row.wrong.items()
    ]


def _wrong_descendants(tx: Transaction, post_id: int) -> list[Difference]:
    """Counted by walking each path once, as comparing every comment with every other takes too long in long threads."""
    comments = recount.thread(tx, post_id)
    counted = Counter[int]()
    for number, path, counts, _ in comments:
        if counts:
            counted.update(ancestor for step in path.split(".")[1:-1] if (ancestor := int(step)) != number)
    return [
        Difference(of="comment", id=number, counter="child_count", stored=stored, counted=counted[number])
        for number, _, _, stored in comments
        if stored != counted[number]
    ]


def _correct_descendants(tx: Transaction, post_id: int) -> list[Difference]:
    wrong = _wrong_descendants(tx, post_id)
    for each in wrong:
        recount.correct(tx, recount.COMMENTS, each.id, {each.counter: each.counted})
    return wrong
