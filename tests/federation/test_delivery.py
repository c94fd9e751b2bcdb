"""Everything that happened reaches every follower, once in effect, in order for each object, whatever breaks on the way."""

import asyncio
import shutil
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from lemmy_lite.domain import community as communities
from lemmy_lite.domain import operating, vote
from lemmy_lite.domain import post as posts
from lemmy_lite.federation import cursors
from lemmy_lite.model.clock import HOUR
from lemmy_lite.model.community import Community, CommunityForm, CommunityVisibility
from lemmy_lite.model.person import Person
from lemmy_lite.model.post import PostForm
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import delivery, instance, sent_activity
from tests.federation.lab import Place, eventually, hang_up, listening, opened
from tests.federation.peer import Json, Peer, among_peers

FreePort = Callable[[], int]
Story = Callable[[Place, Peer, Person, Community], Awaitable[None]]


@asynccontextmanager
async def followed(folder: Path, free_port: FreePort) -> AsyncIterator[tuple[Place, Peer, Person, Community]]:
    """An instance with somebody's community that somebody of a peer follows; that it was accepted is all that the peer has heard."""
    async with among_peers(folder, free_port, "one") as (place, (one,)):
        ann = await place.person("ann")
        home = await place.community(ann)
        await one.send(place, one.activity("Follow", one.person("zoe"), home.actor_id, to=[home.actor_id]))
        await eventually(heard, one, gives=lambda messages: len(messages) == 1)
        yield place, one, ann, home


def tell(folder: Path, free_port: FreePort, story: Story) -> None:
    """Run a story in which somebody of a peer follows our community."""

    async def run() -> None:
        async with followed(folder, free_port) as (place, one, ann, home):
            one.received.clear()
            await story(place, one, ann, home)

    asyncio.run(run())


async def heard(peer: Peer) -> list[Json]:
    return peer.received


async def words(place: Place) -> int:
    """How many messages it knows to have been taken."""
    return len(place.database.told._words)


def kinds(messages: list[Json]) -> list[str]:
    """What was announced, in the order of arrival."""
    return [each["object"]["type"] for each in messages]


async def state(place: Place, peer: Peer) -> delivery.Delivery:
    def find(tx: Transaction) -> delivery.Delivery | None:
        number = instance.find(tx, peer.host.partition(":")[0])
        return delivery.get(tx, number) if number is not None else None

    found = await place.read(find)
    assert found is not None
    return found


def test_a_post_is_announced_as_activity_and_as_object_and_then_its_vote(tmp_path: Path, free_port: FreePort) -> None:
    async def story(place: Place, one: Peer, ann: Person, home: Community) -> None:
        written = await place.post(ann, home)
        messages = await eventually(heard, one, gives=lambda messages: len(messages) == 3)
        assert kinds(messages) == ["Create", "Page", "Like"]
        create = messages[0]["object"]
        assert create["object"]["id"] == written.ap_id
        assert create["object"]["audience"] == create["audience"] == home.actor_id
        assert messages[0]["cc"] == [f"{home.actor_id}/followers"]
        assert len({each["id"] for each in messages}) == 3

    tell(tmp_path, free_port, story)


def test_what_fails_is_sent_again_in_order_until_it_arrives(tmp_path: Path, free_port: FreePort) -> None:
    async def story(place: Place, one: Peer, ann: Person, home: Community) -> None:
        one.answers = [503, 500, 429, 408]
        written = await place.post(ann, home)
        await place.write(posts.edit, place.context, ann, written.id, PostForm(name="How hot?"))
        messages = await eventually(heard, one, gives=lambda messages: len(messages) == 9)
        assert [each["id"] for each in messages[:5]] == [messages[0]["id"]] * 5
        assert kinds(messages[4:]) == ["Create", "Page", "Like", "Update", "Page"]
        newest = await place.read(sent_activity.newest)
        found = await eventually(state, place, one, gives=lambda found: found.last_successful_id == newest)
        assert (found.fail_count, found.next_retry) == (0, None)

    tell(tmp_path, free_port, story)


def test_a_refusal_is_final_and_what_follows_is_sent(tmp_path: Path, free_port: FreePort) -> None:
    async def story(place: Place, one: Peer, ann: Person, home: Community) -> None:
        one.answers = [400, 403, 410]
        written = await place.post(ann, home)
        await place.write(vote.cast, ann, written, 0)
        messages = await eventually(heard, one, gives=lambda messages: len(messages) == 4)
        assert kinds(messages) == ["Create", "Page", "Like", "Undo"]

    tell(tmp_path, free_port, story)


def test_what_a_stopped_instance_had_to_say_is_said_after_its_next_start(tmp_path: Path, free_port: FreePort) -> None:
    async def run() -> None:
        async with followed(tmp_path, free_port) as (place, one, ann, home):
            await place.federation.close()
            written = await place.post(ann, home)
            hosts = {name: int(host.rpartition(":")[2]) for name, host in (("home", place.host), ("one", one.host))}
            async with opened(tmp_path, "home", hosts) as again:
                # What was under way when it stopped may come again; receivers know it by its id.
                messages = await eventually(heard, one, gives=lambda messages: len({each["id"] for each in messages}) == 4)
                assert kinds(messages[-3:]) == ["Create", "Page", "Like"]
                assert messages[-1]["object"]["object"] == written.ap_id
                await hang_up(again)

    asyncio.run(run())


def test_what_was_told_before_a_kill_is_not_told_again_and_what_a_restored_database_says_anew_is(
    tmp_path: Path, free_port: FreePort, monkeypatch: pytest.MonkeyPatch
) -> None:
    killed, restored = tmp_path / "killed", tmp_path / "restored"

    async def run() -> None:
        async with followed(tmp_path, free_port) as (place, one, ann, home):
            taken = await place.read(sent_activity.newest)
            await eventually(state, place, one, gives=lambda found: found.last_successful_id == taken)
            _copied(tmp_path, restored, "home.db", "home.db-wal")
            monkeypatch.setattr(cursors, "SAVE_SECONDS", 3600)
            known = await words(place)
            await place.post(ann, home)
            await eventually(heard, one, gives=lambda messages: len(messages) == 4)
            # What is on its way back when the process dies is told again.
            await eventually(words, place, gives=lambda number: number == known + 3)
            _copied(tmp_path, killed, "home.db", "home.db-wal", "home.db-told")
            shutil.copy(tmp_path / "home.db-told", restored)
            monkeypatch.undo()
            hosts = {name: int(host.rpartition(":")[2]) for name, host in (("home", place.host), ("one", one.host))}
            async with opened(killed, "home", hosts) as again:
                newest = await again.read(sent_activity.newest)
                assert newest == taken + 3
                await eventually(state, again, one, gives=lambda found: found.last_successful_id == newest)
                assert len(one.received) == 4
                await hang_up(again)
            async with opened(restored, "home", hosts) as again:
                assert await again.read(sent_activity.newest) == taken
                await again.post(ann, home)
                await eventually(heard, one, gives=lambda messages: len(messages) == 7)
                assert len({each["id"] for each in one.received}) == 7
                await hang_up(again)

    asyncio.run(run())


def _copied(folder: Path, to: Path, *names: str) -> None:
    to.mkdir()
    for name in names:
        shutil.copy(folder / name, to)


def test_what_was_taken_behind_one_that_failed_is_not_told_again(tmp_path: Path, free_port: FreePort) -> None:
    async def story(place: Place, one: Peer, ann: Person, home: Community) -> None:
        def write(tx: Transaction) -> None:
            for number in range(3):
                posts.create(tx, place.context, ann, PostForm(name=f"Part {number}", community_id=home.id))

        one.answers = [200, 503, 200, 200]
        await place.write(write)
        newest = await place.read(sent_activity.newest)
        await eventually(state, place, one, gives=lambda found: found.last_successful_id == newest)
        times = Counter(each["id"] for each in one.received)
        assert sorted(times.values()) == [1] * 8 + [2]

    tell(tmp_path, free_port, story)


def test_an_instance_that_was_away_gets_all_it_missed_once(tmp_path: Path, free_port: FreePort) -> None:
    async def run() -> None:
        hosts = {"alpha": free_port(), "beta": free_port()}
        async with opened(tmp_path, "alpha", hosts) as alpha, opened(tmp_path, "beta", hosts) as beta, listening(alpha, hosts["alpha"]):
            ann, bob = await alpha.person("ann"), await beta.person("bob")
            home = await alpha.community(ann)
            async with listening(beta, hosts["beta"]):
                mirrored = await beta.follow(bob, f"!tea@{alpha.host}")
                await hang_up_client(alpha)
            written = [await alpha.post(ann, home, f"Post {number}") for number in range(20)]
            await eventually(failing, alpha)
            async with listening(beta, hosts["beta"]):
                from lemmy_lite.storage.views import outbox as views

                found = await eventually(beta.read, views.newest_posts, mirrored.id, 50, gives=lambda found: len(found) == 20)
                assert {each.ap_id for each in found} == {each.ap_id for each in written}
                await hang_up(alpha, beta)

    asyncio.run(run())


def test_what_went_wrong_stands_beside_an_instance_until_it_answers(tmp_path: Path, free_port: FreePort) -> None:
    async def story(place: Place, one: Peer, ann: Person, home: Community) -> None:
        one.answers = [503] * 200
        await place.post(ann, home)
        found = await eventually(state, place, one, gives=lambda found: found.fail_count > 0)
        assert found.trouble == "It answers with status 503."
        one.answers.clear()
        found = await eventually(state, place, one, gives=lambda found: found.fail_count == 0)
        assert found.trouble is None

    tell(tmp_path, free_port, story)


def test_an_instance_that_is_to_be_left_alone_for_hours_is_tried_at_once_when_somebody_wishes(tmp_path: Path, free_port: FreePort) -> None:
    async def run() -> None:
        async with followed(tmp_path, free_port) as (place, one, ann, home):
            await place.federation.close()
            await place.post(ann, home)
            host = one.host.partition(":")[0]
            number = await place.read(instance.find, host)
            assert number is not None
            await place.write(lambda tx: delivery.fail(tx, number, 9, tx.now + 20 * HOUR, asleep=False, trouble="It was away."))
            hosts = {name: int(host.rpartition(":")[2]) for name, host in (("home", place.host), ("one", one.host))}
            async with opened(tmp_path, "home", hosts) as again:
                await eventually(planned, again, gives=bool)
                before = len(one.received)
                assert await again.write(operating.retry, host)
                again.federation.retry(host)
                await eventually(heard, one, gives=lambda messages: len(messages) >= before + 3)
                await hang_up(again)

    asyncio.run(run())


async def planned(place: Place) -> int:
    """How many instances wait for another try."""
    return place.federation.figures().failing


async def hang_up_client(place: Place) -> None:
    """Close idle connections, so that the other side can stop at once; new ones open by themselves."""
    await place.context.net.close()


async def failing(place: Place) -> bool:
    return bool(await place.read(delivery.next_retry))


def test_content_of_a_local_only_community_never_leaves(tmp_path: Path, free_port: FreePort) -> None:
    async def story(place: Place, one: Peer, ann: Person, home: Community) -> None:
        form = CommunityForm(visibility=CommunityVisibility.LOCAL_ONLY)
        await place.write(communities.edit, place.context, ann, home.id, form)
        before = await place.read(sent_activity.newest)
        await place.post(ann, home)
        assert await place.read(sent_activity.newest) == before

    tell(tmp_path, free_port, story)


def test_a_community_without_followers_elsewhere_writes_no_log(tmp_path: Path, free_port: FreePort) -> None:
    async def run() -> None:
        async with among_peers(tmp_path, free_port) as (place, _):
            ann = await place.person("ann")
            await place.post(ann, await place.community(ann))
            assert await place.read(sent_activity.newest) == 0

    asyncio.run(run())


def test_a_blocked_instance_is_told_nothing(tmp_path: Path, free_port: FreePort) -> None:
    async def story(place: Place, one: Peer, ann: Person, home: Community) -> None:
        await place.write(instance.set_list, "federation_blocklist", ["one.test"])
        await asyncio.sleep(1)  # lists hold within a second of a change
        await place.post(ann, home)
        newest = await place.read(sent_activity.newest)
        await eventually(state, place, one, gives=lambda found: found.last_successful_id == newest)
        assert one.received == []
        assert (await one.send(place, one.activity("Like", f"{one.url}/u/zoe", "x"))).status == 403

    tell(tmp_path, free_port, story)
