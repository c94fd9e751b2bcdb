"""Changing a password, and getting a new one by mail."""

import asyncio
import logging
from unittest.mock import patch

import pytest

from lemmy_lite.domain import password
from lemmy_lite.model.clock import DAY, MINUTE
from lemmy_lite.model.errors import LemmyError
from lemmy_lite.model.events import EmailVerificationRequested, PasswordResetRequested
from tests.domain.accounts import PASSWORD, VISITOR, Door, at_the_door

NEW = "a wholly new password"


async def _token(door: Door, email: str = "ada@mail.test") -> str:
    await password.request_reset(door.database, door.context, email)
    token: str = door.told(PasswordResetRequested)[-1].token.value
    return token


def test_a_changed_password_ends_every_session_and_begins_one(database_url: str) -> None:
    async def story(door: Door) -> None:
        first, second = await door.register("ada"), await door.login("ada")
        viewer = await door.whose(first)
        assert viewer is not None
        fresh = await password.change(door.database, door.context, viewer, PASSWORD, NEW, NEW, VISITOR)
        assert await door.whose(first) is None
        assert await door.whose(second) is None
        assert (await door.whose(fresh)) is not None
        assert await door.login("ada", NEW)
        with pytest.raises(LemmyError, match="incorrect_login"):
            await door.login("ada", PASSWORD)

    at_the_door(database_url, story)


@pytest.mark.parametrize(
    ("old", "new", "repeated", "code"),
    [
        ("not this one", NEW, NEW, "incorrect_login"),
        (PASSWORD, NEW, "another one altogether", "passwords_do_not_match"),
        (PASSWORD, "short", "short", "invalid_password"),
        (PASSWORD, "x" * 61, "x" * 61, "invalid_password"),
    ],
)
def test_a_refused_change_changes_nothing(old: str, new: str, repeated: str, code: str, database_url: str) -> None:
    async def story(door: Door) -> None:
        token = await door.register("ada")
        viewer = await door.whose(token)
        assert viewer is not None
        with pytest.raises(LemmyError, match=code):
            await password.change(door.database, door.context, viewer, old, new, repeated, VISITOR)
        assert await door.whose(token) is not None
        assert await door.login("ada", PASSWORD)

    at_the_door(database_url, story)


def test_of_two_changes_at_once_with_the_old_password_one_counts(database_url: str) -> None:
    async def story(door: Door) -> None:
        viewer = await door.user("ada")
        tries = [password.change(door.database, door.context, viewer, PASSWORD, new, new, VISITOR) for new in (NEW, NEW + "!")]
        results = await asyncio.gather(*tries, return_exceptions=True)
        assert sorted(isinstance(result, LemmyError) for result in results) == [False, True]

    at_the_door(database_url, story)


def test_the_token_of_a_mail_sets_a_new_password_once_and_logs_out_everywhere(database_url: str) -> None:
    async def story(door: Door) -> None:
        session = await door.register("ada", email="Ada@mail.test")
        other, token = await _token(door), await _token(door, "ADA@MAIL.TEST")
        await password.set_by_token(door.database, door.context, token, NEW, NEW)
        assert await door.whose(session) is None
        assert await door.login("ada", NEW)
        for spent in (token, other):
            with pytest.raises(LemmyError, match="token_not_found"):
                await password.set_by_token(door.database, door.context, spent, PASSWORD, PASSWORD)
        assert await door.login("ada", NEW)

    at_the_door(database_url, story)


def test_a_password_that_is_refused_does_not_spend_the_token(database_url: str) -> None:
    async def story(door: Door) -> None:
        await door.register("ada", email="ada@mail.test")
        token = await _token(door)
        with pytest.raises(LemmyError, match="invalid_password"):
            await password.set_by_token(door.database, door.context, token, "short", "short")
        with pytest.raises(LemmyError, match="passwords_do_not_match"):
            await password.set_by_token(door.database, door.context, token, NEW, NEW + "!")
        await password.set_by_token(door.database, door.context, token, NEW, NEW)

    at_the_door(database_url, story)


def test_a_token_counts_for_a_day(database_url: str) -> None:
    async def story(door: Door) -> None:
        async def age(by: int) -> None:
            await door.database.write(lambda tx: tx.run("UPDATE password_reset_request SET published = published - :by", by=by))

        await door.register("ada", email="ada@mail.test")
        await _token(door)
        await age(DAY - MINUTE)
        token = await _token(door)
        await age(DAY)
        with pytest.raises(LemmyError, match="token_not_found"):
            await password.set_by_token(door.database, door.context, token, NEW, NEW)
        token = await _token(door)
        await age(DAY - MINUTE)
        await password.set_by_token(door.database, door.context, token, NEW, NEW)

    at_the_door(database_url, story)


def test_changing_the_password_spends_the_tokens_that_were_mailed(database_url: str) -> None:
    async def story(door: Door) -> None:
        viewer = await door.user("ada", email="ada@mail.test")
        token = await _token(door)
        await password.change(door.database, door.context, viewer, PASSWORD, NEW, NEW, VISITOR)
        with pytest.raises(LemmyError, match="token_not_found"):
            await password.set_by_token(door.database, door.context, token, PASSWORD, PASSWORD)

    at_the_door(database_url, story)


def test_the_token_is_stored_as_a_hash_and_shown_by_no_event_that_is_printed(database_url: str, caplog: pytest.LogCaptureFixture) -> None:
    async def story(door: Door) -> None:
        await door.register("ada", email="ada@mail.test")
        token = await _token(door)
        stored = await door.database.read(lambda tx: tx.column("SELECT token_hash FROM password_reset_request"))
        assert stored != [token]
        event = door.told(PasswordResetRequested)[0]
        logging.getLogger("lemmy_lite").warning("%s %r", event, event)
        assert token not in caplog.text
        assert "PasswordResetRequested" in caplog.text

    at_the_door(database_url, story)


def test_an_account_gets_three_mails_a_day_and_its_owner_may_use_each(database_url: str) -> None:
    async def story(door: Door) -> None:
        await door.register("ada", email="ada@mail.test")
        for _ in range(5):
            await password.request_reset(door.database, door.context, "ada@mail.test")
        tokens = [event.token.value for event in door.told(PasswordResetRequested)]
        assert len(tokens) == password.MOST_RESETS == 3
        await password.set_by_token(door.database, door.context, tokens[0], NEW, NEW)

    at_the_door(database_url, story)


def test_for_an_address_that_nobody_has_or_has_proven_there_is_no_token_and_nobody_learns_of_it(database_url: str) -> None:
    async def story(door: Door) -> None:
        await door.register("ada", email="ada@mail.test")
        await password.request_reset(door.database, door.context, "bob@mail.test")
        await door.settings(require_email_verification=True)
        await password.request_reset(door.database, door.context, "ada@mail.test")
        assert door.told(PasswordResetRequested) == []
        assert len(door.told(EmailVerificationRequested)) == 1

    at_the_door(database_url, story)


def test_without_mail_everybody_is_told_so_and_nobody_learns_who_is_here(database_url: str) -> None:
    async def story(door: Door) -> None:
        await door.register("ada", email="ada@mail.test")
        for address in ("ada@mail.test", "bob@mail.test"):
            with pytest.raises(LemmyError, match="no_email_setup"):
                await password.request_reset(door.database, door.context, address)

    at_the_door(database_url, story, mail=False)


def test_unknown_tokens_cost_no_hash(database_url: str) -> None:
    async def story(door: Door) -> None:
        # Patched within the house, which stands in for hashing itself: the inner patch must end first.
        hashing = patch("lemmy_lite.crypto.passwords.hash_password", lambda _: pytest.fail("a guess was worth a hash"))
        with hashing, pytest.raises(LemmyError, match="token_not_found"):
            await password.set_by_token(door.database, door.context, "a guess", NEW, NEW)

    at_the_door(database_url, story)
