"""`lemmy-lite check-config`: what the configuration means, without starting anything."""

import click

from lemmy_lite import config
from lemmy_lite.cli import loading
from lemmy_lite.control import unit
from lemmy_lite.control.certificates import summary
from lemmy_lite.mail import smtp
from lemmy_lite.model.clock import Clock


@click.command("check-config")
@click.option(
    "--config", "path", type=click.Path(readable=False), metavar="FILE", help="The file to read; else the one that every command reads."
)
@click.pass_context
def check_config(ctx: click.Context, /, path: str | None) -> None:
    """Show what the configuration means.

    Every option with its value and who set it, then warnings. A configuration that cannot be used gives one line per problem on
    stderr and exit status 2. Secrets are not shown.
    """
    try:
        loaded = loading.read(path or loading.file(ctx))
    except config.ConfigError as error:
        for line in error.lines:
            click.echo(line, err=True)
        raise click.exceptions.Exit(2) from None
    _print_table(loaded)
    click.echo()
    click.echo(f"Read from {loaded.origin.source}." if loaded.origin.source else "No configuration file was read.")
    click.echo(f"Addresses begin with {loaded.base_url}; it listens on {', '.join(unit.places(loaded))}.")
    certificate = summary.of(loaded, Clock())
    for line in certificate.lines:
        click.echo(line)
    click.echo(f"Rows live in {config.without_password(loaded.database_uri)}; everything else in {loaded.data_dir}.")
    click.echo(str(smtp.description(loaded)))
    for line in [*loaded.origin.warnings, *map(str, smtp.warnings(loaded)), *certificate.warnings]:
        click.echo(f"Warning: {line}", err=True)


def _print_table(loaded: config.Config) -> None:
    """Three columns; the last says who set the value: file, default, command line or the name of a variable."""
    rows = [config.Understood("option", "value", "set by"), *config.describe(loaded)]
    names = max(len(row.name) for row in rows)
    values = min(max(len(row.value) for row in rows), 44)
    for row in rows:
        click.echo(f"{row.name:<{names}}  {row.value:<{values}}  {row.source}")
