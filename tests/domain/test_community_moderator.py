"""Who may appoint and dismiss moderators, and hand a community over."""

from collections.abc import Awaitable, Callable

import pytest

from lemmy_lite.domain import community as communities
from lemmy_lite.domain import community_moderator, moderation
from lemmy_lite.model.community import Community
from lemmy_lite.model.errors import LemmyError
from lemmy_lite.model.events import CommunityTransferred, Event, ModeratorAppointed
from lemmy_lite.model.ids import PersonId
from lemmy_lite.model.person import Person
from lemmy_lite.storage.tables import community_ban
from lemmy_lite.storage.tables import community_moderator as moderators
from tests.domain.house import House, told
from tests.storage import rows


class Office:
    """A community with the moderators ada, bob and carl, in this order; dora is nobody."""

    house: House
    ada: Person
    bob: Person
    carl: Person
    dora: Person
    birds: Community

    def __init__(self, house: House) -> None:
        self.house = house
        self.events: list[Event] = []
        house.database.after(self.events.append)

    async def appoint(self, actor: Person, person: Person, added: bool = True) -> None:
        await self.house.database.write(community_moderator.appoint, actor, self.birds.id, person.id, added)

    async def transfer(self, actor: Person, person: Person) -> None:
        await self.house.database.write(community_moderator.transfer, actor, self.birds.id, person.id)

    async def order(self) -> list[str]:
        found = await self.house.database.read(communities.moderators, self.birds.id)
        return [view.moderator.name for view in found]


def story(url: str, tell: Callable[[Office], Awaitable[None]]) -> None:
    async def body(house: House) -> None:
        office = Office(house)
        office.ada, office.bob, office.carl, office.dora = [await house.person(name) for name in ("ada", "bob", "carl", "dora")]
        office.birds = await house.community(office.ada)
        for person in (office.bob, office.carl):
            await office.appoint(office.ada, person)
        await tell(office)

    told(url, body)


def test_moderators_and_admins_appoint_and_the_order_is_that_of_appointment(database_url: str) -> None:
    async def tell(office: Office) -> None:
        with pytest.raises(LemmyError, match="not_a_mod_or_admin"):
            await office.appoint(office.dora, office.dora)
        await office.appoint(office.carl, office.dora)
        assert await office.order() == ["ada", "bob", "carl", "dora"]
        with pytest.raises(LemmyError, match="community_moderator_already_exists"):
            await office.appoint(office.ada, office.dora)
        await office.appoint(office.house.admin, office.house.admin)
        assert await office.order() == ["ada", "bob", "carl", "dora", "admin"]
        assert office.events[-1] == ModeratorAppointed(
            actor_id=office.house.admin.id, community_id=office.birds.id, person_id=office.house.admin.id, added=True
        )

    story(database_url, tell)


def test_who_came_first_dismisses_who_came_later_and_everybody_themselves(database_url: str) -> None:
    async def tell(office: Office) -> None:
        for actor, target in ((office.bob, office.ada), (office.carl, office.bob), (office.carl, office.ada)):
            with pytest.raises(LemmyError, match="not_higher_mod"):
                await office.appoint(actor, target, added=False)
        await office.appoint(office.bob, office.carl, added=False)
        await office.appoint(office.bob, office.bob, added=False)
        assert await office.order() == ["ada"]
        with pytest.raises(LemmyError, match="community_moderator_already_exists"):
            await office.appoint(office.ada, office.bob, added=False)
        await office.appoint(office.house.admin, office.ada, added=False)
        assert await office.order() == []

    story(database_url, tell)


def test_an_admin_needs_an_office_in_a_remote_community(database_url: str) -> None:
    async def tell(office: Office) -> None:
        home = await office.house.database.write(lambda tx: rows.community(tx, "bees", "there.test"))
        with pytest.raises(LemmyError, match="not_a_moderator"):
            await office.house.database.write(community_moderator.appoint, office.house.admin, home, office.dora.id, True)
        await office.house.database.write(moderators.insert, home, office.house.admin.id)
        await office.house.database.write(community_moderator.appoint, office.house.admin, home, office.dora.id, True)
        assert await office.house.database.read(moderators.moderates, office.dora.id, home)

    story(database_url, tell)


def test_a_community_is_handed_over_by_its_top_moderator_or_an_admin(database_url: str) -> None:
    async def tell(office: Office) -> None:
        for stranger in (office.bob, office.dora):
            with pytest.raises(LemmyError, match="not_an_admin"):
                await office.transfer(stranger, office.bob)
        with pytest.raises(LemmyError, match="not_a_moderator"):
            await office.transfer(office.ada, office.dora)
        await office.transfer(office.ada, office.carl)
        assert await office.order() == ["carl", "ada", "bob"]
        with pytest.raises(LemmyError, match="not_an_admin"):
            await office.transfer(office.ada, office.ada)
        await office.transfer(office.house.admin, office.bob)
        assert await office.order() == ["bob", "carl", "ada"]
        assert office.events[-1] == CommunityTransferred(
            actor_id=office.house.admin.id, community_id=office.birds.id, person_id=office.bob.id
        )

    story(database_url, tell)


def test_nothing_is_decided_in_a_closed_community_or_by_those_banned_from_it(database_url: str) -> None:
    async def tell(office: Office) -> None:
        await office.house.database.write(community_ban.put, office.birds.id, office.bob.id, None)
        with pytest.raises(LemmyError, match="banned_from_community"):
            await office.appoint(office.bob, office.dora)
        with pytest.raises(LemmyError, match="couldnt_find_person"):
            await office.house.database.write(community_moderator.appoint, office.ada, office.birds.id, PersonId(2_000_000_000), True)
        await office.house.database.write(moderation.remove_community, office.house.admin, office.birds.id, True)
        for deed in (office.appoint(office.ada, office.dora), office.transfer(office.ada, office.bob)):
            with pytest.raises(LemmyError, match="deleted"):
                await deed
        assert await office.order() == ["ada", "bob", "carl"]

    story(database_url, tell)
