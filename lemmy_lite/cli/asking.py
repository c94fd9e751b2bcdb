"""Having a command of control/ carried out: by the server that runs on the data folder, else here and now."""

import asyncio
from typing import Any

import click

from lemmy_lite import app
from lemmy_lite.cli.failures import told
from lemmy_lite.cli.loading import load
from lemmy_lite.config import Config
from lemmy_lite.control import socket
from lemmy_lite.control.commands import Tools
from lemmy_lite.control.socket import Answered, Asked
from lemmy_lite.domain import site
from lemmy_lite.storage import connections
from lemmy_lite.storage.errors import NotYet


def ask(ctx: click.Context, command: str, **arguments: Any) -> None:
    """Show what the command answers; exit status 1 with a sentence where it refuses."""
    for line in answer(ctx, command, **arguments):
        click.echo(line)


def answer(ctx: click.Context, command: str, **arguments: Any) -> tuple[str, ...]:
    """The lines that the command answers; exit status 1 with a sentence where it refuses."""
    asked = Asked(command=command, arguments={name: value for name, value in arguments.items() if value is not None})
    with told():
        loaded = load(ctx)
        answered = socket.ask(loaded.data_dir, asked) or asyncio.run(_here(loaded, asked))
    if answered.error is not None:
        click.echo(f"lemmy-lite: {answered.error}", err=True)
        raise click.exceptions.Exit(1)
    return answered.lines


async def _here(loaded: Config, asked: Asked) -> Answered:
    """Where there is no site yet, one is made if the configuration says who its first admin is: a password that is made up would be shown
    to nobody."""
    founds = loaded.setup is not None
    if not founds:
        connections.require(loaded.database_uri)
    async with app.opened(loaded, founds=founds) as instance:
        if not await instance.database.read(site.exists):
            raise NotYet("there is no site yet: the first start, `lemmy-lite serve`, makes it")
        return await socket.perform(Tools(instance.context, instance.database, instance.federation), asked)
