"""The order of sending: many at once, one after the other for each object."""

import random

from lemmy_lite.federation.queue import Queue
from lemmy_lite.model.ids import ActivityId
from lemmy_lite.storage.tables.sent_activity import SentActivity


def activity(number: int, about: str, inboxes: list[str] | None = None) -> SentActivity:
    return SentActivity(
        id=ActivityId(number),
        ap_id=f"https://a.example/activities/{number}",
        published=number,
        sensitive=False,
        actor_ap_id="https://a.example/u/ann",
        object_ap_id=about,
        everyone=False,
        inboxes=inboxes or [],
        data=b"{}",
    )


def loaded(*about: str) -> Queue:
    queue = Queue(ActivityId(0))
    queue.load([activity(number, each) for number, each in enumerate(about, 1)], ActivityId(len(about)))
    return queue


def test_activities_about_different_objects_go_at_once_and_those_about_one_wait() -> None:
    queue = loaded("a", "b", "a", "c")
    started = [found.id for found in iter(queue.next, None)]
    assert started == [1, 2, 4]
    queue.settle(ActivityId(1))
    third = queue.next()
    assert third is not None
    assert third.id == 3


def test_the_cursor_stands_before_the_first_that_is_not_settled() -> None:
    queue = loaded("a", "b", "c")
    list(iter(queue.next, None))
    queue.settle(ActivityId(2))
    assert queue.cursor == 0
    queue.settle(ActivityId(1))
    assert queue.cursor == 2
    queue.settle(ActivityId(3))
    assert queue.cursor == 3
    assert queue.is_empty


def test_activities_that_do_not_concern_the_instance_are_passed_over() -> None:
    queue = Queue(ActivityId(10))
    queue.load([activity(15, "a")], ActivityId(20))
    assert queue.cursor == 14
    assert queue.next() is not None
    queue.settle(ActivityId(15))
    assert queue.cursor == 20


def test_what_is_postponed_comes_first_again() -> None:
    queue = loaded("a", "a", "b")
    first = queue.next()
    assert first is not None
    queue.postpone(first.id)
    assert queue.next() == first
    assert queue.cursor == 0


def test_in_any_order_of_answers_each_object_keeps_its_order_and_everything_is_sent() -> None:
    for seed in range(50):
        chance = random.Random(seed)
        about = [chance.choice("abc") for _ in range(30)]
        queue = loaded(*about)
        under_way: list[SentActivity] = []
        sent: list[SentActivity] = []
        while not queue.is_empty:
            while len(under_way) < 4 and (found := queue.next()):
                under_way.append(found)
            done = under_way.pop(chance.randrange(len(under_way)))
            if chance.random() < 0.3:
                queue.postpone(done.id)
            else:
                sent.append(done)
                queue.settle(done.id)
        assert len(sent) == len(about)
        for each in "abc":
            numbers = [found.id for found in sent if found.object_ap_id == each]
            assert numbers == sorted(numbers)


def test_the_oldest_thing_that_is_not_settled_tells_how_far_behind_an_instance_is() -> None:
    queue = loaded("a", "b", "a")
    assert queue.oldest == 1
    queue.settle(ActivityId(1))
    assert queue.oldest == 2
    queue.settle(ActivityId(2))
    queue.settle(ActivityId(3))
    assert queue.oldest is None
