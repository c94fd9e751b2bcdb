"""A vote of our own people asks the database for what only it can know, and says what others have to hear, however many follow."""

import asyncio
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from uuid import RFC_4122, UUID

from lemmy_lite.domain import community as communities
from lemmy_lite.domain import vote
from lemmy_lite.federation import outgoing
from lemmy_lite.model.ids import LanguageId
from lemmy_lite.model.language import LANGUAGE_OF_CODE
from lemmy_lite.model.person import Person
from lemmy_lite.model.post import Post
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import comment, community, community_ban, delivery, instance, person, sent_activity, site
from tests.federation.lab import Place, opened
from tests.federation.messages import Scene
from tests.federation.peer import among_peers

FreePort = Callable[[], int]
ENGLISH = LANGUAGE_OF_CODE["en"].id


def _stranger(tx: Transaction, name: str, host: str) -> Person:
    return person.insert(
        tx, name=name, actor_id=f"https://{host}/u/{name}", instance_id=instance.get_or_create(tx, host), local=False, banned=False
    )


def _told(tx: Transaction) -> list[str]:
    return tx.column("SELECT instance.domain FROM delivery JOIN instance ON instance.id = delivery.instance_id ORDER BY 1")


async def _statements(place: Place, voter: Person, on: Post, score: int) -> list[str]:
    asked: list[str] = []
    place.database.trace = asked.append
    await place.write(vote.cast, voter, on, score)
    place.database.trace = None
    return [" ".join(sql.split()[: 3 if sql.split()[0] == "INSERT" else 2]) for sql in asked]


def test_a_vote_in_a_community_of_ours_does_not_read_its_followers_again(tmp_path: Path, free_port: FreePort) -> None:
    async def run() -> None:
        async with opened(tmp_path, "here", {"here": free_port()}) as place:
            await place.federation.close()  # delivery looks by itself
            ann, bob = await place.person("ann"), await place.person("bob")
            home = await place.community(ann)
            post = await place.post(ann, home)
            for name in ("zoe", "yan"):
                follower = await place.write(_stranger, name, "one.example")
                await place.write(communities.follow, follower, home.id, True)
            for score in (1, 0):  # the first gives the instance its cursor
                await place.write(vote.cast, bob, post, score)
            assert await place.read(_told) == ["one.example"]
            assert await _statements(place, bob, post, -1) == [
                *("SELECT score", "INSERT INTO post_vote", "UPDATE post_aggregates", "INSERT INTO sent_activity"),
            ]
            assert await place.votes(post.id) == (0, 1, 1), "its author's and the other"
            # A follower of an instance that was not told anything yet: it hears of the next vote, and the one after costs nothing for it.
            follower = await place.write(_stranger, "xia", "two.example")
            await place.write(communities.follow, follower, home.id, True)
            before = await place.read(sent_activity.newest)
            assert "INSERT INTO delivery" in await _statements(place, bob, post, 0)
            assert await place.read(_told) == ["one.example", "two.example"]
            number = await place.read(instance.find, "two.example")
            assert number is not None
            state = await place.read(delivery.get, number)
            assert state is not None
            assert state.last_successful_id == before
            assert "INSERT INTO delivery" not in await _statements(place, bob, post, 1)

    asyncio.run(run())


def test_a_comment_that_comes_in_asks_once_for_what_the_next_one_needs_too(tmp_path: Path, free_port: FreePort) -> None:
    async def run() -> None:
        async with among_peers(tmp_path, free_port, "one", "two") as (place, (one, two)):
            scene = Scene(place, one, two)
            await scene.set()

            async def read_for_a_comment(language: str | None = None) -> Counter[str]:
                source = {"content": "Four *minutes*.", "mediaType": "text/markdown"}
                tag = {"identifier": language, "name": language}
                note = one.note(scene.xia, scene.flower["id"], scene.gardens, source=source, language=tag)
                asked: list[str] = []
                place.database.trace = asked.append
                await scene.deliver(one.activity("Announce", scene.gardens, one.activity("Create", scene.xia, note, scene.gardens)))
                place.database.trace = None
                entered = await place.read(comment.by_ap_id, note["id"])
                assert entered is not None
                assert entered.language_id == (ENGLISH if language == "en" else 0)
                return Counter(sql.split(" FROM ")[1].split()[0] for sql in asked if sql.startswith("SELECT"))

            await read_for_a_comment()
            again = await read_for_a_comment("en")
            assert {"community", "community_language", "local_site", "local_site_url_blocklist", "person", "post"}.isdisjoint(again)
            assert {"comment_vote", "comment_aggregates"}.isdisjoint(again), "nobody has voted on what is new"
            assert again["comment"] == 3, "itself, what it answers, and what was entered"
            # What the admins refuse, and what the community speaks, holds for the very next one.
            await place.write(site.set_blocked_urls, ["bad.example"])
            home = await place.federation.resolve(scene.gardens)
            await place.write(community.set_languages, home.id, [LanguageId(0)])
            assert {"community_language", "local_site_url_blocklist"} <= (await read_for_a_comment("de")).keys()
            note = one.note(scene.xia, scene.flower["id"], scene.gardens, content="<a href='https://bad.example/'>a</a>")
            await scene.deliver(one.activity("Announce", scene.gardens, one.activity("Create", scene.xia, note, scene.gardens)))
            assert await place.read(comment.by_ap_id, note["id"]) is None

    asyncio.run(run())


def test_ids_of_activities_are_in_the_order_of_time_and_random_beyond_it(tmp_path: Path, free_port: FreePort) -> None:
    async def run() -> None:
        async with opened(tmp_path, "here", {"here": free_port()}) as place:
            shown = iter([1_000_000, 2_000_000, 2_000_000, 2**48 * 1000 - 1])
            place.context.clock.now = lambda: next(shown)  # type: ignore[method-assign]
            ids = [outgoing.new_id(place.context, "Like").rpartition("/") for _ in range(4)]
            assert {each[0] for each in ids} == {f"{place.url}/activities/like"}
            found = [UUID(each[2]) for each in ids]
            assert [each.int >> 80 for each in found] == [1000, 2000, 2000, 2**48 - 1]
            assert {(each.version, each.variant) for each in found} == {(7, RFC_4122)}
            assert len({each.int & 2**62 - 1 for each in found}) == 4

    asyncio.run(run())


def test_a_ban_ends_by_the_clock_and_by_its_lifting_though_it_is_remembered(tmp_path: Path, free_port: FreePort) -> None:
    async def run() -> None:
        async with opened(tmp_path, "here", {"here": free_port()}) as place:
            ann, bob = await place.person("ann"), await place.person("bob")
            home = await place.community(ann)

            def holds(tx: Transaction, expires: int | None) -> list[bool]:
                found = [community_ban.holds(tx, home.id, bob.id)]
                community_ban.put(tx, home.id, bob.id, expires)
                found += [community_ban.holds(tx, home.id, bob.id), community_ban.holds(tx, home.id, ann.id)]
                tx.now += 10
                found.append(community_ban.holds(tx, home.id, bob.id))
                community_ban.delete(tx, home.id, bob.id)
                return [*found, community_ban.holds(tx, home.id, bob.id)]

            assert await place.write(lambda tx: holds(tx, None)) == [False, True, False, True, False]
            assert await place.write(lambda tx: holds(tx, tx.now + 10)) == [False, True, False, False, False]

    asyncio.run(run())
