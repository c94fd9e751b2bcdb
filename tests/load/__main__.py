"""`scripts/soak`: a day of ordinary load, or some minutes of it, and whether the server stays as it was."""

import asyncio
import sys
import time
from pathlib import Path

import click

from tests.bench.data.sizes import SIZES
from tests.bench.load import WrongAnswer
from tests.bench.serving import Refused
from tests.load import samples
from tests.load.soak import on_load_core, soak


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--minutes", default=60.0, show_default=True, help="How long; 720 are the twelve hours of the plan.")
@click.option("--size", type=click.Choice(list(SIZES)), default="S", show_default=True, help="The data set.")
@click.option("--samples", "file", type=click.Path(dir_okay=False, path_type=Path), help="Write each look to a file, a line of JSON.")
def main(minutes: float, size: str, file: Path | None) -> None:
    """Five requests and two activities a second on a real server with data. Ends with status 1 where something was not as it should be."""
    try:
        with on_load_core():
            found = asyncio.run(soak(minutes=minutes, size=size, say=_say))
    except (Refused, WrongAnswer) as error:
        click.echo(str(error), err=True)
        sys.exit(1)
    if file is not None:
        samples.written(found.samples, file)
    click.echo(f"\n{found.text()}")
    sys.exit(0 if found.good else 1)


_told = 0.0


def _say(doing: str) -> None:
    """How far it is: one line that changes on a terminal, elsewhere a line a minute."""
    global _told  # noqa: PLW0603  # when somebody was told last
    if sys.stderr.isatty():
        sys.stderr.write(f"\r\x1b[K{doing[:150]}")
        sys.stderr.flush()
    elif time.monotonic() - _told >= 60:
        _told = time.monotonic()
        click.echo(f"{time.strftime('%H:%M')}  {doing}", err=True)


if __name__ == "__main__":
    main()
