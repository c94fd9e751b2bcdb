"""`scripts/bench`: runs the cases and writes what they found."""

import asyncio
import sys
import time
from pathlib import Path

import click
import msgspec

from tests.bench import machine, report, smoke
from tests.bench.bench import prepared
from tests.bench.cases.table import CASES, chosen
from tests.bench.data.sizes import SIZES
from tests.bench.figures import Case, Figure
from tests.bench.flames import Flame, flames, html, words
from tests.bench.load import WrongAnswer
from tests.bench.machine import LOAD_CORE, Calibration
from tests.bench.page import page
from tests.bench.run import BLOCKS, run
from tests.bench.serving import CACHE, Refused, brought_up, data_set


@click.command(context_settings={"help_option_names": ["-h", "--help"]}, epilog="Cases: " + ", ".join(case.id for case in CASES))
@click.argument("names", nargs=-1, metavar="[CASE]...")
@click.option("--size", type=click.Choice(list(SIZES)), default="M", show_default=True, help="The data set.")
@click.option("--json", "json_file", type=click.Path(dir_okay=False), help="Write the figures to a file.")
@click.option(
    "--html", "html_file", type=click.Path(dir_okay=False), default=str(CACHE / "bench.html"), show_default="build/bench/bench.html"
)
@click.option("--blocks", default=BLOCKS, show_default=True, help="How often each workload is measured.")
@click.option("--minutes", default=1.0, show_default=True, help="How long the mixed load of f1 lasts, each time.")
@click.option("--smoke", "counting", is_flag=True, help="Size S, counts only, within a minute: what noise cannot touch.")
@click.option(
    "--flames", "drawing", is_flag=True, help="Draw the three hottest paths, in two minutes, and measure only cases that are named."
)
def main(
    names: tuple[str, ...],
    size: str,
    json_file: str | None,
    html_file: str,
    blocks: int,
    minutes: float,
    counting: bool,
    drawing: bool,
) -> None:
    """Measure cases of the plan (a1, b1, …, or a letter for all of its cases); `all`, or no name, is all of them."""
    try:
        cases = () if drawing and not names else chosen(names)
    except KeyError as error:
        raise click.UsageError(f"there is no case {error}; there are {', '.join(case.id for case in CASES)}") from error
    found: list[Flame] = []
    about = {**machine.described(), "size": "S, counts only" if counting else size}
    try:
        for name in {"S"} if counting else {"S", size}:
            asyncio.run(brought_up(data_set(name)))
        figures = smoke.figures(_say) if counting else asyncio.run(_measure(cases, size, blocks, minutes, about)) if cases else []
        if drawing:
            found = asyncio.run(_flames(size))
    except (Refused, WrongAnswer) as error:
        _say("")
        click.echo(str(error), err=True)
        sys.exit(1)
    _say("")
    if counting:
        cases = tuple({case.id: case for case in (*smoke.CASES, *cases)}.values())
    click.echo(report.text(cases, figures, about))
    for flame in found:
        click.echo(words(flame) + "\n")
    _write(cases, figures, about, json_file, html_file, found)


async def _measure(cases: tuple[Case, ...], size: str, blocks: int, minutes: float, about: dict[str, str]) -> list[Figure]:
    calibration = Calibration()
    with machine.on_core(LOAD_CORE):
        async with prepared(size, minutes * 60) as bench:
            figures = await run(bench, cases, calibration, _say, blocks=blocks)
    about["verifications_per_second"] = f"{sorted(calibration.verifications)[len(calibration.verifications) // 2]:,.0f}"
    about["slowest_by_fastest_calibration"] = f"{calibration.spread:.2f}"
    about["load_average_after"] = machine.load_average()
    return figures


async def _flames(size: str) -> list[Flame]:
    with machine.on_core(LOAD_CORE):
        return await flames(size, _say)


def _write(
    cases: tuple[Case, ...], figures: list[Figure], about: dict[str, str], json_file: str | None, html_file: str, found: list[Flame]
) -> None:
    folder = Path(html_file).parent
    folder.mkdir(parents=True, exist_ok=True)
    Path(html_file).write_text(page(cases, report.lines(figures), about, [html(flame) for flame in found]))
    for flame in found:
        (folder / f"flames-{flame.way.case}.svg").write_text(flame.picture())
    click.echo(f"The page: {html_file}")
    if json_file:
        Path(json_file).write_bytes(msgspec.json.format(msgspec.json.encode(report.document(cases, figures, about)), indent=1))


_told = 0.0


def _say(doing: str) -> None:
    """What is being measured: one line that changes on a terminal, elsewhere a line a minute."""
    global _told  # noqa: PLW0603  # when somebody was told last
    if sys.stderr.isatty():
        sys.stderr.write(f"\r\x1b[K{doing[:120]}")
        sys.stderr.flush()
    elif doing and time.monotonic() - _told >= 60:
        _told = time.monotonic()
        click.echo(f"{time.strftime('%H:%M')}  {doing}", err=True)


if __name__ == "__main__":
    main()
