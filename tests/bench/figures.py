"""What the bench speaks of: cases, the workloads they run, what those measure, and what is asked of it."""

from collections.abc import Awaitable, Callable, Mapping
from enum import StrEnum
from statistics import median
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from tests.bench.bench import Bench


class Kind(StrEnum):
    """How a value follows the speed of the machine: a rate grows with it, a time shrinks, a count knows nothing of it."""

    RATE = "rate"
    TIME = "time"
    COUNT = "count"


class Target(NamedTuple):
    """What is asked: at least or at most so much, of the value or (`of_floor`) of its ratio to the floor."""

    least: float | None = None
    most: float | None = None
    of_floor: bool = False

    def met(self, value: float, floor: float | None) -> bool | None:
        """None when it cannot be judged, as the floor was not measured."""
        if self.of_floor:
            if not floor:
                return None
            value /= floor
        return (self.least is None or value >= self.least) and (self.most is None or value <= self.most)

    def __str__(self) -> str:
        bounds = [f"{sign} {bound:g}" for sign, bound in (("≥", self.least), ("≤", self.most)) if bound is not None]
        return " and ".join(bounds) + (" × floor" if self.of_floor else "")


class Metric(NamedTuple):
    """One thing that a workload measures. `floor` names the figure that it is a ratio of."""

    name: str
    unit: str
    kind: Kind
    target: Target | None = None
    floor: str | None = None


class Figure(NamedTuple):
    """What was found: the median of all blocks, and how far they lie from it in the middle (MAD). `why` says why there is no value."""

    case: str
    name: str
    metric: Metric
    samples: tuple[float, ...]
    why: str = ""

    @property
    def key(self) -> str:
        """The name by which floors are referred to."""
        return f"{self.name}: {self.metric.name}"

    @property
    def value(self) -> float | None:
        """The median."""
        return median(self.samples) if self.samples else None

    @property
    def deviation(self) -> float:
        """The median of the distances from the median."""
        middle = self.value
        return median(abs(sample - middle) for sample in self.samples) if middle is not None else 0.0


class Workload(NamedTuple):
    """Something timed: `block` runs for about a second and answers one value per metric."""

    case: str
    name: str
    metrics: tuple[Metric, ...]
    block: Callable[[], Awaitable[Mapping[str, float]]]


Once = Callable[["Bench"], Awaitable[list[Figure]]]
Timed = Callable[["Bench"], Awaitable[list[Workload | Figure]]]


class Case(NamedTuple):
    """A line of the plan (performance.md, part 3). `once` measures by itself, before any load, or with `beside` all the while, as it counts
    and takes next to nothing; `timed` gives workloads that share their blocks with those of other cases. A case with neither is not
    written yet, `yet` saying of what its figures are missing."""

    id: str
    workload: str
    metric: str
    target: str
    floor: str
    once: Once | None = None
    timed: Timed | None = None
    yet: str = ""
    beside: bool = False

    @property
    def written(self) -> bool:
        """Whether it measures anything."""
        return self.once is not None or self.timed is not None
