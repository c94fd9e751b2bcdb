"""With whom this instance speaks: the admins decide, however they spell it, and it holds at once."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from lemmy_lite import config
from lemmy_lite.domain import community as communities
from lemmy_lite.domain import site, site_settings
from lemmy_lite.federation import policy
from lemmy_lite.federation.errors import Refused
from lemmy_lite.federation.policy import Lists
from lemmy_lite.model.community import Community, CommunityForm, CommunityVisibility
from lemmy_lite.model.errors import LemmyError
from lemmy_lite.model.person import Person
from lemmy_lite.model.site import SiteForm
from lemmy_lite.storage.tables import comment, community_follower, delivery, instance, person, post, sent_activity
from tests.federation.lab import Place, eventually, key_pair
from tests.federation.peer import PUBLIC, Peer, among_peers

FreePort = Callable[[], int]
Story = Callable[[Place, list[Peer], Person], Awaitable[None]]


@pytest.fixture
def tell(tmp_path: Path, free_port: FreePort) -> Callable[[Story], None]:
    """Runs a story with an instance, two peers, and the admin of the instance."""

    def tell(story: Story) -> None:
        async def run() -> None:
            async with among_peers(tmp_path, free_port, "one", "two") as (place, peers):
                admin = await place.write(site.appoint_first_admin, place.context, "admin", "x", key_pair(11), None)
                await story(place, peers, admin)

        asyncio.run(run())

    return tell


async def decide(place: Place, admin: Person, **form: Any) -> None:
    """What an admin does in the site's settings."""
    await place.write(site_settings.edit, place.context, admin, SiteForm(**form))


async def heard(place: Place, one: Peer, home: Community) -> tuple[int, str | None]:
    """How a new post by somebody of a peer is answered."""
    author = one.person(f"author{len(one.documents)}")
    page = one.page(author, home.actor_id)
    answer = await one.send(place, one.activity("Create", author, page, home.actor_id))
    await place.federation.applied()
    assert (await place.read(post.by_ap_id, page["id"]) is not None) == (answer.status == 200)
    return answer.status, answer.error


async def found(place: Place, one: Peer) -> str | None:
    """What comes of looking somebody of a peer up who is not known yet: None, or the code of the refusal."""
    try:
        await place.federation.resolve(one.person(f"new{len(one.documents)}"))
    except LemmyError as refusal:
        return refusal.code
    return None


def test_an_open_instance_speaks_with_everybody(tell: Callable[[Story], None]) -> None:
    async def story(place: Place, peers: list[Peer], admin: Person) -> None:
        home = await place.community(admin)
        for peer in peers:
            assert await heard(place, peer, home) == (200, None)
            assert await found(place, peer) is None

    tell(story)


def test_with_an_allow_list_only_those_on_it_are_heard_and_asked(tell: Callable[[Story], None]) -> None:
    async def story(place: Place, peers: list[Peer], admin: Person) -> None:
        home = await place.community(admin)
        one, two = peers
        await decide(place, admin, allowed_instances=["one.test"])
        assert await heard(place, one, home) == (200, None)
        assert await heard(place, two, home) == (403, "domain_not_in_allow_list")
        assert await found(place, one) is None
        asked = len(two.fetched)
        assert await found(place, two) == "domain_not_in_allow_list"
        assert len(two.fetched) == asked
        await decide(place, admin, allowed_instances=[])
        assert await heard(place, two, home) == (200, None)

    tell(story)


@pytest.mark.parametrize(
    "spelling", ["one.test", "ONE.Test", "one.test.", " one.test ", "https://one.test/", "http://one.test:80", "one.test:1"]
)
def test_a_blocked_host_stays_blocked_however_it_is_spelled(spelling: str, tell: Callable[[Story], None]) -> None:
    async def story(place: Place, peers: list[Peer], admin: Person) -> None:
        home = await place.community(admin)
        one, two = peers
        assert await heard(place, one, home) == (200, None)
        await decide(place, admin, blocked_instances=[spelling])
        asked = len(one.fetched)
        assert await heard(place, one, home) == (403, "domain_blocked")
        assert await found(place, one) == "domain_blocked"
        assert len(one.fetched) == asked, "who is blocked is not asked either"
        assert await heard(place, two, home) == (200, None)
        await decide(place, admin, blocked_instances=[])
        assert await heard(place, one, home) == (200, None)

    tell(story)


@pytest.mark.parametrize(
    "ap_id",
    [
        "https://bad.example/u/a",
        "https://BAD.Example/u/a",
        "https://bad.example./u/a",
        "https://bad.example:443/u/a",
        "https://bad.example:8443/u/a",
        "HTTPS://bad.example/u/a",
        "https://BÜCHER.example/u/a",
        "https://bücher.example/u/a",
        "https://xn--bcher-kva.example/u/a",
        "https://xn--BCHER-KVA.example./u/a",
        "https://bu\u0308cher.example/u/a",
        "https://bad\u3002example/u/a",
    ],
)
def test_an_id_of_a_blocked_host_is_refused_however_it_is_spelled(ap_id: str) -> None:
    lists = Lists(enabled=True, private=False, allowed=frozenset(), blocked=frozenset({"bad.example", "xn--bcher-kva.example"}))
    with pytest.raises(Refused, match="domain_blocked"):
        policy.judge(lists, ap_id, config.read({"hostname": "home.example"}, environment={}))


@pytest.mark.parametrize("ap_id", ["https://sub.bad.example/u/a", "https://notbad.example/u/a", "https://bad.example.org/u/a"])
def test_a_block_is_for_exactly_one_host(ap_id: str) -> None:
    lists = Lists(enabled=True, private=False, allowed=frozenset(), blocked=frozenset({"bad.example"}))
    policy.judge(lists, ap_id, config.read({"hostname": "home.example"}, environment={}))


@pytest.mark.parametrize(
    "ap_id",
    ["https://bad.example@good.example/u/a", "https://bad.example\\@good.example/", "https://0x7f.1/u/a", "https:///u/a", "ftp://a.b/"],
)
def test_an_id_that_two_programs_might_read_differently_is_none(ap_id: str) -> None:
    lists = Lists(enabled=True, private=False, allowed=frozenset(), blocked=frozenset())
    with pytest.raises(Refused, match="malformed_id"):
        policy.judge(lists, ap_id, config.read({"hostname": "home.example"}, environment={}))


def test_what_the_blocked_say_does_not_come_by_way_of_others(tell: Callable[[Story], None]) -> None:
    async def story(place: Place, peers: list[Peer], admin: Person) -> None:
        one, two = peers
        gardens, zoe, eve = one.group("gardens"), one.person("zoe"), two.person("eve")
        page = one.page(zoe, gardens)
        mirror = await place.federation.resolve(gardens)
        assert isinstance(mirror, Community)
        await place.federation.resolve(page["id"])
        await place.write(community_follower.put, admin.id, mirror.id, pending=False)
        await place.federation.resolve(eve)
        await decide(place, admin, blocked_instances=["two.test"])
        note = two.note(eve, page["id"], gardens)
        asked = len(two.fetched)
        for deed in (
            two.activity("Create", eve, note, gardens),
            two.activity("Like", eve, page["id"], gardens),
            two.activity("Update", eve, two.page(eve, gardens), gardens),
        ):
            announce = one.activity("Announce", gardens, deed, to=[PUBLIC], cc=[f"{gardens}/followers"])
            assert (await one.send(place, announce)).status == 200
        bare = one.activity("Announce", gardens, note["id"], to=[PUBLIC], cc=[f"{gardens}/followers"])
        assert (await one.send(place, bare)).status == 200
        await place.federation.applied()
        assert await place.read(comment.by_ap_id, note["id"]) is None
        stored = await place.read(post.by_ap_id, page["id"])
        assert stored is not None
        assert await place.votes(stored.id) == (1, 1, 0)
        assert len(two.fetched) == asked

    tell(story)


def test_what_is_decided_holds_at_once_for_everything(tell: Callable[[Story], None]) -> None:
    async def story(place: Place, peers: list[Peer], admin: Person) -> None:
        one, two = peers
        home = await place.community(admin)
        for peer in peers:
            follow = peer.activity("Follow", peer.person("zoe"), home.actor_id)
            assert (await peer.send(place, follow)).status == 200
        await eventually(followers, place, home, gives=lambda count: count == 3)
        await eventually(received, peers, gives=lambda counts: counts == (1, 1))
        await decide(place, admin, blocked_instances=["one.test"])
        missed = await place.post(admin, home)
        await eventually(received, peers, gives=lambda counts: counts[1] > 1)
        newest = await place.read(sent_activity.newest)
        await eventually(told, place, "one.test", gives=lambda cursor: cursor == newest)
        assert len(one.received) == 1, "what was said before the block is all there is"
        before = len(two.received)
        await decide(place, admin, blocked_instances=[])
        await place.post(admin, home, "Welcome back")
        await eventually(received, peers, gives=lambda counts: counts[0] > 1 and counts[1] > before)
        heard = json.dumps(one.received)
        assert "Welcome back" in heard
        assert missed.name not in heard, "what was missed meanwhile is not told later"

    tell(story)


def test_who_is_blocked_in_the_middle_of_a_long_tale_does_not_hear_its_end(
    tell: Callable[[Story], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = Peer.__call__

    async def slowly(peer: Peer, scope: Any, receive: Any, send: Any) -> None:
        await asyncio.sleep(0.05 if scope["method"] == "POST" else 0)
        await answer(peer, scope, receive, send)

    async def story(place: Place, peers: list[Peer], admin: Person) -> None:
        one, _ = peers
        home = await place.community(admin)
        assert (await one.send(place, one.activity("Follow", one.person("zoe"), home.actor_id))).status == 200
        await eventually(received, peers, gives=lambda counts: counts[0] == 1)
        monkeypatch.setattr(Peer, "__call__", slowly)
        for number in range(60):
            await place.post(admin, home, f"Part {number}")
        await eventually(received, peers, gives=lambda counts: counts[0] > 1)
        await decide(place, admin, blocked_instances=["one.test"])
        heard = len(one.received)
        newest = await place.read(sent_activity.newest)
        await eventually(told, place, "one.test", gives=lambda cursor: cursor == newest)
        under_way = place.context.config.federation.concurrent_sends_per_instance
        assert len(one.received) <= heard + under_way < newest

    tell(story)


async def followers(place: Place, home: Community) -> int:
    shown = await place.read(communities.view, None, home.id)
    return shown.counts.subscribers


async def received(peers: list[Peer]) -> tuple[int, ...]:
    return tuple(len(peer.received) for peer in peers)


async def told(place: Place, host: str) -> int | None:
    number = await place.read(instance.find, host)
    state = await place.read(delivery.get, number) if number is not None else None
    return state.last_successful_id if state else None


def test_without_federation_nobody_is_heard_asked_or_told(tell: Callable[[Story], None]) -> None:
    async def story(place: Place, peers: list[Peer], admin: Person) -> None:
        one, _ = peers
        home = await place.community(admin)
        assert (await one.send(place, one.activity("Follow", one.person("zoe"), home.actor_id))).status == 200
        await eventually(received, peers, gives=lambda counts: counts[0] == 1)
        await decide(place, admin, federation_enabled=False)
        newest = await place.read(sent_activity.newest)
        await place.post(admin, home)
        assert await place.read(sent_activity.newest) == newest
        assert await heard(place, one, home) == (403, "federation_disabled")
        assert await found(place, one) == "federation_disabled"
        await decide(place, admin, federation_enabled=True)
        assert await heard(place, one, home) == (200, None)

    tell(story)


def test_where_only_moderators_post_others_from_elsewhere_do_not_either(tell: Callable[[Story], None]) -> None:
    async def story(place: Place, peers: list[Peer], admin: Person) -> None:
        one, _ = peers
        home = await place.community(admin)
        await place.write(communities.edit, place.context, admin, home.id, CommunityForm(posting_restricted_to_mods=True))
        page = one.page(one.person("zoe"), home.actor_id)
        assert (await one.send(place, one.activity("Create", page["attributedTo"], page, home.actor_id))).status == 200
        await place.federation.applied()
        assert await place.read(post.by_ap_id, page["id"]) is None
        zoe = await place.read(person.by_actor_id, page["attributedTo"])
        assert zoe is not None
        await place.write(communities.receive_moderators, home.id, [admin.id, zoe.id])
        assert (await one.send(place, one.activity("Create", page["attributedTo"], page, home.actor_id))).status == 200
        await place.federation.applied()
        assert await place.read(post.by_ap_id, page["id"]) is not None

    tell(story)


def test_who_may_post_in_a_community_elsewhere_is_for_its_home_to_judge(tell: Callable[[Story], None]) -> None:
    async def story(place: Place, peers: list[Peer], _: Person) -> None:
        one, _two = peers
        gardens = one.actor("Group", "c", "gardens", postingRestrictedToMods=True)
        page = one.page(one.person("zoe"), gardens)
        stored: Any = await place.federation.resolve(page["id"])
        assert stored.ap_id == page["id"]
        bob = await place.person("bob")
        with pytest.raises(LemmyError, match="only_mods_can_post_in_community"):
            await place.post(bob, await place.read(communities.existing, stored.community_id))

    tell(story)


def test_a_community_that_is_only_for_us_takes_nothing_from_others(tell: Callable[[Story], None]) -> None:
    async def story(place: Place, peers: list[Peer], admin: Person) -> None:
        one, _ = peers
        home = await place.community(admin)
        written = await place.post(admin, home)
        await place.write(communities.edit, place.context, admin, home.id, CommunityForm(visibility=CommunityVisibility.LOCAL_ONLY))
        zoe = one.person("zoe")
        page, note = one.page(zoe, home.actor_id), one.note(zoe, written.ap_id, home.actor_id)
        for deed in (
            one.activity("Follow", zoe, home.actor_id),
            one.activity("Create", zoe, page, home.actor_id),
            one.activity("Create", zoe, note, home.actor_id),
            one.activity("Dislike", zoe, written.ap_id, home.actor_id),
        ):
            await one.send(place, deed)
        await place.federation.applied()
        assert await place.read(post.by_ap_id, page["id"]) is None
        assert await place.read(comment.by_ap_id, note["id"]) is None
        assert await place.votes(written.id) == (1, 1, 0)
        assert not await place.read(community_follower.has_remote, home.id)
        assert await place.read(sent_activity.newest) == 0

    tell(story)
