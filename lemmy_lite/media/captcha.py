"""Captchas: some digits as a picture, and the same digits spoken.

Digits alone, as they are the same in every alphabet and keyboard, and cannot be mistaken when heard. The library loads Pillow and half
a megabyte of voices; most sites never ask for it, so it is imported on first use.
"""

import base64
import secrets
import threading
from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from lemmy_lite.model.struct import Struct

if TYPE_CHECKING:
    from captcha.audio import AudioCaptcha

DIGITS: Final = "0123456789"
LENGTHS: Final[Mapping[str, int]] = {"easy": 4, "medium": 5, "hard": 7}
"""Digits by the site's captcha_difficulty; any other word means medium, as in Lemmy's get_captcha."""

_one_at_a_time = threading.Lock()
"""Mixing the sound is a second of pure Python on a small board: a crowd at the door must not have it all at once."""


class Captcha(Struct):
    """The answer, a PNG and a WAV, both in base64."""

    answer: str
    png: str
    wav: str


def make(difficulty: str) -> Captcha:
    """Draw and speak new digits. Slow: call it in a worker thread."""
    from captcha.image import ImageCaptcha

    answer = "".join(secrets.choice(DIGITS) for _ in range(LENGTHS.get(difficulty, LENGTHS["medium"])))
    with _one_at_a_time:
        png = ImageCaptcha().generate(answer).getvalue()
        wav = _speaker().generate(answer)
    return Captcha(answer=answer, png=base64.b64encode(png).decode(), wav=base64.b64encode(wav).decode())


@lru_cache(maxsize=1)
def _speaker() -> "AudioCaptcha":
    from captcha.audio import AudioCaptcha

    class Speaker(AudioCaptcha):
        """The library's voices, of which only the digits are loaded."""

        @property
        def choices(self) -> list[str]:
            return list(DIGITS)

    return Speaker()
