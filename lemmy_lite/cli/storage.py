"""`lemmy-lite storage copy`: from SQLite to Postgres, and back."""

import asyncio

import click

from lemmy_lite.cli.database_url import given
from lemmy_lite.cli.failures import told
from lemmy_lite.cli.loading import load
from lemmy_lite.cli.progress import Progress
from lemmy_lite.config import without_password
from lemmy_lite.model.clock import Clock
from lemmy_lite.storage import connections, copying, told_file
from lemmy_lite.storage.connections import session
from lemmy_lite.storage.lock import FolderLock
from lemmy_lite.storage.migrations.runner import migrate_at


@click.group()
def storage() -> None:
    """Where the rows live."""


@storage.command()
@click.argument("target", metavar="URL")
@click.pass_context
def copy(ctx: click.Context, /, target: str) -> None:
    """Copy every row to the empty database at URL, `postgresql://…` or `sqlite:///absolute/path/lemmy.db`.

    With `-` the URL is read from standard input. The server must be stopped, so that nothing is written meanwhile; of several processes on
    one Postgres all, on every machine. Afterwards put the URL into `database.uri`; the old database stays as it is.
    """
    target = given(target)
    if not target.startswith(("postgresql://", "postgres://", "sqlite:///")):
        raise click.UsageError("URL is postgresql://… or sqlite:///absolute/path/lemmy.db")
    with told():
        loaded = load(ctx)
        connections.require(loaded.database_uri)
        lock = FolderLock(loaded.data_dir)
        try:
            for url in (loaded.database_uri, target):
                with connections.alone(url):
                    pass  # before anything is changed there
                asyncio.run(migrate_at(url, Clock()))
            with (
                connections.alone(loaded.database_uri),
                Progress() as progress,
                session(loaded.database_uri, read_only=True) as source,
                session(target) as made,
            ):
                number = copying.copy(source, made, Clock(), progress)
            if loaded.sqlite_path is not None and target.startswith("sqlite:"):
                told_file.bring(told_file.beside(loaded.sqlite_path), connections.path_of(target))
        finally:
            lock.release()
    click.echo(f"{number} rows were copied to {without_password(target)}. Put it into database.uri, and start.")
