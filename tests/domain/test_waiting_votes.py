"""Votes of other instances that wait in the log count at once, are in their tables in the end, and survive whatever happens between."""

import asyncio
import random
import shutil
from collections.abc import Awaitable, Callable
from itertools import count
from pathlib import Path

import pytest

from lemmy_lite.domain import active_users, comment_listing, post_listing, vote, vote_merging
from lemmy_lite.domain.comment_listing import CommentQuery
from lemmy_lite.domain.post_listing import PostQuery
from lemmy_lite.model.clock import DAY, HOUR, MINUTE, Clock
from lemmy_lite.model.comment import Comment
from lemmy_lite.model.listing import CommentSortType, ListingType, SortType
from lemmy_lite.model.paging import Page
from lemmy_lite.model.person import Person
from lemmy_lite.model.post import Post
from lemmy_lite.storage import gathering, pending
from lemmy_lite.storage.database import Database
from lemmy_lite.storage.errors import StorageError, Trouble
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import active_person, person
from lemmy_lite.storage.tables import vote as votes
from lemmy_lite.storage.views import comment as comment_views
from lemmy_lite.storage.views import post as post_views
from lemmy_lite.storage.views import vote as vote_views
from tests.domain.house import House, told
from tests.domain.recount import differences
from tests.storage.databases import migrated

Cast = dict[tuple[str, int, int], int]
"""By kind, id and person: the vote."""


class Hall:
    """A house with three posts and three comments, five people of other instances and one of its own."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.strangers: list[Person] = []
        self.written: list[Post | Comment] = []
        self.cast: Cast = {}

    async def furnish(self) -> None:
        self.local = await self.house.person("ada")
        birds = await self.house.community(self.local)
        for name in ("bea", "cid", "dot", "eva", "fay"):
            made = await self.house.person(name)
            await self.house.database.write(_move_away, made)
            self.strangers.append(await self.house.database.read(person.existing, made.id))
        posts = [await self.house.post(self.local, birds.id, name) for name in ("first", "second", "third")]
        self.written = [*posts, *[await self.house.comment(self.local, posts[0].id, name) for name in ("one", "two", "three")]]
        self.cast = {(kind(each), each.id, self.local.id): 1 for each in self.written}

    async def vote(self, actor: Person, target: Post | Comment, score: int) -> None:
        await self.house.database.write(vote.cast, actor, target, score)
        self.cast[kind(target), target.id, actor.id] = score

    async def counted(self) -> Cast:
        """By kind, id and score: how many, as views show it."""
        found: Cast = {}

        def look(tx: Transaction) -> None:
            for each in self.written:
                shown = post_views.by_ids(tx, None, [each.id]) if isinstance(each, Post) else comment_views.by_ids(tx, None, [each.id])
                counts = shown[0].counts
                assert counts.score == counts.upvotes - counts.downvotes
                found[kind(each), each.id, 1], found[kind(each), each.id, -1] = counts.upvotes, counts.downvotes

        await self.house.database.read(look)
        return found

    def wanted(self) -> Cast:
        """The same as it should be."""
        return {
            (kind(each), each.id, score): sum(
                given == score for (of, number, _), given in self.cast.items() if (of, number) == (kind(each), each.id)
            )
            for each in self.written
            for score in (1, -1)
        }

    async def stored(self) -> Cast:
        """The votes in their tables."""

        def look(tx: Transaction) -> Cast:
            return {
                (of, row[0], row[1]): row[2]
                for of in ("post", "comment")
                for row in tx.all(f"SELECT {of}_id, person_id, score FROM {of}_vote")
            }

        return await self.house.database.read(look)


def _move_away(tx: Transaction, somebody: Person) -> None:
    tx.run("UPDATE person SET local = :no WHERE id = :id", no=False, id=somebody.id)


def kind(target: Post | Comment) -> votes.Kind:
    return "post" if isinstance(target, Post) else "comment"


def in_hall(url: str, story: Callable[[Hall], Awaitable[None]]) -> None:
    """Run a story in a hall where votes come fast from the start."""

    async def furnished(house: House) -> None:
        hall = Hall(house)
        await hall.furnish()
        house.database.pending.is_gathering = True
        await story(hall)

    told(url, furnished)


async def merged(database: Database, limit: int = 2) -> None:
    """A whole merge, in small pieces."""
    await database.write(gathering.merge, limit)
    while database.pending.is_merging:
        await database.write(gathering.merge, limit)


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite://{tmp_path}/lemmy.db"


@pytest.mark.parametrize("seed", range(6))
def test_random_votes_with_merges_failures_and_restarts_between_are_what_they_are_one_after_the_other(seed: int, url: str) -> None:
    dice = random.Random(seed)

    async def live(hall: Hall) -> None:
        for _ in range(60):
            database = hall.house.database
            deed = dice.random()
            if deed < 0.75:
                await hall.vote(dice.choice([*hall.strangers, hall.local]), dice.choice(hall.written), dice.choice((1, 1, -1, 0)))
            elif deed < 0.85:
                await database.write(gathering.merge, dice.randint(1, 3))
            else:
                await _fails(database, dice.choice(hall.strangers), dice.choice(hall.written))
            assert await hall.counted() == hall.wanted()

    halls: list[Hall] = []

    async def begin(hall: Hall) -> None:
        halls.append(hall)
        await live(hall)

    async def again(*, last: bool) -> None:
        async with migrated(url) as database:
            hall = halls[0]
            hall.house.database = database
            assert await hall.counted() == hall.wanted()
            if not last:
                database.pending.is_gathering = True
                await live(hall)
                return
            await merged(database)
            assert len(database.pending) == 0
            assert await hall.counted() == hall.wanted()
            assert await hall.stored() == {key: score for key, score in hall.cast.items() if score}
            assert await database.read(differences) == []

    in_hall(url, begin)
    for round_ in range(3):
        asyncio.run(again(last=round_ == 2))


async def _fails(database: Database, actor: Person, target: Post | Comment) -> None:
    """A vote whose commit finds the disk full, with one that shares the commit."""

    def full(tx: Transaction) -> None:
        vote.cast(tx, actor, target, 1)
        raise StorageError(Trouble.FULL, "no room")

    ended = await asyncio.gather(
        database.write(vote.cast, actor, target, -1),
        database.write(full),
        database.write(vote.cast, actor, target, 1),
        return_exceptions=True,
    )
    assert all(isinstance(each, StorageError) for each in ended)


def test_a_vote_that_was_acknowledged_is_there_after_the_process_was_killed_at_any_moment(tmp_path: Path, url: str) -> None:
    dice = random.Random(3)
    taken: list[tuple[Path, Cast]] = []
    halls: list[Hall] = []

    def killed() -> None:
        """What lies on the disk at this moment."""
        folder = tmp_path / f"killed-{len(taken)}"
        folder.mkdir()
        for name in ("lemmy.db", "lemmy.db-wal", "lemmy.db-votes"):
            if (tmp_path / name).exists():
                shutil.copy(tmp_path / name, folder)
        taken.append((folder, halls[0].wanted()))

    async def begin(hall: Hall) -> None:
        halls.append(hall)
        for number in range(40):
            await hall.vote(dice.choice(hall.strangers), dice.choice(hall.written), dice.choice((1, -1, 0)))
            if number % 8 == 0:
                killed()
            if number % 13 == 0:
                await hall.house.database.write(gathering.merge, 2)
                killed()

    async def see(folder: Path, wanted: Cast) -> None:
        async with migrated(f"sqlite://{folder}/lemmy.db") as database:
            halls[0].house.database = database
            assert await halls[0].counted() == wanted
            await merged(database)
            assert await halls[0].counted() == wanted
            assert await database.read(differences) == []

    in_hall(url, begin)
    assert len(taken) == 9
    for folder, wanted in taken:
        asyncio.run(see(folder, wanted))


def test_lists_and_threads_are_in_the_order_of_votes_that_wait(url: str) -> None:
    async def story(hall: Hall) -> None:
        for number, target in enumerate(hall.written):
            for stranger in hall.strangers[: (number % 3) * 2]:
                await hall.vote(stranger, target, -1 if number % 3 == 1 else 1)
        assert len(hall.house.database.pending) == 12

        async def posts(sort: SortType) -> list[str]:
            query = PostQuery(listing=ListingType.ALL, sort=sort)
            page = await hall.house.database.read(post_listing.page, hall.house.context.history, None, query)
            return [view.post.name for view in page.posts]

        async def comments(sort: CommentSortType) -> list[str]:
            query = CommentQuery(post_id=hall.written[0].id, sort=sort)  # type: ignore[arg-type]  # the first is a post
            return [view.comment.content for view in await hall.house.database.read(comment_listing.listing, None, query)]

        before = [await posts(sort) for sort in (SortType.TOP_ALL, SortType.HOT, SortType.ACTIVE, SortType.CONTROVERSIAL)]
        assert before[0] == ["third", "first", "second"]
        assert before[3][0] == "second"
        in_thread = [await comments(sort) for sort in (CommentSortType.TOP, CommentSortType.HOT, CommentSortType.CONTROVERSIAL)]
        assert in_thread[0] == ["three", "one", "two"]
        await merged(hall.house.database)
        assert before == [await posts(sort) for sort in (SortType.TOP_ALL, SortType.HOT, SortType.ACTIVE, SortType.CONTROVERSIAL)]
        assert in_thread == [await comments(sort) for sort in (CommentSortType.TOP, CommentSortType.HOT, CommentSortType.CONTROVERSIAL)]

    in_hall(url, story)


def test_who_voted_is_shown_with_what_waits(url: str) -> None:
    async def story(hall: Hall) -> None:
        target, minutes = hall.written[3], count(Clock().now() + MINUTE, MINUTE)
        hall.house.database._writer._now = lambda: next(minutes)  # what is merged keeps the minute alone
        for stranger, score in zip(hall.strangers, (1, -1, 1, 0, 1), strict=True):
            await hall.vote(stranger, target, score)
        await merged(hall.house.database)
        await hall.vote(hall.strangers[0], target, -1)
        await hall.vote(hall.strangers[2], target, 0)
        for _ in range(2):
            shown = await hall.house.database.read(vote_views.likes, "comment", target.id, Page(limit=10))
            assert [(view.creator.name, view.score) for view in shown] == [("cid", -1), ("bea", -1), ("ada", 1), ("fay", 1)]
            await merged(hall.house.database)

    in_hall(url, story)


def test_votes_on_what_is_gone_by_the_time_of_the_merge_go_with_it(url: str) -> None:
    async def story(hall: Hall) -> None:
        for target in hall.written:
            await hall.vote(hall.strangers[0], target, 1)
        await hall.house.database.write(lambda tx: tx.run("DELETE FROM post WHERE id = :id", id=hall.written[0].id))
        await hall.house.database.write(lambda tx: tx.run("DELETE FROM person WHERE id = :id", id=hall.strangers[0].id))
        await merged(hall.house.database)
        assert len(hall.house.database.pending) == 0
        assert {key for key in await hall.stored() if key[2] == hall.strangers[0].id} == set()

    in_hall(url, story)


def test_few_votes_go_straight_to_their_tables_and_many_wait_until_few_come_again(url: str) -> None:
    async def story(hall: Hall) -> None:
        waiting = hall.house.database.pending
        waiting.is_gathering = False
        flips = [1, -1] * pending.DIRECT_VOTES
        for score in flips[: pending.DIRECT_VOTES]:
            await hall.vote(hall.strangers[0], hall.written[0], score)
        assert (waiting.is_gathering, len(waiting)) == (False, 0)
        await hall.vote(hall.strangers[0], hall.written[1], 1)
        assert (waiting.is_gathering, len(waiting)) == (True, 1)
        now = Clock().now()
        assert not waiting.due(now)
        assert waiting.due(now + pending.MERGED_EVERY)
        hall.house.database.clock.now = lambda: now + pending.MERGED_EVERY
        hall.house.database._writer._now = hall.house.database.clock.now
        assert await vote_merging.merge(hall.house.database) == 1
        assert (waiting.is_gathering, len(waiting)) == (False, 0)
        assert await hall.counted() == hall.wanted()

    in_hall(url, story)


def test_people_whose_votes_waited_are_noted_as_active_in_their_hour_and_the_log_is_shortened(url: str) -> None:
    async def story(hall: Hall) -> None:
        database = hall.house.database
        database.within(active_users.within)
        for stranger in hall.strangers[:2]:
            await hall.vote(stranger, hall.written[0], 1)
        await hall.vote(hall.strangers[2], hall.written[3], 1)
        await hall.vote(hall.strangers[2], hall.written[3], 0)
        await hall.vote(hall.strangers[3], hall.written[3], -1)
        await merged(database)
        noted = "SELECT person_id FROM active_person WHERE last = :hour"
        hour = Clock().now() // HOUR
        assert await database.read(lambda tx: tx.column(noted, hour=hour)) == []
        assert await vote_merging.note_voters(database) == 4
        assert set(await database.read(lambda tx: tx.column(noted, hour=hour))) == {each.id for each in hall.strangers[:4]}
        assert await vote_merging.note_voters(database) == 0
        assert await database.read(lambda tx: tx.value("SELECT COUNT(*) FROM vote_log")) == 3  # a vote and two marks
        await database.write(
            lambda tx: tx.run(
                "UPDATE vote_log SET id = id - :day WHERE id NOT IN (SELECT id FROM vote_log ORDER BY id DESC LIMIT 2)", day=DAY
            )
        )
        await vote_merging.note_voters(database)
        assert await database.read(lambda tx: tx.value("SELECT COUNT(*) FROM vote_log")) == 2
        assert (await database.read(active_person.on_site)).day == 0

    in_hall(url, story)


def test_a_merged_vote_keeps_the_minute_in_which_it_was_cast_and_its_place_among_voters(url: str) -> None:
    async def story(hall: Hall) -> None:
        database, post = hall.house.database, hall.written[0]
        start = Clock().now()
        thirty, twenty, ten = hall.strangers[:3]
        for minutes, stranger in ((10, ten), (20, twenty), (30, thirty)):
            moment = start + minutes * MINUTE
            database._writer._now = lambda moment=moment: moment
            database.pending.is_gathering = stranger is not twenty
            await hall.vote(stranger, post, 1)
            await merged(database)
        shown = await database.read(vote_views.likes, "post", post.id, Page())
        assert [view.creator.id for view in shown] == [hall.local.id, ten.id, twenty.id, thirty.id]
        moments = "SELECT person_id, published, (" + votes.MOMENT + ") FROM post_vote WHERE post_id = :id AND NOT local"
        found = {row[0]: row[1:] for row in await database.read(lambda tx: tx.all(moments, id=post.id))}
        for stranger, minutes in ((ten, 10), (thirty, 30)):
            kept, moment = found[stranger.id]
            assert kept < 2**23, "three bytes"
            assert 0 <= start + minutes * MINUTE - moment < MINUTE
        assert found[twenty.id][0] == found[twenty.id][1] >= start + 20 * MINUTE
        await database.write(lambda tx: tx.run("DELETE FROM active_person"))
        await database.write(active_person.note_all, start + 15 * MINUTE)
        assert set(await database.read(lambda tx: tx.column("SELECT person_id FROM active_person"))) == {twenty.id, thirty.id}

    in_hall(url, story)


def test_on_postgres_every_vote_goes_straight_to_its_table(postgres_url: str) -> None:
    async def story(hall: Hall) -> None:
        hall.house.database.pending.is_gathering = False
        for score in [1, -1] * pending.DIRECT_VOTES:
            await hall.vote(hall.strangers[0], hall.written[0], score)
        assert (hall.house.database.pending.is_gathering, len(hall.house.database.pending)) == (False, 0)
        assert await hall.counted() == hall.wanted()

    in_hall(postgres_url, story)


def test_ids_of_hours_are_looked_for_in_few_places() -> None:
    seen = pending._Seen()
    for number in range(60 * pending._RUN):
        seen.add(number * 7919 % 1_000_003, HOUR + number)
    assert all(number * 7919 % 1_000_003 in seen for number in range(0, 60 * pending._RUN, 997))
    assert 1_000_004 not in seen
    assert len(seen._runs) <= 8
    for number in range(pending._RUN):
        seen.add(-1 - number, 9 * HOUR)
    assert len(seen._runs) == 1, "what is older than a signature can be is forgotten"
    assert -1 in seen
