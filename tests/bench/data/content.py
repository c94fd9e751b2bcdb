"""What people wrote: posts and comments with their times, places in a thread and numbers of votes; no text yet.

Everything is held in arrays by index, the oldest first, so that an index is also the order of arrival and thereby of ids.
"""

import math
from array import array
from bisect import bisect_left
from random import Random

from lemmy_lite.model.clock import DAY, HOUR, SECOND, Micros
from tests.bench.data.population import Population
from tests.bench.data.sizes import CHAIN, COMMENTS_PER_POST, THREADS, Size

_SPAN = 912 * DAY
_FRESH = 7 * DAY
_COMMENTS_FOR = 3 * DAY
_WITHOUT_COMMENTS = 0.45
_MOST_VOTES = 4_000
_PARENTS = 60
_AT_THE_TOP = 0.25
NONE = -1


def daily(random: Random) -> float:
    """A time of day as a fraction, three times as likely at the peak as in the trough."""
    while True:
        part = random.random()
        if random.random() * 1.5 < 1 + 0.5 * math.sin(2 * math.pi * part):
            return part


class Posts:
    """Posts, the oldest first. `upvotes` hold the author's own."""

    def __init__(self, size: Size, population: Population, now: Micros, random: Random) -> None:
        self.published = array("q", sorted(self._time(now, size.fresh, random) for _ in range(size.posts)))
        self.creator = array("l", population.people.draw(size.posts))
        self.community = array("l", population.communities.draw(size.posts))
        self.gone = bytearray(random.random() < 0.01 for _ in range(size.posts))
        most = min(_MOST_VOTES, size.people // 3)
        # A lognormal score with the median of the plan (10) means 36 votes a post, but the plan's number of all votes leaves room for 17.
        self.upvotes = array("l", (1 + min(most, int(random.lognormvariate(1.5, 1.6))) for _ in range(size.posts)))
        self.downvotes = array("l", (self._downvotes(ups, random) for ups in self.upvotes))
        self.comments = array("l", (self._comments(random) for _ in range(size.posts)))
        self.named: dict[int, str] = {}
        first = bisect_left(self.published, now - 3 * DAY)
        for number, (name, comments) in enumerate(THREADS.items()):
            place = first + 7 * number
            self.named[place] = name
            self.gone[place] = False
            self.comments[place] = comments

    @staticmethod
    def _time(now: Micros, fresh: float, random: Random) -> Micros:
        """So many within the last week, the rest over two and a half years; all of them in the past, by a second at least."""
        days = random.random() * _FRESH if random.random() < fresh else _FRESH + random.random() * (_SPAN - _FRESH)
        midnight = (now - int(days)) // DAY * DAY
        return min(midnight + int(daily(random) * DAY), now - SECOND - random.randrange(HOUR))

    @staticmethod
    def _downvotes(upvotes: int, random: Random) -> int:
        share = random.uniform(0.3, 1.3) if random.random() < 0.03 else random.expovariate(25)
        return int(min(upvotes * share, _MOST_VOTES) + random.random() * 0.5)

    @staticmethod
    def _comments(random: Random) -> int:
        """45 % have none, the others nine in the mean, with a tail beyond a thousand."""
        return 0 if random.random() < _WITHOUT_COMMENTS else max(1, min(3_000, round(random.lognormvariate(1.35, 1.3))))


class Comments:
    """Comments of all posts, the oldest first. `parent` is an index, NONE at the top level; parents come before their children."""

    def __init__(self, posts: Posts, population: Population, now: Micros, random: Random) -> None:
        times, homes, parents = array("q"), array("l"), array("l")
        for post, number in enumerate(posts.comments):
            if not number:
                continue
            start, chained, since = len(times), posts.named.get(post) == CHAIN, posts.published[post]
            window = min(now - since - 1, _COMMENTS_FOR)
            times.extend(sorted(since + 1 + int(window * random.random() ** 2) for _ in range(number)))
            homes.extend([post] * number)
            for place in range(number):
                if place == 0 or (not chained and random.random() < _AT_THE_TOP):
                    parents.append(NONE)
                else:
                    back = 1 if chained else 1 + min(int(random.expovariate(1 / 5)), place - 1, _PARENTS - 1)
                    parents.append(start + place - back)
        order = sorted(range(len(times)), key=times.__getitem__)
        place_of = array("l", [0]) * len(order)
        for place, index in enumerate(order):
            place_of[index] = place
        self.published = array("q", (times[index] for index in order))
        self.post = array("l", (homes[index] for index in order))
        self.parent = array("l", (place_of[parents[index]] if parents[index] != NONE else NONE for index in order))
        self.creator = array("l", population.people.draw(len(order)))
        self.gone = bytearray(random.random() < 0.01 and post not in posts.named for post in self.post)
        self.upvotes = array("l", (1 + min(800, int(random.lognormvariate(-0.75, 1.25))) for _ in order))
        self.downvotes = array("l", (int(random.random() < 0.06) + int(random.random() < 0.01) * 4 for _ in order))

    def __len__(self) -> int:
        return len(self.published)

    def path(self, index: int, first_id: int) -> str:
        """The ids from the root to a comment itself, where the first comment has `first_id`."""
        numbers = []
        while index != NONE:
            numbers.append(str(index + first_id))
            index = self.parent[index]
        return ".".join(["0", *reversed(numbers)])


class Content:
    """Posts and comments of a data set, ending at `now`."""

    def __init__(self, size: Size, population: Population, now: Micros, seed: int) -> None:
        self.now = now
        self.posts = Posts(size, population, now, Random(f"{seed} posts"))
        self.comments = Comments(self.posts, population, now, Random(f"{seed} comments"))
        self.votes = sum(sum(kind) for part in (self.posts, self.comments) for kind in (part.upvotes, part.downvotes))
        self.expected_comments = size.posts * COMMENTS_PER_POST
