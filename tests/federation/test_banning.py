"""Bans travel, with their end, with what they remove, and back; each counts where it was decreed and where it must be known."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from lemmy_lite.domain import ban as bans
from lemmy_lite.domain import moderation, purge
from lemmy_lite.domain.ban import Ban
from lemmy_lite.model.clock import DAY, moment
from lemmy_lite.model.community import Community
from lemmy_lite.model.modlog import ModlogActionType
from lemmy_lite.model.person import Person
from lemmy_lite.model.post import Post
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import comment, community, community_ban, community_follower, person, post
from tests.federation.lab import Place, eventually
from tests.federation.peer import Json, Peer, among_peers
from tests.federation.test_moderating import House, _crown, _sent, logged, tell

FreePort = Callable[[], int]
BANNED = ModlogActionType.MOD_BAN
BANNED_HERE = ModlogActionType.MOD_BAN_FROM_COMMUNITY


async def banned_in(place: Place, home: Community, who: Person, *, holds: bool) -> None:
    """Wait until somebody is banned from a community at an instance, or no longer."""
    await eventually(place.read, community_ban.holds, home.id, who.id, gives=lambda found: found is holds)


def test_a_ban_from_a_community_with_removal_travels_and_is_undone(tmp_path: Path, free_port: FreePort) -> None:
    async def story(house: House) -> None:
        alpha, beta, ann = house.alpha, house.beta, house.ann
        cat_there = await house.at(alpha, person, house.cat.actor_id)
        end = alpha.context.clock.now() + 3 * DAY
        decree = Ban(banned=True, remove_data=True, reason="cats", expires=end)
        await alpha.write(bans.from_community, ann, house.home.id, cat_there.id, decree)
        await banned_in(beta, house.mirror, house.cat, holds=True)
        await house.seen(beta, post, house.cats.ap_id, removed=True)
        await house.seen(beta, comment, house.comment.ap_id, removed=True)
        assert await logged(beta, BANNED_HERE) == (True, "cats", ann.actor_id)
        assert await beta.read(_end_of_ban, house.mirror, house.cat) == end
        assert await beta.read(community_follower.state, house.cat.id, house.mirror.id) is None

        await alpha.write(bans.from_community, ann, house.home.id, cat_there.id, Ban(banned=False, remove_data=True))
        await banned_in(beta, house.mirror, house.cat, holds=False)
        await house.seen(beta, post, house.cats.ap_id, removed=False)
        await house.seen(beta, comment, house.comment.ap_id, removed=False)
        assert await logged(beta, BANNED_HERE) == (False, None, ann.actor_id)

    tell(tmp_path, free_port, story)


def test_a_remote_moderator_bans_and_lifts_the_ban(tmp_path: Path, free_port: FreePort) -> None:
    async def story(house: House) -> None:
        alpha, beta = house.alpha, house.beta
        cat_there = await house.at(alpha, person, house.cat.actor_id)
        for banned in (True, False):
            decree = Ban(banned=banned, remove_data=True, reason="cats" if banned else None)
            await beta.write(bans.from_community, house.bob, house.mirror.id, house.cat.id, decree)
            await banned_in(alpha, house.home, cat_there, holds=banned)
            await house.seen(alpha, post, house.cats.ap_id, removed=banned)
            assert await logged(alpha, BANNED_HERE) == (banned, "cats" if banned else None, house.bob.actor_id)

    tell(tmp_path, free_port, story)


def test_a_site_ban_by_the_home_of_a_person_is_mirrored_and_lifted(tmp_path: Path, free_port: FreePort) -> None:
    async def story(house: House) -> None:
        alpha, beta = house.alpha, house.beta
        boss = await beta.person("boss")
        await beta.write(_crown, boss)
        end = beta.context.clock.now() + 2 * DAY
        decree = Ban(banned=True, remove_data=True, reason="spam", expires=end)
        await beta.write(bans.from_site, boss, house.cat.id, decree)
        await house.seen(alpha, person, house.cat.actor_id, banned=True, ban_expires=moment(end))
        await house.seen(alpha, post, house.cats.ap_id, removed=True)
        await house.seen(alpha, comment, house.comment.ap_id, removed=True)
        assert await logged(alpha, BANNED) == (True, "spam", boss.actor_id)
        await beta.write(bans.from_site, boss, house.cat.id, Ban(banned=False, remove_data=True))
        await house.seen(alpha, person, house.cat.actor_id, banned=False)
        await house.seen(alpha, post, house.cats.ap_id, removed=False)
        await house.seen(alpha, comment, house.comment.ap_id, removed=False)

    tell(tmp_path, free_port, story)


def test_a_site_ban_of_somebody_elsewhere_counts_in_our_communities_and_is_told_there(tmp_path: Path, free_port: FreePort) -> None:
    async def story(house: House) -> None:
        alpha, beta = house.alpha, house.beta
        boss = await alpha.person("boss")
        await alpha.write(_crown, boss)
        cat_there = await house.at(alpha, person, house.cat.actor_id)
        await alpha.write(bans.from_site, boss, cat_there.id, Ban(banned=True, reason="cats"))
        await banned_in(beta, house.mirror, house.cat, holds=True)
        assert await logged(beta, BANNED_HERE) == (True, "cats", boss.actor_id)
        assert not (await beta.read(person.existing, house.cat.id)).banned, "what another site thinks of cat is its own affair"

    tell(tmp_path, free_port, story)


def test_a_purge_of_somebody_elsewhere_is_told_as_a_ban_from_our_communities(tmp_path: Path, free_port: FreePort) -> None:
    async def story(house: House) -> None:
        alpha, beta = house.alpha, house.beta
        boss = await alpha.person("boss")
        await alpha.write(_crown, boss)
        cat_there = await house.at(alpha, person, house.cat.actor_id)
        await alpha.write(purge.purge_person, boss, cat_there.id, "illegal")
        await banned_in(beta, house.mirror, house.cat, holds=True)
        assert await logged(beta, BANNED_HERE) == (True, "illegal", boss.actor_id)
        await house.seen(beta, post, house.cats.ap_id, removed=True)
        assert not (await beta.read(person.existing, house.cat.id)).deleted, "their account is their home's affair"

    tell(tmp_path, free_port, story)


def test_a_ban_by_an_admin_in_a_community_elsewhere_stays_here(tmp_path: Path, free_port: FreePort) -> None:
    async def story(house: House) -> None:
        alpha, beta = house.alpha, house.beta
        boss = await beta.person("boss")
        await beta.write(_crown, boss)
        before = await beta.read(_sent)
        await beta.write(bans.from_community, boss, house.mirror.id, house.cat.id, Ban(banned=True))
        assert await beta.read(_sent) == before

        # Its own moderators have not banned cat, so what they lift is not this ban.
        cat_there = await house.at(alpha, person, house.cat.actor_id)
        for banned in (True, False):
            await alpha.write(bans.from_community, house.ann, house.home.id, cat_there.id, Ban(banned=banned))
        await alpha.write(moderation.lock_post, house.ann, house.cats.id, True)
        await house.seen(beta, post, house.cats.ap_id, locked=True)
        assert await beta.read(community_ban.holds, house.mirror.id, house.cat.id)

    tell(tmp_path, free_port, story)


class Street:
    """Our instance, with a community of ann's in which zoe of the other host has written twice; mod of that host moderates it."""

    def __init__(self, place: Place, peer: Peer) -> None:
        self.place, self.peer = place, peer
        self.zoe, self.admin = peer.person("zoe"), peer.person("admin")
        self.ann: Person
        self.home: Community
        self.posts: list[Post]

    async def set(self) -> None:
        self.ann = await self.place.person("ann")
        self.home = await self.place.community(self.ann)
        pages = [self.peer.page(self.zoe, self.home.actor_id) for _ in range(2)]
        for page in pages:
            await self.deliver(self.peer.activity("Create", self.zoe, page, self.home.actor_id))
        found = [await self.place.read(post.by_ap_id, page["id"]) for page in pages]
        self.posts = [each for each in found if each is not None]
        assert len(self.posts) == 2

    async def deliver(self, activity: Json) -> int:
        answer = await self.peer.send(self.place, activity)
        await self.place.federation.applied()
        return answer.status

    def block(self, **fields: Any) -> Json:
        return self.peer.activity("Block", self.admin, self.zoe, target=f"{self.peer.url}/", **fields)

    def unblock(self, **fields: Any) -> Json:
        return self.peer.activity("Undo", self.admin, self.block(removeData=True), **fields)

    async def who(self) -> Person:
        found = await self.place.read(person.by_actor_id, self.zoe)
        assert found is not None
        return found

    async def removed(self) -> list[bool]:
        return [(await self.place.read(post.existing, each.id)).removed for each in self.posts]


def walk(folder: Path, free_port: FreePort, story: Callable[[Street], Awaitable[None]], url: str | None = None) -> None:
    async def run() -> None:
        async with among_peers(folder, free_port, "one", url=url) as (place, (peer,)):
            street = Street(place, peer)
            await street.set()
            await story(street)

    asyncio.run(run())


@pytest.mark.parametrize("database", ["sqlite", "postgres"])
def test_the_home_of_a_person_cannot_lift_our_ban_nor_restore_what_our_moderators_removed(
    database: str, tmp_path: Path, free_port: FreePort, request: pytest.FixtureRequest
) -> None:
    async def story(street: Street) -> None:
        place = street.place
        await place.write(moderation.remove_post, street.ann, street.posts[0].id, True, "spam")
        note = street.peer.note(street.zoe, street.posts[1].ap_id, street.home.actor_id)
        await street.deliver(street.peer.activity("Create", street.zoe, note, street.home.actor_id))
        await street.deliver(street.block(removeData=True))
        assert (await street.who()).banned
        assert await street.removed() == [True, True]
        await street.deliver(street.unblock())
        assert not (await street.who()).banned
        assert await street.removed() == [True, False], "what ann removed stays removed"
        answer = await place.read(comment.by_ap_id, note["id"])
        assert answer is not None
        assert not answer.removed

        boss = await place.person("boss")
        await place.write(_crown, boss)
        await place.write(bans.from_site, boss, (await street.who()).id, Ban(banned=True, remove_data=True))
        await street.deliver(street.unblock())
        assert (await street.who()).banned
        assert await street.removed() == [True, True]

    walk(tmp_path, free_port, story, request.getfixturevalue("postgres_url") if database == "postgres" else None)


def test_a_ban_ends_at_its_time_in_either_spelling(tmp_path: Path, free_port: FreePort) -> None:
    async def story(street: Street) -> None:
        for name in ("endTime", "expires"):
            await street.deliver(street.block(**{name: "2100-01-01T00:00:00.5Z"}))
            assert (await street.who()).ban_expires is None, "beyond ten years is for good"
            await street.deliver(street.unblock())
            soon = moment(street.place.context.clock.now() + DAY)
            await street.deliver(street.block(**{name: soon.isoformat()}))
            assert (await street.who()).ban_expires == soon
            await street.deliver(street.unblock())
        await street.deliver(street.block(endTime="whenever"))
        assert not (await street.who()).banned

    walk(tmp_path, free_port, story)


def test_a_ban_without_a_target_or_for_another_site_or_announced_has_no_effect(tmp_path: Path, free_port: FreePort) -> None:
    async def story(street: Street) -> None:
        place, peer = street.place, street.peer
        await street.deliver(peer.activity("Block", street.admin, street.zoe))
        await street.deliver(street.block() | {"target": f"{place.url}/"})
        await street.deliver(street.block() | {"target": f"{peer.url}/about"})
        await street.deliver(street.block() | {"object": street.ann.actor_id})
        assert not (await street.who()).banned
        assert not (await place.read(person.existing, street.ann.id)).banned
        gardens = peer.group("gardens")
        await place.federation.resolve(gardens)

        def follow(tx: Transaction) -> None:
            mirrored = community.by_actor_id(tx, gardens)
            assert mirrored is not None
            community_follower.put(tx, street.ann.id, mirrored.id, pending=False)

        await place.write(follow)
        await street.deliver(peer.activity("Announce", gardens, street.block()))
        assert not (await street.who()).banned
        await street.deliver(street.block())
        assert (await street.who()).banned, "the true one counts"

    walk(tmp_path, free_port, story)


def test_who_is_banned_elsewhere_by_their_home_does_not_write_here(tmp_path: Path, free_port: FreePort) -> None:
    async def story(street: Street) -> None:
        await street.deliver(street.block())
        note = street.peer.note(street.zoe, street.posts[0].ap_id, street.home.actor_id)
        await street.deliver(street.peer.activity("Create", street.zoe, note, street.home.actor_id))
        assert await street.place.read(comment.by_ap_id, note["id"]) is None
        await street.deliver(street.unblock())
        await street.deliver(street.peer.activity("Create", street.zoe, note, street.home.actor_id))
        assert await street.place.read(comment.by_ap_id, note["id"]) is not None

    walk(tmp_path, free_port, story)


def test_the_copy_of_a_ban_that_comes_before_its_announcement_does_not_make_us_deaf_to_it(tmp_path: Path, free_port: FreePort) -> None:
    async def story(street: Street) -> None:
        place, peer = street.place, street.peer
        gardens = peer.group("gardens")
        mirrored = await place.federation.resolve(gardens)
        assert isinstance(mirrored, Community)
        await place.write(lambda tx: community_follower.put(tx, street.ann.id, mirrored.id, pending=False))
        block = peer.activity("Block", street.admin, street.ann.actor_id, gardens, target=gardens)
        await street.deliver(block)
        assert not await place.read(community_ban.holds, mirrored.id, street.ann.id), "an admin there is nobody to us"
        await street.deliver(peer.activity("Announce", gardens, block))
        assert await place.read(community_ban.holds, mirrored.id, street.ann.id)

    walk(tmp_path, free_port, story)


def _end_of_ban(tx: Transaction, home: Community, who: Person) -> int:
    end: int = tx.value(
        "SELECT expires FROM community_person_ban WHERE community_id = :home AND person_id = :who", home=home.id, who=who.id
    )
    return end
