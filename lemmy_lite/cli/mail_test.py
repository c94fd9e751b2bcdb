"""`lemmy-lite mail-test ADDRESS`: one mail through the configured server, and what the server said."""

import asyncio

import click

from lemmy_lite.cli.failures import told
from lemmy_lite.cli.loading import load
from lemmy_lite.domain import mail_test as test
from lemmy_lite.mail import smtp
from lemmy_lite.mail.smtp import MailError


@click.command("mail-test")
@click.argument("address")
@click.pass_context
def mail_test(ctx: click.Context, /, address: str) -> None:
    """Send a test mail to ADDRESS.

    Needs no running instance. Exit status 1 and one sentence on stderr where it does not leave.
    """
    with told():
        loaded = load(ctx)
    click.echo(str(smtp.description(loaded)))
    for warning in smtp.warnings(loaded):
        click.echo(f"Warning: {warning}", err=True)
    if loaded.email is None:
        raise click.exceptions.Exit(1)
    try:
        answer = asyncio.run(test.send(loaded, address))
    except MailError as error:
        click.echo(f"lemmy-lite: {error}", err=True)
        raise click.exceptions.Exit(1) from None
    click.echo(f"The mail server took the mail to {address}; it says: {answer}")
