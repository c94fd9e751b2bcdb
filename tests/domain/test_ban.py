"""Who may ban whom, what a ban takes with it, and how it ends."""

from collections.abc import Awaitable, Callable

import pytest

from lemmy_lite.domain import admin, ban, comment, community_moderator, moderation, post, private_message
from lemmy_lite.domain import community as communities
from lemmy_lite.domain.ban import LONGEST, Ban
from lemmy_lite.model.clock import DAY, SECOND
from lemmy_lite.model.comment import Comment
from lemmy_lite.model.community import Community
from lemmy_lite.model.errors import LemmyError
from lemmy_lite.model.events import Event, PersonBanned, PersonBannedFromCommunity
from lemmy_lite.model.ids import CommunityId, PersonId
from lemmy_lite.model.person import Person
from lemmy_lite.model.post import Post
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import comment as comments
from lemmy_lite.storage.tables import community as community_rows
from lemmy_lite.storage.tables import community_ban, community_follower, local_user, login_token, person
from lemmy_lite.storage.tables import post as posts
from lemmy_lite.storage.tables import private_message as messages
from tests.domain import recount
from tests.domain.house import House, told
from tests.storage import rows

BANNED = Ban(banned=True)
LIFTED = Ban(banned=False)


class Town:
    """A community of ada's; bob is its second moderator, carl writes there, and dora is a member."""

    house: House
    ada: Person
    bob: Person
    carl: Person
    dora: Person
    birds: Community
    post: Post
    comment: Comment

    def __init__(self, house: House) -> None:
        self.house = house
        self.events: list[Event] = []
        house.database.after(self.events.append)

    async def build(self) -> None:
        house = self.house
        self.ada, self.bob, self.carl, self.dora = [await house.person(name) for name in ("ada", "bob", "carl", "dora")]
        self.birds = await house.community(self.ada)
        await house.database.write(community_moderator.appoint, self.ada, self.birds.id, self.bob.id, True)
        self.post = await house.post(self.carl, self.birds.id)
        self.comment = await house.comment(self.carl, (await house.post(self.dora, self.birds.id)).id)

    async def from_community(self, actor: Person, target: Person, decree: Ban = BANNED) -> None:
        await self.house.database.write(ban.from_community, actor, self.birds.id, target.id, decree)

    async def from_site(self, actor: Person, target: Person, decree: Ban = BANNED) -> None:
        await self.house.database.write(ban.from_site, actor, target.id, decree)

    async def differences(self) -> list[str]:
        return await self.house.database.read(recount.differences)

    async def removed(self) -> tuple[bool, bool]:
        """Whether carl's post and comment are removed."""

        def read(tx: Transaction) -> tuple[bool, bool]:
            return posts.existing(tx, self.post.id).removed, comments.existing(tx, self.comment.id).removed

        return await self.house.database.read(read)

    async def banned_here(self, who: Person) -> bool:
        return await self.house.database.read(community_ban.holds, self.birds.id, who.id)


def story(url: str, tell: Callable[[Town], Awaitable[None]]) -> None:
    async def body(house: House) -> None:
        town = Town(house)
        await town.build()
        await tell(town)

    told(url, body)


def test_moderators_ban_members_and_those_who_came_after_them(database_url: str) -> None:
    async def tell(town: Town) -> None:
        root = town.house.admin
        for actor, target in ((town.bob, town.ada), (town.bob, root), (town.ada, root)):
            with pytest.raises(LemmyError, match="not_higher_mod"):
                await town.from_community(actor, target)
        for stranger in (town.carl, town.dora):
            with pytest.raises(LemmyError, match="not_a_mod_or_admin"):
                await town.from_community(stranger, town.bob)
        for actor, target in ((town.bob, town.carl), (town.ada, town.bob), (root, town.ada)):
            await town.from_community(actor, target)
            assert await town.banned_here(target)

    story(database_url, tell)


def test_who_is_banned_from_a_community_no_longer_follows_or_writes_there(database_url: str) -> None:
    async def tell(town: Town) -> None:
        await town.house.database.write(communities.follow, town.carl, town.birds.id, True)
        await town.from_community(town.bob, town.carl)
        assert await town.house.database.read(community_follower.state, town.carl.id, town.birds.id) is None
        for deed in (
            town.house.post(town.carl, town.birds.id),
            town.house.comment(town.carl, town.post.id),
            town.house.database.write(post.delete, town.carl, town.post.id, True),
            town.house.database.write(comment.delete, town.carl, town.comment.id, True),
            town.house.database.write(communities.follow, town.carl, town.birds.id, True),
        ):
            with pytest.raises(LemmyError, match="banned_from_community"):
                await deed
        assert await town.differences() == []
        assert await town.removed() == (False, False)
        await town.from_community(town.bob, town.carl, LIFTED)
        await town.house.post(town.carl, town.birds.id)
        with pytest.raises(LemmyError, match="community_user_already_banned"):
            await town.from_community(town.bob, town.carl, LIFTED)

    story(database_url, tell)


def test_what_a_banned_person_wrote_in_the_community_goes_and_comes_back_with_every_counter(database_url: str) -> None:
    async def tell(town: Town) -> None:
        elsewhere = await town.house.post(town.carl, (await town.house.community(town.dora, "bees")).id)
        answer = await town.house.comment(town.dora, town.comment.post_id, "An answer", town.comment.id)
        await town.house.comment(town.carl, town.comment.post_id, "Another", answer.id)
        await town.from_community(town.bob, town.carl, Ban(banned=True, remove_data=True, reason="Spam"))
        assert (await town.removed(), await town.differences()) == ((True, True), [])
        assert not (await town.house.database.read(posts.existing, elsewhere.id)).removed
        assert not (await town.house.database.read(comments.existing, answer.id)).removed
        await town.from_community(town.bob, town.carl, Ban(banned=False, remove_data=True))
        assert (await town.removed(), await town.differences()) == ((False, False), [])
        assert town.events[-1] == PersonBannedFromCommunity(
            actor_id=town.bob.id, community_id=town.birds.id, person_id=town.carl.id, banned=False, remove_data=True
        )

    story(database_url, tell)


def test_a_ban_from_the_site_takes_everything_everywhere_and_gives_it_back(database_url: str) -> None:
    async def tell(town: Town) -> None:
        led = await town.house.community(town.carl, "bees")
        message = await town.house.database.write(private_message.create, town.house.context, town.carl, town.dora.id, "Hello")
        deleted = await town.house.post(town.carl, led.id)
        await town.house.database.write(post.delete, town.carl, deleted.id, True)
        await town.house.database.write(moderation.remove_post, town.ada, town.post.id, True)
        await town.house.database.write(lambda tx: person.update(tx, town.carl.id, bio="I sell", avatar="https://shop.example/a.png"))
        await town.from_site(town.house.admin, town.carl, Ban(banned=True, remove_data=True, reason="Spam"))
        assert (await town.removed(), await town.differences()) == ((True, True), [])
        wiped = await town.house.database.read(person.existing, town.carl.id)
        assert (wiped.banned, wiped.bio, wiped.avatar) == (True, None, None)
        assert (await town.house.database.read(community_rows.existing, led.id)).removed
        assert (await town.house.database.read(messages.existing, message.id)).removed
        await town.from_site(town.house.admin, town.carl, Ban(banned=False, remove_data=True))
        assert (await town.removed(), await town.differences()) == ((False, False), [])
        assert not (await town.house.database.read(messages.existing, message.id)).removed
        assert isinstance(town.events[-1], PersonBanned)

    story(database_url, tell)


def test_somebody_from_elsewhere_is_banned_from_our_communities_they_wrote_in_too(database_url: str) -> None:
    async def tell(town: Town) -> None:
        def arrive(tx: Transaction) -> Person:
            number = rows.person(tx, "eve", "there.test")
            tx.run("INSERT INTO person_aggregates (person_id) VALUES (:id)", id=number)
            return person.existing(tx, number)

        eve = await town.house.database.write(arrive)
        bees, cats = await town.house.community(town.dora, "bees"), await town.house.community(town.dora, "cats")
        await town.house.comment(eve, town.post.id)
        await town.house.post(eve, bees.id)
        await town.from_site(town.house.admin, eve, Ban(banned=True, remove_data=True, reason="Spam"))

        async def places() -> list[bool]:
            return [await town.house.database.read(community_ban.holds, home.id, eve.id) for home in (town.birds, bees, cats)]

        assert (await places(), await town.differences()) == ([True, True, False], [])
        told_of = [event.community_id for event in town.events if isinstance(event, PersonBannedFromCommunity)]
        assert told_of == [town.birds.id, bees.id]
        await town.from_site(town.house.admin, eve, Ban(banned=False, remove_data=True))
        assert (await places(), await town.differences()) == ([False, False, False], [])
        await town.from_site(town.house.admin, town.carl)
        assert not await town.banned_here(town.carl)

    story(database_url, tell)


def test_a_ban_without_removal_leaves_what_was_written(database_url: str) -> None:
    async def tell(town: Town) -> None:
        await town.from_site(town.house.admin, town.carl)
        assert (await town.removed(), await town.differences()) == ((False, False), [])
        banned = await town.house.database.read(person.existing, town.carl.id)
        with pytest.raises(LemmyError, match="site_ban"):
            await town.house.post(banned, town.birds.id)

    story(database_url, tell)


def test_only_admins_ban_from_the_site_and_none_who_came_before_them(database_url: str) -> None:
    async def tell(town: Town) -> None:
        await town.house.database.write(admin.appoint, town.house.admin, town.dora.id, True)
        with pytest.raises(LemmyError, match="not_higher_admin"):
            await town.from_site(town.dora, town.house.admin)
        with pytest.raises(LemmyError, match="not_an_admin"):
            await town.from_site(town.ada, town.carl)
        await town.from_site(town.dora, town.ada)
        await town.from_site(town.house.admin, town.dora)
        listed = await town.house.database.read(ban.banned, town.house.admin)
        assert [view.person.name for view in listed] == ["dora", "ada"]
        with pytest.raises(LemmyError, match="not_an_admin"):
            await town.house.database.read(ban.banned, town.bob)

    story(database_url, tell)


def test_a_ban_from_the_site_ends_every_session(database_url: str) -> None:
    async def tell(town: Town) -> None:
        account = await town.house.database.read(local_user.of_person, town.carl.id)
        assert account is not None
        await town.house.database.write(login_token.insert, "hash", account.id, None, None)
        assert len(await town.house.database.read(login_token.of_user, account.id)) == 1
        await town.from_site(town.house.admin, town.carl)
        assert await town.house.database.read(login_token.of_user, account.id) == []

    story(database_url, tell)


def test_a_ban_ends_at_its_time_and_not_beyond_ten_years(database_url: str) -> None:
    async def tell(town: Town) -> None:
        def ends(tx: Transaction) -> None:
            second = tx.now // SECOND
            assert ban.end_of(tx, None) is None
            assert ban.end_of(tx, second + 60) == (second + 60) * SECOND
            assert ban.end_of(tx, (tx.now + LONGEST + DAY) // SECOND) is None
            with pytest.raises(LemmyError, match="ban_expiration_in_past"):
                ban.end_of(tx, second - 60)
            with pytest.raises(LemmyError, match="invalid_unix_time"):
                ban.end_of(tx, 2**62)
            community_ban.put(tx, town.birds.id, town.carl.id, tx.now - 1)
            person.update(tx, town.carl.id, banned=True, ban_expires=tx.now - 1)

        await town.house.database.write(ends)
        assert not await town.banned_here(town.carl)
        expired = await town.house.database.read(person.existing, town.carl.id)
        await town.house.post(expired, town.birds.id)
        assert await town.house.database.read(ban.banned, town.house.admin) == []
        assert await town.house.database.write(ban.lift_expired) == 2
        assert not (await town.house.database.read(person.existing, town.carl.id)).banned

    story(database_url, tell)


def test_bans_of_nobody_from_nowhere_and_for_endless_reasons_are_refused(database_url: str) -> None:
    async def tell(town: Town) -> None:
        missing = 2_000_000_000
        with pytest.raises(LemmyError, match="couldnt_find_person"):
            await town.house.database.write(ban.from_community, town.ada, town.birds.id, PersonId(missing), BANNED)
        with pytest.raises(LemmyError, match="couldnt_find_community"):
            await town.house.database.write(ban.from_community, town.ada, CommunityId(missing), town.carl.id, BANNED)
        with pytest.raises(LemmyError, match="couldnt_find_person"):
            await town.house.database.write(ban.from_site, town.house.admin, PersonId(missing), BANNED)
        endless = Ban(banned=True, reason="x" * 10_001)
        for refused in (town.from_community(town.ada, town.carl, endless), town.from_site(town.house.admin, town.carl, endless)):
            with pytest.raises(LemmyError, match="invalid_body_field"):
                await refused
        assert not await town.banned_here(town.carl)

    story(database_url, tell)
