"""What a process holds while it serves, looked at again and again, and whether that stays flat."""

import json
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Final, NamedTuple

from lemmy_lite.storage.room import MOST_LOG
from tests.bench import machine

MEGABYTE: Final = 2**20

MOST_GROWTH: Final = 0.05
"""How much more memory the last quarter of a run may take than the second one: caches with bounds still fill in the first hour."""
MOST_SLOPE: Final = 6.0
"""Megabytes an hour by which memory may rise over the second half of a run; judged where that half is long enough to tell a slope."""
SLOPE_SECONDS: Final = 20 * 60.0
SPARE_HANDLES: Final = 16
"""Handles by which the most of the last quarter may exceed the most of the second: connections that happen to be open at one moment."""
SPARE_THREADS: Final = 2
MOST_WAL: Final = 3 * MOST_LOG
"""SQLite's log is folded back at MOST_LOG; a reader that is just under way may put that off for a while."""
LEAST_SAMPLES: Final = 8


class Sample(NamedTuple):
    """One look. `pss` is that of the server's process alone, `family` with its children; both in megabytes. `wal` and `data` in bytes."""

    seconds: float
    pss: float
    family: float
    handles: int
    threads: int
    wal: int
    data: int


class Finding(NamedTuple):
    """One thing that was judged, with its bound; `good` None where the run was too short to judge it."""

    name: str
    value: float
    most: float
    good: bool | None

    def __str__(self) -> str:
        verdict = {True: "good", False: "TOO MUCH", None: "not judged"}[self.good]
        return f"{self.name:<52} {self.value:>10.2f}   at most {self.most:>10.2f}   {verdict}"


def look(pid: int, folder: Path, seconds: float) -> Sample:
    """What the server holds now; its database lies in `folder`. Raises OSError when it is gone."""
    own = _pss(pid)
    return Sample(
        seconds=seconds,
        pss=own,
        family=max(own, machine.memory(pid)["pss"]),
        handles=len(list(Path(f"/proc/{pid}/fd").iterdir())),
        threads=len(list(Path(f"/proc/{pid}/task").iterdir())),
        wal=_size(folder / "lemmy.db-wal"),
        data=_size(folder / "lemmy.db"),
    )


def judged(samples: Sequence[Sample]) -> list[Finding]:
    """Whether memory, handles, threads and the log stayed flat. The first quarter is for warming up and counts for the log alone."""
    wal = max((sample.wal for sample in samples), default=0)
    found = [Finding("largest log, MB", wal / MEGABYTE, MOST_WAL / MEGABYTE, wal <= MOST_WAL)]
    if len(samples) < LEAST_SAMPLES:
        return found
    quarter = len(samples) // 4
    second, last, half = samples[quarter : 2 * quarter], samples[-quarter:], samples[len(samples) // 2 :]
    growth = median(each.pss for each in last) / median(each.pss for each in second) - 1
    long = half[-1].seconds - half[0].seconds >= SLOPE_SECONDS
    rise = slope([(each.seconds / 3600, each.pss) for each in half])
    more_handles = max(each.handles for each in last) - max(each.handles for each in second)
    more_threads = max(each.threads for each in last) - max(each.threads for each in second)
    return [
        *found,
        Finding("memory, last quarter over the second, %", growth * 100, MOST_GROWTH * 100, growth <= MOST_GROWTH),
        Finding("memory, rise over the second half, MB an hour", rise, MOST_SLOPE, rise <= MOST_SLOPE if long else None),
        Finding("open files, most of the last quarter over the second", more_handles, SPARE_HANDLES, more_handles <= SPARE_HANDLES),
        Finding("threads, most of the last quarter over the second", more_threads, SPARE_THREADS, more_threads <= SPARE_THREADS),
    ]


def slope(points: Sequence[tuple[float, float]], most: int = 200) -> float:
    """The median of the slopes between all pairs (Theil and Sen), which a few high looks cannot bend; of `most` points at most."""
    thinned = points[:: max(1, len(points) // most)]
    slopes = [
        (high - low) / (later - sooner)
        for number, (sooner, low) in enumerate(thinned)
        for later, high in thinned[number + 1 :]
        if later > sooner
    ]
    return median(slopes) if slopes else 0.0


def written(samples: Sequence[Sample], path: Path) -> None:
    """Keep the samples in a file, a line of JSON each."""
    path.write_text("".join(json.dumps(sample._asdict()) + "\n" for sample in samples))


def _pss(pid: int) -> float:
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1024
    return 0.0


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0
