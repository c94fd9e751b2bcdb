"""What other hosts tell: a stream of announced activities, each signed, and what it costs beside judging the signatures alone."""

import asyncio
import contextlib
import sqlite3
import tempfile
import time
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

from tests.bench import serving
from tests.bench.bench import Bench
from tests.bench.data import stream
from tests.bench.data.stream import Faraway
from tests.bench.figures import Figure, Kind, Metric, Target
from tests.bench.load import Load, Run
from tests.bench.machine import memory, usage
from tests.bench.serving import CACHE, Server

ROUNDS = 5
EACH = 60
"""Activities of each of the fifty hosts in a round."""
FEW = 4
"""Hosts of the smoke run."""
LANES = 2
"""Connections of each host."""
FLOOR = "signatures and HTTP alone: accepted"
_ENDS = 60.0

_RATE = Metric("accepted", "activities/s", Kind.RATE, Target(least=0.6, of_floor=True), FLOOR)
_APPLIED = Metric("in effect", "activities/s", Kind.RATE, floor=FLOOR)


async def accepted(_: Bench) -> list[Figure]:
    """Rounds of three thousand activities: until the last is acknowledged, and until the last has its effect."""
    found: dict[tuple[str, Metric], list[float]] = {}
    async with running() as (faraway, server, floor):
        for _round in range(ROUNDS):
            requests = batch(faraway, EACH)
            # The same bytes to both: the floor remembers nothing.
            for name, values in (("signatures and HTTP alone", await _alone(floor, requests)), ("stream", await _stream(server, requests))):
                for metric, value in values.items():
                    found.setdefault((name, metric), []).append(value)
        size = memory(server.pid)["pss"]
    figures = [Figure("c1", name, metric, tuple(samples)) for (name, metric), samples in found.items()]
    return [*figures, Figure("c1", "stream", Metric("PSS", "MB", Kind.COUNT, Target(most=120)), (size,))]


async def counted() -> list[Figure]:
    """A small stream for the smoke run: what it writes, and how much of it is remembered."""
    CACHE.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=CACHE) as folder:
        async with stream.faraway(FEW) as faraway:
            await stream.settle(Path(folder), faraway.hosts)
            async with serving.program(Path(folder), variables=stream.environment()) as server:
                before = usage(server.pid).called
                run = await sent(server.load, batch(faraway, EACH))
                await settled(server.folder)
                written = (usage(server.pid).called - before) / len(run.latencies)
                with contextlib.closing(sqlite3.connect(f"file:{folder}/lemmy.db?mode=ro", uri=True)) as connection:
                    kept = connection.execute("SELECT count(*) FROM received_activity").fetchone()[0]
    name = f"{FEW} hosts, {EACH} each"
    return [
        Figure("c1", name, Metric("acknowledged", "", Kind.COUNT), (float(len(run.latencies)),)),
        Figure("c1", name, Metric("remembered", "ids", Kind.COUNT), (float(kept),)),
        Figure("c1", name, Metric("written", "B each", Kind.COUNT), (written,)),
    ]


def batch(faraway: Faraway, each: int) -> list[list[bytes]]:
    """For each connection its requests; some of them come twice."""
    connections = []
    for host in faraway.hosts:
        made = [host.next()[0] for _ in range(each)]
        again = made[: int(each * stream.REPEATED)]
        whole = [*made, *again]
        connections += [whole[lane::LANES] for lane in range(LANES)]
    return connections


async def _alone(floor: Server, requests: list[list[bytes]]) -> Mapping[Metric, float]:
    before = usage(floor.pid).cpu_seconds
    run = await sent(floor.load, requests)
    cpu = usage(floor.pid).cpu_seconds - before
    return {Metric("accepted", "activities/s", Kind.RATE): run.rate, Metric("CPU", "ms", Kind.TIME): cpu / len(run.latencies) * 1000}


async def _stream(server: Server, requests: list[list[bytes]]) -> Mapping[Metric, float]:
    before, begun = usage(server.pid), time.perf_counter()
    run = await sent(server.load, requests)
    await settled(server.folder)
    seconds, after, number = time.perf_counter() - begun, usage(server.pid), len(run.latencies)
    return {
        _RATE: run.rate,
        _APPLIED: number / seconds,
        Metric("p99", "ms", Kind.TIME): run.percentile(99),
        Metric("CPU", "ms", Kind.TIME): (after.cpu_seconds - before.cpu_seconds) / number * 1000,
        Metric("written", "B each", Kind.COUNT): (after.called - before.called) / number,
    }


async def sent(load: Load, requests: list[list[bytes]]) -> Run:
    """Every request once: as many answers as there are requests on the shortest connection. A bad signature is refused, as it should."""
    return await load.run(requests, seconds=_ENDS, most=min(len(each) for each in requests), refusals=frozenset({401}))


async def settled(folder: Path, but: str = "") -> None:
    """Wait until everything that was acknowledged has its effect, `but` for what one host has told."""
    waiting = "SELECT EXISTS (SELECT 1 FROM inbox_activity WHERE parked IS NULL AND host <> ?)"
    with contextlib.closing(sqlite3.connect(f"file:{folder}/lemmy.db?mode=ro", uri=True)) as connection:
        ends = time.perf_counter() + _ENDS
        while connection.execute(waiting, (but,)).fetchone()[0]:
            if time.perf_counter() > ends:
                raise TimeoutError("the inbox did not come to rest")
            await asyncio.sleep(0.02)


@contextlib.asynccontextmanager
async def running(within: Path = CACHE) -> AsyncIterator[tuple[Faraway, Server, Server]]:
    CACHE.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=within) as folder, tempfile.TemporaryDirectory(dir=CACHE) as beside:
        async with stream.faraway() as faraway:
            await stream.settle(Path(folder), faraway.hosts)
            key = Path(beside) / "key.pem"
            key.write_text(faraway.hosts[0].pair.public_key)
            async with (
                serving.program(Path(folder), variables=stream.environment()) as server,
                serving.floor(Path(beside), 100, key) as floor,
            ):
                yield faraway, server, floor
