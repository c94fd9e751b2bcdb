"""Guesses: so many an hour for each secret, and not one more for coming at once, from elsewhere or under other spellings of the time."""

from lemmy_lite.crypto.guesses import Guesses
from lemmy_lite.model.clock import HOUR, MINUTE


class Watch:
    """A monotonic clock that a test moves."""

    def __init__(self) -> None:
        self.now = 5 * HOUR

    def __call__(self) -> int:
        return self.now


def looked_at(guesses: Guesses, secret: str, tries: int = 100) -> int:
    return sum(guesses.spend(secret, 30) for _ in range(tries))


def test_an_hour_has_so_many_and_they_come_back_one_by_one() -> None:
    watch = Watch()
    guesses = Guesses(now=watch)
    assert looked_at(guesses, "ada") == 30
    watch.now += 2 * MINUTE - 1
    assert looked_at(guesses, "ada") == 0
    watch.now += 1
    assert looked_at(guesses, "ada") == 1
    watch.now += 20 * MINUTE
    assert (looked_at(guesses, "ada"), looked_at(guesses, "bert")) == (10, 30)


def test_what_was_refused_is_not_held_against_anybody() -> None:
    watch = Watch()
    guesses = Guesses(now=watch)
    looked_at(guesses, "ada", 10_000)
    watch.now += HOUR
    assert looked_at(guesses, "ada") == 30


def test_the_right_one_forgives_those_before_it() -> None:
    guesses = Guesses(now=Watch())
    for _ in range(5):
        assert looked_at(guesses, "ada", 29) == 29
        guesses.forgive("ada")
    assert len(guesses) == 0


def test_no_crowd_of_others_makes_it_forget_who_is_guessed_most() -> None:
    guesses = Guesses(now=Watch(), most_remembered=100)
    looked_at(guesses, "ada")
    for number in range(1000):
        guesses.spend(f"somebody {number} \ud800", 30)
    assert len(guesses) <= 100
    assert looked_at(guesses, "ada") == 0
