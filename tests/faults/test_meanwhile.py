"""Whoever should be at it all the while and is not breaks a case."""

from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, wait

import pytest

from tests.faults.meanwhile import Meanwhile, meanwhile


def _goes_on(others: Meanwhile[str]) -> str:
    others.first.set()
    others.over.wait(60)
    return "done"


def _is_refused(others: Meanwhile[str]) -> str:
    raise AssertionError("as much as one person may upload in a day")


def _gives_up(others: Meanwhile[str]) -> str:
    return "gave up"


def _is_wrong_in_the_end(others: Meanwhile[str]) -> str:
    others.over.wait(60)
    raise AssertionError("answered wrongly in the end")


def test_those_who_go_on_to_the_end_tell_what_they_ended_with() -> None:
    with meanwhile(_goes_on, _goes_on) as others:
        others.begun()
        others.still_at_it()
    assert others.results() == ["done", "done"]


@pytest.mark.parametrize(("deed", "said"), [(_is_refused, "may upload in a day"), (_gives_up, "1 of 2 who should be at it")])
def test_who_stops_in_the_middle_breaks_the_case(deed: Callable[[Meanwhile[str]], str], said: str) -> None:
    with pytest.raises(AssertionError, match=said), meanwhile(_goes_on, deed) as others:  # though nobody asks
        wait(others.doing, return_when=FIRST_COMPLETED)
    with meanwhile(_goes_on, deed) as others:
        wait(others.doing, return_when=FIRST_COMPLETED)
        with pytest.raises(AssertionError, match=said):
            others.still_at_it()
        with pytest.raises(AssertionError, match=said):
            others.end()
        others.over.set()
        others.doing.pop()


def test_who_fails_in_the_end_breaks_the_case() -> None:
    with pytest.raises(AssertionError, match="wrongly in the end"), meanwhile(_goes_on, _is_wrong_in_the_end):
        pass


def test_another_failure_is_told_with_that_of_those_who_stopped() -> None:
    def lost() -> None:
        with meanwhile(_goes_on, _is_refused) as others:
            wait(others.doing, return_when=FIRST_COMPLETED)
            raise AssertionError("a backup is lost")

    with pytest.raises(AssertionError, match="a backup is lost") as found:
        lost()
    assert "may upload in a day" in found.value.__notes__[0]


def test_nobody_who_begins_is_waited_for_in_vain() -> None:
    with pytest.raises(AssertionError, match="may upload in a day"), meanwhile(_is_refused) as others:
        others.begun()
