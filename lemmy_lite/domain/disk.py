"""What leaves when the data takes more of the disk than it may: one table, from the top (README.md, "What leaves first").

Each step has an age for each stroke. All steps are gone through with the ages of the first stroke, then of the second, and so on,
until enough has left: so what is old and dear goes before what is young and cheap. What the people of this site have written, uploaded,
voted on, saved, answered, reported or decided never leaves, nor does the log of moderation.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from typing import Final, NamedTuple

from lemmy_lite.config import Config
from lemmy_lite.context import Context
from lemmy_lite.domain import disk_thread
from lemmy_lite.model.clock import DAY, SECOND, Micros
from lemmy_lite.model.ids import ActivityId, PostId
from lemmy_lite.storage.database import Database
from lemmy_lite.storage.pending import Kind
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import inbox_activity, received_activity, regret, spent
from lemmy_lite.storage.tables.regret import START, Found, Weight

BATCH: Final = 500
FOLDED_AT_ONCE: Final = 200
THREADS_LOOKED_AT: Final = 100
"""Posts of a slice: with their comments some thousand rows."""


class Tools(NamedTuple):
    """What steps work with."""

    context: Context
    database: Database


Enough = Callable[[], Awaitable[bool]]
"""Whether enough has left; asked after each unit of work."""


class Step(NamedTuple):
    """One line of the table. `ages` are days, one for each stroke; None leaves it alone. `look` answers what would leave, `let_go` how many
    things have left."""

    name: str
    what: str
    ages: tuple[float | None, ...]
    look: Callable[[Tools, Micros], Awaitable[Weight]]
    let_go: Callable[[Tools, Micros, Enough], Awaitable[int]]


async def _look_at_pictures(tools: Tools, before: Micros) -> Weight:
    if tools.context.images is None:
        return Weight(0, 0)
    return Weight(*await asyncio.to_thread(tools.context.images.budget.idle_since, before / SECOND))


async def _let_pictures_go(tools: Tools, before: Micros, enough: Enough) -> int:
    done = 0
    while tools.context.images is not None and not await enough():
        number = await asyncio.to_thread(tools.context.images.budget.let_go, before / SECOND, BATCH)
        done += number
        if not number:
            break
    return done


async def _look_at_received(tools: Tools, before: Micros) -> Weight:
    return await tools.database.read(regret.received, before)


async def _let_received_go(tools: Tools, before: Micros, enough: Enough) -> int:
    before = min(before, tools.context.clock.now() - signature_life(tools.context.config))
    return await _in_batches(tools, received_activity.forget, before, enough) + await _in_batches(
        tools, inbox_activity.forget_parked, before, enough
    )


def signature_life(config: Config) -> Micros:
    """An id must be known for as long as a copy of its activity could be believed; twice that, as clocks differ."""
    options = config.federation
    return 2 * (options.signature_window_past + options.signature_window_future) * SECOND


async def _look_at_sent(tools: Tools, before: Micros) -> Weight:
    return await tools.database.read(lambda tx: regret.sent(tx, regret.told(tx, before)))


async def _let_sent_go(tools: Tools, before: Micros, enough: Enough) -> int:
    return await _in_batches(tools, _forget_sent, before, enough)


def _forget_sent(tx: Transaction, before: Micros, limit: int) -> int:
    return regret.forget_sent(tx, ActivityId(regret.told(tx, before)), limit)


async def _in_batches(tools: Tools, verb: Callable[[Transaction, Micros, int], int], before: Micros, enough: Enough) -> int:
    done = 0
    while not await enough() and (number := await tools.database.note(verb, before, BATCH)):
        done += number
    return done


_Search = Callable[[Transaction, Micros, regret.Place, int], Found]


async def _slices(tools: Tools, search: _Search, before: Micros, limit: int) -> list[list[int]]:
    """All that a search finds, slice by slice; each slice is a read of its own, so that no snapshot keeps the log from being folded."""
    found: list[list[int]] = []
    place = START
    while True:
        slice_ = await tools.database.read(search, before, place, limit)
        if slice_.numbers:
            found.append(slice_.numbers)
        if slice_.next is None:
            return found
        place = slice_.next


async def _look_at_threads(tools: Tools, before: Micros) -> Weight:
    return await _weighed(tools, regret.threads, regret.weigh_threads, before)


async def _look_at_stubs(tools: Tools, before: Micros) -> Weight:
    """What is a thread now becomes a stub before it is old enough to leave, so both count."""
    stubs = await _weighed(tools, regret.stubs, regret.weigh_stubs, before)
    threads = await _weighed(tools, regret.threads, regret.weigh_stubs, before)
    return Weight(stubs.things + threads.things, stubs.size + threads.size)


async def _weighed(tools: Tools, search: _Search, weigh: Callable[[Transaction, list[int]], Weight], before: Micros) -> Weight:
    things = size = 0
    for numbers in await _slices(tools, search, before, THREADS_LOOKED_AT):
        weight = await tools.database.read(weigh, numbers)
        things, size = things + weight.things, size + weight.size
    return Weight(things, size)


_Leaving = Callable[[Transaction, PostId, Micros], tuple[int, bool]]


async def _let_posts_go(
    tools: Tools, name: str, search: _Search, leaving: _Leaving, before: Micros, enough: Enough, *, stay: bool = False
) -> int:
    places = _places(tools)
    done, place = 0, places.get(name, START)
    while not await enough():
        slice_ = await tools.database.read(search, before, place, THREADS_LOOKED_AT)
        waiting = slice_.numbers
        while waiting:
            things, posts = await tools.database.note(_several, leaving, waiting, before)
            if stay:
                await tools.database.note(spent.close_up, waiting[:posts])
            done, waiting = done + things, waiting[posts:]
            if await enough():
                return done
        if slice_.next is None:
            break
        place = places[name] = slice_.next
    return done


def _places(tools: Tools) -> dict[str, regret.Place]:
    """Where steps go on; a walk from the start for each stroke would look at all that stays again and again."""
    return tools.context.room.places if tools.context.room is not None else {}


def _several(tx: Transaction, leaving: _Leaving, numbers: list[int], before: Micros) -> tuple[int, int]:
    """Let posts go until a unit of work is full; answers how many things left, and with how many of the posts that is done."""
    things = 0
    for place, number in enumerate(numbers):
        came, done = leaving(tx, PostId(number), before)
        things += came
        if not done or things >= disk_thread.AT_ONCE:
            return things, place + done
    return things, len(numbers)


async def _make_stubs(tools: Tools, before: Micros, enough: Enough) -> int:
    return await _let_posts_go(tools, "texts", regret.threads, disk_thread.shrink, before, enough, stay=True)


async def _let_stubs_go(tools: Tools, before: Micros, enough: Enough) -> int:
    return await _let_posts_go(tools, "posts", regret.stubs, disk_thread.leave, before, enough)


_KINDS: Final[tuple[Kind, ...]] = ("post", "comment")


def _voted(kind: Kind) -> _Search:
    return lambda tx, before, place, limit: regret.voted(tx, kind, before, place, limit)


async def _look_at_votes(tools: Tools, before: Micros) -> Weight:
    number = 0
    for kind in _KINDS:
        for numbers in await _slices(tools, _voted(kind), before, BATCH):
            leans = await tools.database.read(regret.lean, kind, numbers)
            number += sum(each.upvotes + each.downvotes for each in leans)
    return Weight(number, number * regret.VOTE_BYTES)


async def _fold_votes(tools: Tools, before: Micros, enough: Enough) -> int:
    done, places = 0, _places(tools)
    for kind in _KINDS:
        name = f"votes on {kind}s"
        place: regret.Place | None = places.get(name, START)
        while place is not None and not await enough():
            slice_ = await tools.database.read(_voted(kind), before, place, BATCH)
            for start in range(0, len(slice_.numbers), FOLDED_AT_ONCE):
                done += await tools.database.note(fold, kind, slice_.numbers[start : start + FOLDED_AT_ONCE])
            if (place := slice_.next) is not None:
                places[name] = place
    return done


def fold(tx: Transaction, kind: Kind, numbers: list[int]) -> int:
    """Make the votes of other instances on some things numbers; answers how many rows left. What votes wait for is left alone."""
    waiting = tx.pending
    still = [number for number in numbers if waiting is None or not waiting.waits(kind, number)]
    return spent.fold(tx, kind, regret.lean(tx, kind, still))


STEPS: Final[tuple[Step, ...]] = (
    Step(
        "pictures",
        "pictures of other servers and small copies, by when they were last shown; they are fetched again when they are shown",
        (30, 7, 1, 0, 0),
        _look_at_pictures,
        _let_pictures_go,
    ),
    Step(
        "received",
        "ids of received activities, and those that could not be applied, beyond the time in which a copy would be believed",
        (3, 1, 1, 0.25, 0.25),
        _look_at_received,
        _let_received_go,
    ),
    Step(
        "sent",
        "sent activities that no instance waits for, those asleep apart",
        (3, 1, 1, 0.25, 0.25),
        _look_at_sent,
        _let_sent_go,
    ),
    Step(
        "votes",
        "votes of people elsewhere on what was written elsewhere: the score stays, who voted is forgotten, later ones do not count",
        (365, 90, 30, 7, 1),
        _look_at_votes,
        _fold_votes,
    ),
    Step(
        "texts",
        "texts and comments of posts elsewhere with which nobody here has got to do; the rest is fetched again when opened",
        (365, 90, 14, 2, 0.1),
        _look_at_threads,
        _make_stubs,
    ),
    Step(
        "posts",
        "what is left of such posts, but for their numbers; they are fetched when somebody follows a link to them",
        (None, 730, 90, 14, 1),
        _look_at_stubs,
        _let_stubs_go,
    ),
)
STROKES: Final = 5
"""The last is for a budget that a few days of what comes in would fill: without it nothing new could be taken in for as long."""


def strokes(now: Micros) -> Iterator[tuple[Step, float, Micros]]:
    """Each step of each stroke in order: the step, its age in days, and the moment before which things may leave."""
    for stroke in range(STROKES):
        for step in STEPS:
            days = step.ages[stroke]
            if days is not None:
                yield step, days, now - int(days * DAY)
