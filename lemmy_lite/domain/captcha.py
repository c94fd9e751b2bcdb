"""Captchas at the door: made on demand, answered once within ten minutes."""

import asyncio
import uuid
from typing import Final

from lemmy_lite.crypto import tokens
from lemmy_lite.media import captcha as pictures
from lemmy_lite.media.captcha import Captcha
from lemmy_lite.model.clock import MINUTE, Micros
from lemmy_lite.model.struct import Struct
from lemmy_lite.storage.database import Database
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import captcha_answer, site

LIFE: Final[Micros] = 10 * MINUTE


class Challenge(Struct):
    """A captcha as it is handed out: the picture and the sound, and the id to send back with the answer."""

    uuid: str
    captcha: Captcha


async def challenge(database: Database) -> Challenge | None:
    """A new captcha, None where the site asks for none. Drawing and speaking take a tenth of a second to one, in a worker thread."""
    settings = await database.read(site.local)
    if not settings.captcha_enabled:
        return None
    made = await asyncio.to_thread(pictures.make, settings.captcha_difficulty)
    number = str(uuid.uuid4())
    await database.note(captcha_answer.insert, number, made.answer)
    return Challenge(uuid=number, captcha=made)


def answered(tx: Transaction, number: str | None, answer: str | None) -> bool:
    """Whether a visitor may come in: the site asks for no captcha, or this one was answered rightly. Right or wrong, it is spent.

    An answer, not an error, as an error would undo that.
    """
    settings = site.local(tx)
    if not (settings.site_setup and settings.captcha_enabled):
        return True
    wanted = captcha_answer.take(tx, number, tx.now - LIFE) if number else None
    return wanted is not None and tokens.same(wanted.lower(), (answer or "").strip().lower())
