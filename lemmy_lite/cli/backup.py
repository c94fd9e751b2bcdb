"""`lemmy-lite backup` and `restore`: everything that cannot be had again, there and back."""

from pathlib import Path

import click

from lemmy_lite import config
from lemmy_lite.cli.failures import told
from lemmy_lite.cli.loading import load
from lemmy_lite.cli.progress import Progress
from lemmy_lite.domain.backup import keeping, pruning, restoring
from lemmy_lite.domain.backup.manifest import BackupError
from lemmy_lite.domain.backup.store import opened
from lemmy_lite.domain.backup.taking import Taken
from lemmy_lite.model.clock import Clock

_passphrase = click.option(
    "--passphrase-file", type=click.Path(path_type=Path), metavar="FILE", help="Its first line seals and opens the backups."
)


@click.command()
@click.argument("destination", type=click.Path(path_type=Path), required=False)
@_passphrase
@click.option("--list", "listing", is_flag=True, help="Show what is there, and make nothing.")
@click.option("--check", is_flag=True, help="Bring the newest backup back aside, compare every file, and make nothing.")
@click.option("--prune", is_flag=True, help="Drop old backups afterwards, by the rule of the configuration.")
@click.pass_context
def backup(
    ctx: click.Context, /, destination: Path | None, passphrase_file: Path | None, *, listing: bool, check: bool, prune: bool
) -> None:
    """Back up the database, keys, uploads and configuration to DESTINATION, beside a running server.

    A folder gets only what is new; a name ending in .tar is one file. Without DESTINATION: backup.to of the configuration.
    """
    with told():
        loaded = load(ctx)
        place = destination or (loaded.backup.to if loaded.backup else None)
        if place is None:
            raise click.UsageError("name a DESTINATION, or set backup.to in the configuration")
        secret = _secret(loaded, destination, passphrase_file)
        if listing:
            _list(place, secret)
        elif check:
            with Progress() as progress:
                manifest = restoring.drill(loaded, place, secret, progress)
            click.echo(
                f"The backup of {manifest.made:%Y-%m-%d %H:%M} UTC is whole: {_size(manifest.size)}, {len(manifest.images)} pictures."
            )
        else:
            with Progress() as progress:
                taken = keeping.take_noted(loaded, Clock(), place, secret, progress)
            _say(taken, place, sealed=secret is not None)
            if prune and place.is_dir():
                rule = keeping.keep(loaded.backup) if loaded.backup else pruning.Keep(7, 4, 6)
                gone = keeping.drop_old(loaded, place, secret, rule, keeping.unseen)
                click.echo(f"{len(gone.names)} old backups went, {_size(gone.freed)}.")
                for name in gone.unreadable:
                    click.echo(f"Warning: the backup {name} cannot be read; it stays, and so do all pictures.", err=True)


@click.command()
@click.argument("source", type=click.Path(path_type=Path))
@_passphrase
@click.option("--name", metavar="NAME", help="Which backup, as `backup SOURCE --list` shows them; else the newest.")
@click.pass_context
def restore(ctx: click.Context, /, source: Path, passphrase_file: Path | None, name: str | None) -> None:
    """Bring a backup back into the empty data folder, or the empty Postgres database, of the configuration. Overwrites nothing."""
    with told():
        loaded = load(ctx)
        secret = keeping.passphrase_in(passphrase_file) if passphrase_file else None
        with Progress() as progress:
            manifest = restoring.restore(loaded, Clock(), source, secret, progress, name=name)
        click.echo(f"Restored the backup of {manifest.made:%Y-%m-%d %H:%M} UTC ({manifest.hostname}) to {loaded.data_dir}.")
        if "config.hjson" in manifest.parts:
            click.echo(f"Its configuration is {loaded.data_dir / restoring.RESTORED_CONFIG}.")
        if manifest.hostname != loaded.hostname:
            click.echo(
                f"Warning: the configuration says {loaded.hostname}, but others know this instance as {manifest.hostname}.", err=True
            )


def _secret(loaded: config.Config, destination: Path | None, passphrase_file: Path | None) -> str | None:
    if passphrase_file is not None:
        return keeping.passphrase_in(passphrase_file)
    if loaded.backup is not None and destination in (None, loaded.backup.to):
        return keeping.passphrase(loaded.backup)
    return None


def _list(place: Path, secret: str | None) -> None:
    with opened(place, secret) as store:
        found = restoring.listed(store)
    for name, manifest in found.whole.items():
        shown = name or f"{manifest.made:%Y-%m-%d %H:%M} UTC"
        click.echo(f"{shown:<20}  {_size(manifest.size):>10}  {len(manifest.images):>6} pictures  {manifest.version}")
    for trouble in found.unreadable.values():
        click.echo(f"Warning: {trouble}.", err=True)
    if found.unreadable and not found.whole:
        raise BackupError(f"no backup in {place} can be read")


def _say(taken: Taken, place: Path, *, sealed: bool) -> None:
    click.echo(f"Backed up to {place / taken.name if taken.name else place}: {_size(taken.manifest.size)}, {_size(taken.added)} of it new.")
    for file in taken.lacking[:5]:
        click.echo(f"Warning: the picture {file} is missing or damaged on the disk.", err=True)
    if len(taken.lacking) > 5:
        click.echo(f"Warning: and {len(taken.lacking) - 5} more.", err=True)
    if not sealed:
        click.echo("It holds passwords' hashes and all keys in clear: keep it where nobody else reads, or use --passphrase-file.", err=True)


def _size(number: int) -> str:
    return f"{number / 10**6:.1f} MB"
