"""`lemmy-lite disk`: what takes the disk and what would leave, beside a running server or without one."""

import click

from lemmy_lite.cli.asking import ask
from lemmy_lite.config import kinds


@click.command()
@click.option("--at", "budget", metavar="SIZE", help="Show what would leave at this budget, such as 2GB. Nothing is changed.")
@click.option("--now", is_flag=True, help="Let go now what has to, instead of waiting for the clock.")
@click.pass_context
def disk(ctx: click.Context, /, budget: str | None, *, now: bool) -> None:
    """Show what takes the disk, and what would leave to stay within disk.budget."""
    ask(ctx, "disk", budget=None if budget is None else _bytes(budget), spend=now)


def _bytes(text: str) -> int:
    kind = kinds.size("1 MB", "100 TB")
    try:
        return kind.read(text)
    except ValueError:
        raise click.BadParameter(f"{text!r} is not {kind.allowed}.", param_hint="--at") from None
