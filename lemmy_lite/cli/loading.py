"""The configuration as the options before the command name it."""

import click

from lemmy_lite import config


def load(ctx: click.Context) -> config.Config:
    """Read it. Raises ConfigError."""
    return config.load(ctx.obj["path"], overrides=ctx.obj["overrides"])
