"""`lemmy-lite doctor`: what is wrong, and what to do."""

import asyncio

import click

from lemmy_lite.cli.failures import told
from lemmy_lite.cli.loading import load
from lemmy_lite.config import Config
from lemmy_lite.control.doctor import looks, outside
from lemmy_lite.control.doctor.finding import Finding, Level
from lemmy_lite.control.doctor.looks import Patient
from lemmy_lite.model.clock import Clock

_SIGNS = {Level.WELL: ("✓", "green"), Level.NOTE: ("·", "yellow"), Level.BAD: ("✗", "red")}


@click.command()
@click.option("--peer", metavar="HOST", help="Another instance to speak with.")
@click.option("--quiet", is_flag=True, help="Show only what is not well.")
@click.pass_context
def doctor(ctx: click.Context, /, peer: str | None, *, quiet: bool) -> None:
    """Look whether all is well: configuration, machine, database, name, proxy, certificate, mail, backups.

    Changes nothing. Exit status 0 where nothing is wrong (notes are no faults), 1 where something is.
    """
    with told():
        loaded = load(ctx)
        found = asyncio.run(_examine(loaded, peer))
    for name, finding in found:
        if finding.level is not Level.WELL or not quiet:
            _show(name, finding)
    faults = sum(finding.level is Level.BAD for _, finding in found)
    if faults:
        click.echo(f"{faults} {'thing is' if faults == 1 else 'things are'} wrong.")
        raise click.exceptions.Exit(1)
    if not quiet:
        click.echo("Nothing is wrong.")


async def _examine(loaded: Config, peer: str | None) -> list[tuple[str, Finding]]:
    net = outside.client(loaded)
    try:
        return await looks.examine(Patient(loaded, Clock(), net, peer))
    finally:
        await net.close()


def _show(name: str, finding: Finding) -> None:
    sign, colour = _SIGNS[finding.level]
    click.echo(f"{click.style(sign, fg=colour)} {name}: {finding.sentence}")
    if finding.advice:
        click.echo(f"    {finding.advice}")
