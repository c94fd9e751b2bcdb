"""What the program costs before anybody asks for anything: start, memory, size."""

import asyncio
import os
from pathlib import Path

from tests.bench import serving
from tests.bench.bench import Bench, copied
from tests.bench.figures import Figure, Kind, Metric, Target
from tests.bench.machine import SERVER_CORE, memory, on_core
from tests.bench.serving import EXECUTABLE, SOURCE, Refused

_STARTS = 5
_MB = 1_000_000


async def starts(bench: Bench) -> list[Figure]:
    """From the start of the process to the first 200 on /api/v3/site, from source and from the executable, on the data set and on the
    smallest one; several times, the page cache warm, and once with nothing of it left."""
    found = []
    for command, name, most in ((SOURCE, "source", 1.5), ((str(EXECUTABLE),), "executable", 2.5)):
        for size in dict.fromkeys(("S", bench.size)):
            metric = Metric("time to the first answer", "s", Kind.COUNT, Target(most=most))
            label = f"start from {name}, {size}"
            try:
                found.append(Figure("g1", label, metric, tuple([await _start(size, command) for _ in range(_STARTS)])))
            except Refused as error:
                found.append(Figure("g1", label, metric, (), why=str(error).splitlines()[-1]))
            except FileNotFoundError:
                found.append(Figure("g1", label, metric, (), why="there is no dist/lemmy-lite: scripts/build makes it"))
    found.append(await _cold(bench))
    size_metric = Metric("size", "MB", Kind.COUNT, Target(most=40))
    sizes = (EXECUTABLE.stat().st_size / _MB,) if EXECUTABLE.exists() else ()
    return [*found, Figure("g1", "executable", size_metric, sizes, why="" if sizes else "not built")]


async def _cold(bench: Bench) -> Figure:
    """Files of the machine's Python among what has to be read again. Only root can have the cache dropped."""
    metric, label = Metric("time to the first answer", "s", Kind.COUNT), f"start from source, {bench.size}, page cache dropped"
    try:
        return Figure("g1", label, metric, (await _start(bench.size, SOURCE, cold=True),))
    except (Refused, OSError) as error:
        return Figure("g1", label, metric, (), why=str(error).splitlines()[-1])


async def _start(size: str, command: tuple[str, ...], *, cold: bool = False) -> float:
    with copied(size) as folder, on_core(SERVER_CORE):
        if cold:
            os.sync()
            Path("/proc/sys/vm/drop_caches").write_text("3")
        async with serving.program(folder, command) as server:
            return server.first_answer


async def idle(bench: Bench) -> list[Figure]:
    """Memory of a process that has answered once and then waited; of all processes of the family.

    Pages shared with other programs of the same Python count in part in PSS, so it is less while such programs run; `private` is the
    least that it can be.
    """
    found = []
    for command, name in ((SOURCE, "source"), ((str(EXECUTABLE),), "executable")):
        metric = Metric("PSS", "MB", Kind.COUNT, Target(most=70))
        try:
            with copied(bench.size) as folder:
                async with serving.program(folder, command) as server:
                    await asyncio.sleep(2)
                    used = memory(server.pid)
                found.append(Figure("f1", f"idle, {name}", metric, (used["pss"],)))
                found.append(Figure("f1", f"idle, {name}", Metric("private", "MB", Kind.COUNT), (used["private"],)))
        except (Refused, FileNotFoundError) as error:
            found.append(Figure("f1", f"idle, {name}", metric, (), why=str(error).splitlines()[-1]))
    return found
