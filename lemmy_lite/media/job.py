"""What the server asks of its child process, and what that answers: one line of JSON each way.

The standard library only, as the child loads this too and is to be small and quick to start.
"""

import json
from dataclasses import asdict, dataclass
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What is decoded at most. Known from a file's header, before memory is taken for what it claims to hold.

    `pixels` is width times height, `frames` the pictures of an animation, `animation_pixels` those of all its frames together.
    """

    side: int = 20_000
    pixels: int = 40_000_000
    frames: int = 1_000
    animation_pixels: int = 100_000_000


LIMITS: Final = Limits()
"""40 megapixels, as pict-rs: 160 MB decoded, twice that where the picture must be turned."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """Decode `source`, write it clean to `target`; where that is empty only say how large it is, which its header tells.

    `read_as` and `write_as` are Pillow's names of the formats; `box` is the longest side of the result in pixels, which is a single
    picture then, None the size as it is.
    """

    source: str
    target: str
    read_as: str
    write_as: str
    box: int | None = None
    limits: Limits = LIMITS

    def line(self) -> bytes:
        """For the pipe."""
        return json.dumps(asdict(self)).encode() + b"\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """`refused` is a word of refusal.Reason, else the size of the picture that was written, or looked at."""

    width: int = 0
    height: int = 0
    refused: str | None = None
    sentence: str = ""

    def line(self) -> bytes:
        """For the pipe."""
        return json.dumps(asdict(self)).encode() + b"\n"


def read_job(line: bytes) -> Job:
    """The job of a line."""
    fields = json.loads(line)
    return Job(**{**fields, "limits": Limits(**fields["limits"])})


def read_answer(line: bytes) -> Answer:
    """The answer of a line. Raises ValueError and TypeError for half a line."""
    return Answer(**json.loads(line))
