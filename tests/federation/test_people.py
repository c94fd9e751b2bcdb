"""People across instances: their profiles, those who follow them, and those who move."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from lemmy_lite.domain import block, leaving
from lemmy_lite.domain import community as communities
from lemmy_lite.domain import local_user as accounts
from lemmy_lite.domain import post as posts
from lemmy_lite.domain import private_message as messages
from lemmy_lite.model.community import Community, CommunityVisibility
from lemmy_lite.model.local_user import SettingsForm
from lemmy_lite.model.person import Person
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import block as blocks
from lemmy_lite.storage.tables import community, community_follower, local_user, person, person_follower
from lemmy_lite.storage.views import local_user as viewers
from tests.federation.lab import Place, eventually, key_pair, lab
from tests.federation.peer import PUBLIC, Json, Peer, among_peers

FreePort = Callable[[], int]
Story = Callable[[Place, Peer, Peer], Awaitable[None]]


def tell(folder: Path, free_port: FreePort, story: Story) -> None:
    """Run a story with our instance and two servers of other make."""

    async def run() -> None:
        async with among_peers(folder, free_port, "one", "two") as (place, (one, two)):
            await story(place, one, two)

    asyncio.run(run())


async def settled(place: Place, peer: Peer, *activities: Json) -> None:
    for activity in activities:
        assert (await peer.send(place, activity)).status == 200, activity
    await place.federation.applied()


async def known(place: Place, ap_id: str) -> Person:
    found = await place.read(person.by_actor_id, ap_id)
    assert found is not None, ap_id
    return found


async def told(peer: Peer) -> list[Json]:
    return [activity for activity in peer.received if activity["type"] != "Accept"]


async def edit_profile(place: Place, whose: Person, **form: Any) -> None:
    def edit(tx: Transaction) -> None:
        account = local_user.of_person(tx, whose.id)
        assert account is not None
        viewer = viewers.by_id(tx, account.id)
        assert viewer is not None
        accounts.save_settings(tx, place.context, viewer, SettingsForm(**form))

    await place.write(edit)


async def follow(place: Place, peer: Peer, follower: str, followed: Person) -> Json:
    """A follower's request, answered."""
    asked = peer.activity("Follow", follower, followed.actor_id, to=[followed.actor_id])
    await settled(place, peer, asked)
    return asked


def test_a_person_of_mastodon_follows_one_of_ours_and_sees_what_they_write_in_public(tmp_path: Path, free_port: FreePort) -> None:
    async def story(place: Place, one: Peer, two: Peer) -> None:
        ann, bob, zoe = await place.person("ann"), await place.person("bob"), one.person("zoe")
        home = await place.community(ann)
        asked = await follow(place, one, zoe, ann)
        (accept,) = await eventually(everything, one)
        assert (accept["type"], accept["actor"], accept["object"]["id"], accept["to"]) == ("Accept", ann.actor_id, asked["id"], [zoe])

        written = await place.post(ann, home)
        answer = await place.comment(ann, written)
        await place.post(bob, home, "Nobody follows bob")
        await place.write(posts.delete, ann, written.id, True)
        create, note, delete = await eventually(told, one, gives=lambda all_told: len(all_told) == 3)
        assert (create["type"], create["actor"], create["object"]["type"], create["object"]["id"]) == (
            "Create",
            ann.actor_id,
            "Page",
            written.ap_id,
        )
        assert PUBLIC in create["to"]
        assert (note["type"], note["object"]["type"], note["object"]["id"]) == ("Create", "Note", answer.ap_id)
        assert (delete["type"], delete["object"]) == ("Delete", written.ap_id)
        assert await told(two) == []

        await settled(place, one, one.activity("Undo", zoe, asked, to=[ann.actor_id]))
        assert await place.read(person_follower.count, ann.id) == 0

    tell(tmp_path, free_port, story)


def test_who_deletes_their_account_elsewhere_is_no_longer_counted_as_a_follower(tmp_path: Path, free_port: FreePort) -> None:
    async def story(place: Place, one: Peer, two: Peer) -> None:
        ann, zoe = await place.person("ann"), one.person("zoe")
        home = await place.community(ann)
        await follow(place, one, zoe, ann)
        await settled(place, one, one.activity("Follow", zoe, home.actor_id, to=[home.actor_id]))
        assert await place.read(person_follower.count, ann.id) == 1
        assert (await place.read(followers_of, home)) == 2
        await settled(place, one, one.activity("Delete", zoe, zoe))
        assert await place.read(person_follower.count, ann.id) == 0
        assert (await place.read(followers_of, home)) == 1

    tell(tmp_path, free_port, story)


def test_who_deletes_their_account_here_no_longer_follows_elsewhere(tmp_path: Path, free_port: FreePort) -> None:
    async def story(place: Place, one: Peer, two: Peer) -> None:
        ann, gardens = await place.person("ann"), one.group("gardens")
        followed = await place.federation.resolve(gardens)
        assert isinstance(followed, Community)
        await place.write(communities.follow, ann, followed.id, True)
        await place.write(leaving.leave, ann, remove_data=False)
        asked, undo, farewell = await eventually(everything, one, gives=lambda all_told: len(all_told) == 3)
        assert (asked["type"], undo["type"], undo["object"]["type"], undo["object"]["object"]) == ("Follow", "Undo", "Follow", gardens)
        assert (farewell["type"], farewell["object"]) == ("Delete", ann.actor_id)
        assert await place.read(community_follower.state, ann.id, followed.id) is None

    tell(tmp_path, free_port, story)


def followers_of(tx: Transaction, home: Community) -> int:
    """How many are said to follow a community."""
    count: int = tx.value("SELECT subscribers FROM community_aggregates WHERE community_id = :id", id=home.id)
    return count


async def everything(peer: Peer) -> list[Json]:
    return peer.received


def test_followers_of_a_person_hear_nothing_of_local_only_communities_and_messages(tmp_path: Path, free_port: FreePort) -> None:
    async def story(place: Place, one: Peer, two: Peer) -> None:
        ann, bob, zoe = await place.person("ann"), await place.person("bob"), one.person("zoe")
        home = await place.community(ann)
        await follow(place, one, zoe, ann)
        await place.write(lambda tx: community.update(tx, home.id, visibility=CommunityVisibility.LOCAL_ONLY))
        await place.post(ann, home)
        await place.write(messages.create, place.context, ann, bob.id, "Psst")
        assert await place.read(lambda tx: tx.value("SELECT COUNT(*) FROM sent_activity")) == 1  # the Accept

    tell(tmp_path, free_port, story)


def test_who_is_blocked_cannot_follow_and_no_longer_follows(tmp_path: Path, free_port: FreePort) -> None:
    async def story(place: Place, one: Peer, two: Peer) -> None:
        ann, zoe = await place.person("ann"), one.person("zoe")
        await follow(place, one, zoe, ann)
        follower = await known(place, zoe)
        assert await place.read(person_follower.holds, ann.id, follower.id)
        await place.write(block.block_person, ann, follower.id, True)
        assert not await place.read(person_follower.holds, ann.id, follower.id)
        (reject,) = await eventually(told, one)
        assert (reject["type"], reject["object"]) == ("Reject", {"type": "Follow", "actor": zoe, "object": ann.actor_id})
        await follow(place, one, zoe, ann)
        assert not await place.read(person_follower.holds, ann.id, follower.id)
        await eventually(told, one, gives=lambda all_told: [each["type"] for each in all_told] == ["Reject", "Reject"])

    tell(tmp_path, free_port, story)


def test_a_changed_profile_comes_in_if_it_is_newer_and_ones_own(tmp_path: Path, free_port: FreePort) -> None:
    async def story(place: Place, one: Peer, two: Peer) -> None:
        zoe, eve = one.person("zoe"), one.person("eve")
        await place.federation.resolve(zoe)
        document = one.documents["/u/zoe"]
        assert isinstance(document, dict)
        newer = document | {
            "type": "Service",
            "name": "Zoë",
            "summary": "<p>Tea <b>only</b></p>",
            "icon": {"type": "Image", "url": f"{one.url}/zoe.png"},
            "image": [{"type": "Image", "url": f"{one.url}/banner.png"}],
            "matrixUserId": "@zoe:one.test",
            "updated": "2024-08-08T00:00:00Z",
        }
        older = document | {"name": "Old name", "updated": "2024-07-07T00:00:00Z"}
        await settled(place, one, one.activity("Update", zoe, newer), one.activity("Update", zoe, older))
        await settled(place, one, one.activity("Update", eve, newer | {"name": "Stolen", "updated": "2024-09-09T00:00:00Z"}))
        found = await known(place, zoe)
        assert (found.display_name, found.bio, found.bot_account, found.matrix_user_id) == ("Zoë", "Tea **only**", True, "@zoe:one.test")
        assert (found.avatar, found.banner) == (f"{one.url}/zoe.png", f"{one.url}/banner.png")

    tell(tmp_path, free_port, story)


def test_a_profile_that_changes_here_is_told_to_those_who_know_the_person_and_to_nobody_else(tmp_path: Path, free_port: FreePort) -> None:
    async def story(place: Place, one: Peer, two: Peer) -> None:
        ann, bob, zoe = await place.person("ann"), await place.person("bob"), one.person("zoe")
        await place.federation.resolve(two.person("lea"))
        await follow(place, one, zoe, ann)
        await edit_profile(place, ann, display_name="Ann of the teapot", bio="*Oolong*")
        await edit_profile(place, bob, display_name="Nobody knows bob")
        (update,) = await eventually(told, one)
        assert (update["type"], update["actor"], update["object"]["id"]) == ("Update", ann.actor_id, ann.actor_id)
        assert (update["object"]["name"], update["object"]["source"]["content"]) == ("Ann of the teapot", "*Oolong*")
        assert await told(two) == []

    tell(tmp_path, free_port, story)


def test_a_changed_profile_reaches_the_instance_that_follows_a_community_in_which_the_person_writes(
    tmp_path: Path, free_port: FreePort
) -> None:
    async def run() -> None:
        async with lab(tmp_path, free_port, alpha=None, beta=None) as (alpha, beta):
            ann, bob = await alpha.person("ann"), await beta.person("bob")
            home = await alpha.community(ann)
            await beta.follow(bob, f"!tea@{alpha.host}")
            await alpha.post(ann, home)
            await eventually(beta.read, person.by_actor_id, ann.actor_id)
            await edit_profile(alpha, ann, display_name="Ann of the teapot", bot_account=True)
            await eventually(
                known, beta, ann.actor_id, gives=lambda found: (found.display_name, found.bot_account) == ("Ann of the teapot", True)
            )

    asyncio.run(run())


@pytest.mark.parametrize("confirmed", ["both", "old", "new"])
def test_a_community_moves_with_its_local_followers_only_if_both_ends_say_so(confirmed: str, tmp_path: Path, free_port: FreePort) -> None:
    async def story(place: Place, one: Peer, two: Peer) -> None:
        old, new = one.group("gardens"), two.group("gardens")
        ann, eve = await place.person("ann"), await place.person("eve")
        left = await place.federation.resolve(old)
        assert isinstance(left, Community)
        await place.write(communities.follow, ann, left.id, True)
        await place.write(communities.accept_follow, ann.id, left.id)
        await place.write(communities.block, eve, left.id, True)
        at_old, at_new = one.documents["/c/gardens"], two.documents["/c/gardens"]
        assert isinstance(at_old, dict)
        assert isinstance(at_new, dict)
        if confirmed != "new":
            at_old["movedTo"] = new
        if confirmed != "old":
            at_new["alsoKnownAs"] = [old]
        await settled(place, one, one.activity("Move", old, old, target=new))
        arrived = await place.read(community.by_actor_id, new)
        if confirmed != "both":
            assert arrived is None
            assert await place.read(community_follower.state, ann.id, left.id) is False
            return
        assert arrived is not None
        assert await place.read(community_follower.state, ann.id, left.id) is None
        assert await place.read(community_follower.state, ann.id, arrived.id) is True  # until the new home accepts
        assert await place.read(blocks.holds, "community", eve.id, arrived.id)
        await eventually(told, two, gives=lambda all_told: [each["type"] for each in all_told] == ["Follow"])

    tell(tmp_path, free_port, story)


def test_who_has_blocked_a_person_has_blocked_them_where_they_move(tmp_path: Path, free_port: FreePort) -> None:
    async def story(place: Place, one: Peer, two: Peer) -> None:
        old, new = one.person("zoe"), two.person("zoe")
        ann = await place.person("ann")
        left = await place.federation.resolve(old)
        assert isinstance(left, Person)
        await place.write(block.block_person, ann, left.id, True)
        for peer, field, value in ((one, "movedTo", new), (two, "alsoKnownAs", [old])):
            document = peer.documents["/u/zoe"]
            assert isinstance(document, dict)
            document[field] = value
        await settled(place, one, one.activity("Move", old, old, target=new))
        arrived = await known(place, new)
        assert await place.read(blocks.holds, "person", ann.id, arrived.id)

    tell(tmp_path, free_port, story)


def test_a_person_comes_to_sign_with_a_new_key_by_an_update_under_the_old_one(tmp_path: Path, free_port: FreePort) -> None:
    async def story(place: Place, one: Peer, two: Peer) -> None:
        zoe = one.person("zoe")
        document = one.documents["/u/zoe"]
        assert isinstance(document, dict)
        await settled(place, one, one.activity("Update", zoe, document))
        changed = document | {"publicKey": document["publicKey"] | {"publicKeyPem": key_pair(40).public_key}, "name": "Zoë"}
        await settled(place, one, one.activity("Update", zoe, changed))
        one.change_key(zoe, key_pair(40))
        await settled(place, one, one.activity("Update", zoe, changed | {"name": "Zoë again"}))
        assert (await known(place, zoe)).display_name == "Zoë again"

    tell(tmp_path, free_port, story)
