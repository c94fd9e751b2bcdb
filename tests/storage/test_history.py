"""What is remembered of counters, and for how long."""

from typing import Any, cast

from lemmy_lite.model.clock import HOUR, MINUTE
from lemmy_lite.model.events import PostCounted, PostLocked
from lemmy_lite.model.ids import PersonId, PostId
from lemmy_lite.storage.history import History
from lemmy_lite.storage.query import Transaction

NOBODY: Any = cast(Transaction, None)


def before(score: int, post: int = 1) -> PostCounted:
    return PostCounted(
        post_id=PostId(post),
        published=0,
        score=score,
        upvotes=score,
        downvotes=0,
        comments=0,
        newest_comment_time=0,
        newest_comment_time_necro=0,
    )


class Memory:
    """A history with its clock."""

    def __init__(self, **options: int) -> None:
        self.time = 100
        self.history = History(lambda: self.time, **options)

    def announce(self, *events: PostCounted) -> None:
        for event in events:
            self.history.within(NOBODY, event)

    def settle(self, time: int, *events: PostCounted) -> None:
        self.time = time
        for event in events:
            self.history.after(event)

    def scores(self, moment: int) -> dict[int, int]:
        return {post: counted.score for post, counted in self.history.since(moment).items()}


def test_a_change_counts_from_its_announcement_until_a_moment_after_its_commit() -> None:
    memory = Memory()
    change = before(3)
    memory.announce(change)
    assert memory.scores(100) == memory.scores(10_000) == {1: 3}
    memory.settle(200, change)
    assert memory.scores(199) == {1: 3}
    assert memory.scores(200) == {}


def test_the_earliest_change_since_a_moment_tells_what_was() -> None:
    memory = Memory()
    changes = [before(3), before(4), before(7, post=2), before(5)]
    memory.announce(*changes)
    memory.settle(200, changes[0])
    memory.settle(300, *changes[1:])
    assert memory.scores(150) == {1: 3, 2: 7}
    assert memory.scores(250) == {1: 4, 2: 7}


def test_changes_that_were_undone_are_settled_by_the_next_that_was_not() -> None:
    memory = Memory()
    undone, kept = before(3), before(3)
    memory.announce(undone, kept)
    memory.settle(200, kept)
    assert memory.scores(200) == {}
    assert memory.scores(150) == {1: 3}


def test_what_is_an_hour_old_is_forgotten_at_the_next_change() -> None:
    memory = Memory()
    old, new = before(3), before(9, post=2)
    memory.announce(old)
    memory.settle(200, old)
    memory.time = 200 + HOUR + MINUTE
    memory.announce(new)
    assert memory.scores(150) == {2: 9}


def test_no_more_changes_are_kept_than_allowed_even_when_none_is_ever_committed() -> None:
    memory = Memory(changes=3)
    memory.announce(*(before(number, post=number) for number in range(1, 10)))
    assert sorted(memory.scores(0)) == [7, 8, 9]


def test_other_events_are_left_alone() -> None:
    memory = Memory()
    event = PostLocked(actor_id=PersonId(1), post_id=PostId(1), locked=True)
    memory.history.within(NOBODY, event)
    memory.history.after(event)
    assert memory.scores(0) == {}
