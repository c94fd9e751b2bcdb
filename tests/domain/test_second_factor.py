"""The second factor: prepared, turned on, asked for at login, turned off."""

import pyotp
import pytest

from lemmy_lite.domain import second_factor
from lemmy_lite.model.clock import HOUR, SECOND
from lemmy_lite.model.errors import LemmyError
from lemmy_lite.model.viewer import Viewer
from lemmy_lite.storage.tables import local_user
from tests.domain.accounts import Door, at_the_door


async def _app(door: Door, viewer: Viewer) -> pyotp.TOTP:
    found = pyotp.parse_uri(await door.database.write(second_factor.prepare, viewer))
    assert isinstance(found, pyotp.TOTP)
    assert (found.name, found.issuer) == ("ada", "Here")
    return found


def _code(door: Door, app: pyotp.TOTP) -> str:
    return app.at(door.context.clock.now() // SECOND)


async def _later(door: Door) -> None:
    """Some steps of time later, as far as used codes are concerned."""
    await door.database.write(lambda tx: tx.run("UPDATE local_user SET totp_2fa_last_step = totp_2fa_last_step - 4"))


def test_a_factor_that_is_only_prepared_guards_nothing(database_url: str) -> None:
    async def story(door: Door) -> None:
        await _app(door, await door.user("ada"))
        assert await door.login("ada")

    at_the_door(database_url, story)


def test_once_it_is_on_a_login_needs_a_code_that_was_not_used(database_url: str) -> None:
    async def story(door: Door) -> None:
        viewer = await door.user("ada")
        app = await _app(door, viewer)
        code = _code(door, app)
        assert await second_factor.switch(door.database, viewer, code, enabled=True)
        with pytest.raises(LemmyError, match="missing_totp_token"):
            await door.login("ada")
        for refused in ("no code", "", code):
            with pytest.raises(LemmyError, match=r"incorrect_totp_token|missing_totp_token"):
                await door.login("ada", code=refused)
        await _later(door)
        code = _code(door, app)
        assert await door.login("ada", code=f"{code[:3]} {code[3:]}")
        with pytest.raises(LemmyError, match="incorrect_totp_token"):
            await door.login("ada", code=code)

    at_the_door(database_url, story)


def test_turning_it_off_needs_a_code_and_forgets_the_secret(database_url: str) -> None:
    async def story(door: Door) -> None:
        viewer = await door.user("ada")
        app = await _app(door, viewer)
        await second_factor.switch(door.database, viewer, _code(door, app), enabled=True)
        with pytest.raises(LemmyError, match="totp_already_enabled"):
            await door.database.write(second_factor.prepare, viewer)
        await _later(door)
        wrong = f"{(int(_code(door, app)) + 1) % 10**6:06}"
        with pytest.raises(LemmyError, match="incorrect_totp_token"):
            await second_factor.switch(door.database, viewer, wrong, enabled=False)
        assert not await second_factor.switch(door.database, viewer, _code(door, app), enabled=False)
        assert (await door.database.read(local_user.totp, viewer.local_user.id))[0] is None
        assert await door.login("ada")

    at_the_door(database_url, story)


def test_nothing_can_be_turned_on_that_was_not_prepared(database_url: str) -> None:
    async def story(door: Door) -> None:
        viewer = await door.user("ada")
        with pytest.raises(LemmyError, match="missing_totp_secret"):
            await second_factor.switch(door.database, viewer, "123456", enabled=True)

    at_the_door(database_url, story)


def test_codes_cannot_be_tried_out_from_however_many_addresses(database_url: str) -> None:
    async def story(door: Door) -> None:
        viewer = await door.user("ada")
        app = await _app(door, viewer)
        await second_factor.switch(door.database, viewer, _code(door, app), enabled=True)
        await _later(door)
        for _ in range(second_factor.MOST_WRONG // 2):
            with pytest.raises(LemmyError, match="incorrect_totp_token"):
                await door.login("ada", code="no code")
            with pytest.raises(LemmyError, match="incorrect_totp_token"):
                await second_factor.switch(door.database, viewer, "no code", enabled=False)
        for code in ("no code", _code(door, app)):
            with pytest.raises(LemmyError, match="rate_limit_error"):
                await door.login("ada", code=code)
        with pytest.raises(LemmyError, match="incorrect_login"):
            await door.login("ada", "not the password", code="no code")
        await door.database.write(lambda tx: tx.run("UPDATE local_user SET totp_2fa_failing_since = totp_2fa_failing_since - :by", by=HOUR))
        assert await door.login("ada", code=_code(door, app))

    at_the_door(database_url, story)


def test_a_right_code_forgives_the_wrong_ones_before_it(database_url: str) -> None:
    async def story(door: Door) -> None:
        viewer = await door.user("ada")
        app = await _app(door, viewer)
        await second_factor.switch(door.database, viewer, _code(door, app), enabled=True)
        for _ in range(2):
            for _ in range(second_factor.MOST_WRONG - 1):
                with pytest.raises(LemmyError, match="incorrect_totp_token"):
                    await door.login("ada", code="no code")
            await _later(door)
            assert await door.login("ada", code=_code(door, app))

    at_the_door(database_url, story)
