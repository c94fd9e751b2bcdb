"""Runs cases one after the other, each in a folder of its own."""

import contextlib
import functools
import json
import shutil
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from tests import postgres
from tests.faults.case import Case, Lacking, Trial
from tests.ports import ports

HELD, BROKE, LACKING = "held", "broke", "could not run"


@dataclass(frozen=True)
class Outcome:
    """One run of a case. What held with patience says so in its `result`: its sentence was shown with longer seconds."""

    id: str
    sentence: str
    database: str
    unit: str
    full: int
    times: int
    done: int
    result: str
    why: str
    seconds: float
    began: str
    seed: int
    patience: float
    figures: dict[str, float | int | str]
    command: str

    @property
    def held(self) -> bool:
        """Whether it held, with whatever patience."""
        return self.result.startswith(HELD)


def run(
    cases: Sequence[Case],
    *,
    databases: Sequence[str],
    times: Callable[[Case, str], int],
    seed: int,
    patience: float = 1.0,
    tell: Callable[[Case, Trial], None],
    ended: Callable[[Outcome], None],
) -> list[Outcome]:
    """Every case on each of its databases; what one does never stops the next. `ended` hears of each outcome at once."""
    outcomes = []
    port = ports()
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(postgres.running()) if any(_uses(case, databases, "postgres") for case in cases) else None
        for case in cases:
            for database in (each for each in case.databases if each in databases):
                with _database(server if database == "postgres" else None) as url:
                    folder = Path(tempfile.mkdtemp(prefix=f"faults-{case.id}-"))
                    trial = Trial(folder, database, times(case, database), port, postgres=url, seed=seed, patience=patience)
                    trial.whole = trial.times >= case.full
                    trial.tell = functools.partial(tell, case)
                    outcomes.append(_tried(case, trial))
                    ended(outcomes[-1])
    return outcomes


def hold(case: Case, trial: Trial) -> None:
    """Raises AssertionError where the case does not hold, or did less than it was asked for; Lacking where it cannot run."""
    case.act(trial)
    assert trial.done >= trial.times, f"only {trial.done} of {trial.times} {case.unit} were done"


def _uses(case: Case, databases: Sequence[str], database: str) -> bool:
    return database in databases and database in case.databases


@contextlib.contextmanager
def _database(server: postgres.Postgres | None) -> Iterator[str | None]:
    if server is None:
        yield None
        return
    url = server.create()
    try:
        yield url
    finally:
        server.drop(url)


def _tried(case: Case, trial: Trial) -> Outcome:
    began, since = time.strftime("%Y-%m-%d %H:%M:%SZ", time.gmtime()), time.monotonic()
    result, why = with_patience(HELD, trial.patience), ""
    try:
        hold(case, trial)
    except Lacking as error:
        result, why = LACKING, str(error)
    except Exception as error:  # whatever happens to one case, the others run, and its folder stays for whoever looks into it
        result, why = (
            with_patience(BROKE, trial.patience),
            f"{str(error) or type(error).__name__}\n{traceback.format_exc()}\nWhat it left: {trial.folder}",
        )
    if not result.startswith(BROKE):
        shutil.rmtree(trial.folder, ignore_errors=True)
    return Outcome(
        id=case.id,
        sentence=case.sentence,
        database=trial.database,
        unit=case.unit,
        full=case.full,
        times=trial.times,
        done=trial.done,
        result=result,
        why=why,
        seconds=round(time.monotonic() - since, 1),
        began=began,
        seed=trial.seed,
        figures=trial.figures,
        patience=trial.patience,
        command=_command(case, trial),
    )


def with_patience(result: str, patience: float) -> str:
    """A result, with the patience it was granted unless that is the one of the sentences."""
    return result if patience == 1 else f"{result} with patience {patience:g}"


def _command(case: Case, trial: Trial) -> str:
    patience = "" if trial.patience == 1 else f" --patience {trial.patience:g}"
    return f"scripts/faults {case.id} --database {trial.database} --times {trial.times} --seed {trial.seed}{patience}"


def written(outcomes: Sequence[Outcome], about: dict[str, str]) -> str:
    """The outcomes as JSON."""
    return json.dumps({"about": about, "outcomes": [asdict(outcome) for outcome in outcomes]}, indent=1, ensure_ascii=False) + "\n"


def table(outcomes: Sequence[Outcome]) -> str:
    """The outcomes for a terminal: a line each with its figures below, then why something broke."""
    lines = []
    for each in outcomes:
        lines.append(
            f"{each.id}  {each.result:<13} {each.done:>6,} done, full {each.full:>6,} {each.unit:<12} {each.database:<8} "
            f"{each.seconds:>8,.0f} s  {each.command}"
        )
        lines.append(f"     {each.sentence}")
        if each.patience != 1:
            lines.append(
                f"     NOT AS THE SENTENCE SAYS: with --patience {each.patience:g} its seconds were multiplied by {each.patience:g}."
            )
        if each.figures:
            lines.append("     " + ", ".join(f"{name} {_told(value)}" for name, value in each.figures.items()))
    lines += [f"\n{each.id} on {each.database} {each.result}: {each.why}" for each in outcomes if each.why]
    return "\n".join(lines)


def _told(value: float | int | str) -> str:
    return f"{value:,.3g}" if isinstance(value, float) and abs(value) < 1000 else f"{value:,.0f}" if not isinstance(value, str) else value
