"""The soak finds what grows and what answers wrongly, and a short one finds nothing."""

import asyncio
from collections import Counter
from pathlib import Path

import pytest

from tests.load import samples
from tests.load.samples import LEAST_SAMPLES, Sample, judged, slope
from tests.load.soak import Found, soak

SHORT_MINUTES = 0.12


def look(number: int, **grown: float) -> Sample:
    """The look of a minute: a process that stays as it is, but for what is said."""
    flat = {"seconds": number * 60.0, "pss": 80.0, "family": 80.0, "handles": 40, "threads": 9, "wal": 2**20, "data": 2**20}
    return Sample(**{**flat, **grown})  # type: ignore[arg-type]  # of the right types


def bad(seen: list[Sample]) -> list[str]:
    return [finding.name.partition(",")[0] for finding in judged(seen) if finding.good is False]


def test_what_stays_flat_is_good_even_where_single_looks_are_high() -> None:
    seen = [look(number, pss=80.0 + (30 if number % 7 == 0 else 0), handles=40 + number % 5) for number in range(90)]
    assert bad(seen) == []
    assert all(finding.good for finding in judged(seen))


def test_a_leak_of_memory_handles_threads_or_log_is_found() -> None:
    assert bad([look(number, pss=80 + number * 0.5) for number in range(90)]) == ["memory", "memory"]
    assert bad([look(number, pss=200 + number * 0.15) for number in range(90)]) == ["memory"], "slowly, over a long time"
    assert bad([look(number, handles=40 + number) for number in range(90)]) == ["open files"]
    assert bad([look(number, threads=9 + number // 10) for number in range(90)]) == ["threads"]
    assert bad([look(number, wal=samples.MOST_WAL + 1 if number == 3 else 0) for number in range(90)]) == ["largest log"]


def test_a_short_run_is_not_judged_by_its_slope() -> None:
    short = [look(number)._replace(seconds=number * 1.0, pss=80 + number * 0.01) for number in range(40)]
    assert [finding.good for finding in judged(short) if "hour" in finding.name] == [None]
    assert len(judged(short[: LEAST_SAMPLES - 1])) == 1


def test_a_slope_is_that_of_most_points() -> None:
    line = [(hour / 10, 5.0 + hour / 5) for hour in range(30)]
    assert slope(line) == pytest.approx(2.0)
    assert slope([*line, (3.1, 500.0)]) == pytest.approx(2.0, abs=0.2)
    assert slope([]) == 0.0


def test_a_wrong_answer_spoils_a_soak() -> None:
    assert Found(statuses=Counter({200: 5, 404: 1})).good
    assert not Found(statuses=Counter({200: 5, 500: 1})).good
    assert not Found(wrong=1).good
    assert not Found(waiting=1).good
    assert "TOO MUCH" in Found(tracebacks=1).text()


def test_a_short_soak_has_all_right_answers_and_everything_takes_effect(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = asyncio.run(soak(minutes=SHORT_MINUTES, size="S"))
    assert (found.surprises, found.wrong, found.waiting, found.tracebacks, found.left_out) == ([], 0, 0, 0, 0), found.text()
    assert not [status for status in found.statuses if status >= 500]
    assert sum(found.answers.values()) >= SHORT_MINUTES * 60 * 5, "the load was there"
    assert found.delivered, "others were told"
    assert len(found.samples) >= LEAST_SAMPLES
    assert len(found.answers) > 8
