"""The method (performance.md, part 3): blocks of a second in shuffled order, the machine's speed measured between any two of them."""

import asyncio
from collections.abc import Callable, Sequence
from random import Random

from tests.bench.bench import Bench
from tests.bench.figures import Case, Figure, Kind, Metric, Workload
from tests.bench.load import WrongAnswer
from tests.bench.machine import Calibration

BLOCKS = 5
WRITING = {"b1", "b2"}

_NOTHING = Metric("", "", Kind.COUNT)


async def run(bench: Bench, cases: Sequence[Case], calibration: Calibration, say: Callable[[str], None], *, blocks: int) -> list[Figure]:
    """Every figure of the cases, in their order. Where answers are wrong, a figure without value says so."""
    beside = [asyncio.create_task(_once(bench, case)) for case in cases if case.beside]
    figures: list[Figure] = []
    workloads: list[Workload] = []
    try:
        for place, case in enumerate(cases, 1):
            say(f"{place} of {len(cases)} cases, {case.id}: {case.workload}")
            if case.once is not None and not case.beside:
                figures += await _once(bench, case)
        for case in cases:
            try:
                found = await case.timed(bench) if case.timed is not None else ()
            except (WrongAnswer, OSError) as error:
                found = [Figure(case.id, case.workload, _NOTHING, (), why=str(error))]
            figures += [each for each in found if isinstance(each, Figure)]
            workloads += [each for each in found if isinstance(each, Workload)]
        # What is written must not weigh on what is read: writing has its turn when all reading is done.
        for writing in (False, True):
            figures += await _timed([each for each in workloads if (each.case in WRITING) == writing], calibration, say, blocks)
        for number, task in enumerate(beside, 1):
            say(f"{number} of {len(beside)} that take their time")
            figures += await task
    finally:
        for task in beside:
            task.cancel()
    order = [case.id for case in cases]
    return sorted(figures, key=lambda figure: order.index(figure.case))


async def _once(bench: Bench, case: Case) -> list[Figure]:
    assert case.once is not None
    try:
        return await case.once(bench)
    except Exception as error:  # whatever it is: half an hour of other figures must not be lost with it
        return [Figure(case.id, case.workload, _NOTHING, (), why=f"{type(error).__name__}: {error}")]


async def _timed(workloads: list[Workload], calibration: Calibration, say: Callable[[str], None], blocks: int) -> list[Figure]:
    found: list[list[tuple[dict[str, float], int, int]]] = [[] for _ in workloads]
    broken: dict[int, str] = {}
    before = calibration.run()
    for number in range(blocks):
        order = list(range(len(workloads)))
        Random(number).shuffle(order)
        for place, index in enumerate(order):
            workload = workloads[index]
            if index in broken:
                continue
            say(f"block {number + 1} of {blocks}, {place + 1} of {len(order)}: {workload.name}")
            try:
                values = dict(await workload.block())
            except (WrongAnswer, OSError) as error:
                broken[index] = str(error) or type(error).__name__
                continue
            after = calibration.run()
            found[index].append((values, before, after))
            before = after
    return [
        Figure(workload.case, workload.name, metric, _samples(calibration, metric.name, metric.kind, found[index]), broken.get(index, ""))
        for index, workload in enumerate(workloads)
        for metric in workload.metrics
    ]


def _samples(calibration: Calibration, name: str, kind: Kind, found: list[tuple[dict[str, float], int, int]]) -> tuple[float, ...]:
    """What the blocks would have shown on the machine at its median speed."""
    corrected = []
    for values, before, after in found:
        factor = calibration.factor(before, after)
        corrected.append(values[name] / factor if kind is Kind.RATE else values[name] * factor if kind is Kind.TIME else values[name])
    return tuple(corrected)
