"""`lemmy-lite rollback`: back to the database as it was before the last upgrade."""

from pathlib import Path

import click

from lemmy_lite.cli.failures import told
from lemmy_lite.cli.loading import load
from lemmy_lite.cli.service import FORMER_PROGRAM, SYSTEM_PROGRAM
from lemmy_lite.config import Config
from lemmy_lite.control.unit import NAME
from lemmy_lite.domain.backup.manifest import BackupError
from lemmy_lite.model.clock import Clock, moment
from lemmy_lite.storage import going_back
from lemmy_lite.storage.errors import StorageError
from lemmy_lite.storage.going_back import Copy
from lemmy_lite.storage.lock import FolderLock
from lemmy_lite.storage.migrations import NEWEST


@click.command()
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--list", "listing", is_flag=True, help="Show which copies there are, and do nothing.")
@click.option(
    "--to", "named", type=click.Path(path_type=Path, exists=True, dir_okay=False), metavar="FILE", help="Another copy than the last."
)
@click.pass_context
def rollback(ctx: click.Context, /, named: Path | None, *, yes: bool, listing: bool) -> None:
    """Go back to the copy of the database that the last upgrade made before it began; then start the former program.

    The server must be stopped. Says what would be lost and asks. The database as it is now is kept under another name.
    """
    with told():
        loaded = load(ctx)
        database = loaded.sqlite_path
        if database is None:
            raise BackupError("Postgres has no such copies: bring a backup back into an empty database with `lemmy-lite restore`.")
        folder = loaded.data_dir / "backups"
        found = going_back.copies(folder)
        none = f"There is no copy in {folder}: no upgrade has changed the database there."
        if listing:
            if not found:
                click.echo(none)
            for path in (*found, *going_back.copies(folder, going_back.KEPT_PATTERN)):
                click.echo(_line(path))
            return
        chosen = named or next(iter(found), None)
        if chosen is None:
            raise BackupError(none)
        lock = FolderLock(loaded.data_dir)
        try:
            _go_back(loaded, database, going_back.copy_at(chosen), yes=yes)
        finally:
            lock.release()


def _line(path: Path) -> str:
    size = f"{path.stat().st_size / 10**6:.1f} MB"
    try:
        copy = going_back.copy_at(path)
    except StorageError as trouble:
        return f"{'':<20}  {size:>12}  {path} cannot be opened: {trouble.reason}"
    return f"{moment(copy.made):%Y-%m-%d %H:%M} UTC  {size:>12}  schema {copy.schema:<4} {path}"


def _go_back(loaded: Config, database: Path, chosen: Copy, *, yes: bool) -> None:
    lost = going_back.lost(database, chosen.made)
    click.echo(f"The copy is of {moment(chosen.made):%Y-%m-%d %H:%M} UTC and has schema {chosen.schema}.")
    if lost:
        click.echo(f"What was written since then would be gone: {', '.join(f'{word}: {number}' for word, number in lost.items())}.")
    else:
        click.echo("Nothing that people have written since then would be lost.")
    click.echo("What other instances have sent since then they do not send again.")
    if not yes:
        click.confirm("Go back?", abort=True)
    kept = loaded.data_dir / "backups" / f"rolled-back-{moment(Clock().now()):%Y-%m-%dT%H-%M-%SZ}.db"
    going_back.go_back(database, chosen, kept)
    click.echo(f"Done. The database as it was is {kept}; it takes as much of the disk, so remove it when you do not need it any more.")
    if chosen.schema < NEWEST:
        click.echo("Start the former program now: this one would bring the database to its newest schema again.")
        if FORMER_PROGRAM.exists():
            click.echo(f"For the service: sudo mv {FORMER_PROGRAM} {SYSTEM_PROGRAM} && sudo systemctl restart {NAME}")
