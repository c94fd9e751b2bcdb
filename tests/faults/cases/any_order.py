"""R24. Thousands of activities of many kinds end in one state, in whatever order and however often they come.

Nobody votes twice on one thing, as two votes of one person tell no order, and no author votes on what they wrote, as writing it is a vote.
"""

import asyncio
import json
import random
from collections.abc import Iterator
from typing import Any

from lemmy_lite.domain import community as communities
from lemmy_lite.model.community import Community
from lemmy_lite.storage import gathering
from lemmy_lite.storage.query import Row, Transaction
from tests.faults.case import BOTH, Case, Trial
from tests.federation.lab import Place, hang_up, listening, opened
from tests.federation.peer import Json, Peer, serving

AT_ONCE = 50
COPIES = 50
PEOPLE = 12

# What can be seen, by ids that do not depend on the order of arrival. Of what is gone only that it is gone: a Delete that came first has
# kept it from being stored at all.
_LATER = 1_735_689_600_000_000
"""2025: everything was written and changed before. What comes back from a deletion was changed at the moment of that, by our own clock."""


def _edited(noun: str) -> str:
    return f"CASE WHEN {noun}.updated < {_LATER} THEN {noun}.updated END"


_STATE = (
    f"""SELECT post.ap_id, post.name, post.body, post.url, post.published, {_edited("post")}, person.actor_id, community.actor_id
         FROM post JOIN person ON person.id = post.creator_id JOIN community ON community.id = post.community_id WHERE NOT post.deleted""",
    f"""SELECT comment.ap_id, comment.content, comment.published, {_edited("comment")}, person.actor_id, post.ap_id
         FROM comment JOIN person ON person.id = comment.creator_id JOIN post ON post.id = comment.post_id WHERE NOT comment.deleted""",
    """SELECT post.ap_id, person.actor_id, post_vote.score FROM post_vote JOIN post ON post.id = post_vote.post_id
         JOIN person ON person.id = post_vote.person_id WHERE NOT post.deleted AND post_vote.score <> 0""",
    """SELECT comment.ap_id, person.actor_id, comment_vote.score FROM comment_vote JOIN comment ON comment.id = comment_vote.comment_id
         JOIN person ON person.id = comment_vote.person_id WHERE NOT comment.deleted AND comment_vote.score <> 0""",
    """SELECT post.ap_id, counts.score, counts.upvotes, counts.downvotes, counts.comments
         FROM post_aggregates counts JOIN post ON post.id = counts.post_id WHERE NOT post.deleted""",
    """SELECT comment.ap_id, counts.score, counts.upvotes, counts.downvotes, counts.child_count
         FROM comment_aggregates counts JOIN comment ON comment.id = counts.comment_id WHERE NOT comment.deleted""",
    """SELECT community.actor_id, counts.posts, counts.comments, counts.subscribers_local
         FROM community_aggregates counts JOIN community ON community.id = counts.community_id""",
    """SELECT person.actor_id, counts.post_count, counts.comment_count
         FROM person_aggregates counts JOIN person ON person.id = counts.person_id WHERE NOT person.local""",
    """SELECT ap_id FROM post WHERE deleted UNION SELECT ap_id FROM comment WHERE deleted UNION SELECT ap_id FROM tombstone""",
    "SELECT COUNT(*) FROM inbox_activity",
)


class Town:
    """What happens in the communities of two hosts, and among their people: activities in the order in which they were done."""

    def __init__(self, one: Peer, two: Peer, seed: int = 0) -> None:
        self._chance = random.Random(7 + seed)
        self.homes = {one: one.group("gardens"), two: two.group("kitchens")}
        self._people = [(peer, peer.person(f"p{number}")) for number in range(PEOPLE) for peer in (one, two)]
        self._seconds = 0

    def activities(self) -> Iterator[tuple[Peer, Json]]:
        """Threads, one after the other, each announced by its community."""
        while True:
            peer, home = self._chance.choice(list(self.homes.items()))
            for activity in self._thread(peer, home):
                yield peer, peer.activity("Announce", home, activity)

    def _thread(self, peer: Peer, home: str) -> Iterator[Json]:
        writer, author = self._someone()
        page = writer.page(author, home, published=self._now())
        yield from self._written(writer, author, page, home)
        if self._chance.random() < 0.15:
            yield self._deleted(writer, author, page, home)
            return
        yield from self._votes(page["id"], home, author)
        above = [page]
        for _ in range(self._chance.randrange(6)):
            answerer, person = self._someone()
            note = answerer.note(person, self._chance.choice(above)["id"], home, published=self._now())
            fate = self._chance.random()
            if fate < 0.1:
                yield from self._gone_and_back(answerer, person, note, home)
                continue
            yield from self._written(answerer, person, note, home)
            if fate < 0.3:
                yield self._deleted(answerer, person, note, home)
            else:
                above.append(note)
                yield from self._votes(note["id"], home, person)

    def _written(self, peer: Peer, author: str, document: Json, home: str) -> Iterator[Json]:
        yield peer.activity("Create", author, document, home)
        for _ in range(self._chance.choice((0, 0, 1, 2))):
            text = "name" if "name" in document else "content"
            document = document | {text: f"Changed at {self._seconds}", "updated": self._now()}
            peer.documents[document["id"].removeprefix(peer.url)] = document
            yield peer.activity("Update", author, document, home)

    def _gone_and_back(self, peer: Peer, author: str, document: Json, home: str) -> Iterator[Json]:
        """In any order it is there in the end. Nobody votes on it: a vote on what is gone at that moment is refused for good."""
        delete = peer.activity("Delete", author, document["id"], home)
        yield peer.activity("Create", author, document, home)
        yield delete
        yield peer.activity("Undo", author, delete, home)

    def _deleted(self, peer: Peer, author: str, document: Json, home: str) -> Json:
        peer.documents[document["id"].removeprefix(peer.url)] = 410
        return peer.activity("Delete", author, document["id"], home)

    def _votes(self, object_id: str, home: str, author: str) -> Iterator[Json]:
        for voter, person in self._chance.sample(self._people, self._chance.randrange(8)):
            if person == author:
                continue
            vote = voter.activity(self._chance.choice(("Like", "Like", "Dislike")), person, object_id, home)
            yield vote
            if self._chance.random() < 0.2:
                yield voter.activity("Undo", person, vote, home)

    def _someone(self) -> tuple[Peer, str]:
        return self._chance.choice(self._people)

    def _now(self) -> str:
        self._seconds += 1
        return f"2024-06-06T{self._seconds // 3600 % 24:02}:{self._seconds // 60 % 60:02}:{self._seconds % 60:02}.000001Z"


def shuffled(trial: Trial) -> None:
    """In order, one after the other, on SQLite; then shuffled and doubled, fifty at a time, on this database: the same state."""

    async def run() -> None:
        hosts = {name: trial.port() for name in ("home", "one", "two")}
        one, two = Peer(f"one.test:{hosts['one']}"), Peer(f"two.test:{hosts['two']}")
        town = Town(one, two, trial.seed)
        stream = town.activities()
        in_order = [next(stream) for _ in range(trial.times)]
        mixed = [*in_order, *in_order]
        random.Random(8 + trial.seed).shuffle(mixed)
        async with serving(one, hosts["one"]), serving(two, hosts["two"]):
            expected = await _state_after(trial, "ordered", None, hosts, town, in_order, at_once=1)
            found = await _state_after(trial, "shuffled", trial.postgres, hosts, town, mixed, at_once=AT_ONCE)
        kinds = {activity["object"]["type"] for _, activity in in_order}
        assert kinds == {"Create", "Update", "Delete", "Undo", "Like", "Dislike"}, kinds
        for statement, rows in expected.items():
            assert found[statement] == rows, f"another order, another state:\n{statement}\n{_first_difference(rows, found[statement])}"
        assert all(expected[statement] for statement in _STATE[:9])
        trial.did(trial.times)

    asyncio.run(run())


def _first_difference(wanted: list[Row], found: list[Row]) -> str:
    return f"wanted {sorted(set(wanted) - set(found), key=repr)[:3]}, found {sorted(set(found) - set(wanted), key=repr)[:3]}"


async def _state_after(
    trial: Trial, name: str, url: str | None, hosts: dict[str, int], town: Town, activities: list[tuple[Peer, Json]], *, at_once: int
) -> dict[str, list[Row]]:
    """What an instance holds that has received these activities, and in the end fifty copies of one at the same time."""
    folder = trial.folder / name
    folder.mkdir()
    async with opened(folder, "home", hosts, url) as place, listening(place, hosts["home"]):
        for home in town.homes.values():
            await _followed(place, home)
        for start in range(0, len(activities), at_once):
            piece = activities[start : start + at_once]
            answers = await asyncio.gather(*(peer.send(place, activity) for peer, activity in piece))
            assert {answer.status for answer in answers} == {200}, json.dumps([activity for _, activity in piece])[:2000]
            if at_once == 1:
                await place.federation.applied()
            trial.tell(trial)
        await place.federation.applied()
        await _copies_at_once(place, town)
        await place.write(gathering.merge, len(activities))  # many votes have waited for each other
        state = {statement: sorted(await place.read(_rows, statement), key=repr) for statement in _STATE}
        await hang_up(place)
        return state


async def _copies_at_once(place: Place, town: Town) -> None:
    peer, home = next(iter(town.homes.items()))
    author = f"{peer.url}/u/p0"
    page = peer.page(author, home, published="2024-09-09T09:09:09.000001Z") | {"id": f"{peer.url}/post/copied", "name": "Copied"}
    peer.documents["/post/copied"] = page
    create = {**peer.activity("Create", author, page, home), "id": f"{peer.url}/activities/create/copied"}
    announce = {**peer.activity("Announce", home, create), "id": f"{peer.url}/activities/announce/copied"}
    answers = await asyncio.gather(*(peer.send(place, announce) for _ in range(COPIES)))
    assert {answer.status for answer in answers} == {200}, answers
    await place.federation.applied()
    assert await place.read(_rows, "SELECT COUNT(*) FROM post WHERE name = 'Copied'") == [(1,)]
    assert await place.read(_rows, "SELECT score FROM post_aggregates WHERE post_id = (SELECT id FROM post WHERE name = 'Copied')") == [
        (1,)
    ]


def _rows(tx: Transaction, statement: str) -> list[Any]:
    return tx.all(statement)


async def _followed(place: Place, ap_id: str) -> None:
    from lemmy_lite.storage.tables import person

    found = await place.federation.resolve(ap_id)
    assert isinstance(found, Community)
    known = await place.read(person.local_by_name, "ann")
    follower = known or await place.person("ann")

    def follow(tx: Transaction) -> None:
        communities.follow(tx, follower, found.id, True)
        communities.accept_follow(tx, follower.id, found.id)

    await place.write(follow)


CASES = (
    Case(
        "R24",
        "Activities that come shuffled, twice and fifty at a time end in the same state as in order, one by one.",
        "activities",
        10_000,
        500,
        BOTH,
        shuffled,
    ),
)
