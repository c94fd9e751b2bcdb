"""Blocking people and instances for oneself."""

import pytest

from lemmy_lite.domain import block
from lemmy_lite.model.errors import LemmyError
from lemmy_lite.model.ids import InstanceId, PersonId
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import instance
from lemmy_lite.storage.views import local_user as views
from tests.domain.house import House, told

NOBODY = 999_999


def test_a_person_is_blocked_and_unblocked_and_a_repeat_is_harmless(database_url: str) -> None:
    async def story(house: House) -> None:
        ada, bob = await house.person("ada"), await house.person("bob")
        for blocked, expected in ((True, ["bob"]), (True, ["bob"]), (False, []), (False, [])):
            view = await house.database.write(block.block_person, ada, bob.id, blocked)
            assert view.person.id == bob.id
            assert [each.target.name for each in await house.database.read(views.person_blocks, ada.id)] == expected
        assert await house.database.read(views.person_blocks, bob.id) == []

    told(database_url, story)


def test_nobody_blocks_themselves_admins_or_who_is_not_there(database_url: str) -> None:
    async def story(house: House) -> None:
        ada = await house.person("ada")
        for target, blocked, code in (
            (ada.id, True, "cant_block_yourself"),
            (house.admin.id, True, "cant_block_admin"),
            (PersonId(NOBODY), True, "person_block_already_exists"),
            (PersonId(NOBODY), False, "couldnt_find_person"),
        ):
            with pytest.raises(LemmyError, match=code):
                await house.database.write(block.block_person, ada, target, blocked)

    told(database_url, story)


def test_an_instance_is_blocked_by_id_or_domain_and_unblocked(database_url: str) -> None:
    async def story(house: House) -> None:
        ada = await house.person("ada")
        there = await house.database.write(instance.get_or_create, "there.test")
        await house.database.write(block.block_instance, ada, there, True)
        await house.database.write(block.block_instance_of, ada, " NEW.test ", True)
        blocks = await house.database.read(views.instance_blocks, ada.id)
        assert [each.instance.domain for each in blocks] == ["there.test", "new.test"]
        await house.database.write(block.block_instance, ada, there, False)
        await house.database.write(block.block_instance, ada, InstanceId(NOBODY), False)
        assert len(await house.database.read(views.instance_blocks, ada.id)) == 1

    told(database_url, story)


def test_nobody_blocks_the_instance_they_are_on_or_one_that_is_not_there(database_url: str) -> None:
    async def story(house: House) -> None:
        ada = await house.person("ada")
        for verb, target, code in (
            (block.block_instance, ada.instance_id, "cant_block_local_instance"),
            (block.block_instance, InstanceId(NOBODY), "instance_block_already_exists"),
            (block.block_instance_of, "here.test", "cant_block_local_instance"),
            (block.block_instance_of, "no host/at all", "url_without_domain"),
        ):

            def attempt(tx: Transaction, verb: object = verb, target: object = target) -> None:
                assert callable(verb)
                verb(tx, ada, target, True)

            with pytest.raises(LemmyError, match=code):
                await house.database.write(attempt)

    told(database_url, story)
