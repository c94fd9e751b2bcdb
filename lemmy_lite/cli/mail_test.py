"""`lemmy-lite mail-test ADDRESS`: one mail through the configured server, and what the server said."""

import asyncio
import secrets

import click

from lemmy_lite import config
from lemmy_lite.cli.failures import told
from lemmy_lite.cli.loading import load
from lemmy_lite.domain.postman import line
from lemmy_lite.mail import smtp, templates
from lemmy_lite.mail.letter import Letter
from lemmy_lite.mail.smtp import Connection, MailError
from lemmy_lite.mail.templates import Content
from lemmy_lite.model.clock import Clock, moment

_OPENING = "This is the test that was asked for. Mails from {host} reach you."
_REASON = "You get this mail because somebody who runs {host} typed your address."


@click.command("mail-test")
@click.argument("address")
@click.pass_context
def mail_test(ctx: click.Context, /, address: str) -> None:
    """Send a test mail to ADDRESS.

    Needs no running instance. Exit status 1 and one sentence on stderr where it does not leave.
    """
    with told():
        loaded = load(ctx)
    click.echo(smtp.description(loaded))
    for warning in smtp.warnings(loaded):
        click.echo(f"Warning: {warning}", err=True)
    if loaded.email is None:
        raise click.exceptions.Exit(1)
    try:
        answer = asyncio.run(_send(loaded, address))
    except MailError as error:
        click.echo(f"lemmy-lite: {error}", err=True)
        raise click.exceptions.Exit(1) from None
    click.echo(f"The mail server took the mail to {address}; it says: {answer}")


async def _send(loaded: config.Config, address: str) -> str:
    host = loaded.hostname
    content = Content(
        language="en",
        site=host,
        subject=f"A test mail from {host}",
        greeting="Hello,",
        opening=_OPENING.format(host=host),
        reason=_REASON.format(host=host),
    )
    letter = Letter(
        to_address=address,
        to_name="",
        subject=content.subject,
        language=content.language,
        text=templates.text(content),
        html=templates.html(content),
        written=moment(Clock().now()),
        number=f"test.{secrets.token_hex(8)}",
        host=loaded.domain,
    )
    async with Connection(loaded, line(loaded)) as talk:
        return await talk.send(letter)
