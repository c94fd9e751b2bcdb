"""Deeds in any order, as people do them: for tests of counters, and for databases that look lived in."""

import random
from collections.abc import Awaitable, Callable

from lemmy_lite.domain import ban, comment, community, moderation, post, purge, vote
from lemmy_lite.domain.ban import Ban
from lemmy_lite.model.comment import CommentForm
from lemmy_lite.model.errors import LemmyError
from lemmy_lite.model.person import Person
from lemmy_lite.model.post import PostForm
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import comment as comments
from lemmy_lite.storage.tables import person as people
from lemmy_lite.storage.tables import post as posts
from tests.domain.house import House, told

Deed = Callable[[Transaction, random.Random, House, list[Person], int], None]


def _any(tx: Transaction, dice: random.Random, table: str) -> int:
    found: list[int] = tx.column(f"SELECT id FROM {table} ORDER BY id")
    if not found:
        raise LemmyError("couldnt_find_object")
    return dice.choice(found)


def _write_post(tx: Transaction, dice: random.Random, house: House, who: list[Person], home: int) -> None:
    post.create(tx, house.context, dice.choice(who), PostForm(name="A post", community_id=home))  # type: ignore[arg-type]


def _write_comment(tx: Transaction, dice: random.Random, house: House, who: list[Person], home: int) -> None:
    form = CommentForm(post_id=_any(tx, dice, "post"), content="A comment")  # type: ignore[arg-type]
    below = tx.column("SELECT id FROM comment WHERE post_id = :id", id=form.post_id)
    if below and dice.random() < 0.7:
        form = CommentForm(post_id=form.post_id, content="An answer", parent_id=dice.choice(below))
    comment.create(tx, house.context, dice.choice(who), form)


def _vote(tx: Transaction, dice: random.Random, house: House, who: list[Person], home: int) -> None:
    score = dice.choice((1, -1, 0))
    if dice.random() < 0.5:
        vote.cast(tx, dice.choice(who), posts.existing(tx, _any(tx, dice, "post")), score)  # type: ignore[arg-type]
    else:
        vote.cast(tx, dice.choice(who), comments.existing(tx, _any(tx, dice, "comment")), score)  # type: ignore[arg-type]


def _delete(tx: Transaction, dice: random.Random, house: House, who: list[Person], home: int) -> None:
    if dice.random() < 0.4:
        found = posts.existing(tx, _any(tx, dice, "post"))  # type: ignore[arg-type]
        post.delete(tx, people.existing(tx, found.creator_id), found.id, not found.deleted)
    else:
        said = comments.existing(tx, _any(tx, dice, "comment"))  # type: ignore[arg-type]
        comment.delete(tx, people.existing(tx, said.creator_id), said.id, not said.deleted)


def _remove(tx: Transaction, dice: random.Random, house: House, who: list[Person], home: int) -> None:
    removed = dice.random() < 0.6
    if dice.random() < 0.4:
        moderation.remove_post(tx, house.admin, _any(tx, dice, "post"), removed)  # type: ignore[arg-type]
    else:
        moderation.remove_comment(tx, house.admin, _any(tx, dice, "comment"), removed)  # type: ignore[arg-type]


def _ban(tx: Transaction, dice: random.Random, house: House, who: list[Person], home: int) -> None:
    target, banned = dice.choice(who[1:]), dice.random() < 0.3
    if dice.random() < 0.5:
        ban.from_community(tx, house.admin, home, target.id, Ban(banned=banned, remove_data=dice.random() < 0.7))  # type: ignore[arg-type]
    else:
        ban.from_site(tx, house.admin, target.id, Ban(banned=banned, remove_data=dice.random() < 0.7))


def _follow(tx: Transaction, dice: random.Random, house: House, who: list[Person], home: int) -> None:
    community.follow(tx, dice.choice(who), home, dice.random() < 0.6)  # type: ignore[arg-type]


def _purge(tx: Transaction, dice: random.Random, house: House, who: list[Person], home: int) -> None:
    if dice.random() < 0.5:
        purge.purge_comment(tx, house.admin, _any(tx, dice, "comment"))  # type: ignore[arg-type]
    else:
        purge.purge_post(tx, house.admin, _any(tx, dice, "post"))  # type: ignore[arg-type]


def _leave(tx: Transaction, dice: random.Random, house: House, who: list[Person], home: int) -> None:
    purge.wipe_words(tx, dice.choice(who[2:]).id)


DEEDS: list[tuple[Deed, float]] = [
    (_write_post, 6),
    (_write_comment, 14),
    (_vote, 14),
    (_delete, 6),
    (_remove, 6),
    (_ban, 3),
    (_follow, 3),
    (_purge, 1),
    (_leave, 0.2),
]


def _fresh(tx: Transaction, who: list[Person]) -> list[Person]:
    """The people as they stand now: a verb judges the actor it is given."""
    return [people.existing(tx, person.id) for person in who]


def _done(tx: Transaction, deed: Deed, dice: random.Random, house: House, who: list[Person], home: int) -> None:
    deed(tx, dice, house, _fresh(tx, who), home)


Looking = Callable[[random.Random, list[Person]], Awaitable[None]]


async def live(house: House, seed: int, number: int, looking: Looking | None = None) -> int:
    """Do so many deeds, and after every tenth let somebody look; answers how many were not refused."""
    dice = random.Random(seed)
    who = [house.admin, *[await house.person(name) for name in ("ada", "bea", "cid", "dot", "eva")]]
    homes = [(await house.community(who[1], name)).id for name in ("birds", "trees")]
    done = 0
    for turn in range(number):
        if looking is not None and turn % 10 == 0:
            await looking(dice, who)
        deed = dice.choices([each for each, _ in DEEDS], [weight for _, weight in DEEDS])[0]
        home = dice.choice(homes)
        try:
            await house.database.write(_done, deed, dice, house, who, home)
        except LemmyError:
            continue  # refused deeds must leave no trace either
        done += 1
    return done


def lived_in(url: str, *, seed: int = 7, number: int = 250) -> None:
    """Make a database in which people have done this and that."""

    async def story(house: House) -> None:
        await live(house, seed, number)

    told(url, story)
