"""What peers send has its effect once, whatever the order and however often it comes; nothing acknowledged is lost."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from lemmy_lite.domain import community as communities
from lemmy_lite.federation.inbox import lanes
from lemmy_lite.model.community import Community
from lemmy_lite.model.post import Post
from lemmy_lite.storage import gathering
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import comment, community_follower, inbox_activity, person, post, tombstone
from tests.federation.lab import Place, eventually, opened
from tests.federation.peer import Peer, among_peers

FreePort = Callable[[], int]
Story = Callable[[Place, Peer, Peer], Awaitable[None]]


def tell(folder: Path, free_port: FreePort, story: Story) -> None:
    """Run a story with our instance and two servers of other make."""

    async def run() -> None:
        async with among_peers(folder, free_port, "one", "two") as (place, (one, two)):
            await story(place, one, two)

    asyncio.run(run())


async def settled(place: Place, peer: Peer, *activities: dict[str, Any]) -> None:
    """Send activities one after the other and wait for their effects."""
    for activity in activities:
        assert (await peer.send(place, activity)).status == 200, activity
    await place.federation.applied()


async def followed(place: Place, peer: Peer) -> Community:
    """A community of the peer that somebody of ours follows."""
    ap_id = peer.group("gardens")
    found = await place.federation.resolve(ap_id)
    assert isinstance(found, Community)
    follower = await place.person("ann")

    def follow(tx: Transaction) -> None:
        communities.follow(tx, follower, found.id, True)
        communities.accept_follow(tx, follower.id, found.id)

    await place.write(follow)
    return found


async def existing_post(place: Place, ap_id: str) -> Post:
    found = await place.read(post.by_ap_id, ap_id)
    assert found is not None, ap_id
    return found


def announced(peer: Peer, home: str, inner: dict[str, Any] | str) -> dict[str, Any]:
    return peer.activity("Announce", home, inner)


def test_a_person_elsewhere_follows_and_the_community_accepts(tmp_path: Path, free_port: FreePort) -> None:
    async def story(place: Place, one: Peer, two: Peer) -> None:
        home = await place.community(await place.person("ann"))
        follow = one.activity("Follow", one.person("zoe"), home.actor_id, to=[home.actor_id])
        await settled(place, one, follow)
        zoe = await place.read(person.by_actor_id, f"{one.url}/u/zoe")
        assert zoe is not None
        assert await place.read(community_follower.state, zoe.id, home.id) is False
        (accept,) = await eventually(_received, one)
        assert (accept["type"], accept["actor"], accept["object"]["id"]) == ("Accept", home.actor_id, follow["id"])
        await settled(place, one, one.activity("Undo", zoe.actor_id, follow))
        assert await place.read(community_follower.state, zoe.id, home.id) is None

    tell(tmp_path, free_port, story)


async def _received(peer: Peer) -> list[dict[str, Any]]:
    return peer.received


def test_a_post_and_its_comment_are_received_and_announced_whole(tmp_path: Path, free_port: FreePort) -> None:
    async def story(place: Place, one: Peer, two: Peer) -> None:
        home = await place.community(await place.person("ann"))
        zoe, listener = one.person("zoe"), two.person("lea")
        await settled(place, two, two.activity("Follow", listener, home.actor_id))
        page = one.page(zoe, home.actor_id)
        create = one.activity("Create", zoe, page, home.actor_id)
        note = one.note(zoe, page["id"], home.actor_id)
        await settled(place, one, create, one.activity("Create", zoe, note, home.actor_id))
        found = await existing_post(place, page["id"])
        assert (found.name, found.body, found.local) == (page["name"], "Some **text**", False)
        assert found.published.isoformat() == "2024-06-06T06:06:06.654321+00:00"
        written = await place.read(comment.by_ap_id, note["id"])
        assert written is not None
        assert written.post_id == found.id
        told = await eventually(_received, two, gives=lambda received: len(received) == 4)
        assert [(each["type"], each["actor"]) for each in told] == [("Accept", home.actor_id), *[("Announce", home.actor_id)] * 3]
        announced_objects = [each["object"] for each in told]
        assert create in announced_objects
        assert page in announced_objects  # by itself, for followers at Mastodon

    tell(tmp_path, free_port, story)


def test_fifty_copies_of_one_vote_count_once(tmp_path: Path, free_port: FreePort) -> None:
    async def story(place: Place, one: Peer, two: Peer) -> None:
        ann = await place.person("ann")
        written = await place.post(ann, await place.community(ann))
        like = one.activity("Like", one.person("zoe"), written.ap_id)
        answers = await asyncio.gather(*(one.send(place, like) for _ in range(50)))
        assert {answer.status for answer in answers} == {200}
        assert one.fetched == ["/u/zoe"]
        await place.federation.applied()
        await settled(place, one, like)
        assert await place.votes(written.id) == (2, 2, 0)
        assert await place.read(inbox_activity.waiting) == 0

    tell(tmp_path, free_port, story)


def test_a_delete_that_comes_before_its_create_wins(tmp_path: Path, free_port: FreePort) -> None:
    async def story(place: Place, one: Peer, two: Peer) -> None:
        home = await place.community(await place.person("ann"))
        zoe = one.person("zoe")
        page = one.page(zoe, home.actor_id)
        await settled(place, one, one.activity("Delete", zoe, page["id"], home.actor_id), one.activity("Create", zoe, page, home.actor_id))
        assert await place.read(post.by_ap_id, page["id"]) is None
        assert await place.read(tombstone.holds, page["id"])
        other = one.page(zoe, home.actor_id)
        await settled(place, one, one.activity("Create", zoe, other, home.actor_id))
        assert await place.read(post.by_ap_id, other["id"]) is not None

    tell(tmp_path, free_port, story)


def test_an_undo_that_comes_before_its_like_wins(tmp_path: Path, free_port: FreePort) -> None:
    async def story(place: Place, one: Peer, two: Peer) -> None:
        ann = await place.person("ann")
        written = await place.post(ann, await place.community(ann))
        zoe = one.person("zoe")
        like = one.activity("Like", zoe, written.ap_id)
        await settled(place, one, one.activity("Undo", zoe, like), like)
        assert await place.votes(written.id) == (1, 1, 0)
        await settled(place, one, one.activity("Like", zoe, written.ap_id))
        assert await place.votes(written.id) == (2, 2, 0)

    tell(tmp_path, free_port, story)


def test_an_announced_vote_is_remembered_once_and_no_copy_of_it_comes_again_after_it_was_taken_back(
    tmp_path: Path, free_port: FreePort
) -> None:
    async def story(place: Place, one: Peer, two: Peer) -> None:
        home = await followed(place, one)
        page = one.page(one.person("zoe"), home.actor_id)
        await settled(place, one, announced(one, home.actor_id, one.activity("Create", one.person("zoe"), page, home.actor_id)))
        post_id, lea = (await existing_post(place, page["id"])).id, two.person("lea")
        # Who is not known yet is looked for first, and her vote waits in a row meanwhile.
        await settled(place, one, announced(one, home.actor_id, two.activity("Dislike", lea, page["id"], home.actor_id)))
        for waits in (False, True):
            place.database.pending.is_gathering = waits
            before = await place.read(_remembered)
            like = two.activity("Like", lea, page["id"], home.actor_id)
            told = announced(one, home.actor_id, like)
            await settled(place, one, told)
            assert await place.votes(post_id) == (2, 2, 0)
            assert await place.read(_remembered) == before + 1
            await settled(place, one, announced(one, home.actor_id, two.activity("Undo", lea, like)))
            assert await place.votes(post_id) == (1, 1, 0)
            noted = await place.read(_remembered)
            await settled(place, one, told, announced(one, home.actor_id, like), told)
            assert await place.votes(post_id) == (1, 1, 0)
            assert await place.read(_remembered) == noted, "copies are not even noted"

    tell(tmp_path, free_port, story)


def _remembered(tx: Transaction) -> int:
    """How many names of activities are known."""
    assert tx.pending is not None
    rows: int = tx.value("SELECT COUNT(*) FROM received_activity")
    return rows + sum(len(each.ids) for each in gathering.entries(tx, tx.pending, 0))


def test_an_old_update_does_not_replace_a_new_one(tmp_path: Path, free_port: FreePort) -> None:
    async def story(place: Place, one: Peer, two: Peer) -> None:
        home = await place.community(await place.person("ann"))
        zoe = one.person("zoe")
        page = one.page(zoe, home.actor_id)
        newer = page | {"name": "Third try", "updated": "2024-06-08T00:00:00Z"}
        older = page | {"name": "Second try", "updated": "2024-06-07T00:00:00Z"}
        await settled(
            place,
            one,
            one.activity("Create", zoe, page, home.actor_id),
            one.activity("Update", zoe, newer, home.actor_id),
            one.activity("Update", zoe, older, home.actor_id),
        )
        assert (await existing_post(place, page["id"])).name == "Third try"

    tell(tmp_path, free_port, story)


def test_what_a_third_instance_wrote_is_read_at_its_own_id_when_a_community_announces_it(tmp_path: Path, free_port: FreePort) -> None:
    async def story(place: Place, one: Peer, two: Peer) -> None:
        home = await followed(place, one)
        lea = two.person("lea")
        page = two.page(lea, home.actor_id)
        forged = two.activity("Create", lea, page | {"name": "Words she never wrote"}, home.actor_id)
        await settled(place, one, announced(one, home.actor_id, forged))
        assert (await existing_post(place, page["id"])).name == page["name"]
        like = two.activity("Like", lea, page["id"], home.actor_id)
        await settled(place, one, announced(one, home.actor_id, two.activity("Undo", lea, like)))
        found = await existing_post(place, page["id"])
        assert await place.votes(found.id) == (0, 0, 0)
        await settled(place, one, announced(one, home.actor_id, two.activity("Delete", lea, page["id"], home.actor_id)))
        assert not (await existing_post(place, page["id"])).deleted, "its home still serves it"
        two.documents[page["id"].removeprefix(two.url)] = 410
        await settled(place, one, announced(one, home.actor_id, two.activity("Delete", lea, page["id"], home.actor_id)))
        assert (await existing_post(place, page["id"])).deleted

    tell(tmp_path, free_port, story)


def test_an_announced_bare_object_is_fetched_as_mastodon_and_peertube_expect(tmp_path: Path, free_port: FreePort) -> None:
    async def story(place: Place, one: Peer, two: Peer) -> None:
        home = await followed(place, one)
        page = two.page(two.person("lea"), home.actor_id)
        await settled(place, one, announced(one, home.actor_id, page["id"]))
        assert (await existing_post(place, page["id"])).name == page["name"]

    tell(tmp_path, free_port, story)


def test_a_comment_brings_its_fifty_unknown_ancestors(tmp_path: Path, free_port: FreePort) -> None:
    async def story(place: Place, one: Peer, two: Peer) -> None:
        home, zoe = one.group("gardens"), one.person("zoe")
        parent = one.page(zoe, home)
        depth = 50
        notes = []
        for _ in range(depth):
            parent = one.note(zoe, parent["id"], home)
            notes.append(parent)
        found = await place.federation.resolve(parent["id"])
        assert getattr(found, "content", None) == notes[-1]["content"].removeprefix("<p>").removesuffix("</p>")
        assert len(one.fetched) <= depth + 10
        deepest = await place.read(comment.by_ap_id, parent["id"])
        assert deepest is not None
        assert len(deepest.path.split(".")) == depth + 1

    tell(tmp_path, free_port, story)


def test_after_the_last_follower_has_left_nothing_is_accepted(tmp_path: Path, free_port: FreePort) -> None:
    async def story(place: Place, one: Peer, two: Peer) -> None:
        home = await followed(place, one)
        zoe = one.person("zoe")
        wanted, unwanted = one.page(zoe, home.actor_id), one.page(zoe, home.actor_id)
        await settled(place, one, announced(one, home.actor_id, one.activity("Create", zoe, wanted, home.actor_id)))
        ann = await place.read(person.local_by_name, "ann")
        assert ann is not None
        await place.write(communities.follow, ann, home.id, False)
        await settled(place, one, announced(one, home.actor_id, one.activity("Create", zoe, unwanted, home.actor_id)))
        assert await place.read(post.by_ap_id, wanted["id"]) is not None
        assert await place.read(post.by_ap_id, unwanted["id"]) is None

    tell(tmp_path, free_port, story)


def test_what_was_acknowledged_before_a_crash_is_applied_at_the_next_start(tmp_path: Path, free_port: FreePort) -> None:
    async def run() -> None:
        async with among_peers(tmp_path, free_port, "one", "two") as (place, (one, _)):
            ann = await place.person("ann")
            written = await place.post(ann, await place.community(ann))
            like = one.activity("Like", one.person("zoe"), written.ap_id)
            await place.federation._lanes.close()
            place.federation._lanes._closing = False
            place.federation._lanes._at_once = lanes.MOST_AT_ONCE  # so that it waits in a row
            place.federation._lanes.wake = lambda host: None  # type: ignore[method-assign]  # the process dies right after its answer
            assert (await one.send(place, like)).status == 200
            assert (await place.votes(written.id))[1] == 1
            hosts = {"home": int(place.host.rpartition(":")[2]), "one": 1, "two": 1}
            async with opened(tmp_path, "home", hosts) as again:
                await again.federation.applied()
                assert (await again.votes(written.id))[1] == 2
                assert await again.read(inbox_activity.waiting) == 0

    asyncio.run(run())
