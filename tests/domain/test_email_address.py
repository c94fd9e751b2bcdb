"""Addresses and the proof of them, from registration to the change of one."""

import pytest

from lemmy_lite.domain import email_address, local_user
from lemmy_lite.model.clock import DAY, MINUTE
from lemmy_lite.model.errors import LemmyError
from lemmy_lite.model.events import EmailVerificationRequested, EmailVerified
from lemmy_lite.model.local_user import LocalUser, SettingsForm
from lemmy_lite.model.viewer import Viewer
from lemmy_lite.storage.tables import local_user as accounts
from tests.domain.accounts import Door, at_the_door


async def _account(door: Door, name: str) -> LocalUser:
    account = await door.database.read(accounts.by_name_or_email, name)
    assert account is not None
    return account


async def _set(door: Door, viewer: Viewer, email: str) -> None:
    await door.database.write(local_user.save_settings, door.context, viewer, SettingsForm(email=email))


def test_where_addresses_are_demanded_a_newcomer_comes_in_with_the_token_of_the_mail(database_url: str) -> None:
    async def story(door: Door) -> None:
        await door.settings(require_email_verification=True)
        with pytest.raises(LemmyError, match="email_required"):
            await door.register("ada")
        assert await door.register("ada", email="Ada@mail.test") is None
        with pytest.raises(LemmyError, match="email_not_verified"):
            await door.login("ada")
        asked = door.told(EmailVerificationRequested)[0]
        assert asked.email == "ada@mail.test"
        await door.database.write(email_address.verify, asked.token.value)
        assert await door.login("ada")
        assert door.told(EmailVerified)[0].local_user_id == asked.local_user_id
        with pytest.raises(LemmyError, match="token_not_found"):
            await door.database.write(email_address.verify, asked.token.value)

    at_the_door(database_url, story)


def test_where_addresses_are_demanded_but_no_mail_can_be_sent_nobody_registers_in_vain(database_url: str) -> None:
    async def story(door: Door) -> None:
        await door.settings(require_email_verification=True)
        with pytest.raises(LemmyError, match="no_email_setup"):
            await door.register("ada", email="ada@mail.test")
        assert await door.database.read(accounts.by_name_or_email, "ada") is None

    at_the_door(database_url, story, mail=False)


def test_a_new_address_is_to_be_proven_and_the_earlier_token_counts_no_more(database_url: str) -> None:
    async def story(door: Door) -> None:
        viewer = await door.user("ada", email="ada@mail.test")
        await _set(door, viewer, "first@mail.test")
        viewer = Viewer(
            person=viewer.person,
            local_user=await _account(door, "ada"),
            vote_display=viewer.vote_display,
            languages=(),
            session=viewer.session,
        )
        await _set(door, viewer, "second@mail.test")
        first, second = (event.token.value for event in door.told(EmailVerificationRequested))
        assert not (await _account(door, "ada")).email_verified
        with pytest.raises(LemmyError, match="token_not_found"):
            await door.database.write(email_address.verify, first)
        await door.database.write(email_address.verify, second)
        account = await _account(door, "ada")
        assert (account.email, account.email_verified) == ("second@mail.test", True)

    at_the_door(database_url, story)


def test_a_token_counts_for_seven_days(database_url: str) -> None:
    async def story(door: Door) -> None:
        for name, age in (("ada", 7 * DAY - MINUTE), ("bob", 7 * DAY)):
            await _set(door, await door.user(name), f"{name}@mail.test")
            await door.database.write(lambda tx, by=age: tx.run("UPDATE email_verification SET published = published - :by", by=by))  # type: ignore[misc]  # mypy cannot infer a lambda with a default
            token = door.told(EmailVerificationRequested)[-1].token.value
            if name == "ada":
                await door.database.write(email_address.verify, token)
            else:
                with pytest.raises(LemmyError, match="token_not_found"):
                    await door.database.write(email_address.verify, token)

    at_the_door(database_url, story)


def test_an_address_that_somebody_else_has_taken_meanwhile_stays_theirs(database_url: str) -> None:
    async def story(door: Door) -> None:
        ada, bob = await door.user("ada"), await door.user("bob")
        await _set(door, ada, "shared@mail.test")
        token = door.told(EmailVerificationRequested)[-1].token.value
        await door.database.write(lambda tx: accounts.update(tx, ada.local_user.id, email=None))
        await _set(door, bob, "shared@mail.test")
        with pytest.raises(LemmyError, match="email_already_exists"):
            await door.database.write(email_address.verify, token)
        assert (await _account(door, "shared@mail.test")).id == bob.local_user.id

    at_the_door(database_url, story)


def test_an_address_can_be_given_without_mail_but_not_where_it_must_be_proven(database_url: str) -> None:
    async def story(door: Door) -> None:
        viewer = await door.user("ada")
        await _set(door, viewer, "ada@mail.test")
        assert (await _account(door, "ada")).email == "ada@mail.test"
        await door.settings(require_email_verification=True)
        with pytest.raises(LemmyError, match="no_email_setup"):
            await _set(door, viewer, "other@mail.test")

    at_the_door(database_url, story, mail=False)
