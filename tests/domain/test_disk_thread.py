"""Old threads from elsewhere leave the disk and come back; what anybody here has got to do with stays."""

from collections.abc import Callable
from pathlib import Path

import pytest

from lemmy_lite.domain import comment, disk_thread, moderation, post, recount, report, search, vote
from lemmy_lite.domain.search import SearchQuery
from lemmy_lite.model.clock import DAY
from lemmy_lite.model.comment import CommentForm
from lemmy_lite.model.ids import CommentId, PostId
from lemmy_lite.model.listing import SearchType
from lemmy_lite.model.origin import RemoteOrigin
from lemmy_lite.model.person import Person
from lemmy_lite.model.post import PostForm
from lemmy_lite.storage.errors import Conflict
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import comment as comments
from lemmy_lite.storage.tables import post as posts
from lemmy_lite.storage.tables import regret, spent
from tests.domain.elsewhere import elsewhere
from tests.domain.house import House, told

Deed = Callable[[Transaction, House, Person, PostId, CommentId], object]

DEEDS: dict[str, Deed] = {
    "a vote on it": lambda tx, _, ada, number, __: vote.cast(tx, ada, posts.existing(tx, number), 1),
    "a vote on a comment": lambda tx, _, ada, __, number: vote.cast(tx, ada, comments.existing(tx, number), -1),
    "saving it": lambda tx, _, ada, number, __: post.save(tx, ada, number, True),
    "saving a comment": lambda tx, _, ada, __, number: comment.save(tx, ada, number, True),
    "an answer": lambda tx, house, ada, number, __: comment.create(tx, house.context, ada, _said(number)),
    "a report": lambda tx, house, ada, number, __: report.report_post(tx, house.context, ada, number, "Look at this"),
    "a removal": lambda tx, house, _, number, __: moderation.remove_post(tx, house.admin, number, True),
    "a comment's removal": lambda tx, house, _, __, number: moderation.remove_comment(tx, house.admin, number, True),
    "a mention": lambda tx, _, ada, __, number: tx.run(
        "INSERT INTO person_mention (recipient_id, comment_id, published) VALUES (:who, :id, 1)", who=ada.id, id=number
    ),
}


def _said(number: PostId) -> CommentForm:
    return CommentForm(post_id=number, content="I was there")


async def shrink(house: House, number: PostId, days: float = 30) -> None:
    """Make a stub of a thread, step by step."""
    done = False
    while not done:
        _, done = await house.database.note(lambda tx: disk_thread.shrink(tx, number, tx.now - int(days * DAY)))


def test_only_what_nobody_here_has_got_to_do_with_leaves(database_url: str) -> None:
    async def story(house: House) -> None:
        ada, afar = await house.person("ada"), await elsewhere(house)
        plain, young = await afar.thread(60), await afar.thread(10)
        touched = {}
        for name, deed in DEEDS.items():
            made = await afar.thread(60)
            touched[name] = made.id
            of_it = CommentId((await afar.comments(made.id))[1])
            await house.database.write(lambda tx, deed=deed, made=made, of_it=of_it: deed(tx, house, ada, made.id, of_it))
        own = await house.post(ada, afar.home.id)
        await house.database.write(lambda tx: tx.run("UPDATE post_aggregates SET newest_comment_time = 1 WHERE post_id = :id", id=own.id))
        found = await house.database.read(lambda tx: regret.threads(tx, tx.now - 30 * DAY, regret.START).numbers)
        assert found == [plain.id]
        for number in (young.id, own.id, *touched.values()):
            before = await afar.comments(number)
            await shrink(house, number)
            assert await afar.comments(number) == before
            assert await house.database.read(disk_thread.missing, number) is None
        assert (await house.database.read(posts.existing, touched["saving it"])).body == "A long tale"

    told(database_url, story)


def test_a_stub_keeps_its_title_and_counters_and_comes_back_whole(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async def story(house: House) -> None:
        monkeypatch.setattr(disk_thread, "AT_ONCE", 4)
        afar = await elsewhere(house)
        made = await afar.thread(60, "Wombats", comments=10, voters=4, body="A tale of burrows")
        before = await house.database.read(posts.counters, made.id)
        await shrink(house, made.id)
        assert await afar.comments(made.id) == []
        left = await house.database.read(posts.existing, made.id)
        assert (left.name, left.url, left.body) == ("Wombats", made.url, None)
        assert await house.database.read(posts.counters, made.id) == before
        assert (await house.database.read(post.thread, house.context, None, made.id)).missing is not None
        assert await hits(house, "wombats") == [made.id]
        assert await hits(house, "burrows") == []
        assert await recount.repair(house.database) == []
        await house.database.write(come_back, house, made.id)
        assert (await house.database.read(posts.existing, made.id)).body == "A tale of burrows"
        assert (await house.database.read(post.thread, house.context, None, made.id)).missing is None
        assert (await house.database.read(posts.counters, made.id)).comments == 0, "they come one by one"
        assert await hits(house, "burrows") == [made.id]
        await house.database.write(lambda tx: afar.answer(tx, made.id, "again", tx.now))
        assert (await house.database.read(posts.counters, made.id)).comments == 1
        assert await recount.repair(house.database) == []

    told(database_url, story)


def test_a_thread_that_somebody_here_discovers_while_it_leaves_stays_as_it_is(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async def story(house: House) -> None:
        monkeypatch.setattr(disk_thread, "AT_ONCE", 3)
        ada, afar = await house.person("ada"), await elsewhere(house)
        made = await afar.thread(60, comments=8)
        await house.database.note(lambda tx: disk_thread.shrink(tx, made.id, tx.now - DAY))
        assert len(await afar.comments(made.id)) == 5
        await house.database.write(lambda tx: vote.cast(tx, ada, posts.existing(tx, made.id), 1))
        await shrink(house, made.id)
        assert len(await afar.comments(made.id)) == 5
        assert (await house.database.read(posts.existing, made.id)).body == "A long tale"
        assert (await house.database.read(posts.counters, made.id)).comments == 8
        assert await recount.repair(house.database) == []

    told(database_url, story)


def test_what_left_altogether_comes_back_under_its_old_number(database_url: str) -> None:
    async def story(house: House) -> None:
        afar = await elsewhere(house)
        made, other = await afar.thread(60, comments=2), await afar.thread(60)
        await shrink(house, made.id)
        assert await house.database.read(lambda tx: regret.stubs(tx, tx.now - 30 * DAY, regret.START).numbers) == [made.id]
        assert await house.database.note(lambda tx: disk_thread.leave(tx, made.id, tx.now - 30 * DAY)) == (1, True)
        assert await house.database.read(posts.get, made.id) is None
        assert await house.database.read(spent.ap_id_of, made.id) == made.ap_id
        assert await recount.repair(house.database) == []

        def again(tx: Transaction) -> PostId:
            form = PostForm(name="An old post", community_id=afar.home.id)
            return post.create(tx, house.context, afar.people[1], form, origin=RemoteOrigin(ap_id=made.ap_id, published=1)).id

        assert await house.database.write(again) == made.id
        assert await house.database.read(spent.ap_id_of, made.id) is None
        assert (await afar.thread(1)).id > other.id
        assert await recount.repair(house.database) == []

    told(database_url, story)


def test_a_removed_stub_takes_from_its_community_what_it_has_there(database_url: str) -> None:
    async def story(house: House) -> None:
        afar = await elsewhere(house)
        made = await afar.thread(60, comments=3)
        await shrink(house, made.id)
        await house.database.write(lambda tx: moderation.remove_post(tx, house.admin, made.id, True))
        assert await recount.repair(house.database) == []
        await house.database.write(lambda tx: moderation.remove_post(tx, house.admin, made.id, False))
        assert await recount.repair(house.database) == []

    told(database_url, story)


def come_back(tx: Transaction, house: House, number: PostId) -> None:
    """As when its document was fetched."""
    disk_thread.come_back(tx, house.context, posts.existing(tx, number), PostForm(body="A tale of burrows"))


async def hits(house: House, word: str) -> list[int]:
    """The posts that a search finds."""
    found = await house.database.read(search.search, house.context, None, SearchQuery(q=word, type=SearchType.POSTS))
    return [each.post.id for each in found.posts]


def test_stubs_lie_close_together_and_what_refers_to_them_still_does(tmp_path: Path) -> None:
    async def story(house: House) -> None:
        afar = await elsewhere(house)
        numbers = [(await afar.thread(60, comments=0, voters=1, body="A long tale. " * 60)).id for _ in range(120)]

        def pages(tx: Transaction) -> int:
            return int(tx.value("PRAGMA page_count")) - int(tx.value("PRAGMA freelist_count"))

        def referring(tx: Transaction) -> list[tuple[object, ...]]:
            return tx.all("SELECT post_id, person_id FROM post_vote UNION ALL SELECT post_id, score FROM post_aggregates ORDER BY 1, 2")

        before = await house.database.read(pages)
        for number in numbers:
            await shrink(house, number)
        shrunk, referred = await house.database.read(pages), await house.database.read(referring)
        await house.database.note(spent.close_up, numbers)
        after = await house.database.read(pages)
        # A page holds two such posts with their HTML, and some twenty stubs; a row that only shrinks stays on its page.
        assert before - shrunk < 10
        assert shrunk - after > 40
        assert (
            await house.database.read(lambda tx: tx.column("SELECT id FROM post WHERE id AMONG :ids ORDER BY id", ids=numbers)) == numbers
        )
        assert await house.database.read(lambda tx: tx.all("PRAGMA foreign_key_check")) == []
        assert await house.database.read(referring) == referred
        with pytest.raises(Conflict):
            await house.database.write(lambda tx: tx.run("UPDATE post SET creator_id = 999 WHERE id = :id", id=numbers[0]))

    told(f"sqlite://{tmp_path}/lemmy.db", story)
