"""What the writer answers a deed with is what a reader finds, whoever has done what before."""

import random
from collections import Counter

import pytest

from lemmy_lite.model.clock import HOUR
from lemmy_lite.model.ids import LocalUserId
from lemmy_lite.model.person import Person
from lemmy_lite.model.viewer import Viewer
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import block, community_ban, community_moderator, local_user, mark
from lemmy_lite.storage.views import comment, post
from lemmy_lite.storage.views import local_user as accounts
from tests.domain.deeds import live
from tests.domain.house import House, told

_SEEN = (
    *("saved", "read", "hidden", "my_vote", "creator_blocked", "banned_from_community"),
    *("creator_banned_from_community", "creator_is_moderator", "creator_is_admin"),
)


def _mark(tx: Transaction, dice: random.Random, who: list[Person]) -> None:
    """What nobody does in `deeds`: marks, blocks and offices."""
    one, other = (each.id for each in dice.sample(who[1:], 2))
    home = dice.choice(tx.column("SELECT id FROM community ORDER BY id"))
    for number in dice.sample(posts := tx.column("SELECT id FROM post ORDER BY id"), min(2, len(posts))):
        mark.save(tx, "post", one, number, saved=dice.random() < 0.6)
        mark.read(tx, one, [number], marked=dice.random() < 0.6)
        mark.hide(tx, one, [number], hidden=dice.random() < 0.6)
        mark.visit(tx, other, number, dice.randrange(2))
    community_moderator.insert(tx, home, other)
    community_ban.put(tx, home, one, dice.choice((None, tx.now + HOUR, tx.now - HOUR)))
    block.put(tx, "person", one, other)
    if dice.random() < 0.3:  # seldom, as it makes the writer forget everything
        community_moderator.delete(tx, home, one)
        block.delete(tx, "person", other, one)
    account = local_user.of_person(tx, other)
    assert account is not None
    local_user.update(tx, account.id, admin=dice.random() < 0.3)


def _viewers(tx: Transaction) -> list[Viewer]:
    """Everybody who can log in, whatever the house thinks of them."""
    found = (accounts.by_id(tx, LocalUserId(number)) for number in tx.column("SELECT id FROM local_user ORDER BY id"))
    return [viewer for viewer in found if viewer is not None]


@pytest.mark.parametrize("seed", range(2))
def test_the_writer_shows_after_any_deeds_what_a_reader_shows(database_url: str, seed: int) -> None:
    async def story(house: House) -> None:
        met: Counter[str] = Counter()

        async def looking(dice: random.Random, who: list[Person]) -> None:
            viewers = await house.database.read(_viewers)
            posts = await house.database.read(lambda tx: tx.column("SELECT id FROM post ORDER BY id"))
            comments = await house.database.read(lambda tx: tx.column("SELECT id FROM comment ORDER BY id"))
            chosen = [(post, number) for number in dice.sample(posts, min(6, len(posts)))]
            chosen += [(comment, number) for number in dice.sample(comments, min(6, len(comments)))]
            for _ in range(2):  # so that in the second round much is remembered that has changed
                await house.database.write(_mark, dice, who)
                for viewer in dice.sample(viewers, min(2, len(viewers))):
                    for view, number in chosen:
                        found = await house.database.read(view.read, viewer, number)
                        assert await house.database.write(view.read, viewer, number) == found
                        met.update(name for name in _SEEN if getattr(found, name, None))

        assert await live(house, seed, 120, looking) > 40
        assert not set(_SEEN) - met.keys(), met

    told(database_url, story)


def test_the_answer_to_a_second_vote_reads_nothing_that_nobody_has_changed(tmp_path: object) -> None:
    async def story(house: House) -> None:
        birds = await house.community(house.admin)
        written = await house.post(house.admin, birds.id)
        said = await house.comment(house.admin, written.id)
        ada = await house.person("ada")
        viewer = next(each for each in await house.database.read(_viewers) if each.id == ada.id)
        for view, number, beside in ((post, written.id, 8), (comment, said.id, 5)):
            await house.database.write(view.read, viewer, number)
            asked: list[str] = []
            house.database.trace = asked.append
            await house.database.write(view.read, viewer, number)
            house.database.trace = None
            assert [sql.count("JOIN") + 1 for sql in asked] == [beside], asked

    told(f"sqlite://{tmp_path}/lemmy.db", story)


def test_a_stranger_and_whoever_may_not_see_a_post_are_answered_by_the_whole_statement(tmp_path: object) -> None:
    async def story(house: House) -> None:
        birds = await house.community(house.admin)
        written = await house.post(house.admin, birds.id)
        ada = await house.person("ada")
        viewers = {each.id: each for each in await house.database.read(_viewers)}
        assert await house.database.write(post.read, None, written.id) is not None
        await house.database.write(lambda tx: tx.run("UPDATE post SET removed = :yes", yes=True))
        shown = [await house.database.write(post.read, each, written.id) for each in (viewers[house.admin.id], viewers[ada.id], None)]
        assert [each is not None for each in shown] == [True, False, False]

    told(f"sqlite://{tmp_path}/lemmy.db", story)
