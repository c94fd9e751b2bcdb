"""`lemmy-lite admin …`, `instance …` and `stats`: for whoever holds the machine, beside a running server or without one."""

import sys

import click

from lemmy_lite.cli.asking import answer, ask
from lemmy_lite.cli.progress import Progress

_name = click.argument("name")
_reason = click.option("--reason", metavar="TEXT", help="What the log of moderation says.")


@click.group()
def admin() -> None:
    """Accounts and admins."""


@admin.command()
@_name
@click.option("--admin", is_flag=True, help="Make the account an admin.")
@click.option("--email", metavar="ADDRESS", help="Mail address, which counts as verified.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input, instead of making one up.")
@click.pass_context
def create(ctx: click.Context, /, name: str, email: str | None, *, admin: bool, password_stdin: bool) -> None:
    """Make an account that may log in at once."""
    ask(ctx, "admin create", name=name, email=email, admin=admin, password=_password(asked=password_stdin))


@admin.command()
@_name
@click.pass_context
def promote(ctx: click.Context, /, name: str) -> None:
    """Make somebody an admin."""
    ask(ctx, "admin promote", name=name)


@admin.command()
@_name
@click.pass_context
def demote(ctx: click.Context, /, name: str) -> None:
    """Make somebody an admin no longer; the last one stays."""
    ask(ctx, "admin demote", name=name)


@admin.command("reset-password")
@_name
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input, instead of making one up.")
@click.pass_context
def reset_password(ctx: click.Context, /, name: str, *, password_stdin: bool) -> None:
    """Give somebody a new password, and end all sessions."""
    ask(ctx, "admin reset-password", name=name, password=_password(asked=password_stdin))


@admin.command("clear-2fa")
@_name
@click.pass_context
def clear_2fa(ctx: click.Context, /, name: str) -> None:
    """Let somebody in by the password alone."""
    ask(ctx, "admin clear-2fa", name=name)


@admin.command()
@_name
@_reason
@click.option("--days", type=click.IntRange(1, 3650), help="For how long; else for good.")
@click.option("--remove-content", is_flag=True, help="Remove what the person wrote.")
@click.pass_context
def ban(ctx: click.Context, /, name: str, reason: str | None, days: int | None, *, remove_content: bool) -> None:
    """Ban NAME or NAME@HOST from this site."""
    ask(ctx, "admin ban", name=name, reason=reason, days=days, remove=remove_content)


@admin.command()
@_name
@_reason
@click.option("--restore-content", is_flag=True, help="Bring back what was removed.")
@click.pass_context
def unban(ctx: click.Context, /, name: str, reason: str | None, *, restore_content: bool) -> None:
    """End a ban."""
    ask(ctx, "admin unban", name=name, reason=reason, remove=restore_content)


@admin.command()
@click.argument("what")
@_reason
@click.confirmation_option(prompt="What is purged cannot be brought back. Go on?")
@click.pass_context
def purge(ctx: click.Context, /, what: str, reason: str | None) -> None:
    """Erase for good: NAME, NAME@HOST, or the address of a person, community, post or comment."""
    ask(ctx, "admin purge", what=what, reason=reason)


@admin.command("rotate-keys")
@click.option("--person", "people", multiple=True, metavar="NAME", help="Of somebody with an account here; more than once for several.")
@click.option("--community", "communities", multiple=True, metavar="NAME", help="Of a community of this site; likewise.")
@click.option("--site", is_flag=True, help="Of the site itself, which signs what is fetched.")
@click.option("--all", "everything", is_flag=True, help="Of the site and of everybody and everything that is at home here.")
@click.option("--sessions", is_flag=True, help="Also, or only, the secret behind sessions: everybody has to log in again.")
@click.pass_context
def rotate_keys(
    ctx: click.Context, /, people: tuple[str, ...], communities: tuple[str, ...], *, site: bool, everything: bool, sessions: bool
) -> None:
    """Replace the keys with which actors sign, as when a backup was stolen, and tell the instances that know them.

    Who has not heard of a new key yet still gets what is signed with the old one, for two days. A message that somebody forges with the old
    key is refused wherever the new one is known.
    """
    if not (people or communities or site or everything or sessions):
        raise click.UsageError("say whose: --person NAME, --community NAME, --site, --all or --sessions")
    if everything:
        _rotate_all(ctx)
    elif people or communities or site:
        ask(ctx, "admin rotate-keys", people=people, communities=communities, site=site)
    if sessions:
        ask(ctx, "admin rotate-secret")


def _rotate_all(ctx: click.Context) -> None:
    """In steps, so that a large instance goes on meanwhile and this can be seen to move. A key takes up to a second on a small board."""
    after, done = "", 0
    with Progress() as progress:
        while True:
            after, number, left = answer(ctx, "admin rotate-some-keys", after=after)
            done += int(number)
            progress("new keys", done, done + int(left))
            if not after:
                break
    click.echo(f"{done} actors have new keys.")


@admin.command("list")
@click.pass_context
def list_admins(ctx: click.Context, /) -> None:
    """Show the admins."""
    ask(ctx, "admin list")


@click.group()
def instance() -> None:
    """Other instances: block, allow, try again."""


def _about_host(name: str, help_: str) -> None:
    @click.pass_context
    def command(ctx: click.Context, /, host: str) -> None:
        ask(ctx, f"instance {name}", host=host)

    instance.add_command(click.Command(name, callback=command, params=[click.Argument(["host"])], help=help_))


for _command, _help in (
    ("block", "Speak with an instance no longer."),
    ("unblock", "Speak with a blocked instance again."),
    ("allow", "Put an instance on the allow list; once it has one, all others are refused."),
    ("disallow", "Take an instance off the allow list."),
    ("retry", "Send now what waits for an instance that failed."),
):
    _about_host(_command, _help)


@instance.command("list")
@click.pass_context
def list_instances(ctx: click.Context, /) -> None:
    """Show the allow list and the block list."""
    ask(ctx, "instance list")


@click.command()
@click.pass_context
def stats(ctx: click.Context, /) -> None:
    """Show what the instance has and takes."""
    ask(ctx, "stats")


def _password(*, asked: bool) -> str | None:
    """The first line of standard input: a command line would show it to everybody on the machine."""
    return sys.stdin.readline().rstrip("\n") if asked else None
