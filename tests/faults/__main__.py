"""`scripts/faults`: does the cases to real instances and says what held."""

import platform
import sys
import time
from pathlib import Path

import click

from lemmy_lite import __version__
from tests.faults.case import BOTH, Case, Trial
from tests.faults.cases import CASES
from tests.faults.run import HELD, Outcome, run, table, with_patience, written

_WIDTH = 30


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("names", nargs=-1, metavar="[CASE]...")
@click.option("--short", is_flag=True, help="The numbers of the test run instead of the full ones.")
@click.option("--times", type=click.IntRange(min=1), help="So many instead.")
@click.option("--database", type=click.Choice(BOTH), help="On one database alone.")
@click.option(
    "--patience",
    default=1.0,
    show_default=True,
    type=click.FloatRange(min=1),
    help="What seconds are multiplied by where the machine has other work to do; every outcome says so.",
)
@click.option("--seed", default=1, show_default=True, help="Another seed gives other random moments.")
@click.option(
    "--json", "json_file", type=click.Path(dir_okay=False, path_type=Path), help="Write the outcomes to a file, each as it comes."
)
def main(
    names: tuple[str, ...], short: bool, times: int | None, database: str | None, patience: float, seed: int, json_file: Path | None
) -> None:
    """Do the named cases (R01, R02, …), or all. tests/faults/README.md says what each does; exit code 1 when one did not hold."""
    cases = _chosen(names)
    about = {
        "version": __version__,
        "python": platform.python_version(),
        "machine": platform.platform(),
        "began": time.strftime("%Y-%m-%d %H:%M:%SZ", time.gmtime()),
    }
    ends: list[Outcome] = []

    def ended(outcome: Outcome) -> None:
        ends.append(outcome)
        _clear()
        click.echo(table([outcome]))
        if json_file is not None:
            json_file.write_text(written(ends, about), encoding="utf-8")

    def number(case: Case, on: str) -> int:
        return times or (case.few(on) if short else case.full)

    run(
        cases,
        databases=(database,) if database else BOTH,
        times=number,
        seed=seed,
        patience=patience,
        tell=_Told(),
        ended=ended,
    )
    held = sum(each.held for each in ends)
    others = "".join(f"; {each.id} on {each.database}: {each.result}" for each in ends if not each.held)
    click.echo(f"\n{held} of {len(ends)} {with_patience(HELD, patience)}{others}")
    sys.exit(0 if held == len(ends) else 1)


def _chosen(names: tuple[str, ...]) -> tuple[Case, ...]:
    known = {case.id: case for case in CASES}
    unknown = [name for name in names if name.upper() not in known]
    if unknown:
        raise click.UsageError(f"there is no case {', '.join(unknown)}; there are {', '.join(known)}")
    return tuple(known[name.upper()] for name in names) or CASES


class _Told:
    """How far a case is: a bar on a terminal, a line a minute elsewhere."""

    def __init__(self) -> None:
        self._told = time.monotonic()

    def __call__(self, case: Case, trial: Trial) -> None:
        terminal = sys.stderr.isatty()
        if time.monotonic() - self._told < (0.2 if terminal else 60):
            return
        self._told = time.monotonic()
        counted = f"{case.id} {trial.database} {trial.done:,} of {trial.times:,} {case.unit}"
        if not terminal:
            click.echo(f"{time.strftime('%H:%M')}  {counted}", err=True)
            return
        filled = min(_WIDTH, round(trial.done / trial.times * _WIDTH))
        click.echo(f"\r\033[K{counted:<40} {'█' * filled}{'░' * (_WIDTH - filled)}", err=True, nl=False)


def _clear() -> None:
    if sys.stderr.isatty():
        click.echo("\r\033[K", err=True, nl=False)


if __name__ == "__main__":
    main()
