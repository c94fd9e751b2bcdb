"""How many bytes are written to the disk, as the kernel counts them: by this program and its children, and to the whole device.

The kernel counts what a process hands to the disk, and what it hands to the device altogether, since each began. Here their growth is added
up; domain/wear.py writes it down, rarely, so that the meter itself costs next to nothing.
"""

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final, NamedTuple

WRITTEN_DOWN_EVERY: Final = 6 * 3600.0
SECTOR: Final = 512
"""What the kernel counts in, whatever the device's own sectors are (kernel.org, block/stat)."""


class Counts(NamedTuple):
    """Bytes; None where the system does not tell."""

    program: int | None
    device: int | None


class Meter:
    """Counts for one process, from its beginning. `proc` and `sys` are the kernel's folders; the device is that on which `folder` lies."""

    def __init__(
        self, folder: Path, *, proc: Path = Path("/proc"), sys: Path = Path("/sys"), clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._folder = folder
        self._proc = proc
        self._sys = sys
        self._clock = clock
        self._last = Counts(0, device_written(folder, sys))
        self._noted = clock()
        self._waiting = Counts(0, 0)
        self.total: int | None = None
        """Bytes of this program since it began."""

    @property
    def is_due(self) -> bool:
        """Whether it is time to write down what was counted."""
        return self._clock() - self._noted >= WRITTEN_DOWN_EVERY

    def look(self) -> Counts:
        """What was written since it was written down last."""
        now = Counts(written(self._proc), device_written(self._folder, self._sys))
        waiting, last = self._waiting, self._last
        self._waiting = Counts(_grown(waiting.program, last.program, now.program), _grown(waiting.device, last.device, now.device))
        self._last, self.total = now, now.program
        return self._waiting

    def noted(self) -> None:
        """It is written down."""
        self._waiting, self._noted = Counts(0, 0), self._clock()


def written(proc: Path = Path("/proc")) -> int | None:
    """Bytes that this process, its children that live and those that have ended had written to the disk (proc(5), io)."""
    try:
        own = _io(proc / "self")
        return own + sum(_io_or_nothing(proc / number) for number in _children(proc))
    except (OSError, KeyError, ValueError):
        return None


def device_written(folder: Path, sys: Path = Path("/sys")) -> int | None:
    """Bytes written to the disk that a folder lies on since the machine started; None where the system does not tell, as in a container."""
    try:
        number = folder.stat().st_dev
        place = (sys / "dev" / "block" / f"{os.major(number)}:{os.minor(number)}").resolve()
        whole = place.parent if (place / "partition").exists() else place
        return int((whole / "stat").read_text().split()[6]) * SECTOR
    except (OSError, ValueError, IndexError):
        return None


def _children(proc: Path) -> list[str]:
    found: list[str] = []
    for task in (proc / "self" / "task").iterdir():
        found += (task / "children").read_text().split()
    return found


def _io(process: Path) -> int:
    fields = dict(line.split(": ") for line in (process / "io").read_text().splitlines())
    return max(0, int(fields["write_bytes"]) - int(fields.get("cancelled_write_bytes", 0)))


def _io_or_nothing(process: Path) -> int:
    try:
        return _io(process)
    except (OSError, KeyError, ValueError):
        return 0  # it has just ended


def _grown(so_far: int | None, before: int | None, now: int | None) -> int | None:
    """A count that went back began anew."""
    if now is None:
        return so_far
    return (so_far or 0) + (now - before if before is not None and now >= before else 0)
