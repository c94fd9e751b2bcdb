"""What one host far away is told: how fast, in which order, and what a kill in the middle costs."""

import asyncio
import os
import signal
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path

from tests.bench import serving
from tests.bench.bench import Bench
from tests.bench.data import receiver
from tests.bench.data.receiver import Receiver
from tests.bench.figures import Figure, Kind, Metric, Target
from tests.bench.machine import memory
from tests.bench.serving import CACHE

VOTES = 10_000
FAR_SECONDS = 0.3
LOOK_SECONDS = 25.0
"""Ten thousand votes at 300 ms take six minutes; they are told at one pace, so that of the first part is enough."""
KILLED_VOTES = 1_500
NEAR_SECONDS = 0.02
KILLS = (200, 600, 1_000)
"""Killed when so many have arrived."""
FEW = 300
"""Votes of the smoke run."""
_PATIENCE = 120.0
_TWICE = "what was under way when it was killed comes again, under the same ids (lemmy.db-told knows of the rest)"


async def far(_: Bench) -> list[Figure]:
    """Ten thousand votes that wait for one host at 300 ms."""
    CACHE.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=CACHE) as folder:
        async with receiver.receiver(FAR_SECONDS) as found:
            await receiver.settle(Path(folder), found, VOTES)
            async with serving.program(Path(folder), sending=True, variables=receiver.environment()) as server:
                await found.until(1, _PATIENCE)
                before = memory(server.pid)["pss"]
                begun, number = time.perf_counter(), len(found.arrived)
                await asyncio.sleep(LOOK_SECONDS)
                rate = (len(found.arrived) - number) / (time.perf_counter() - begun)
                grown = memory(server.pid)["pss"] - before
            violations = out_of_order(found, receiver.sent(Path(folder)))
    name = f"{VOTES:,} votes wait for a host at {FAR_SECONDS * 1000:.0f} ms"
    # The answer takes the time of the way alone, so what we spend between two messages shows in the rate.
    return [
        Figure("d2", name, Metric("rate", "activities/s", Kind.COUNT, Target(least=8 / FAR_SECONDS)), (rate,)),
        Figure("d2", name, Metric("times the way there and back", "", Kind.COUNT, Target(least=8)), (rate * FAR_SECONDS,)),
        Figure("d2", name, Metric("under way at most", "", Kind.COUNT), (float(found.most_under_way),)),
        Figure("d2", name, Metric("out of order", "", Kind.COUNT, Target(most=0)), (float(violations),)),
        Figure("d2", name, Metric("PSS more", "MB", Kind.COUNT, Target(most=10)), (grown,)),
    ]


async def killed(_: Bench) -> list[Figure]:
    """Votes that wait, and kill -9 three times while they are told."""
    return await killed_in("d3", KILLED_VOTES, KILLS)


async def counted() -> list[Figure]:
    """The same for the smoke run."""
    return await killed_in("d3", FEW, (FEW // 3,), times=False)


async def killed_in(case: str, votes: int, kills: Iterable[int], *, times: bool = True) -> list[Figure]:
    """So many votes; killed when so many have arrived."""
    CACHE.mkdir(parents=True, exist_ok=True)
    waits: list[float] = []
    with tempfile.TemporaryDirectory(dir=CACHE) as folder:
        async with receiver.receiver(NEAR_SECONDS) as found:
            await receiver.settle(Path(folder), found, votes)
            for kill in kills:
                async with serving.program(Path(folder), sending=True, variables=receiver.environment()) as server:
                    waits.append(await _first(found, server.first_answer))
                    await found.until(kill, _PATIENCE)
                    os.kill(server.pid, signal.SIGKILL)
                    await asyncio.sleep(2 * NEAR_SECONDS)
            async with serving.program(Path(folder), sending=True, variables=receiver.environment()) as server:
                waits.append(await _first(found, server.first_answer))
                await found.until(votes, _PATIENCE)
                await asyncio.sleep(10 * NEAR_SECONDS)
            wanted = receiver.sent(Path(folder))
    names = [name for name, _ in found.arrived]
    name = f"{votes:,} votes, {len(waits) - 1} × kill -9"
    twice = Metric("told twice, for each kill", "", Kind.COUNT, Target(most=found.most_under_way))
    figures = [
        Figure(case, name, Metric("lost", "", Kind.COUNT, Target(most=0)), (float(len(wanted.keys() - set(names))),)),
        Figure(case, name, twice, ((len(names) - len(set(names))) / (len(waits) - 1),), why=_TWICE),
        Figure(case, name, Metric("out of order", "", Kind.COUNT, Target(most=0)), (float(out_of_order(found, wanted)),)),
    ]
    resumed = Metric("from the start to the first message", "s", Kind.COUNT)
    return [*figures, Figure(case, name, resumed, tuple(waits[1:]))] if times else figures


async def _first(found: Receiver, started: float) -> float:
    """Seconds from the start of the process to the next message."""
    begun = time.perf_counter()
    await found.another(_PATIENCE)
    return started + time.perf_counter() - begun


def out_of_order(found: Receiver, sent: dict[str, tuple[int, str]]) -> int:
    """How many messages came for the first time after a later one about the same object."""
    latest: dict[str, int] = {}
    seen: set[str] = set()
    wrong = 0
    for name, _ in found.arrived:
        if name in seen or name not in sent:
            continue
        seen.add(name)
        number, about = sent[name]
        wrong += number < latest.get(about, 0)
        latest[about] = max(number, latest.get(about, 0))
    return wrong
