"""When failing instances are tried again, by a clock that nobody sets, and how many of them at a time.

Thousands of dead hosts cost a few hundred bytes each and no look at the database until their turn comes. All of them together get two
tries a second: a try that succeeds costs nothing, so that after a failure of our own line everybody is reached as fast as they answer.
"""

import heapq
import time
from collections.abc import Callable

from lemmy_lite.model.ids import InstanceId
from lemmy_lite.model.struct import Struct

TRIES_PER_SECOND = 2.0
BURST = 8.0
"""Tries that may come at once after a rest; none at the start, when thousands may be due."""


class Failing(Struct):
    """An instance that does not take what we send."""

    domain: str
    due: float
    asleep: bool


class Schedule:
    """The failing instances in the order of their next tries. Not for several threads."""

    def __init__(self, rate: float = TRIES_PER_SECOND, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate = rate
        self._clock = clock
        self._failing: dict[InstanceId, Failing] = {}
        self._domains: dict[str, InstanceId] = {}
        self._heap: list[tuple[float, InstanceId]] = []
        self._tries = 0.0
        self._counted_at = clock()

    def __len__(self) -> int:
        return len(self._failing)

    def __contains__(self, instance_id: object) -> bool:
        return instance_id in self._failing

    @property
    def asleep(self) -> int:
        """How many get one probe a day."""
        return sum(each.asleep for each in self._failing.values())

    def find(self, domain: str) -> InstanceId | None:
        """The number of a failing instance."""
        return self._domains.get(domain)

    def put(self, instance_id: InstanceId, domain: str, seconds: float, *, asleep: bool) -> None:
        """Try an instance again after so many seconds."""
        found = Failing(domain=domain, due=self._clock() + max(0.0, seconds), asleep=asleep)
        self._failing[instance_id] = found
        self._domains[domain] = instance_id
        heapq.heappush(self._heap, (found.due, instance_id))
        if len(self._heap) > 2 * len(self._failing) + 64:
            self._heap = [(each.due, number) for number, each in self._failing.items()]
            heapq.heapify(self._heap)

    def postpone(self, instance_id: InstanceId, seconds: float) -> None:
        """What was taken could not be tried; nothing for an instance that does not fail."""
        if (found := self._failing.get(instance_id)) is not None:
            self.put(instance_id, found.domain, seconds, asleep=found.asleep)

    def forget(self, instance_id: InstanceId) -> bool:
        """It is well, or gone; answers whether it was failing."""
        found = self._failing.pop(instance_id, None)
        if found is not None:
            self._domains.pop(found.domain, None)
        return found is not None

    def forget_some(self, chosen: Callable[[InstanceId], bool]) -> None:
        """Others see to these."""
        for number in [number for number in self._failing if chosen(number)]:
            self.forget(number)

    def take(self, most: int) -> list[InstanceId]:
        """Instances to be tried now, those first that wait longest. Each has to be put, postponed or forgotten afterwards."""
        self._count()
        taken: list[InstanceId] = []
        while len(taken) < most and self._tries >= 1.0 and (first := self._first()) is not None and first[0] <= self._clock():
            heapq.heappop(self._heap)
            self._tries -= 1.0
            taken.append(first[1])
        return taken

    def succeeded(self) -> None:
        """A try cost nothing."""
        self._tries = min(self._tries + 1.0, BURST)

    def seconds(self) -> float | None:
        """Until `take` may give something; None when nothing fails."""
        first = self._first()
        if first is None:
            return None
        self._count()
        return max(first[0] - self._clock(), (1.0 - self._tries) / self._rate, 0.0)

    def _first(self) -> tuple[float, InstanceId] | None:
        """The next entry that still holds; others lie in the heap until they come up."""
        while self._heap:
            due, instance_id = self._heap[0]
            found = self._failing.get(instance_id)
            if found is not None and found.due == due:
                return due, instance_id
            heapq.heappop(self._heap)
        return None

    def _count(self) -> None:
        now = self._clock()
        self._tries = min(self._tries + (now - self._counted_at) * self._rate, BURST)
        self._counted_at = now
