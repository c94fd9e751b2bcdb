"""Reading while others write: what a reader waits when votes come in by the hundred, while the log is folded back, while a backup runs."""

import asyncio
import contextlib
import shutil
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from itertools import count
from pathlib import Path

from tests.bench.bench import LIST, Bench
from tests.bench.cases import writes
from tests.bench.data.sizes import VOTERS
from tests.bench.figures import Figure, Kind, Metric, Target, Workload
from tests.bench.load import WrongAnswer, request
from tests.bench.machine import LOAD_CORE, on_core
from tests.bench.serving import TOP

WRITES = 500
SECONDS = 2.0
"""Of a block: 500 votes a second fill the log of SQLite, 50 MB, in some five seconds, so that every other block sees it folded back."""

_ALONE = "reads alone"
_P50 = Metric("p50", "ms", Kind.TIME)
_P99 = Metric("p99", "ms", Kind.TIME, Target(most=2, of_floor=True), f"{_ALONE}: p99")


async def reads(bench: Bench) -> list[Workload | Figure]:
    """A member who turns over the front page, for whom nothing is kept ready: alone, beside 500 votes a second, and beside a backup."""
    reader = await bench.token("reader_86")
    asked = request("GET", f"{LIST}Active", Authorization=f"Bearer {reader}")
    turns = count(1)
    votes = await _votes(bench)

    async def alone() -> Mapping[str, float]:
        return _found((await bench.load.run([[asked]], seconds=SECONDS)).latencies)

    async def beside_writes() -> Mapping[str, float]:
        reading, writing = await asyncio.gather(
            bench.load.run([[asked]], seconds=SECONDS),
            bench.load.run(votes, seconds=SECONDS, start=next(turns) * 997, pause=len(votes) / WRITES),
        )
        return {**_found(reading.latencies), "writes": writing.rate}

    async def beside_a_backup() -> Mapping[str, float]:
        async with _backups(bench.folder) as made:
            found = _found((await bench.load.run([[asked]], seconds=SECONDS)).latencies)
        if made.failed:
            raise WrongAnswer(f"the backup: {made.failed}")
        return found

    written = Metric("writes", "votes/s", Kind.COUNT)
    return [
        Workload("b2", _ALONE, (_P50, Metric("p99", "ms", Kind.TIME)), alone),
        Workload("b2", f"reads beside {WRITES} votes a second", (_P50, _P99, written), beside_writes),
        Workload("b2", "reads beside a backup", (_P50, _P99), beside_a_backup),
    ]


def _found(latencies: list[float]) -> dict[str, float]:
    ordered = sorted(latencies)
    return {"p50": ordered[len(ordered) // 2], "p99": ordered[int(len(ordered) * 0.99)]}


async def _votes(bench: Bench) -> Sequence[Sequence[bytes]]:
    tokens = [await bench.token(voter) for voter in VOTERS]
    ids = [row[0] for row in bench.rows(writes.TARGETS["post"])]
    return [writes.requests("post", ids, token, number) for number, token in enumerate(tokens)]


class _Made:
    failed = ""


@contextlib.asynccontextmanager
async def _backups(folder: Path) -> AsyncIterator[_Made]:
    """Backups of a running server, one after the other, by a process on the other core, as somebody would start it."""
    made, over = _Made(), asyncio.Event()
    target = folder / "backups-of-the-bench"
    command = (sys.executable, "-P", "-m", "lemmy_lite", "--config", str(folder / "bench.hjson"), "backup", str(target))

    async def again() -> None:
        while not over.is_set():
            with on_core(LOAD_CORE):
                process = await asyncio.create_subprocess_exec(
                    *command, cwd=folder, env={"PYTHONPATH": str(TOP)}, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
                )
            ending = asyncio.create_task(process.communicate())
            await asyncio.wait({ending, stopping}, return_when=asyncio.FIRST_COMPLETED)
            if over.is_set() and process.returncode is None:
                process.kill()  # that of a large data set takes minutes
            elif process.returncode:
                made.failed = (await ending)[0].decode(errors="replace")[-300:]
                return
            await ending
            await asyncio.to_thread(shutil.rmtree, target, ignore_errors=True)

    stopping = asyncio.create_task(over.wait())
    running = asyncio.create_task(again())
    try:
        yield made
    finally:
        over.set()
        await running
