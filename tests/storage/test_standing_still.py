"""Counters and times that stand still are not written: SQLite would write anew every index in which a named column stands."""

import asyncio
from pathlib import Path

from lemmy_lite.domain import comment as comments
from lemmy_lite.model.clock import DAY, Clock
from lemmy_lite.model.ids import PostId
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import comment, community, post
from tests.domain import threads
from tests.storage import rows
from tests.storage.databases import migrated

NAMED = ("subscribers", "newest_comment_time_necro")


def test_a_comment_names_neither_subscribers_nor_the_time_of_an_old_post(tmp_path: Path) -> None:
    statements: list[str] = []

    def settled(tx: Transaction, age: int) -> PostId:
        author = rows.person(tx, f"ada{age}")
        return rows.post(tx, author, rows.community(tx, f"town{age}"), published=rows.NOON - age * DAY)

    def told(tx: Transaction, number: PostId) -> None:
        written = threads.comment(tx, rows.person(tx, f"bob{number}"), number, published=rows.NOON)
        target = post.existing(tx, number)
        home = community.existing(tx, target.community_id)
        comments._count(tx, comment.existing(tx, written), target, home, 1)

    async def run() -> None:
        async with migrated(f"sqlite://{tmp_path}/lemmy.db", clock=Clock(lambda: rows.NOON)) as database:
            old, fresh = [await database.write(settled, age) for age in (9, 1)]
            named = []
            for number in (old, fresh):
                statements.clear()
                database.trace = statements.append
                await database.write(told, number)
                database.trace = None
                named.append([name for name in NAMED if any(name in each for each in statements if each.startswith("UPDATE"))])
                counted = await database.read(post.counters, number)
                assert (counted.comments, counted.newest_comment_time) == (1, rows.NOON)
            assert named == [[], ["newest_comment_time_necro"]]

    asyncio.run(run())
