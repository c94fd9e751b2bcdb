"""Wrong counters are found, named and put right; right ones are left alone."""

from pathlib import Path

from lemmy_lite.domain import recount, vote
from lemmy_lite.model.events import Event, PostCounted
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import post
from lemmy_lite.storage.tables import recount as rows
from tests.domain.house import House, told
from tests.domain.recount import differences


def test_a_house_in_order_is_left_as_it_is(database_url: str) -> None:
    async def story(house: House) -> None:
        ada = await house.person("ada")
        birds = await house.community(ada)
        written = await house.post(ada, birds.id)
        top = await house.comment(ada, written.id)
        await house.comment(ada, written.id, parent=top.id)
        await house.database.write(lambda tx: vote.cast(tx, ada, written, 1))
        assert await recount.repair(house.database) == []

    told(database_url, story)


def test_every_counter_that_is_wrong_is_named_and_put_right(database_url: str) -> None:
    async def story(house: House) -> None:
        ada, bob = await house.person("ada"), await house.person("bob")
        birds = await house.community(ada)
        written = await house.post(ada, birds.id)
        top = await house.comment(bob, written.id)
        answer = await house.comment(ada, written.id, parent=top.id)
        await house.database.write(lambda tx: vote.cast(tx, ada, written, 1))
        await house.database.write(lambda tx: vote.cast(tx, bob, written, -1))
        await house.database.write(lambda tx: vote.cast(tx, ada, answer, 1))

        def spoil(tx: Transaction) -> None:
            tx.run("UPDATE post_aggregates SET upvotes = 7, score = 9, comments = 5, controversy = 0")
            tx.run("UPDATE comment_aggregates SET upvotes = 3, downvotes = 2, score = 5, child_count = 8")
            tx.run("UPDATE community_aggregates SET posts = 4, comments = 4, subscribers = 4, subscribers_local = 4")
            tx.run("UPDATE person_aggregates SET post_count = 6, comment_count = 6")
            tx.run("UPDATE site_aggregates SET users = 0, posts = 0, comments = 0, communities = 0")

        events: list[Event] = []
        house.database.after(events.append)
        await house.database.write(spoil)
        found = await recount.repair(house.database)
        assert await house.database.read(differences) == []
        assert f"post {written.id} had 7 upvotes, has 1" in map(str, found)
        assert {(each.of, each.counter) for each in found} == {
            *(("post", counter) for counter in ("upvotes", "score", "comments")),
            *(("comment", counter) for counter in ("upvotes", "downvotes", "score", "child_count")),
            *(("community", counter) for counter in ("posts", "comments", "subscribers", "subscribers_local")),
            *(("person", counter) for counter in ("post_count", "comment_count")),
            *(("site", counter) for counter in ("users", "posts", "comments", "communities")),
        }
        assert [event.upvotes for event in events if isinstance(event, PostCounted)] == [7]
        assert await house.database.read(lambda tx: tx.value("SELECT controversy FROM post_aggregates")) == vote.controversy(1, 1)
        assert (await house.database.read(post.counters, written.id)).score == 0
        assert await recount.repair(house.database) == []

    told(database_url, story)


def test_the_followers_that_a_remote_community_says_it_has_are_believed(database_url: str) -> None:
    async def story(house: House) -> None:
        ada = await house.person("ada")
        birds = await house.community(ada)

        def remote(tx: Transaction) -> None:
            tx.run("UPDATE community SET local = :no WHERE id = :id", no=False, id=birds.id)
            tx.run("UPDATE community_aggregates SET subscribers = 5000")
            tx.run("UPDATE site_aggregates SET communities = 0")

        await house.database.write(remote)
        assert await recount.repair(house.database) == []

    told(database_url, story)


def test_no_row_is_recounted_by_reading_a_whole_table(tmp_path: Path) -> None:
    """What reads for minutes keeps SQLite's log from being folded, and in the end nothing more is taken in."""

    async def story(house: House) -> None:
        for counters in (rows.POSTS, rows.COMMENTS, rows.COMMUNITIES, rows.PEOPLE):
            asked: list[str] = []
            house.database.trace = asked.append
            await house.database.read(rows.look, counters, 0, counters.at_once)
            house.database.trace = None
            plan = await house.database.read(lambda tx: tx.all(f"EXPLAIN QUERY PLAN {asked[-1]}", after=0, limit=1))  # noqa: B023
            assert plan
            assert not [row for row in plan if "SCAN" in str(row)], counters.name

    told(f"sqlite://{tmp_path}/lemmy.db", story)
