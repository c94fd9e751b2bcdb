"""The cache of other servers' pictures: twenty thousand are offered to a budget that holds a part of them, and asked for by fame."""

import tempfile
import time
from collections import OrderedDict
from pathlib import Path
from random import Random

from lemmy_lite.media.budget import Budget
from tests.bench.bench import Bench
from tests.bench.data.population import Zipf
from tests.bench.figures import Figure, Kind, Metric, Target
from tests.bench.serving import CACHE

PICTURES = 20_000
READS = 100_000
LIMIT = 8 * 2**20
"""Room for a third of them, in a hundredth of the size that pictures and budget have: the bench must not fill a disk. What is measured, the
order of leaving and the bound, knows nothing of the size."""
_MEDIAN, _SPREAD = 1_000, 0.8


class _Oracle:
    """The least recently used leave, and only as many as must."""

    def __init__(self, limit: int) -> None:
        self._held: OrderedDict[int, int] = OrderedDict()
        self._limit = limit
        self._used = 0
        self.hits = 0

    def ask(self, number: int, size: int) -> None:
        if number in self._held:
            self.hits += 1
            self._held.move_to_end(number)
            return
        while self._held and self._used + size > self._limit:
            self._used -= self._held.popitem(last=False)[1]
        self._held[number] = size
        self._used += size


async def cache(_: Bench) -> list[Figure]:
    """Each picture is asked for; one that is not held is put in, as if it had been fetched."""
    CACHE.mkdir(parents=True, exist_ok=True)
    return cached(PICTURES, READS, LIMIT, times=True)


def cached(pictures: int, reads: int, limit: int, *, times: bool = False) -> list[Figure]:
    """The counts of a run, and with `times` what one put with its evictions costs."""
    chance = Random(5)
    sizes = [max(100, min(limit // 20, int(chance.lognormvariate(0, _SPREAD) * _MEDIAN))) for _ in range(pictures)]
    asked = Zipf(chance, pictures).draw(reads)
    oracle, most, spent, puts = _Oracle(limit), 0, 0.0, 0
    CACHE.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=CACHE) as name:
        folder = Path(name) / "cache"
        budget = Budget(folder, limit)
        for turn, number in enumerate(asked):
            oracle.ask(number, sizes[number])
            key = f"{number * 2654435761 % 2**32:08x}"
            if budget.get(key) is None:
                fetched = Path(name) / "fetched"
                fetched.write_bytes(bytes(sizes[number]))
                begun = time.process_time()
                budget.put(key, fetched)
                spent, puts = spent + time.process_time() - begun, puts + 1
            if turn % (reads // 50) == 0:
                most = max(most, _held(folder))
        most = max(most, _held(folder))
    hits = 1 - puts / reads
    what = f"{pictures:,} pictures, {reads:,} reads"
    return [
        Figure("e3", what, Metric("disk at most", "× budget", Kind.COUNT, Target(most=1)), (most / limit,)),
        Figure("e3", what, Metric("hit rate", "", Kind.COUNT), (hits,)),
        Figure("e3", what, Metric("hits by those of the oracle", "", Kind.COUNT, Target(least=0.95)), (hits * reads / oracle.hits,)),
        *([Figure("e3", what, Metric("CPU of a put with what leaves", "ms", Kind.TIME), (spent / puts * 1000,))] if times else []),
    ]


def _held(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.glob("*/*")) if folder.is_dir() else 0
