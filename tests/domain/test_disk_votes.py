"""Old votes from elsewhere become numbers: the score stays right, and no vote counts twice."""

from functools import partial

import pytest

from lemmy_lite.domain import disk, recount, vote
from lemmy_lite.model.ids import CommentId
from lemmy_lite.model.person import Person
from lemmy_lite.model.post import Post
from lemmy_lite.storage import gathering, pending
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import comment as comments
from lemmy_lite.storage.tables import post as posts
from lemmy_lite.storage.tables import regret
from tests.domain.elsewhere import elsewhere
from tests.domain.house import House, told


async def score(house: House, of: Post) -> tuple[int, int, int]:
    """Score, upvotes and downvotes as everybody sees them."""
    found = await house.database.read(posts.counters, of.id)
    return found.score, found.upvotes, found.downvotes


async def rows(house: House, of: Post) -> int:
    """How many rows of votes there are."""
    return int(await house.database.read(lambda tx: tx.value("SELECT COUNT(*) FROM post_vote WHERE post_id = :id", id=of.id)))


def cast(tx: Transaction, somebody: Person, of: Post, wished: int) -> None:
    """Vote."""
    vote.cast(tx, somebody, posts.existing(tx, of.id), wished)


def test_rows_leave_the_score_stays_and_a_repeat_counts_for_nothing(database_url: str) -> None:
    async def story(house: House) -> None:
        ada, afar = await house.person("ada"), await elsewhere(house)
        old, few, young = await afar.thread(40, voters=5, comments=1), await afar.thread(40, comments=0), await afar.thread(3, voters=5)
        own = await house.post(ada, afar.home.id)
        for somebody in afar.people:
            await house.database.write(cast, somebody, own, 1)
        await house.database.write(cast, afar.people[0], old, -1)
        await house.database.write(cast, ada, old, 1)
        assert await score(house, old) == (4, 5, 1)
        month = 30 * 24 * 3600 * 10**6
        found = await house.database.read(lambda tx: regret.voted(tx, "post", tx.now - month, regret.START).numbers)
        assert found == [old.id], "what is young, has few votes, or was written here keeps its rows"
        assert await house.database.note(disk.fold, "post", found) == 5
        assert (await rows(house, old), await rows(house, few), await rows(house, young), await rows(house, own)) == (1, 1, 5, 6)
        assert await score(house, old) == (4, 5, 1)
        assert await recount.repair(house.database) == []
        for somebody in afar.people:
            for wished in (1, -1, 0, 1):
                await house.database.write(cast, somebody, old, wished)
        assert await score(house, old) == (4, 5, 1), "who elsewhere has voted is not known any more, so nobody there votes twice"
        await house.database.write(cast, ada, old, -1)
        assert await score(house, old) == (2, 4, 2), "a vote from here counts, and its row is here"
        assert await house.database.note(disk.fold, "post", found) == 0
        assert await recount.repair(house.database) == []

    told(database_url, story)


def test_what_votes_wait_for_is_left_alone_and_the_log_cannot_count_again(tmp_path: object, monkeypatch: pytest.MonkeyPatch) -> None:
    """A merge may be cut off after some of its votes are in their tables: their rows of the log are read again at the next start."""
    monkeypatch.setattr(pending, "DIRECT_VOTES", 0)

    async def story(house: House) -> None:
        afar = await elsewhere(house)
        old, other = await afar.thread(40), await afar.thread(40)
        for somebody in afar.people[1:]:
            await house.database.write(cast, somebody, old, 1)
            await house.database.write(cast, somebody, other, 1)
        waits = house.database.pending.waits
        assert waits("post", old.id)
        assert await house.database.note(disk.fold, "post", [old.id]) == 0
        before = await score(house, old)
        await house.database.write(gathering.merge, 1)
        merged = old if not waits("post", old.id) else other
        assert house.database.pending.is_merging
        assert await house.database.note(disk.fold, "post", [merged.id]) > 2
        await house.database.recall()
        assert not waits("post", merged.id)
        assert await score(house, merged) == before
        while house.database.pending.targets:
            await house.database.write(gathering.merge)
        assert (await score(house, old), await score(house, other)) == (before, before)
        assert await recount.repair(house.database) == []

    told(f"sqlite://{tmp_path}/lemmy.db", story)


def test_comments_votes_become_numbers_too(database_url: str) -> None:
    async def story(house: House) -> None:
        afar = await elsewhere(house)
        made = await afar.thread(40, comments=2)
        numbers = [CommentId(number) for number in await afar.comments(made.id)]

        def all_vote(tx: Transaction) -> None:
            for somebody in afar.people:
                vote.cast(tx, somebody, comments.existing(tx, numbers[0]), 1)

        await house.database.write(all_vote)
        found = await house.database.read(partial(regret.voted, kind="comment", before=2**60, place=regret.START))
        assert found.numbers == numbers[:1]
        assert await house.database.note(disk.fold, "comment", found.numbers) == 5
        await house.database.write(all_vote)
        assert (
            await house.database.read(lambda tx: tx.value("SELECT upvotes FROM comment_aggregates WHERE comment_id = :id", id=numbers[0]))
            == 5
        )
        assert await recount.repair(house.database) == []

    told(database_url, story)
