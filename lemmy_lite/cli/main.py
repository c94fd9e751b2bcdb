"""`lemmy-lite`: the commands, and what they share."""

import asyncio
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Final

import click

from lemmy_lite import __version__, app, config
from lemmy_lite.cli import licences
from lemmy_lite.cli.failures import told
from lemmy_lite.cli.loading import load
from lemmy_lite.http.server import leave

_COMMANDS: Final[Mapping[str, Callable[[], click.Command]]] = {
    "admin": lambda: import_module("lemmy_lite.cli.admin").admin,
    "adopt": lambda: import_module("lemmy_lite.cli.adopt").adopt,
    "backup": lambda: import_module("lemmy_lite.cli.backup").backup,
    "check-config": lambda: import_module("lemmy_lite.cli.check_config").check_config,
    "disk": lambda: import_module("lemmy_lite.cli.disk").disk,
    "doctor": lambda: import_module("lemmy_lite.cli.doctor").doctor,
    "export-static": lambda: import_module("lemmy_lite.cli.export_static").export_static,
    "instance": lambda: import_module("lemmy_lite.cli.admin").instance,
    "mail-test": lambda: import_module("lemmy_lite.cli.mail_test").mail_test,
    "restore": lambda: import_module("lemmy_lite.cli.backup").restore,
    "rollback": lambda: import_module("lemmy_lite.cli.rollback").rollback,
    "service": lambda: import_module("lemmy_lite.cli.service").service,
    "stats": lambda: import_module("lemmy_lite.cli.admin").stats,
    "storage": lambda: import_module("lemmy_lite.cli.storage").storage,
    "tor": lambda: import_module("lemmy_lite.cli.tor").tor,
}
"""Those besides the ones below, each imported when it is asked for: a server needs none of them."""


class _Commands(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted([*super().list_commands(ctx), *_COMMANDS])

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        imported = _COMMANDS.get(cmd_name)
        return imported() if imported is not None else super().get_command(ctx, cmd_name)


@click.group(cls=_Commands, invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, "-V", "--version", prog_name="lemmy-lite")
@click.option(
    "--licences",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=licences.show,
    help="Show what is inside, and under which licences.",
)
@click.option(
    "--config",
    "path",
    type=click.Path(readable=False),  # whether it can be read is for config to say, in a line
    metavar="FILE",
    help="Configuration; else LEMMY_CONFIG_LOCATION, config/config.hjson, or for commands the service's, if there is nothing here.",
)
@click.option("--disable-scheduled-tasks", is_flag=True, help="Leave scheduled tasks to another process.")
@click.option("--disable-http-server", is_flag=True, help="Serve no requests.")
@click.option("--disable-activity-sending", is_flag=True, help="Leave deliveries to another process.")
@click.option("--federate-process-index", type=int, help="Which of the sending processes this is, counted from 1.")
@click.option("--federate-process-count", type=int, help="How many processes send.")
@click.pass_context
def main(ctx: click.Context, /, path: str | None, **flags: bool | int | None) -> None:
    """A complete Lemmy in one file. Without a command: serve."""
    ctx.obj = {"path": path, "overrides": {f"process.{name}": value for name, value in flags.items() if value not in (None, False)}}
    if ctx.invoked_subcommand is None:
        ctx.invoke(serve)


@main.command()
@click.pass_context
def serve(ctx: click.Context, /) -> None:
    """Run the instance until SIGTERM or Ctrl-C."""
    with told():
        asyncio.run(app.serve(load(ctx), announce=click.echo))
    # Granian's threads may still end when the interpreter does, and must not turn a clean end into a crash.
    leave(0)


@main.command()
@click.pass_context
def migrate(ctx: click.Context, /) -> None:
    """Bring the database to the newest schema, and stop."""
    with told():
        asyncio.run(_migrate(load(ctx)))


async def _migrate(loaded: config.Config) -> None:
    async with app.opened(loaded, progress=click.echo, founds=loaded.setup is not None):
        click.echo("The database is up to date.")
