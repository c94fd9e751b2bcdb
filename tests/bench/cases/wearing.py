"""What the disk has to bear: activities of other instances at the pace at which they come, and an hour in which nothing happens."""

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

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

_CALLED = Metric("given to write calls", "B each", Kind.COUNT)
_SYNCED = Metric("commits", "for 1,000", Kind.COUNT)


async def activities(bench: Bench) -> list[Figure]:
    """A hundred thousand votes, ten a second, merged and noted to the last; then as many activities of all kinds."""
    found = await votes_on(bench.size, VOTES, PACE)
    return [*found, *await votes_on(bench.size, VOTES, PACE, mixed=True)]


async def votes_on(size: str, number: int, pace: int, *, mixed: bool = False) -> list[Figure]:
    """Votes, or activities of all kinds, on a copy of a data set, in a process of their own."""
    name = f"{number:,} {'activities of all kinds' if mixed else 'votes of others'}, {pace} a second"
    with copied(size) as folder:
        found = await _worn(folder / "lemmy.db", number, pace, mixed=mixed)
    thousands = number / 1000
    written = Metric("written", "B each", Kind.COUNT, None if mixed else Target(most=600))
    grown = Metric("file growth", "MB for 100,000", Kind.COUNT, Target(most=25 if mixed else 4))
    pairs = [
        (written, found["written"] / number),
        *((Metric(f"of these {part}", "B each", Kind.COUNT), amount / number) for part, amount in found["by"].items()),
        (_CALLED, found["called"] / number),
        (_SYNCED, found["synced"] / thousands),
        (grown, found["grown"] / number / 10),
    ]
    return [Figure("e1", name, metric, (value,)) for metric, value in pairs]


async def _worn(path: Path, number: int, pace: int, *, mixed: bool) -> dict[str, Any]:
    """What tests.bench.wear counts. Raises WrongAnswer."""
    command = (sys.executable, "-m", "tests.bench.wear", str(path), str(number), str(pace), "mixed" if mixed else "votes")
    with on_core(SERVER_CORE):
        process = await asyncio.create_subprocess_exec(*command, cwd=TOP, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE)
    answer, trouble = await process.communicate()
    if process.returncode:
        raise WrongAnswer(f"the votes ended with {process.returncode}: {trouble.decode(errors='replace')[-500:]}")
    found: dict[str, Any] = json.loads(answer)
    return found


async def idle(bench: Bench) -> list[Figure]:
    """A server that nobody asks anything, from the moment when it answers: all jobs of the day run once, then those of the hour."""
    with copied(bench.size) as folder:
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
