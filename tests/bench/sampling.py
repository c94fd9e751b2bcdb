"""Looking at a server while it works: py-spy beside it says where its threads stand, their clocks say what each has spent.

The server is not stopped to be looked at: with its threads on one core each stop would wake all of those that wait, and most of what is
seen would be that (README.md). What is read while it changes is torn and thrown away.
"""

import asyncio
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from tests.bench.serving import Refused
from tests.bench.stacks import Frame, mended, samples, waits, weighed

RATE = 400
"""Looks a second."""
_SETTLE = 0.5
"""Seconds that the sampler needs to find its way about the process."""

_COUNTED = re.compile(r"Samples: (\d+) Errors: (\d+)")
_FORBIDDEN = re.compile(r"permission denied|operation not permitted", re.IGNORECASE)


T = TypeVar("T")


@dataclass
class Seen(Generic[T]):
    """What was spent in each stack, seconds; how many looks found a thread at work, waiting, or torn; and what the work answered."""

    stacks: dict[tuple[Frame, ...], float]
    working: int
    waiting: int
    torn: int
    answer: T


def sampler() -> str:
    """The path of py-spy. Raises Refused where it is missing."""
    beside = Path(sys.executable).with_name("py-spy")
    found = str(beside) if beside.exists() else shutil.which("py-spy")
    if found is None:
        raise Refused("py-spy is missing; it is in requirements-test.lock, from which scripts/bench installs it")
    return found


async def sampled(pid: int, seconds: float, work: Callable[[], Awaitable[T]]) -> Seen[T]:
    """Look at the process for so long, while the work goes on. Raises Refused where that is not allowed, and what the work raises."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "stacks"
        command = [sampler(), "record", "--pid", str(pid), "--format", "raw", "--output", str(file), "--nonblocking", "--threads"]
        command += ["--full-filenames", "--nolineno", "--rate", str(RATE), "--duration", str(round(seconds + _SETTLE))]
        _scheduled(pid, os.SCHED_BATCH)
        process = await asyncio.create_subprocess_exec(*command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        with suppress(PermissionError):  # root alone may: the sooner it has read, the less is torn
            os.setpriority(os.PRIO_PROCESS, process.pid, -15)
        try:
            await asyncio.sleep(_SETTLE)
            before = clocks(pid)
            answer = await work()
            spent = {thread: clock - before.get(thread, 0.0) for thread, clock in clocks(pid).items()}
            said = (await process.communicate())[0].decode(errors="replace")
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
            _scheduled(pid, os.SCHED_OTHER)
        counted = _COUNTED.search(said)
        if counted is None or not file.exists():
            raise Refused(_why(said))
        found = mended(list(samples(file.read_text(errors="replace").splitlines())))
    working = sum(each.seen for each in found if not waits(each))
    return Seen(weighed(found, spent), working, sum(each.seen for each in found) - working, int(counted[2]), answer)


def clocks(pid: int) -> dict[int, float]:
    """Seconds of the processor that each thread of a process has used."""
    found = {}
    for task in Path(f"/proc/{pid}/task").iterdir():
        with suppress(OSError):  # it has ended meanwhile
            fields = (task / "stat").read_text().rpartition(") ")[2].split()
            found[int(task.name)] = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return found


def _scheduled(pid: int, policy: int) -> None:
    """Have the threads of a process scheduled so. In batches none of them takes the core from another by being woken, and a thread that
    is seen somewhere has come there by working, not because it was sent away there."""
    for task in Path(f"/proc/{pid}/task").iterdir():
        with suppress(OSError):  # it has ended meanwhile
            os.sched_setscheduler(int(task.name), policy, os.sched_param(0))


def _why(said: str) -> str:
    if _FORBIDDEN.search(said):
        return "the kernel does not let one process look into another here (kernel.yama.ptrace_scope): run scripts/bench --flames as root"
    return f"the sampler saw nothing: {said.strip()[-300:]}"
