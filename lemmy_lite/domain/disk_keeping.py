"""Keeping the data within its budget: what would leave, and letting it leave, with the table of disk.py."""

import asyncio
import logging
import time
from contextlib import AbstractContextManager, nullcontext
from typing import Final, NamedTuple

from lemmy_lite.context import Context
from lemmy_lite.domain.disk import Enough, Step, Tools, strokes
from lemmy_lite.storage import upkeep
from lemmy_lite.storage.room import LONGEST_LOG, Room
from lemmy_lite.storage.tables.regret import Weight

log = logging.getLogger(__name__)

TOLD_EVERY: Final = 60.0
RESTS_AFTER_NOTHING: Final = 600.0
"""Seconds until it is tried again after nothing more could leave."""
FROM_THE_START_EVERY: Final = 86_400.0
"""Seconds after which steps look again at what they went past: some of it was fetched again by readers, or is of no interest any more."""
UNITS_BETWEEN_LOOKS: Final = 20
"""On Postgres a step is interrupted after so many units of work, as only VACUUM shows how much room they made."""


class Foreseen(NamedTuple):
    """What would leave with one step in one stroke, beyond what the strokes before have taken."""

    step: str
    days: float
    things: int
    size: int


async def foresee(tools: Tools, need: int) -> list[Foreseen]:
    """A dry run: what would leave to make room for so many bytes, in the order in which it would. Nothing is changed. The last line holds
    all that its step could take, of which only a part may be needed. Sizes of rows are estimates by their long columns, and fixed sums for
    the rest."""
    taken: dict[str, Weight] = {}
    found: list[Foreseen] = []
    left = need
    for step, days, before in strokes(tools.context.clock.now()):
        if left <= 0:
            break
        weight, known = await step.look(tools, before), taken.get(step.name, Weight(0, 0))
        taken[step.name] = weight
        if weight.things > known.things:
            found.append(Foreseen(step.name, days, weight.things - known.things, weight.size - known.size))
            left -= found[-1].size
    return found


def erasing(context: Context) -> AbstractContextManager[None]:
    """Around a deed that makes room: on a full disk it may use what lies aside for it (storage/room.py)."""
    return nullcontext() if context.room is None else context.room.erasing()


async def keep(tools: Tools) -> int:
    """Let go what has to; answers how many things left. A glance where there is room."""
    room = tools.context.room
    if room is None:
        return 0
    await asyncio.to_thread(room.keep_reserve)
    if not tools.database.dialect.is_sqlite:
        if not room.is_limited:
            return 0  # the rows may lie on another machine
        room.measured = (await tools.database.maintain(upkeep.size)).rows
    look = await asyncio.to_thread(lambda: room.look(now=True))
    if look.log > LONGEST_LOG:
        # Nothing new is taken in then, and a site where all want to write something new would never commit what folds the log by itself.
        await tools.database.maintain(upkeep.fold_log)
        look = await asyncio.to_thread(lambda: room.look(now=True))
    if look.used <= look.high or time.monotonic() < room.rests_until:
        return 0
    with room.erasing():
        return await _Keeping(tools, room).keep()


class _Keeping:
    """One time of it."""

    def __init__(self, tools: Tools, room: Room) -> None:
        self._tools = tools
        self._database = tools.database
        self._room = room
        look = room.look()
        self._low, self._high = look.low, look.high
        self._told = self._begun = time.monotonic()
        if self._begun - room.places_since > FROM_THE_START_EVERY:
            room.places, room.places_since = {}, self._begun

    async def keep(self) -> int:
        await self._database.maintain(upkeep.fold_log)
        done = await self._let_go() if await self._held() > self._high else 0
        await self._shorten()
        held, seconds = await self._held(), time.monotonic() - self._begun
        if held > self._high:
            self._room.rests_until = time.monotonic() + RESTS_AFTER_NOTHING
            self._room.places.clear()
            log.warning(
                "the data takes %d MB of %d MB and nothing more can leave: the rest is this site's own, or too young",
                held // 10**6,
                self._room.look().budget // 10**6,
            )
        elif done:
            log.info("%d things left the disk in %.0f s; the data takes %d MB now", done, seconds, held // 10**6)
        return done

    async def _let_go(self) -> int:
        log.info("the data takes more of the disk than it may: %d MB have to leave", (await self._held() - self._low) // 10**6)
        done = 0
        for step, days, before in strokes(self._tools.context.clock.now()):
            number = 1
            while number and not await self._is_enough():
                number = await step.let_go(self._tools, before, self._enough())
                done += number
                await self._tell(step, days, number)
                if self._database.dialect.is_sqlite:
                    break
        return done

    def _enough(self) -> Enough:
        if self._database.dialect.is_sqlite:
            return self._is_enough
        units = iter(range(UNITS_BETWEEN_LOOKS))

        async def enough() -> bool:
            return next(units, None) is None

        return enough

    async def _is_enough(self) -> bool:
        return await self._held() <= self._low

    async def _held(self) -> int:
        """Bytes that the data would take without empty pages."""
        look = self._room.look(now=True)
        if not self._database.dialect.is_sqlite:
            return self._room.measured + look.pictures + look.others
        return (await self._database.read(upkeep.rows_size)) + look.pictures + look.others

    async def _tell(self, step: Step, days: float, number: int) -> None:
        if not number:
            return
        self._room.let_go[step.name] = self._room.let_go.get(step.name, 0) + number
        if not self._database.dialect.is_sqlite:
            await self._database.maintain(upkeep.vacuum_all)
            self._room.measured = (await self._database.maintain(upkeep.size)).rows
        log.info("left the disk: %d of %r older than %g days", number, step.name, days)
        if time.monotonic() - self._told >= TOLD_EVERY:
            self._told = time.monotonic()
            log.info("%d MB have still to leave", (await self._held() - self._low) // 10**6)

    async def _shorten(self) -> None:
        """Cut empty pages off SQLite's file while the files together take more than they should; some stay, as they will be needed."""
        while self._database.dialect.is_sqlite:
            await self._database.maintain(upkeep.fold_log)
            over = self._room.look(now=True).used - (self._low + self._high) // 2
            if over <= 0 or not await self._database.maintain(upkeep.give_back, over):
                break
