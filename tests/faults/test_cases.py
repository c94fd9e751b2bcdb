"""Every case of `scripts/faults`, in short; and that the table, the page about it and the command agree."""

import json
import os
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.faults import __main__ as command
from tests.faults.case import SQLITE, Case, Lacking, NotAllowed, Trial
from tests.faults.cases import CASES
from tests.faults.run import hold, run

pytestmark = pytest.mark.faults

EACH = [pytest.param(case, database, id=f"{case.id}-{database}") for case in CASES for database in case.databases]


@pytest.mark.parametrize(("case", "database"), EACH)
def test_an_instance_stands(
    request: pytest.FixtureRequest, case: Case, database: str, tmp_path: Path, free_port: Callable[[], int]
) -> None:
    url = request.getfixturevalue("bare_postgres_url") if database == "postgres" else None
    try:
        hold(case, Trial(tmp_path, database, case.few(database), free_port, postgres=url, patience=4, whole=False))
    except Lacking as error:
        # CI installs every program, but no right: a container may neither mount nor make control groups.
        if os.environ.get("CI") == "true" and not isinstance(error, NotAllowed):
            pytest.fail(str(error), pytrace=False)
        pytest.skip(str(error))


def test_the_table_has_each_case_of_the_plan_once_and_so_has_the_page_about_them(checkout: Path) -> None:
    assert [case.id for case in CASES] == [f"R{number:02}" for number in range(1, 31)]
    page = (checkout / "tests/faults/README.md").read_text()
    told = dict(re.findall(r"^\| (R\d\d) \| ([^|]+) \|", page, re.MULTILINE))
    assert told == {case.id: case.sentence for case in CASES}


def _nothing(trial: Trial) -> None:
    trial.note("figure", 1.5)
    trial.did(trial.times)


def _broken(trial: Trial) -> None:
    assert not trial.times, "a row is lost"


def _too_little(trial: Trial) -> None:
    trial.did(trial.times - 1)


def _impossible(trial: Trial) -> None:
    trial.program("no-such-program")


STANDS = Case("X01", "Nothing happens.", "times", 7, 2, SQLITE, _nothing)


@pytest.mark.parametrize(
    ("act", "result", "why"),
    [
        (_nothing, "held", ""),
        (_broken, "broke", "a row is lost"),
        (_too_little, "broke", "only 6 of 7"),
        (_impossible, "could not run", "no-such-program is missing"),
    ],
)
def test_what_breaks_or_cannot_run_is_told_and_is_no_success(
    act: Callable[[Trial], None], result: str, why: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    (outcome,) = run(
        [replace(STANDS, act=act)],
        databases=SQLITE,
        times=lambda case, database: case.full,
        seed=1,
        tell=lambda case, trial: None,
        ended=lambda outcome: None,
    )
    assert (outcome.result, outcome.command) == (result, "scripts/faults X01 --database sqlite --times 7 --seed 1")
    assert outcome.why.startswith(why)


def test_what_held_with_patience_says_so_wherever_it_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr(command, "CASES", (replace(STANDS, sentence="It is ready within 5 s."),))
    ended = CliRunner().invoke(command.main, ["x01", "--short", "--patience", "3", "--json", str(tmp_path / "outcomes")])
    assert ended.exit_code == 0, ended.output
    outcome, sentence, caution, *_, summary = ended.output.splitlines()
    assert outcome.startswith("X01  held with patience 3 ")
    assert outcome.endswith("scripts/faults X01 --database sqlite --times 2 --seed 1 --patience 3")
    assert sentence.strip() == "It is ready within 5 s."
    assert caution.strip() == "NOT AS THE SENTENCE SAYS: with --patience 3 its seconds were multiplied by 3."
    assert summary == "1 of 1 held with patience 3"
    (kept,) = json.loads((tmp_path / "outcomes").read_text())["outcomes"]
    assert (kept["result"], kept["patience"], kept["command"][-12:]) == ("held with patience 3", 3, "--patience 3")


@pytest.mark.parametrize(("act", "status", "said"), [(_nothing, 0, "1 of 1 held"), (_broken, 1, "X01 on sqlite: broke")])
def test_the_command_tells_a_table_and_the_exit_code(
    act: Callable[[Trial], None], status: int, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr(command, "CASES", (replace(STANDS, act=act),))
    ended = CliRunner().invoke(command.main, ["x01", "--short", "--json", str(tmp_path / "outcomes")])
    assert ended.exit_code == status, ended.output
    assert said in ended.output
    assert '"times": 2' in (tmp_path / "outcomes").read_text()
    assert CliRunner().invoke(command.main, ["R99"]).exit_code == 2
