"""Dead hosts cost two tries a second however many they are, spread by chance, and are not forgotten. Time is counted, not waited for."""

import random
from collections import Counter

from lemmy_lite import config
from lemmy_lite.federation import backoff
from lemmy_lite.federation.schedule import BURST, TRIES_PER_SECOND, Schedule
from lemmy_lite.model.clock import DAY, HOUR, SECOND
from lemmy_lite.model.ids import InstanceId

DEAD = 10_000
CONFIG = config.read({"hostname": "home.example"}, environment={})


class Hands:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


def failing(hands: Hands, seconds: list[float]) -> Schedule:
    schedule = Schedule(clock=hands)
    for number, each in enumerate(seconds):
        schedule.put(InstanceId(number), f"h{number}.example", each, asleep=False)
    return schedule


def test_ten_thousand_dead_hosts_get_two_tries_a_second_at_most_from_their_first_failure_to_their_sleep() -> None:
    hands = Hands()
    schedule = failing(hands, [random.uniform(0, 1) for _ in range(DEAD)])
    failures, tries_of_hour = Counter[InstanceId](), Counter[int]()
    first = hands.seconds
    for _ in range(6 * 24 * 60 * 6):  # six days in steps of ten seconds
        hands.seconds += 10
        for number in schedule.take(1000):
            failures[number] += 1
            tries_of_hour[int((hands.seconds - first) // 3600)] += 1
            failure = backoff.failure(CONFIG, failures[number], int((hands.seconds - first) * SECOND), 0.0)
            schedule.put(number, f"h{number}.example", failure.seconds, asleep=failure.asleep)
    assert max(tries_of_hour.values()) <= 3600 * TRIES_PER_SECOND + BURST
    assert len(failures) == DEAD, "each was tried"
    assert schedule.asleep == DEAD
    last_day = [tries_of_hour[hour] for hour in range(5 * 24, 6 * 24)]
    assert sum(last_day) < 1.3 * DEAD, "asleep, each gets one probe a day"
    assert max(last_day) < 3 * DEAD / 24, "and not all at the same hour"


def test_after_a_restart_thousands_that_are_due_do_not_come_at_once() -> None:
    hands = Hands()
    schedule = failing(hands, [0.0] * DEAD)
    assert schedule.take(1000) == []
    hands.seconds += 1
    assert len(schedule.take(1000)) == TRIES_PER_SECOND
    hands.seconds += 3600
    assert len(schedule.take(1000)) == BURST


def test_tries_that_succeed_cost_nothing_so_that_a_line_that_is_back_reaches_everybody_at_once() -> None:
    hands = Hands()
    schedule = failing(hands, [0.0] * 100)
    hands.seconds += 1
    reached = 0
    while taken := schedule.take(1):
        schedule.forget(taken[0])
        schedule.succeeded()
        reached += 1
    assert reached == 100
    assert len(schedule) == 0
    assert schedule.seconds() is None


def test_those_that_wait_longest_come_first_and_who_was_taken_comes_only_when_it_is_put_again() -> None:
    hands = Hands()
    schedule = failing(hands, [30.0, 10.0, 20.0])
    assert schedule.seconds() == 10.0
    hands.seconds += 25
    assert schedule.take(5) == [1, 2]
    assert schedule.take(5) == []
    schedule.postpone(InstanceId(1), 1.0)
    hands.seconds += 1
    assert schedule.take(5) == [1]
    assert schedule.find("h0.example") == 0
    assert schedule.forget(InstanceId(0))
    assert not schedule.forget(InstanceId(0))
    hands.seconds += 100
    assert schedule.take(5) == [], "one is forgotten, and two are under way"


def test_a_host_that_is_put_again_and_again_takes_no_more_room() -> None:
    schedule = failing(Hands(), [1.0] * 10)
    for number in range(10_000):
        schedule.put(InstanceId(number % 10), f"h{number % 10}.example", 5.0, asleep=False)
    assert len(schedule) == 10
    assert len(schedule._heap) < 200


def test_pauses_grow_as_lemmys_with_jitter_and_a_host_that_asks_for_more_gets_it() -> None:
    def pause(failures: int, wait: float = 0.0) -> float:
        return backoff.failure(CONFIG, failures, HOUR, wait).seconds

    assert 0.8 <= pause(1) <= 1.2
    assert 0.8 * 1.25**19 <= pause(20) <= 1.2 * 1.25**19
    assert 0.8 * 86_400 <= pause(5000) <= 1.2 * 86_400
    assert 3600 <= pause(1, wait=3600.0) <= 1.2 * 3600
    assert len({pause(30) for _ in range(20)}) == 20
    alone = backoff.failure(CONFIG, 5000, HOUR, 0.0, all_fail=True).seconds
    assert 0.8 * 300 <= alone <= 1.2 * 300, "where nobody answers it may be our own line, which comes back without telling"
    asleep = backoff.failure(CONFIG, 5, 4 * DAY, 0.0)
    assert asleep.asleep
    assert 0.8 * 86_400 <= asleep.seconds <= 1.2 * 86_400


def test_a_pause_that_was_written_under_a_wrong_clock_ends_within_a_day_or_so() -> None:
    assert backoff.bounded(CONFIG, 2 * 365 * 86_400.0) <= 1.2 * 86_400
    assert backoff.bounded(CONFIG, -5.0) == 0.0
