"""`lemmy-lite adopt`: a Lemmy 0.19 becomes this instance."""

import asyncio
from pathlib import Path

import click

from lemmy_lite import app, config
from lemmy_lite.app.opening import PRODUCT
from lemmy_lite.cli.database_url import given
from lemmy_lite.cli.failures import told
from lemmy_lite.cli.loading import load
from lemmy_lite.cli.progress import Progress
from lemmy_lite.domain.adoption import pictures, rows
from lemmy_lite.domain.adoption.pictures import Fetched
from lemmy_lite.domain.adoption.rows import Adopted
from lemmy_lite.model.clock import Clock
from lemmy_lite.storage.lemmy import taking

_SHOWN = 10


@click.command()
@click.argument("source", metavar="SOURCE", required=False)
@click.option("--pictures", "place", metavar="PLACE", help="Where the pictures are: a folder, a pict-rs, or the site's /pictrs/image.")
@click.pass_context
def adopt(ctx: click.Context, /, source: str | None, place: str | None) -> None:
    """Take over the Lemmy 0.19 of SOURCE: the address of its Postgres, `postgresql://…`, or a file that pg_dump wrote;
    with `-` the address is read from standard input, as a command line shows its password to everybody on the machine.

    Stop Lemmy first, set `hostname` to its name, and begin with an empty data folder. Ids, keys, passwords, sessions, followers and what
    is still to be delivered come along. Pictures come with --pictures, in the same go or later without SOURCE: from a running pict-rs
    (`http://127.0.0.1:8080`), from the old site (`https://example.com/pictrs/image`), or from a folder with files named as in addresses.
    What was interrupted goes on where it was when the command is given again.
    """
    if source is None and place is None:
        raise click.UsageError("name a SOURCE, or --pictures, or both")
    with told():
        loaded = load(ctx)
        if place is not None and not place.startswith(("http://", "https://")) and not Path(place).is_dir():
            raise click.UsageError(f"{place} is no folder, and no address")
        if place is not None and loaded.pictrs is None:
            raise click.UsageError("pictures are switched off by the configuration (pictrs: null)")
        if source is not None:
            with Progress() as progress:
                adopted = rows.adopt(loaded, Clock(), given(source), progress)
            _say(adopted)
        if place is not None:
            _say_pictures(asyncio.run(_fetch(loaded, place)))
        elif source is not None:
            click.echo("The pictures are not here yet: `lemmy-lite adopt --pictures PLACE` brings them.")


async def _fetch(loaded: config.Config, place: str) -> Fetched:
    taking.require_site(loaded.database_uri)  # a site made here would have an admin whose password nobody was shown
    async with app.opened(loaded, founds=False) as instance:
        with Progress() as progress:
            fetched = await pictures.fetch(instance.database, instance.context, place, PRODUCT, progress)
            await pictures.follow_uses(instance.database, instance.context, progress)
    return fetched


def _say(adopted: Adopted) -> None:
    width = max(len(each.table) for each in adopted.tables)
    for each in adopted.tables:
        if each.of or each.taken:
            click.echo(f"{each.table:<{width}}  {each.taken:>10} of {each.of}")
    for note in adopted.notes:
        click.echo(f"Note: {note}.")
    click.echo("Not taken: links in mails under way, open captchas, what was received in the last week (peers do not repeat it).")
    click.echo("Entries of the modlog have new numbers, as there is one list here and there were fifteen.")


def _say_pictures(fetched: Fetched) -> None:
    click.echo(f"{fetched.number} pictures came.")
    if fetched.missing:
        listed = ", ".join(fetched.missing[:_SHOWN]) + (", …" if len(fetched.missing) > _SHOWN else "")
        click.echo(f"{len(fetched.missing)} could not be had: {listed}. The same command tries them again.")
