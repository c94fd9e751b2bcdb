"""What came from another instance, as old as a story needs it: a community, people, threads and votes."""

from dataclasses import dataclass, field

from lemmy_lite.domain import comment, post, vote
from lemmy_lite.model.clock import DAY, Micros
from lemmy_lite.model.comment import Comment, CommentForm
from lemmy_lite.model.community import Community
from lemmy_lite.model.ids import CommentId, PostId
from lemmy_lite.model.origin import RemoteOrigin
from lemmy_lite.model.person import Person
from lemmy_lite.model.post import Post, PostForm
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import community, person
from tests.domain.house import House

NAMES = ("bea", "cid", "dot", "eva", "fay")


@dataclass
class Elsewhere:
    """A community of another instance, in which its people write."""

    house: House
    home: Community
    people: list[Person] = field(default_factory=list)
    written: int = 0

    async def thread(self, days: float, name: str = "An old post", comments: int = 3, voters: int = 0, body: str = "A long tale") -> Post:
        """A post so many days old, with comments one below the other, and so many people who voted it up."""
        self.written += 1
        return await self.house.database.write(self.enter, days, name, comments, voters, body, self.written)

    def enter(self, tx: Transaction, days: float, name: str, comments: int, voters: int, body: str, number: int) -> Post:
        """The same within a transaction; `number` must be another each time."""
        when, author = tx.now - int(days * DAY), self.people[number % len(self.people)]
        form = PostForm(name=name, community_id=self.home.id, body=body, url=f"https://links.test/{number}")
        origin = RemoteOrigin(ap_id=f"https://there.test/post/{number}", published=when)
        made = post.create(tx, self.house.context, author, form, origin=origin)
        parent: CommentId | None = None
        for place in range(comments):
            parent = self.answer(tx, made.id, f"{number}-{place}", when, parent).id
        for each in self.people[:voters]:
            vote.cast(tx, each, made, 1)
        return post.existing(tx, made.id)

    def answer(self, tx: Transaction, post_id: PostId, name: str, when: Micros, parent: CommentId | None = None) -> Comment:
        """A comment of somebody elsewhere."""
        form = CommentForm(post_id=post_id, content=f"Something said long ago, number {name}")
        if parent is not None:
            form = CommentForm(post_id=post_id, content=form.content, parent_id=parent)
        origin = RemoteOrigin(ap_id=f"https://there.test/comment/{name}", published=when)
        return comment.create(tx, self.house.context, self.people[0], form, origin=origin)

    async def comments(self, post_id: PostId) -> list[int]:
        """The ids of the comments that are here."""
        return await self.house.database.read(lambda tx: tx.column("SELECT id FROM comment WHERE post_id = :id ORDER BY id", id=post_id))


async def elsewhere(house: House) -> Elsewhere:
    """Make it."""
    founder = await house.person("zoe")
    home = await house.community(founder, "afar")

    def move(tx: Transaction) -> Community:
        community.update(tx, home.id, local=False, actor_id="https://there.test/c/afar")
        tx.run("UPDATE site_aggregates SET communities = communities - 1")
        tx.run("UPDATE community_aggregates SET subscribers = 700 WHERE community_id = :id", id=home.id)
        return community.existing(tx, home.id)

    found = Elsewhere(house, await house.database.write(move))
    for name in NAMES:
        made = await house.person(name)
        found.people.append(await house.database.write(_move_person, made, name))
    return found


def _move_person(tx: Transaction, made: Person, name: str) -> Person:
    person.update(tx, made.id, local=False, actor_id=f"https://there.test/u/{name}")
    tx.run("DELETE FROM local_user WHERE person_id = :id", id=made.id)
    tx.run("UPDATE site_aggregates SET users = users - 1")
    return person.existing(tx, made.id)
