"""The machine under the bench: its cores, its speed at this moment, and what a process costs it."""

import os
import platform
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import NamedTuple

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

_CORES = sorted(os.sched_getaffinity(0))
SERVER_CORE, LOAD_CORE = _CORES[0], _CORES[-1]
"""The server runs on one core and the load on another. With a single core they share it, which the report shows."""

_HALF_A_CALIBRATION = 0.1


@contextmanager
def on_core(core: int) -> Iterator[None]:
    """This thread on one core."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


class Calibration:
    """How fast the server's core is right now: RSA verifications and a fixed loop in SQLite, a fifth of a second together.

    `factor` compares two moments with the median of the run, so that figures stay in units of this machine.
    """

    def __init__(self) -> None:
        self._key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self._signature = self._key.sign(b"calibration", padding.PKCS1v15(), hashes.SHA256())
        self._database = sqlite3.connect(":memory:")
        self._database.execute("CREATE TABLE t (a INTEGER PRIMARY KEY, b INTEGER, c TEXT)")
        self._database.executemany("INSERT INTO t VALUES (?, ?, ?)", [(n, n * 7919 % 1000, f"row {n}") for n in range(1000)])
        self.verifications: list[float] = []
        self.loops: list[float] = []

    def run(self) -> int:
        """Measure; answers the number of this measurement."""
        with on_core(SERVER_CORE):
            public = self._key.public_key()
            self.verifications.append(
                _rate(lambda: public.verify(self._signature, b"calibration", padding.PKCS1v15(), hashes.SHA256()), _HALF_A_CALIBRATION)
            )
            self.loops.append(
                _rate(lambda: self._database.execute("SELECT b, MAX(c) FROM t GROUP BY b ORDER BY 2").fetchall(), _HALF_A_CALIBRATION)
            )
        return len(self.loops) - 1

    def factor(self, before: int, after: int) -> float:
        """How fast the machine was between two measurements; 1 is the median of all."""
        return (_relative(self.verifications, before, after) + _relative(self.loops, before, after)) / 2

    @property
    def spread(self) -> float:
        """Slowest by fastest calibration: below 0.8 the run was disturbed."""
        return min(self.loops) / max(self.loops) if self.loops else 1.0


def _relative(rates: list[float], before: int, after: int) -> float:
    return (rates[before] + rates[after]) / 2 / median(rates)


def _rate(function: object, seconds: float) -> float:
    assert callable(function)
    number, begun = 0, time.perf_counter()
    while time.perf_counter() - begun < seconds:
        function()
        number += 1
    return number / (time.perf_counter() - begun)


class Usage(NamedTuple):
    """What a process and its children have used so far. `written` reached the disk's queue, `called` was handed to write calls."""

    cpu_seconds: float
    written: int
    called: int


def family(pid: int) -> list[int]:
    """A process and its descendants that are alive."""
    found = [pid]
    for each in found:
        for task in Path(f"/proc/{each}/task").glob("*/children"):
            found += [int(number) for number in task.read_text().split()]
    return found


def usage(pid: int) -> Usage:
    """What a process and its living children have used."""
    ticks, written, called = 0, 0, 0
    for each in family(pid):
        fields = Path(f"/proc/{each}/stat").read_text().rpartition(") ")[2].split()
        ticks += int(fields[11]) + int(fields[12])
        counts = dict(line.split(": ") for line in Path(f"/proc/{each}/io").read_text().splitlines())
        written += int(counts["write_bytes"])
        called += int(counts["wchar"])
    return Usage(ticks / os.sysconf("SC_CLK_TCK"), written, called)


def memory(pid: int) -> dict[str, float]:
    """Megabytes of a process and its children: PSS in all, and the part that no other process shares (`private`)."""
    pss = private = 0
    for each in family(pid):
        for line in Path(f"/proc/{each}/smaps_rollup").read_text().splitlines():
            name, _, rest = line.partition(":")
            if name == "Pss":
                pss += int(rest.split()[0])
            elif name.startswith("Private_"):
                private += int(rest.split()[0])
    return {"pss": pss / 1024, "private": private / 1024}


class Limited(NamedTuple):
    """A control group with a limit on memory. `most` and `killed` are read while it is there."""

    folder: Path
    is_new: bool
    """Whether it is of the second version."""

    @property
    def most(self) -> float:
        """Megabytes that it held at most, page cache among them; 0 where the kernel does not tell."""
        file = self.folder / ("memory.peak" if self.is_new else "memory.max_usage_in_bytes")
        return int(file.read_text()) / 2**20 if file.exists() else 0.0

    @property
    def killed(self) -> int:
        """How many processes were killed for want of memory."""
        told = (self.folder / ("memory.events" if self.is_new else "memory.oom_control")).read_text()
        return int(dict(line.split() for line in told.splitlines()).get("oom_kill", 0))


@contextmanager
def limited(pid: int, limit: int) -> Iterator[Limited]:
    """A process, and those that it starts, under a limit on memory, swap none, until it ends. Raises OSError where that is not allowed."""
    top = Path("/sys/fs/cgroup")
    is_new = (top / "cgroup.controllers").exists()
    folder = (top if is_new else top / "memory") / f"lemmy-lite-bench-{pid}"
    folder.mkdir()
    try:
        (folder / ("memory.max" if is_new else "memory.limit_in_bytes")).write_text(str(limit))
        (folder / "cgroup.procs").write_text(str(pid))
        yield Limited(folder, is_new)
    finally:
        for each in (folder / "cgroup.procs").read_text().split():
            (folder.parent / "cgroup.procs").write_text(each)
        folder.rmdir()


def described() -> dict[str, str]:
    """What the figures were measured on."""
    model = next((line.split(": ")[1] for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")), "")
    commit = subprocess.run(["git", "describe", "--always", "--dirty"], capture_output=True, text=True, check=False).stdout.strip()
    return {
        "processor": model or platform.machine(),
        "cores": f"{len(_CORES)} (server on {SERVER_CORE}, load on {LOAD_CORE})",
        "memory": f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.0f} GB",
        "kernel": platform.release(),
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        "commit": commit or "unknown",
        "load_average_before": load_average(),
    }


def load_average() -> str:
    """How busy the whole machine was in the last minute: with the bench alone it is about 2."""
    return f"{os.getloadavg()[0]:.2f}"
