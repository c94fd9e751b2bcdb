"""Who there is in a data set: hosts, people and communities, who follows what, and how active each of them is."""

from itertools import accumulate
from random import Random

from lemmy_lite.model.clock import DAY
from tests.bench.data.sizes import LOCAL_COMMUNITIES, READERS, VOTERS, Size

_ON_THE_LARGEST_HOST = 0.4
_POOL = 1 << 20


class Zipf:
    """Draws numbers below `count`, the first the most often: the weight of number n is 1 / (n + 1)."""

    def __init__(self, random: Random, count: int) -> None:
        self.count = count
        self._random = random
        self._weights = list(accumulate(1 / (rank + 1) for rank in range(count)))
        self._pool: list[int] = []
        self._next = 0

    def draw(self, number: int) -> list[int]:
        """So many numbers, repeats among them. Draws come from a pool made in bulk, ten times as fast as one by one."""
        if self._next + number > len(self._pool):
            self._pool = self._random.choices(range(self.count), cum_weights=self._weights, k=max(_POOL, number))
            self._next = 0
        self._next += number
        return self._pool[self._next - number : self._next]

    def one(self) -> int:
        """One number."""
        return self.draw(1)[0]

    def different(self, number: int) -> set[int]:
        """So many numbers, each once. Who wants a large part of all gets an even choice, as the draws would repeat without end."""
        if number > self.count // 10:
            return set(self._random.sample(range(self.count), number))
        found = set(self.draw(number))
        while len(found) < number:
            found.update(self.draw(number - len(found)))
        return found


class Population:
    """People and communities by index, 0 being the most active. Host -1 is this instance."""

    def __init__(self, size: Size, seed: int) -> None:
        random = Random(f"{seed} population")
        self.size = size
        self.hosts = [f"lemmy-{number:04}.invalid" for number in range(size.hosts)]
        self.person_host = [self._host(random) for _ in range(size.people)]
        step = size.people // size.locals
        self.local_people = [step * number + step // 2 for number in range(size.locals)]
        for person in self.local_people:
            self.person_host[person] = -1
        self.person_name = [f"person_{index}" for index in range(size.people)]
        for name, person in zip([*READERS, *VOTERS], reversed(self.local_people), strict=False):
            self.person_name[person] = name
        self.community_host = [self._host(random) for _ in range(size.communities)]
        for number in range(LOCAL_COMMUNITIES):
            self.community_host[number * size.communities // LOCAL_COMMUNITIES + 2] = -1
        self.community_age = [DAY + random.randrange(1_000 * DAY) for _ in range(size.communities)]
        self.bots = {index for index in range(size.people) if self.person_host[index] != -1 and random.random() < 0.01}
        self.follows = self._follows(random)
        self.people = Zipf(random, size.people)
        self.communities = Zipf(random, size.communities)

    def _host(self, random: Random) -> int:
        return 0 if random.random() < _ON_THE_LARGEST_HOST else random.randrange(1, self.size.hosts)

    def person(self, name: str) -> int:
        """The index of a person with a name of their own."""
        return self.person_name.index(name)

    def _follows(self, random: Random) -> list[tuple[int, int]]:
        """(person, community), sorted. Remote people follow local communities alone: of the others we would not know."""
        everything = range(self.size.communities)
        ours = [index for index in everything if self.community_host[index] == -1]
        found: list[tuple[int, int]] = []
        for person in range(self.size.people):
            if self.person_host[person] != -1:
                wanted = [random.choice(ours)] if random.random() < 0.1 else []
            else:
                number = READERS.get(self.person_name[person], random.randint(3, 40))
                wanted = sorted(random.sample(everything, min(number, self.size.communities)))
            found.extend((person, community) for community in wanted)
        return found
