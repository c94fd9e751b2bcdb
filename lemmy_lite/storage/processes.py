"""The processes that run one instance: which of them leads, which of them tells which other instances, and what they tell each other.

On SQLite there is one, and all of this is a set of constants: no query, no thread. What several on Postgres do is in cluster.py. Callers
are written for several and need not know.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, Final, NamedTuple, TypeVar

from lemmy_lite.storage.query import Transaction

T = TypeVar("T")

SHARES: Final = 60
"""Shares of the other instances (their number modulo this): many enough that one to six processes have the same number each."""


class Talk(NamedTuple):
    """Something that a process compares with the others' at each beat.

    `say` gives what it has to say, on the event loop; `look` writes and reads, on the thread of the session, outside of any transaction;
    `hear` gets what was found. After a failure `say` is asked again without `hear` having been called.
    """

    say: Callable[[], Any]
    look: Callable[[Transaction, Any], Any]
    hear: Callable[[Any], None]


class Processes:
    """The only process there is. It leads from its start to its end, and all shares are its own.

    Before `start`, and in commands that never start, the same holds: they act for themselves.
    """

    def __init__(self) -> None:
        self.leads = False
        self._begin: list[Callable[[], Awaitable[None]]] = []
        self._end: list[Callable[[], Awaitable[None]]] = []
        self._gained: list[Callable[[frozenset[int]], None]] = []
        self._lost: list[Callable[[frozenset[int]], Awaitable[None]]] = []
        self._cut_off: list[Callable[[], None]] = []
        self._talks: list[Talk] = []
        self._heard: dict[str, Callable[[str], None]] = {}

    def afresh(self) -> "Processes":
        """A process like this one that has not started, and of which nobody wants to hear anything yet."""
        return Processes()

    @property
    def are_several(self) -> bool:
        """Whether there may be others, now or in a moment."""
        return False

    @property
    def number(self) -> int:
        """How many run, as far as it is known."""
        return 1

    @property
    def shares(self) -> frozenset[int]:
        """The shares of the other instances that this process tells."""
        return _ALL

    def is_mine(self, number: int) -> bool:
        """Whether the instance of a number is this process's to tell."""
        return True

    def when_leading(self, begin: Callable[[], Awaitable[None]], end: Callable[[], Awaitable[None]]) -> None:
        """What only one process does: `begin` when this one has been chosen, `end` before another one is, or when that may be so already.

        To be called before `start`, as `when_sharing`.
        """
        self._begin.append(begin)
        self._end.append(end)

    def when_sharing(self, gained: Callable[[frozenset[int]], None], lost: Callable[[frozenset[int]], Awaitable[None]]) -> None:
        """Be told of shares that became this process's own, and of those that are to be left before another one takes them."""
        self._gained.append(gained)
        self._lost.append(lost)

    def when_cut_off(self, stop: Callable[[], None]) -> None:
        """Be told that claims may have gone to others: lanes are not ours any more."""
        self._cut_off.append(stop)

    def talk(self, about: Talk) -> None:
        """Compare something with the others at each beat."""
        self._talks.append(about)

    def watch(self, look: Callable[[Transaction], T], hear: Callable[[T], None]) -> None:
        """Be told what `look` finds whenever it is not what it was, the first time included; a second later at most."""
        known: list[T] = []

        def compare(found: T) -> None:
            if known != [found]:
                known[:] = [found]
                hear(found)

        self.talk(Talk(_nothing, lambda tx, _: look(tx), compare))

    def call(self, topic: str, word: str) -> None:
        """Call a word to the other processes: a hint that may be lost, and is not heard by this one."""

    def when_called(self, topic: str, hear: Callable[[str], None]) -> None:
        """Be told the words that others call."""
        self._heard[topic] = hear

    def lane(self, host: str) -> AbstractAsyncContextManager[bool]:
        """For the length of a `with`, what a host has told us is this process's to apply; False where another one is at it."""
        return _mine()

    def opening(self) -> AbstractAsyncContextManager[None]:
        """For the length of a `with`, no other process migrates, or founds the site."""
        return _alone()

    async def start(self, *, leads: bool = True, sends: bool = True) -> None:
        """Take part. `leads`: it may be the one that does the scheduled work; `sends`: it takes its part of the deliveries."""
        if leads:
            await self._lead()

    async def close(self) -> None:
        """Leave: what is claimed goes to the others at once."""
        await self._follow()

    async def _lead(self) -> None:
        self.leads = True
        for begin in self._begin:
            await begin()

    async def _follow(self) -> None:
        was, self.leads = self.leads, False
        for end in reversed(self._end) if was else ():
            await end()


_ALL: Final = frozenset(range(SHARES))


def _nothing() -> Sequence[Any]:
    return ()


@asynccontextmanager
async def _mine() -> AsyncIterator[bool]:
    yield True


@asynccontextmanager
async def _alone() -> AsyncIterator[None]:
    yield
