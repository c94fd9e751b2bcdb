"""What the disk has to bear: votes of other instances at the pace at which they come, and an hour in which nothing happens."""

import asyncio
import json
import sys
from pathlib import Path

from tests.bench.bench import Bench, copied
from tests.bench.figures import Figure, Kind, Metric, Target
from tests.bench.load import WrongAnswer
from tests.bench.machine import SERVER_CORE, on_core, usage
from tests.bench.serving import SOURCE, TOP, program

VOTES = 100_000
PACE = 10
IDLE_SECONDS = 240.0
"""The jobs of a whole day begin one or two minutes after a start; then nothing is left to do but what an hour's jobs do."""

_MB = 1_000_000

_WRITTEN = Metric("written", "B/vote", Kind.COUNT, Target(most=600))
_CALLED = Metric("given to write calls", "B/vote", Kind.COUNT)
_SYNCED = Metric("commits", "per 1,000 votes", Kind.COUNT)
_GROWN = Metric("file growth", "MB per 100,000 votes", Kind.COUNT, Target(most=4))


async def votes(bench: Bench) -> list[Figure]:
    """A hundred thousand votes, ten a second, merged and noted to the last."""
    return await votes_on(bench.size, VOTES, PACE)


async def votes_on(size: str, number: int, pace: int) -> list[Figure]:
    """Votes on a copy of a data set, in a process of their own."""
    name = f"{number:,} votes of others, {pace} a second"
    with copied(size) as folder:
        found = await _worn(folder / "lemmy.db", number, pace)
    thousands = number / 1000
    pairs = (
        (_WRITTEN, found["written"] / number),
        (_CALLED, found["called"] / number),
        (_SYNCED, found["synced"] / thousands),
        (_GROWN, found["grown"] / number / 10),
    )
    return [Figure("e1", name, metric, (value,)) for metric, value in pairs]


async def _worn(path: Path, number: int, pace: int) -> dict[str, float]:
    """What tests.bench.wear counts. Raises WrongAnswer."""
    command = (sys.executable, "-m", "tests.bench.wear", str(path), str(number), str(pace))
    with on_core(SERVER_CORE):
        process = await asyncio.create_subprocess_exec(*command, cwd=TOP, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE)
    answer, trouble = await process.communicate()
    if process.returncode:
        raise WrongAnswer(f"the votes ended with {process.returncode}: {trouble.decode(errors='replace')[-500:]}")
    found: dict[str, float] = json.loads(answer)
    return found


async def idle(bench: Bench) -> list[Figure]:
    """A server that nobody asks anything, from the moment when it answers: all jobs of the day run once, then those of the hour."""
    with copied(bench.size) as folder, on_core(SERVER_CORE):
        async with program(folder, SOURCE) as server:
            before = usage(server.pid)
            await asyncio.sleep(IDLE_SECONDS)
            first = usage(server.pid)
            await asyncio.sleep(IDLE_SECONDS)
            after = usage(server.pid)
    started, later = (first.written - before.written) / _MB, (after.written - first.written) / _MB * 3600 / IDLE_SECONDS
    return [
        Figure("e2", "the first minutes after a start, the jobs of a day in them", Metric("written", "MB", Kind.COUNT), (started,)),
        Figure("e2", "idle", Metric("written", "MB/hour", Kind.COUNT, Target(most=1)), (later,)),
    ]
