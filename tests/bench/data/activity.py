"""Who was active where, and how lately: the counters of active people, as Lemmy counts them (posts, comments and votes, no bots)."""

from collections.abc import Iterator

from lemmy_lite.model.clock import DAY, HOUR, Micros
from tests.bench.data.population import Population

_PERIODS = {"users_active_day": DAY, "users_active_week": 7 * DAY, "users_active_month": 30 * DAY, "users_active_half_year": 182 * DAY}
_SHIFT = 20


class Activity:
    """The last deed of each person in each community within half a year."""

    def __init__(self, now: Micros, population: Population) -> None:
        self._now = now
        self._population = population
        self._since = now - 182 * DAY
        self._last: dict[int, Micros] = {}

    def note(self, community: int, person: int, when: Micros) -> None:
        """A deed."""
        if when > self._since and person not in self._population.bots:
            key = community << _SHIFT | person
            if self._last.get(key, 0) < when:
                self._last[key] = when

    def rows(self) -> Iterator[tuple[int, int, bool, int]]:
        """Community, person, whether they have an account here, and the hour of their last deed there, in the order of the table."""
        for key, when in sorted(self._last.items()):
            person = key & (1 << _SHIFT) - 1
            yield key >> _SHIFT, person, self._population.person_host[person] == -1, when // HOUR

    def of_communities(self) -> list[list[int]]:
        """For each community how many were active within a day, a week, a month, half a year."""
        found = [[0] * len(_PERIODS) for _ in range(self._population.size.communities)]
        for key, when in self._last.items():
            age, counts = self._now - when, found[key >> _SHIFT]
            for number, period in enumerate(_PERIODS.values()):
                counts[number] += age < period
        return found

    def of_site(self) -> dict[str, int]:
        """The same of the whole site: people with an account here, wherever they were active."""
        last: dict[int, Micros] = {}
        for key, when in self._last.items():
            person = key & (1 << _SHIFT) - 1
            if self._population.person_host[person] == -1:
                last[person] = max(last.get(person, 0), when)
        return {name: sum(self._now - when < period for when in last.values()) for name, period in _PERIODS.items()}
