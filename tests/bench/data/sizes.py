"""The three data sets of the plan (performance.md, part 3), and what is fixed about each of them."""

from typing import NamedTuple

COMMENTS_PER_POST = 5
VOTES_PER_POST = 25

PASSWORD = "lemmylemmy"
"""Of the admin and of every local account."""

READERS = {"reader_0": 0, "reader_86": 86, "reader_500": 500}
"""Accounts that differ in nothing but how many communities they follow; each has READ_MARKS posts read and BLOCKS people blocked."""

VOTERS = tuple(f"voter_{number:02}" for number in range(1, 17))
READ_MARKS = 2_000
BLOCKS = 50

LONG_THREAD = "A thread of 1,000 comments"
PAGE_THREAD = "A thread of 200 comments"
CHAIN = "A chain of 150 answers"
THREADS = {LONG_THREAD: 1_000, PAGE_THREAD: 200, CHAIN: 150}
"""Posts that every data set has, two to three days old, with exactly so many visible comments."""

RARE_WORD = "quokkasaurus"
COMMON_WORD = "station"


class Size(NamedTuple):
    """How much of everything. Local people, with accounts, are one in a hundred; ten communities are local. `fresh` is the share of posts
    that are younger than a week, the window in which ranks decay."""

    name: str
    posts: int
    communities: int
    people: int
    hosts: int
    fresh: float = 0.06

    @property
    def locals(self) -> int:
        """How many of the people have an account here."""
        return max(60, self.people // 100)


SIZES = {
    size.name: size
    for size in (
        Size("S", posts=10_000, communities=150, people=5_000, hosts=50),
        Size("M", posts=100_000, communities=1_500, people=30_000, hosts=500),
        Size("L", posts=1_000_000, communities=3_000, people=100_000, hosts=1_500),
    )
}
LOCAL_COMMUNITIES = 10
