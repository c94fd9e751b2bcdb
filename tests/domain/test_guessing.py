"""Passwords tried out: how many are looked at, who is kept out by it, and what the time of a refusal tells."""

from unittest.mock import patch

import bcrypt
import pytest

from lemmy_lite.crypto import passwords
from lemmy_lite.domain import leaving, local_user, operating, password
from lemmy_lite.domain.local_user import MOST_WRONG, Visitor
from lemmy_lite.http.address import onion_visitor
from lemmy_lite.model.errors import LemmyError
from lemmy_lite.model.events import PasswordResetRequested
from lemmy_lite.storage.tables import local_user as accounts
from tests.domain.accounts import PASSWORD, VISITOR, Door, at_the_door

NEW = "a wholly new password"
ADDRESS = "9.9.9.9"


async def _refusal(door: Door, name: str, typed: str, address: str = "192.0.2.1") -> str | None:
    """Why a login did not succeed."""
    try:
        await local_user.login(door.database, door.context, name, typed, None, Visitor(address=address))
    except LemmyError as error:
        return error.code
    return None


def test_passwords_cannot_be_tried_out_from_however_many_addresses(database_url: str) -> None:
    async def story(door: Door) -> None:
        session = await door.register("ada", email="ada@mail.test")
        for name in ("ada", "ada@mail.test", "nobody", "nobody@mail.test"):
            codes = [await _refusal(door, name, f"guess {number}", f"8.8.{number}.8") for number in range(MOST_WRONG + 3)]
            spelled = [await _refusal(door, name.upper(), typed, "8.8.4.4") for typed in (PASSWORD, "a guess")]
            assert codes == [*["incorrect_login"] * MOST_WRONG, *["rate_limit_error"] * 3], f"{name}: who is nobody is refused alike"
            assert spelled == ["rate_limit_error"] * 2
        assert await door.whose(session) is not None, "and the owner's sessions go on"

    at_the_door(database_url, story)


def test_who_guesses_keeps_nobody_out_of_where_they_live_nor_who_reads_their_mail(database_url: str) -> None:
    async def story(door: Door) -> None:
        await door.register("ada", email="ada@mail.test")
        for address in (ADDRESS, "2001:4860:4860::8888", "10.0.0.7"):
            assert await _refusal(door, "ada", PASSWORD, address) is None
        for number in range(MOST_WRONG + 1):
            await _refusal(door, "ada", "a guess", f"8.8.{number}.8")
        # Behind an address that is not of the internet may be everybody who comes by way of a proxy or the hidden service.
        away = ("8.8.4.4", "2001:4860:4861::1", "10.0.0.7", "not an address")
        assert [await _refusal(door, "ada", PASSWORD, address) for address in away] == ["rate_limit_error"] * 4
        assert [await _refusal(door, "ada", PASSWORD, address) for address in (ADDRESS, "2001:4860:4860::1")] == [None, None]
        for number in range(MOST_WRONG + 1):
            await _refusal(door, "ada", "a guess", f"8.8.{number}.8")
        assert await _refusal(door, "ada", PASSWORD) == "rate_limit_error"
        await password.request_reset(door.database, door.context, "ada@mail.test")
        token = door.told(PasswordResetRequested)[-1].token.value
        await password.set_by_token(door.database, door.context, token, NEW, NEW)
        assert await _refusal(door, "ada", NEW) is None
        for number in range(MOST_WRONG + 1):
            await _refusal(door, "ada", "a guess", f"8.8.{number}.8")
        await operating.reset_password(door.database, door.context, "ada", PASSWORD)
        assert await _refusal(door, "ada", PASSWORD) is None, "nor who asks the admin"

    at_the_door(database_url, story)


def test_an_owner_in_the_servers_own_network_is_at_home_where_nobody_stands_between(database_url: str) -> None:
    async def story(door: Door) -> None:
        await door.register("ada")

        async def enters(address: str, *, direct: bool = True) -> bool:
            try:
                await local_user.login(door.database, door.context, "ada", PASSWORD, None, Visitor(address=address, direct=direct))
            except LemmyError as error:
                assert error.code == "rate_limit_error"
                return False
            return True

        onion, homes = str(onion_visitor(4711)), ("192.168.1.20", "fd00:1::20", "fe80::20", "127.0.0.1")
        for address in homes:
            assert await enters(address)
        assert await enters(onion, direct=False)

        async def guessed_at() -> None:
            for number in range(MOST_WRONG + 1):
                await _refusal(door, "ada", "a guess", f"8.8.{number}.8")

        await guessed_at()
        away = ("192.168.1.21", "fd00:1::21", "127.0.0.1", "10.0.0.1")
        assert not any([await enters(address) for address in away])
        assert not any([await enters(address, direct=False) for address in (*homes, onion)])
        for address in homes[:3]:
            assert await enters(address)
            await guessed_at()

    at_the_door(database_url, story)


def test_a_stolen_session_guesses_ten_passwords_an_hour_and_does_not_hinder_the_owner(database_url: str) -> None:
    async def story(door: Door) -> None:
        stolen, own = await door.whose(await door.register("ada")), await door.whose(await door.login("ada"))
        assert stolen is not None
        assert own is not None

        async def change(typed: str) -> None:
            await password.change(door.database, door.context, stolen, typed, NEW, NEW, VISITOR)

        async def leave(typed: str) -> None:
            await leaving.delete_account(door.database, door.context, stolen, typed, delete_content=True)

        for _ in range(password.MOST_WRONG // 2):
            for deed in (change, leave):
                with pytest.raises(LemmyError, match="incorrect_login"):
                    await deed("a guess")
        for deed in (change, leave):
            with pytest.raises(LemmyError, match="rate_limit_error"):
                await deed(PASSWORD)
        await password.change(door.database, door.context, own, PASSWORD, NEW, NEW, VISITOR)
        assert await _refusal(door, "ada", NEW) is None

    at_the_door(database_url, story)


@pytest.mark.parametrize("adopted", [None, bcrypt.hashpw(b"of Lemmy", bcrypt.gensalt(4)).decode()], ids=["none", "bcrypt"])
def test_every_refused_login_is_made_to_cost_the_same(adopted: str | None, database_url: str) -> None:
    async def story(door: Door) -> None:
        stored = {"ada": await door.database.read(accounts.password, (await door.user("ada")).local_user.id)}
        if adopted is not None:
            await door.database.write(accounts.update, (await door.user("bert")).local_user.id, password_encrypted=adopted)
            stored["bert"] = adopted
        work: list[tuple[str, str | None, str | None]] = []
        with patch.object(passwords, "even_out", lambda *args: work.append(args)):
            for name in (*stored, "nobody"):
                assert await _refusal(door, name, "a guess") == "incorrect_login"
        assert work == [("a guess", stored.get(name), adopted) for name in (*stored, "nobody")]

    at_the_door(database_url, story)
