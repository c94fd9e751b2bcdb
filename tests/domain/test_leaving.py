"""Deleting one's account, with what one wrote or without."""

import pytest

from lemmy_lite.domain import email_address, leaving, local_user
from lemmy_lite.domain import site as sites
from lemmy_lite.model.errors import LemmyError
from lemmy_lite.model.events import PersonDeleted
from lemmy_lite.model.local_user import SettingsForm
from lemmy_lite.storage.tables import comment, person, post
from lemmy_lite.storage.tables import local_user as accounts
from tests.domain.accounts import PASSWORD, Door, at_the_door
from tests.domain.recount import differences


@pytest.mark.parametrize("delete_content", [True, False])
def test_who_leaves_is_emptied_and_logged_out_everywhere(delete_content: bool, database_url: str) -> None:
    async def story(door: Door) -> None:
        other = await door.register("ada", email="ada@mail.test")
        token = await door.login("ada")
        viewer = await door.whose(token)
        assert viewer is not None
        form = SettingsForm(display_name="Ada L.", bio="Poet", email="new@mail.test")
        await door.database.write(local_user.save_settings, door.context, viewer, form)
        birds = await door.house.community(door.admin)
        written = await door.house.post(viewer.person, birds.id, "A title", body="A body")
        said = await door.house.comment(viewer.person, written.id, "Some words")
        await leaving.delete_account(door.database, door.context, viewer, PASSWORD, delete_content=delete_content)
        gone = await door.database.read(person.existing, viewer.id)
        assert (gone.deleted, gone.name, gone.display_name, gone.bio) == (True, "ada", None, None)
        account = await door.database.read(accounts.of_person, viewer.id)
        assert account is not None
        assert account.email is None
        assert await door.whose(token) is None
        assert await door.whose(other) is None
        with pytest.raises(LemmyError, match="deleted"):
            await door.login("ada")
        left_post, left_comment = await door.database.read(lambda tx: (post.existing(tx, written.id), comment.existing(tx, said.id)))
        if delete_content:
            assert (left_post.name, left_post.body, left_post.deleted) == ("*Permanently Deleted*", "*Permanently Deleted*", True)
            assert (left_comment.content, left_comment.deleted) == ("*Permanently Deleted*", True)
        else:
            assert (left_post.name, left_post.body, left_post.deleted) == ("A title", "A body", False)
            assert (left_comment.content, left_comment.deleted) == ("Some words", False)
        assert door.told(PersonDeleted) == [PersonDeleted(actor_id=viewer.id, remove_data=delete_content)]
        assert await door.database.read(differences) == []

    at_the_door(database_url, story)


def test_who_cannot_say_the_password_stays(database_url: str) -> None:
    async def story(door: Door) -> None:
        viewer = await door.user("ada")
        with pytest.raises(LemmyError, match="incorrect_login"):
            await leaving.delete_account(door.database, door.context, viewer, "not this one", delete_content=True)
        assert not (await door.database.read(person.existing, viewer.id)).deleted

    at_the_door(database_url, story)


def test_a_mail_that_was_under_way_gives_nothing_back_to_a_deleted_account(database_url: str) -> None:
    async def story(door: Door) -> None:
        viewer = await door.user("ada")
        await door.database.write(local_user.save_settings, door.context, viewer, SettingsForm(email="ada@mail.test"))
        token = next(event.token.value for event in door.events if hasattr(event, "token"))
        await leaving.delete_account(door.database, door.context, viewer, PASSWORD, delete_content=False)
        with pytest.raises(LemmyError, match="token_not_found"):
            await door.database.write(email_address.verify, token)

    at_the_door(database_url, story)


def test_the_name_of_somebody_who_left_is_not_given_to_another(database_url: str) -> None:
    async def story(door: Door) -> None:
        viewer = await door.user("ada")
        users = (await door.database.read(sites.view)).counts.users
        await leaving.delete_account(door.database, door.context, viewer, PASSWORD, delete_content=True)
        with pytest.raises(LemmyError, match="user_already_exists"):
            await door.register("ADA")
        assert (await door.database.read(sites.view)).counts.users == users

    at_the_door(database_url, story)
