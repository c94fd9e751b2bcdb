"""Values that must reach one place and no log."""

from lemmy_lite.model.struct import Struct


class Secret(Struct):
    """A token on its way to its owner's mailbox. It shows itself to nobody who merely prints or logs what holds it."""

    value: str

    def __repr__(self) -> str:
        return "Secret(…)"

    __str__ = __repr__
