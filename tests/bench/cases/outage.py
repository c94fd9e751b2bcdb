"""What other hosts tell when something is wrong: one of them does not answer, or all of them come at once after an outage."""

import asyncio
import time
from collections.abc import Mapping

from tests.bench.bench import Bench
from tests.bench.cases import inbound
from tests.bench.data import stream
from tests.bench.data.stream import Faraway
from tests.bench.figures import Figure, Kind, Metric, Target
from tests.bench.machine import memory, usage
from tests.bench.serving import Server

ROUNDS = 4
"""Of each kind: with and without a host that stalls, by turns."""
BACKLOG = 500_000
PART = 60_000
"""Of the backlog that is really sent, as signing half a million activities takes longer than judging them."""
LANES = 4
EACH = PART // stream.HOSTS // 5
"""Activities of a host in one go: five goes, so that memory and speed can be seen over them."""

_ALONE = "49 hosts, the last one well"


async def stalled(_: Bench) -> list[Figure]:
    """The rate at which the activities of 49 hosts take effect while the fiftieth lets each look at its people wait for eight seconds."""
    found: dict[bool, list[float]] = {False: [], True: []}
    async with inbound.running() as (faraway, server, _floor):
        await _round(faraway, server, stall=False)  # connections, keys, caches
        for turn in range(2 * ROUNDS):
            found[turn % 2 == 1].append(await _round(faraway, server, stall=turn % 2 == 1))
    rate = Metric("in effect", "activities/s", Kind.RATE)
    kept = Metric("in effect", "activities/s", Kind.RATE, Target(least=0.95, of_floor=True), f"{_ALONE}: in effect")
    return [
        Figure("c2", _ALONE, rate, tuple(found[False])),
        Figure("c2", "49 hosts, the last one stalls 8 s on each fetch", kept, tuple(found[True])),
    ]


async def _round(faraway: Faraway, server: Server, *, stall: bool) -> float:
    last = faraway.hosts[-1]
    requests = inbound.batch(faraway, inbound.EACH)
    faraway.stalled = last.name if stall else None
    begun = time.perf_counter()
    answered = await inbound.sent(server.load, requests)
    await inbound.settled(server.folder, but=last.authority)
    seconds = time.perf_counter() - begun
    faraway.stalled = None
    await inbound.settled(server.folder)
    return len(answered.latencies) / stream.HOSTS * (stream.HOSTS - 1) / seconds


async def backlog(_: Bench) -> list[Figure]:
    """Fifty hosts have waited for us, and tell it all as fast as we take it."""
    rates, sizes, cpu = [], [], []
    async with inbound.running() as (faraway, server, _floor):
        for _go in range(PART // EACH // stream.HOSTS):
            requests = await asyncio.to_thread(_batch, faraway)
            used, begun = usage(server.pid), time.perf_counter()
            answered = await inbound.sent(server.load, requests)
            await inbound.settled(server.folder)
            number = len(answered.latencies)
            rates.append(number / (time.perf_counter() - begun))
            cpu.append((usage(server.pid).cpu_seconds - used.cpu_seconds) / number * 1000)
            sizes.append(memory(server.pid)["pss"])
    name = f"{PART:,} of a backlog, to the last effect"
    minutes = Metric(f"for {BACKLOG:,} at this rate", "minutes", Kind.COUNT, Target(most=3))
    found: Mapping[Metric, tuple[float, ...]] = {
        Metric("rate", "activities/s", Kind.RATE): tuple(rates),
        minutes: tuple(BACKLOG / rate / 60 for rate in rates),
        Metric("CPU", "ms", Kind.TIME): tuple(cpu),
        Metric("PSS at most", "MB", Kind.COUNT, Target(most=120)): (max(sizes),),
    }
    return [Figure("c3", name, metric, samples) for metric, samples in found.items()]


def _batch(faraway: Faraway) -> list[list[bytes]]:
    """Four connections for each host, its activities in their order on each."""
    connections = []
    for host in faraway.hosts:
        made = [host.next()[0] for _ in range(EACH)]
        connections += [made[lane::LANES] for lane in range(LANES)]
    return connections
