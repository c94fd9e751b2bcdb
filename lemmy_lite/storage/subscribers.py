"""Who hears of which events: of a vote, three of the twelve who listen."""

from collections.abc import Sequence
from typing import Generic, TypeVar

from lemmy_lite.model.events import Event

S = TypeVar("S")


class Subscribers(Generic[S]):
    """Subscribers in the order in which they were added, each with the kinds of events that it hears; with none it hears all."""

    def __init__(self) -> None:
        self._all: list[tuple[S, tuple[type[Event], ...]]] = []
        self._of: dict[type[Event], Sequence[S]] = {}

    def add(self, subscriber: S, kinds: tuple[type[Event], ...]) -> None:
        """Let somebody hear of events of these kinds, or of all."""
        self._all.append((subscriber, kinds))
        self._of = {}

    def of(self, kind: type[Event]) -> Sequence[S]:
        """Who hears of events of a kind."""
        found = self._of.get(kind)
        if found is None:
            found = self._of[kind] = tuple(subscriber for subscriber, kinds in self._all if not kinds or issubclass(kind, kinds))
        return found
