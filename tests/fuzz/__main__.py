"""`scripts/fuzz`: feeds targets for some minutes, and leaves what breaks them in build/fuzz/found."""

import hashlib
import logging
import random
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

import click

from tests.fuzz import guided, quick, running
from tests.fuzz.running import Finding, Tally
from tests.fuzz.table import BY_ID, TARGETS
from tests.fuzz.target import Target

FOUND: Final = Path(__file__).parents[2] / "build" / "fuzz" / "found"
BAR: Final = 30


@click.command(context_settings={"help_option_names": ["-h", "--help"]}, epilog="Targets: " + ", ".join(target.id for target in TARGETS))
@click.argument("names", nargs=-1, metavar="[TARGET]...")
@click.option("--minutes", default=1.0, show_default=True, help="How long each target is fed.")
@click.option("--seed", type=int, help="Where chance begins; another one each time if not given.")
@click.option("--plain", is_flag=True, help="No guidance by atheris, where a target has it.")
def main(names: tuple[str, ...], minutes: float, seed: int | None, plain: bool) -> None:
    """Feed targets, all of them unless some are named. Exits with 1 when something broke."""
    if unknown := sorted(set(names) - set(BY_ID)):
        raise click.UsageError(f"there is no target {', '.join(unknown)}; there are {', '.join(BY_ID)}")
    logging.getLogger("lemmy_lite").addHandler(logging.NullHandler())
    logging.getLogger("lemmy_lite").propagate = False
    chosen = [BY_ID[name] for name in names] or list(TARGETS)
    begin = random.randrange(10**6) if seed is None else seed
    tallies = [_fed(target, minutes * 60, begin, plain) for target in chosen]
    click.echo(f"{'target':12} {'minutes':>8} {'inputs':>11} {'a second':>9} {'findings':>9}   seed {begin}")
    for tally in tallies:
        rate = tally.executions / max(tally.seconds, 0.001)
        click.echo(f"{tally.target.id:12} {tally.seconds / 60:8.1f} {tally.executions:11,} {rate:9,.0f} {len(tally.found):9}")
    sys.exit(1 if any(tally.found for tally in tallies) else 0)


def _fed(target: Target, seconds: float, seed: int, plain: bool) -> Tally:
    told = _progress(target)
    if target.guided and not plain and not guided.available():
        click.echo(f"{target.id}: atheris is not here, so it goes on without guidance", err=True)
    unguided = quick.run if quick.suits(target) else running.run
    feed = guided.run if target.guided and not plain and guided.available() else unguided
    tally = feed(target, seconds, seed, told)
    tally.ended = time.monotonic()
    click.echo(_line(tally), err=True)
    for finding in tally.found.values():
        click.echo(f"\n{target.id}: {finding.mark}\n  kept in {_keep(target, finding)}\n{finding.trace}", err=True)
    return tally


def _progress(target: Target) -> Callable[[Tally], None]:
    """A bar on a terminal, a line a minute otherwise."""
    terminal = sys.stderr.isatty()
    last = time.monotonic()

    def told(tally: Tally) -> None:
        nonlocal last
        now = time.monotonic()
        if now - last < (0.5 if terminal else 60.0):
            return
        last = now
        share = min(1.0, tally.seconds / max(tally.until - tally.begun, 0.001))
        words = _line(tally)
        if terminal:
            click.echo(f"\r\x1b[K[{'#' * round(share * BAR):{BAR}}] {words}" + ("\r\x1b[K" if share >= 1 else ""), nl=False, err=True)
        else:
            click.echo(words, err=True)

    return told


def _line(tally: Tally) -> str:
    return f"{tally.target.id:12} {tally.seconds / 60:.1f} min, {tally.executions:,} inputs, {len(tally.found)} findings"


def _keep(target: Target, finding: Finding) -> Path:
    """A finding as a file, to be looked at, made smaller by hand, and moved into the corpus."""
    data = target.kind.written(finding.value)
    path = FOUND / target.id / (hashlib.sha256(data).hexdigest()[:12] + target.kind.value)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path.relative_to(Path(__file__).parents[2])


if __name__ == "__main__":
    main()
