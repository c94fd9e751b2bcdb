"""Who may appoint and dismiss admins, and what admins alone do to communities."""

from collections.abc import Awaitable, Callable

import pytest

from lemmy_lite.domain import admin, moderation
from lemmy_lite.domain import community as communities
from lemmy_lite.model.errors import LemmyError
from lemmy_lite.model.events import CommunityHidden, CommunityRemoved, Event, SiteEdited
from lemmy_lite.model.ids import CommunityId
from lemmy_lite.model.person import Person
from lemmy_lite.storage.tables import community as community_rows
from lemmy_lite.storage.tables import local_user
from lemmy_lite.storage.views import person as people
from tests.domain import recount
from tests.domain.house import House, told
from tests.storage import rows


def story(url: str, tell: Callable[[House, Person, Person], Awaitable[None]]) -> None:
    async def body(house: House) -> None:
        await tell(house, await house.person("ada"), await house.person("bob"))

    told(url, body)


async def names(house: House) -> list[str]:
    return [view.person.name for view in await house.database.read(people.admins)]


def test_admins_appoint_local_people_and_outrank_who_came_later(database_url: str) -> None:
    async def tell(house: House, ada: Person, bob: Person) -> None:
        events: list[Event] = []
        house.database.after(events.append)
        with pytest.raises(LemmyError, match="not_an_admin"):
            await house.database.write(admin.appoint, ada, ada.id, True)
        await house.database.write(admin.appoint, house.admin, bob.id, True)
        await house.database.write(admin.appoint, bob, ada.id, True)
        assert await names(house) == ["admin", "bob", "ada"]
        for actor, target in ((ada, bob), (ada, house.admin), (bob, house.admin)):
            with pytest.raises(LemmyError, match="not_higher_admin"):
                await house.database.write(admin.appoint, actor, target.id, False)
        await house.database.write(admin.appoint, bob, ada.id, False)
        assert await names(house) == ["admin", "bob"]
        remote = await house.database.write(lambda tx: rows.person(tx, "eve", "there.test"))
        with pytest.raises(LemmyError, match="object_not_local"):
            await house.database.write(admin.appoint, house.admin, remote, True)
        assert SiteEdited(actor_id=bob.id) in events

    story(database_url, tell)


def test_an_admin_who_was_appointed_again_ranks_last(database_url: str) -> None:
    async def tell(house: House, ada: Person, bob: Person) -> None:
        for person, added in ((ada, True), (bob, True), (ada, False), (ada, True)):
            await house.database.write(admin.appoint, house.admin, person.id, added)
        assert await names(house) == ["admin", "bob", "ada"]
        with pytest.raises(LemmyError, match="not_higher_admin"):
            await house.database.write(admin.appoint, ada, bob.id, False)

    story(database_url, tell)


def test_every_admin_but_the_last_may_step_down_and_still_log_in(database_url: str) -> None:
    async def tell(house: House, ada: Person, _: Person) -> None:
        with pytest.raises(LemmyError, match="cannot_leave_admin"):
            await house.database.write(admin.leave, house.admin)
        with pytest.raises(LemmyError, match="not_an_admin"):
            await house.database.write(admin.leave, ada)
        await house.database.write(admin.appoint, house.admin, ada.id, True)
        await house.database.write(admin.leave, house.admin)
        assert await names(house) == ["ada"]
        account = await house.database.read(local_user.of_person, house.admin.id)
        assert account is not None
        assert (account.admin, account.accepted_application) == (False, True)
        with pytest.raises(LemmyError, match="cannot_leave_admin"):
            await house.database.write(admin.leave, ada)

    story(database_url, tell)


def test_communities_are_removed_and_restored_by_admins_alone_and_counted(database_url: str) -> None:
    async def tell(house: House, ada: Person, bob: Person) -> None:
        events: list[Event] = []
        house.database.after(events.append)
        birds = await house.community(ada)
        with pytest.raises(LemmyError, match="not_a_mod_or_admin"):
            await house.database.write(moderation.remove_community, bob, birds.id, True)
        with pytest.raises(LemmyError, match="not_an_admin"):
            await house.database.write(moderation.remove_community, ada, birds.id, True)
        for removed, deleted in ((True, None), (True, None), (None, True), (False, None), (None, False)):
            if removed is not None:
                await house.database.write(moderation.remove_community, house.admin, birds.id, removed, "Spam")
            if deleted is not None:
                await house.database.write(communities.delete, ada, birds.id, deleted)
            assert await house.database.read(recount.differences) == []
        assert not (await house.database.read(community_rows.existing, birds.id)).removed
        assert CommunityRemoved(actor_id=house.admin.id, community_id=birds.id, removed=False, reason="Spam") in events

    story(database_url, tell)


def test_communities_are_hidden_by_admins_alone(database_url: str) -> None:
    async def tell(house: House, ada: Person, _: Person) -> None:
        events: list[Event] = []
        house.database.after(events.append)
        birds = await house.community(ada)
        with pytest.raises(LemmyError, match="not_an_admin"):
            await house.database.write(moderation.hide_community, ada, birds.id, True)
        for hidden in (True, False):
            await house.database.write(moderation.hide_community, house.admin, birds.id, hidden)
            assert (await house.database.read(community_rows.existing, birds.id)).hidden is hidden
            assert events[-1] == CommunityHidden(actor_id=house.admin.id, community_id=birds.id, hidden=hidden)
        with pytest.raises(LemmyError, match="couldnt_update_community_hidden_status"):
            await house.database.write(moderation.hide_community, house.admin, CommunityId(2_000_000_000), True)

    story(database_url, tell)
