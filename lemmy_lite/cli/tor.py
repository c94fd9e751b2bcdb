"""`lemmy-lite tor setup`: what has to be said to Tor, and whether it is there."""

import asyncio

import click

from lemmy_lite.cli.failures import told
from lemmy_lite.cli.loading import load
from lemmy_lite.config import Config, Tor
from lemmy_lite.control import onion, reach
from lemmy_lite.net.tor_control import TorError
from lemmy_lite.storage.lock import FolderLock

_CONTROL = "127.0.0.1:9051"


@click.group()
def tor() -> None:
    """Being reached, and reaching others, over Tor."""


@tor.command()
@click.option("--torrc", is_flag=True, help="Let Tor keep the key: show the lines for torrc instead of using the control port.")
@click.pass_context
def setup(ctx: click.Context, /, *, torrc: bool) -> None:
    """Prepare a hidden service and show what belongs into the configuration.

    With Tor's control port (ControlPort 9051 and CookieAuthentication 1 in torrc, this account in the group debian-tor) the key is made
    once, kept in the data folder and in every backup, and the service lives as long as the server runs.
    """
    with told():
        loaded = load(ctx)
        options = loaded.tor or Tor(control=_CONTROL)
        if torrc:
            _show_torrc(options)
            return
        try:
            name, remedy = asyncio.run(_make(loaded, options))
        except TorError as error:
            click.echo(f"lemmy-lite: {error}", err=True)
            click.echo(
                "Install Tor and put these lines into /etc/tor/torrc: ControlPort 9051, CookieAuthentication 1. Or see --torrc.", err=True
            )
            raise click.exceptions.Exit(1) from None
    click.echo(f"The hidden service is http://{name}; its key is {onion.key_file(loaded)}.")
    if loaded.tor is None:
        click.echo(f'Put this into the configuration, and start anew:\n\n  tor: {{ control: "{_CONTROL}" }}\n')
    if remedy is not None:
        click.echo(f"The account of the server may not read Tor's cookie yet. Before you start it anew: {remedy}")
    click.echo('To reach others over Tor as well (slower, and blocked by some): socks_proxy: "socks5h://127.0.0.1:9050".')


async def _make(loaded: Config, options: Tor) -> tuple[str, str | None]:
    """The name of the service, and what root has to do so that the server can make it as well."""
    lock = FolderLock(loaded.data_dir) if onion.stored_key(loaded) is None else None
    try:
        control, made = await onion.make(loaded, options)
        await control.close()
        remedy = onion.remedy(control, reach.account(loaded))
    finally:
        if lock is not None:
            lock.release()
    return made.name, remedy


def _show_torrc(options: Tor) -> None:
    click.echo("Put these lines into /etc/tor/torrc (or a file in /etc/tor/torrc.d), and reload Tor:\n")
    click.echo(f"  HiddenServiceDir /var/lib/tor/lemmy_lite\n  HiddenServicePort 80 {options.bind}:{options.port}\n")
    click.echo("Then the name is in /var/lib/tor/lemmy_lite/hostname; put it into the configuration:\n")
    click.echo('  tor: { onion: "….onion" }\n')
    click.echo("Keep a copy of /var/lib/tor/lemmy_lite: it is not in the backups.")
