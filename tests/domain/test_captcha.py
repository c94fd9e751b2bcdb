"""Captchas: what they are made of, that they count once, and whom they keep out."""

import base64
import io
import wave

import pytest

from lemmy_lite.domain import captcha
from lemmy_lite.media import captcha as pictures
from lemmy_lite.model.clock import MINUTE
from lemmy_lite.model.errors import LemmyError
from lemmy_lite.storage.tables import captcha_answer
from tests.domain.accounts import Door, at_the_door


@pytest.mark.parametrize(("difficulty", "digits"), [("easy", 4), ("medium", 5), ("hard", 7), ("no such word", 5)])
def test_a_captcha_is_a_picture_and_a_sound_of_some_digits(difficulty: str, digits: int) -> None:
    made = pictures.make(difficulty)
    assert len(made.answer) == digits
    assert made.answer.isdecimal()
    assert base64.b64decode(made.png).startswith(b"\x89PNG\r\n\x1a\n")
    with wave.open(io.BytesIO(base64.b64decode(made.wav))) as sound:
        assert sound.getnframes() > sound.getframerate()


async def _challenge(door: Door) -> tuple[str, str]:
    made = await captcha.challenge(door.database)
    assert made is not None
    return made.uuid, made.captcha.answer


def test_a_site_that_asks_for_none_makes_none(database_url: str) -> None:
    async def story(door: Door) -> None:
        assert await captcha.challenge(door.database) is None
        assert await door.register("ada")

    at_the_door(database_url, story)


def test_a_right_answer_opens_the_door_once(database_url: str) -> None:
    async def story(door: Door) -> None:
        await door.settings(captcha_enabled=True, captcha_difficulty="easy")
        number, answer = await _challenge(door)
        assert await door.register("ada", captcha_uuid=number, captcha_answer=f" {answer}")
        with pytest.raises(LemmyError, match="captcha_incorrect"):
            await door.register("bob", captcha_uuid=number, captcha_answer=answer)

    at_the_door(database_url, story)


def test_a_wrong_answer_spends_the_captcha(database_url: str) -> None:
    async def story(door: Door) -> None:
        await door.settings(captcha_enabled=True, captcha_difficulty="easy")
        number, answer = await _challenge(door)
        for tried in (answer[::-1] + "0", answer):
            with pytest.raises(LemmyError, match="captcha_incorrect"):
                await door.register("ada", captcha_uuid=number, captcha_answer=tried)

    at_the_door(database_url, story)


@pytest.mark.parametrize("fields", [{}, {"captcha_uuid": "no such one", "captcha_answer": "1234"}, {"captcha_answer": "1234"}])
def test_without_a_captcha_nobody_learns_which_names_are_taken(fields: dict[str, str], database_url: str) -> None:
    async def story(door: Door) -> None:
        await door.register("ada", email="ada@mail.test")
        await door.settings(captcha_enabled=True)
        for name, email in (("ada", "x@mail.test"), ("bob", "ada@mail.test"), ("bob", "x@mail.test")):
            with pytest.raises(LemmyError, match="captcha_incorrect"):
                await door.register(name, email=email, **fields)

    at_the_door(database_url, story)


def test_a_captcha_counts_for_ten_minutes_and_letters_in_either_case(database_url: str) -> None:
    async def story(door: Door) -> None:
        async def try_at(name: str, age: int) -> None:
            await door.database.write(captcha_answer.insert, name, "aBc")
            await door.database.write(lambda tx: tx.run("UPDATE captcha_answer SET published = published - :age", age=age))
            await door.register(name, captcha_uuid=name, captcha_answer="AbC")

        await door.settings(captcha_enabled=True)
        await try_at("ada", 9 * MINUTE)
        with pytest.raises(LemmyError, match="captcha_incorrect"):
            await try_at("bob", 10 * MINUTE)

    at_the_door(database_url, story)
