"""The second factor: prepared, turned on, asked for at login, turned off."""

import pyotp
import pytest

from lemmy_lite.crypto import recovery_codes
from lemmy_lite.domain import operating, recovery_code, second_factor
from lemmy_lite.model.clock import HOUR, SECOND
from lemmy_lite.model.errors import LemmyError
from lemmy_lite.model.events import RecoveryCodeUsed
from lemmy_lite.model.ids import LocalUserId
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


async def _with_codes(door: Door) -> tuple[Viewer, pyotp.TOTP, list[str]]:
    """Ada with the factor on and ten recovery codes."""
    viewer, codes = await door.user("ada", email="ada@home.test"), recovery_code.new()
    app = await _app(door, viewer)
    await second_factor.switch(door.database, viewer, _code(door, app), enabled=True, recovery_codes=codes)
    await _later(door)
    return viewer, app, codes


def test_a_recovery_code_takes_the_place_of_a_code_once_and_its_owner_is_told(database_url: str) -> None:
    async def story(door: Door) -> None:
        viewer, app, codes = await _with_codes(door)
        assert len(set(codes)) == recovery_code.GIVEN
        assert await door.login("ada", code=codes[0].upper().replace("-", " "))
        with pytest.raises(LemmyError, match="incorrect_totp_token"):
            await door.login("ada", code=codes[0])
        assert [event.local_user_id for event in door.told(RecoveryCodeUsed)] == [viewer.local_user.id]
        found = await door.database.read(recovery_code.left, viewer.local_user.id)
        assert (found.left, found.given, found.few) == (9, 10, False)
        assert found.last_used is not None
        assert await door.login("ada", code=_code(door, app)), "the app counts as before"

    at_the_door(database_url, story)


def test_nothing_in_the_database_is_a_recovery_code_or_one_of_somebody_else(database_url: str) -> None:
    async def story(door: Door) -> None:
        viewer, _, codes = await _with_codes(door)
        stored = await door.database.read(lambda tx: [row[0] for row in tx.all("SELECT code_hash FROM recovery_code")])
        normal = [recovery_codes.normal(code) or "" for code in codes]
        assert sorted(stored) == sorted(recovery_codes.stored_hash(viewer.local_user.id, code) for code in normal)
        assert not set(stored) & {*codes, *normal}
        assert not await door.database.write(recovery_code.spend, LocalUserId(viewer.local_user.id + 1), codes[1])
        with pytest.raises(LemmyError, match="incorrect_totp_token"):
            await door.login("ada", code=stored[0])

    at_the_door(database_url, story)


def test_new_recovery_codes_take_a_code_and_kill_the_old_ones(database_url: str) -> None:
    async def story(door: Door) -> None:
        viewer, _, codes = await _with_codes(door)
        with pytest.raises(LemmyError, match="incorrect_totp_token"):
            await second_factor.renew_recovery_codes(door.database, viewer, "000")
        new = await second_factor.renew_recovery_codes(door.database, viewer, codes[2])
        assert not set(new) & set(codes)
        with pytest.raises(LemmyError, match="incorrect_totp_token"):
            await door.login("ada", code=codes[3])
        assert await door.login("ada", code=new[0])

    at_the_door(database_url, story)


def test_without_the_factor_there_are_no_recovery_codes(database_url: str) -> None:
    async def story(door: Door) -> None:
        viewer, _, codes = await _with_codes(door)
        assert not await second_factor.switch(door.database, viewer, codes[0], enabled=False)
        assert (await door.database.read(recovery_code.left, viewer.local_user.id)).given == 0
        with pytest.raises(LemmyError, match="missing_totp_secret"):
            await second_factor.renew_recovery_codes(door.database, viewer, codes[1])

    at_the_door(database_url, story)


def test_whoever_holds_the_machine_clears_the_factor_with_its_recovery_codes(database_url: str) -> None:
    async def story(door: Door) -> None:
        viewer, _, _ = await _with_codes(door)
        await door.database.write(operating.clear_second_factor, door.context, "ada")
        assert (await door.database.read(recovery_code.left, viewer.local_user.id)).given == 0
        assert await door.login("ada")

    at_the_door(database_url, story)


def test_wrong_recovery_codes_are_counted_as_wrong_codes(database_url: str) -> None:
    async def story(door: Door) -> None:
        _, app, codes = await _with_codes(door)
        for _ in range(second_factor.MOST_WRONG):
            with pytest.raises(LemmyError, match="incorrect_totp_token"):
                await door.login("ada", code=recovery_codes.new())
        for code in (codes[0], _code(door, app)):
            with pytest.raises(LemmyError, match="rate_limit_error"):
                await door.login("ada", code=code)

    at_the_door(database_url, story)
