"""Actors of others are looked at anew, once a day, when they are used."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

from lemmy_lite.domain import community as communities
from lemmy_lite.model.clock import DAY, MINUTE, Micros
from lemmy_lite.model.community import Community
from lemmy_lite.model.person import Person
from lemmy_lite.storage.tables import community, community_moderator, person
from tests.federation.lab import Place, eventually, key_pair
from tests.federation.listed import serve
from tests.federation.peer import Peer, among_peers

FreePort = Callable[[], int]
Story = Callable[[Place, Peer], Awaitable[None]]


def tell(folder: Path, free_port: FreePort, story: Story, url: str | None = None) -> None:
    async def run() -> None:
        async with among_peers(folder, free_port, "one", url=url) as (place, (one,)):
            await story(place, one)

    asyncio.run(run())


async def _followed(place: Place, one: Peer) -> Community:
    one.group("gardens")
    serve(one, f"{one.url}/c/gardens/outbox")
    found = await place.federation.resolve(f"{one.url}/c/gardens")
    assert isinstance(found, Community)
    await place.write(communities.follow, await place.person("ann"), found.id, True)
    await eventually(place.federation.backfills, gives=lambda rows: rows[0].phase == "done")
    return found


async def _age(place: Place, by: Micros) -> None:
    await place.write(lambda tx: tx.run("UPDATE actor SET last_refreshed_at = last_refreshed_at - :by", by=by))


async def _writes(place: Place, one: Peer, author: str, home: Community) -> None:
    """The author posts, and the community announces it."""
    page = one.page(author, home.actor_id)
    await one.send(place, one.activity("Announce", home.actor_id, one.activity("Create", author, page, home.actor_id)))
    await place.federation.applied()


def _edit(one: Peer, actor: str, **fields: object) -> None:
    path = actor.removeprefix(one.url)
    document = one.documents[path]
    assert isinstance(document, dict)
    one.documents[path] = {**document, **fields}


async def _person(place: Place, ap_id: str) -> Person:
    found = await place.read(person.by_actor_id, ap_id)
    assert found is not None
    return found


def test_whoever_writes_is_looked_at_anew_after_a_day(tmp_path: Path, free_port: FreePort, database_url: str) -> None:
    async def story(place: Place, one: Peer) -> None:
        home, zoe = await _followed(place, one), one.person("zoe")
        await _writes(place, one, zoe, home)
        _edit(one, zoe, name="Zoe of the gardens")
        one.fetched.clear()
        await _age(place, DAY - MINUTE)
        await _writes(place, one, zoe, home)
        await asyncio.sleep(0.2)
        assert "/u/zoe" not in one.fetched
        assert (await _person(place, zoe)).display_name is None
        await _age(place, 2 * MINUTE)
        await _writes(place, one, zoe, home)
        await eventually(_person, place, zoe, gives=lambda found: found.display_name == "Zoe of the gardens")
        assert one.fetched.count("/u/zoe") == 1

    tell(tmp_path, free_port, story, database_url)


def test_a_community_that_speaks_is_looked_at_with_its_moderators_and_count(tmp_path: Path, free_port: FreePort) -> None:
    async def story(place: Place, one: Peer) -> None:
        home, zoe = await _followed(place, one), one.person("zoe")
        _edit(one, home.actor_id, name="Gardens and parks", attributedTo=f"{home.actor_id}/moderators")
        serve(one, f"{home.actor_id}/moderators", zoe)
        serve(one, f"{home.actor_id}/followers", totalItems=77)
        await _age(place, DAY + MINUTE)
        await _writes(place, one, zoe, home)
        await eventually(place.read, community_moderator.order, home.id)
        assert (await place.read(community.existing, home.id)).title == "Gardens and parks"
        await eventually(
            place.read, lambda tx: tx.column("SELECT subscribers FROM community_aggregates"), gives=lambda counts: counts == [77]
        )

    tell(tmp_path, free_port, story)


def test_a_new_key_holds_and_the_old_one_no_longer(tmp_path: Path, free_port: FreePort) -> None:
    async def story(place: Place, one: Peer) -> None:
        home, zoe = await _followed(place, one), one.person("zoe")
        await _writes(place, one, zoe, home)
        old, new = one._keys[home.actor_id], key_pair(50)
        key_id = f"{home.actor_id}#main-key"
        _edit(one, home.actor_id, publicKey={"id": key_id, "owner": home.actor_id, "publicKeyPem": new.public_key})
        await _age(place, DAY + MINUTE)
        await place.federation.resolve(home.actor_id)

        def announcement() -> dict[str, object]:
            page = one.page(zoe, home.actor_id)
            return one.activity("Announce", home.actor_id, one.activity("Create", zoe, page, home.actor_id))

        assert (await one.send(place, announcement())).status == 401
        one._keys[home.actor_id] = new
        assert (await one.send(place, announcement())).status < 300
        assert old != new

    tell(tmp_path, free_port, story)


def test_who_is_gone_for_good_is_deleted_here_and_who_is_merely_not_found_stays(tmp_path: Path, free_port: FreePort) -> None:
    async def story(place: Place, one: Peer) -> None:
        home, zoe, tom = await _followed(place, one), one.person("zoe"), one.person("tom")
        for author in (zoe, tom):
            await _writes(place, one, author, home)
        one.documents["/u/zoe"], one.documents["/u/tom"], one.documents["/c/gardens"] = 410, 404, 410
        await _age(place, DAY + MINUTE)
        for ap_id in (zoe, tom, home.actor_id):
            await place.federation.resolve(ap_id)
        assert [(await _person(place, each)).deleted for each in (zoe, tom)] == [True, False]
        assert (await place.read(community.existing, home.id)).deleted

    tell(tmp_path, free_port, story)


def test_a_look_up_shows_what_an_actor_says_now_or_said_last(tmp_path: Path, free_port: FreePort) -> None:
    async def story(place: Place, one: Peer) -> None:
        zoe = one.person("zoe")
        await place.federation.resolve(zoe)
        _edit(one, zoe, name="Zoe")
        await _age(place, DAY + MINUTE)
        found = await place.federation.resolve(zoe)
        assert isinstance(found, Person)
        assert found.display_name == "Zoe"
        one.documents["/u/zoe"] = 500
        await _age(place, DAY + MINUTE)
        assert await place.federation.resolve(zoe) == found

    tell(tmp_path, free_port, story)
