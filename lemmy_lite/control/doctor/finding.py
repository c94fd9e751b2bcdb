"""What a look found."""

from enum import StrEnum

from lemmy_lite.model.struct import Struct


class Level(StrEnum):
    """How bad it is."""

    WELL = "well"
    NOTE = "note"
    BAD = "bad"


class Finding(Struct):
    """One sentence, and for what is not well another one: what to do."""

    level: Level
    sentence: str
    advice: str = ""


def well(sentence: str) -> Finding:
    """Nothing to do."""
    return Finding(level=Level.WELL, sentence=sentence)


def note(sentence: str, advice: str) -> Finding:
    """Worth knowing; it works."""
    return Finding(level=Level.NOTE, sentence=sentence, advice=advice)


def bad(sentence: str, advice: str) -> Finding:
    """Something does not work, or soon will not."""
    return Finding(level=Level.BAD, sentence=sentence, advice=advice)
