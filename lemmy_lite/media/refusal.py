"""Why a picture was not taken."""

from enum import StrEnum


class Reason(StrEnum):
    """The machine's word. The first three are about the file and will not change, the others about us and the moment."""

    NOT_AN_IMAGE = "not_an_image"
    TOO_LARGE = "too_large"
    BROKEN = "broken"
    NO_ROOM = "no_room"
    DISK_FULL = "disk_full"
    BUSY = "busy"


class ImageRefused(Exception):
    """A picture that was not taken: `reason`, and a sentence for the person who sent it."""

    def __init__(self, reason: Reason, sentence: str) -> None:
        super().__init__(sentence)
        self.reason = reason
        self.sentence = sentence
