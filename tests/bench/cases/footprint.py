"""What the program costs before anybody asks for anything: start, memory, size."""

import asyncio

from tests.bench import serving
from tests.bench.bench import Bench, copied
from tests.bench.figures import Figure, Kind, Metric, Target
from tests.bench.machine import SERVER_CORE, memory, on_core
from tests.bench.serving import EXECUTABLE, SOURCE, Refused

_STARTS = 5
_MB = 1_000_000


async def starts(bench: Bench) -> list[Figure]:
    """From the start of the process to the first 200 on /api/v3/site, from source and from the executable, on the data set and on the
    smallest one; several times, the page cache warm."""
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
    size_metric = Metric("size", "MB", Kind.COUNT, Target(most=40))
    sizes = (EXECUTABLE.stat().st_size / _MB,) if EXECUTABLE.exists() else ()
    return [*found, Figure("g1", "executable", size_metric, sizes, why="" if sizes else "not built")]


async def _start(size: str, command: tuple[str, ...]) -> float:
    with copied(size) as folder, on_core(SERVER_CORE):
        async with serving.program(folder, command) as server:
            return server.first_answer


async def idle(bench: Bench) -> list[Figure]:
    """Memory of a process that has answered once and then waited; of all processes of the family.

    Pages shared with other programs of the same Python count in part in PSS, so it is less while such programs run; `private` is the
    least that it can be.
    """
    found = []
    for command, name in ((SOURCE, "source"), ((str(EXECUTABLE),), "executable")):
        metric = Metric("PSS", "MB", Kind.COUNT, Target(most=80))
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
