"""Every target: kept inputs again, and some new ones, the same in every run. `scripts/fuzz` goes on for as long as one likes."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fuzz import inputs, quick, running
from tests.fuzz.table import TARGETS
from tests.fuzz.target import CORPUS, Bench, Broken, Kind, Target

LARGEST = 20_000
"""Bytes of a kept input: what is larger was not made small."""


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.id)
def test_what_must_hold_holds_for_kept_inputs_and_new_ones(target: Target, tmp_path: Path) -> None:
    with target.opened(tmp_path) as bench:
        for path in target.corpus:
            try:
                with running.bounded():
                    bench.check(target.kind.read(path.read_bytes()))
            except Exception as error:
                raise Broken(f"{path.relative_to(CORPUS)}: {error}") from error
        new = settings(
            max_examples=target.examples, derandomize=True, deadline=None, database=None, suppress_health_check=list(HealthCheck)
        )
        new(given(bench.strategy)(bench.check))()


def test_the_readme_says_of_each_target_what_the_table_says() -> None:
    lines = (Path(__file__).parent / "README.md").read_text(encoding="utf-8").splitlines()
    rows = [tuple(cell.strip() for cell in line.strip("|").split("|")) for line in lines if line.startswith("| `")]
    assert rows == [(f"`{target.id}`", target.fed, target.holds, "yes" if target.guided else "") for target in TARGETS]


def test_every_kept_input_belongs_to_a_target_is_small_and_reads() -> None:
    assert {folder.name for folder in CORPUS.iterdir()} <= {target.id for target in TARGETS}
    for target in TARGETS:
        for path in target.corpus:
            assert path.suffix == target.kind.value, path
            assert path.stat().st_size <= LARGEST, path
            target.kind.read(path.read_bytes())


@pytest.mark.parametrize("kind", Kind)
def test_an_input_survives_being_kept(kind: Kind) -> None:
    value = {Kind.BYTES: b"\x00\xff", Kind.TEXT: "a\ud800\u00e9\0", Kind.JSON: {"a": ["\ud800", None, 2**70]}}[kind]
    assert kind.read(kind.written(value)) == value


def test_a_run_finds_what_breaks_keeps_the_smallest_and_looks_for_more() -> None:
    def check(text: str) -> None:
        if "a" in text:
            raise ValueError("a letter")
        if len(text) > 3:
            raise KeyError("it is long")

    @contextmanager
    def opened(_folder: Path) -> Iterator[Bench]:
        yield Bench(st.text("abc0123456789", max_size=12), check)

    target = Target("planted", "", "", Kind.TEXT, opened, spell=500)
    tally = running.run(target, 60.0, 1, lambda tally: setattr(tally, "until", tally.until if tally.executions < 3000 else 0.0))
    found = {mark.split()[0]: finding.value for mark, finding in tally.found.items()}
    assert found.keys() == {"ValueError", "KeyError"}
    assert found["ValueError"] == "a"


def test_plain_chance_finds_what_breaks_a_target_of_texts_and_makes_it_small() -> None:
    def check(text: str) -> None:
        if "**" in text and "[" in text:
            raise ValueError("both")

    @contextmanager
    def opened(_folder: Path) -> Iterator[Bench]:
        yield Bench(st.text(), check)

    target = Target("markdown", "", "", Kind.TEXT, opened)
    assert quick.suits(target)
    tally = quick.run(target, 60.0, 1, lambda tally: setattr(tally, "until", 0.0 if tally.found else tally.until))
    assert [sorted(finding.value) for finding in tally.found.values()] == [["*", "*", "["]]


def test_a_hang_is_found() -> None:
    def forever() -> None:
        with running.bounded(0.05):
            while True:
                pass

    with pytest.raises(running.Hang):
        forever()


def test_what_broke_is_made_small_by_leaving_out() -> None:
    assert inputs.minimised("x" * 50 + "<b>" + "y" * 70 + "</b>", lambda text: "<b>" in text and "</b>" in text) == "<b></b>"


def test_words_are_strings_and_stand_once() -> None:
    for path in (Path(__file__).parent / "words").iterdir():
        found = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        assert len(set(found)) == len(found) > 5, path.name
