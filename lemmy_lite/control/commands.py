"""Every command that reaches the instance itself, one line each in COMMANDS.

A command is an async function of the tools and a form; it answers lines for the terminal. The same function runs within the server and,
where none runs, within the command's own process.
"""

from collections.abc import Awaitable, Callable
from typing import Any, Final, NamedTuple

from lemmy_lite.context import Context
from lemmy_lite.control import disk, stats
from lemmy_lite.domain import key_rotation, operating
from lemmy_lite.domain.disk_keeping import erasing
from lemmy_lite.federation.service import Federation
from lemmy_lite.model.errors import LemmyError
from lemmy_lite.model.struct import Struct
from lemmy_lite.net.errors import NetError
from lemmy_lite.net.origin import normal_host
from lemmy_lite.storage.database import Database
from lemmy_lite.storage.tables import instance


class Tools(NamedTuple):
    """What commands work with."""

    context: Context
    database: Database
    federation: Federation


class Named(Struct):
    """Somebody, as `name` or `name@host`."""

    name: str


class NewAccount(Struct, kw_only=True):
    """An account to make; without a password one is made up and shown."""

    name: str
    password: str | None = None
    admin: bool = False
    email: str | None = None


class NewPassword(Struct, kw_only=True):
    """Whose password becomes which; without one it is made up and shown."""

    name: str
    password: str | None = None


class Banning(Struct, kw_only=True):
    """Whom to ban. `days` None is for good."""

    name: str
    reason: str | None = None
    days: int | None = None
    remove: bool = False


class Purging(Struct, kw_only=True):
    """What to erase: `name`, `name@host` or an address."""

    what: str
    reason: str | None = None


class Host(Struct):
    """Another instance."""

    host: str


class Rotating(Struct, kw_only=True):
    """Whose keys to replace: names of people and communities of this instance, and whether the site's own."""

    people: tuple[str, ...] = ()
    communities: tuple[str, ...] = ()
    site: bool = False


class After(Struct):
    """Where a work in steps goes on; empty at its beginning."""

    after: str


class Nothing(Struct):
    """No arguments."""


async def create(tools: Tools, form: NewAccount) -> list[str]:
    """Make an account."""
    password = form.password or operating.new_password()
    await operating.create(tools.database, tools.context, form.name, password, admin=form.admin, email=form.email)
    made = f"{form.name} can log in" + (" and is an admin." if form.admin else ".")
    return [made] if form.password else [made, f"The password is {password} and is shown only this once."]


async def promote(tools: Tools, form: Named) -> list[str]:
    """Make somebody admin."""
    await tools.database.write(operating.set_admin, tools.context, form.name, True)
    return [f"{form.name} is an admin."]


async def demote(tools: Tools, form: Named) -> list[str]:
    """Make somebody admin no longer."""
    await tools.database.write(operating.set_admin, tools.context, form.name, False)
    return [f"{form.name} is no admin."]


async def reset_password(tools: Tools, form: NewPassword) -> list[str]:
    """Give an account a new password."""
    password = form.password or operating.new_password()
    await operating.reset_password(tools.database, tools.context, form.name, password)
    done = f"{form.name} has a new password, and is logged out everywhere."
    return [done] if form.password else [done, f"The password is {password} and is shown only this once."]


async def clear_second_factor(tools: Tools, form: Named) -> list[str]:
    """Let an account in by its password alone."""
    await tools.database.write(operating.clear_second_factor, tools.context, form.name)
    return [f"{form.name} logs in without a second factor."]


async def ban(tools: Tools, form: Banning) -> list[str]:
    """Ban somebody from this site."""
    await tools.database.write(operating.ban, tools.context, form.name, banned=True, reason=form.reason, days=form.days, remove=form.remove)
    return [f"{form.name} is banned" + (f" for {form.days} days." if form.days else ".")]


async def unban(tools: Tools, form: Banning) -> list[str]:
    """End a ban; `remove` brings back what was removed with it."""
    await tools.database.write(operating.ban, tools.context, form.name, banned=False, reason=form.reason, days=None, remove=form.remove)
    return [f"{form.name} is not banned."]


async def purge(tools: Tools, form: Purging) -> list[str]:
    """Erase something for good."""
    with erasing(tools.context):
        kind = await tools.database.write(operating.purge, tools.context, form.what, form.reason)
    return [f"The {kind} {form.what} is erased."]


async def rotate_keys(tools: Tools, form: Rotating) -> list[str]:
    """Give actors new keys, and the peers who know them the news."""
    found = [await tools.database.read(key_rotation.of_person, tools.context, name) for name in form.people]
    found += [await tools.database.read(key_rotation.of_community, tools.context, name) for name in form.communities]
    found += [await tools.database.read(key_rotation.of_site)] if form.site else []
    for actor in found:
        await key_rotation.renew(tools.database, actor)
    return [f"{actor.ap_id} has a new key." for actor in found]


async def rotate_some_keys(tools: Tools, form: After) -> list[str]:
    """A step of the rotation of all keys; answers three lines for the program that asks: where it ended (empty
    when it is over), how many it did, how many are left."""
    step = await key_rotation.renew_some(tools.database, form.after)
    return [step.after, str(step.done), str(step.left)]


async def rotate_secret(tools: Tools, _: Nothing) -> list[str]:
    """Put a new secret behind sessions."""
    ended = await key_rotation.renew_secret(tools.database, tools.context)
    return [
        f"The secret behind sessions is a new one, and {ended} sessions were ended: everybody logs in again.",
        "Private addresses of feeds, links that end mails, and addresses of pictures of other servers that were given out are dead too.",
    ]


async def list_admins(tools: Tools, _: Nothing) -> list[str]:
    """The admins."""
    found = await tools.database.read(operating.listed_admins)
    return [view.person.name for view in found] or ["There is no admin."]


def _on_list(table: str, *, listed: bool, done: str) -> Callable[[Tools, Host], Awaitable[list[str]]]:
    async def put(tools: Tools, form: Host) -> list[str]:
        host = _plain(form.host)
        await tools.database.write(operating.put_on_list, table, host, listed)
        return [f"{host} {done}"]

    return put


async def retry(tools: Tools, form: Host) -> list[str]:
    """Send what waits for an instance now."""
    host = _plain(form.host)
    failing = await tools.database.write(operating.retry, host)
    tools.federation.retry(host)
    return [f"{host} is tried again." if failing else f"{host} was not failing."]


async def list_instances(tools: Tools, _: Nothing) -> list[str]:
    """The lists of the site's federation."""
    allowed, blocked = [await tools.database.read(instance.listed, table) for table in ("federation_allowlist", "federation_blocklist")]
    lines = [f"allowed  {host}" for host in allowed] + [f"blocked  {host}" for host in blocked]
    return lines or ["Every instance is allowed."]


async def show_stats(tools: Tools, _: Nothing) -> list[str]:
    """The figures of the moment."""
    return await stats.lines(tools.context, tools.database)


async def show_disk(tools: Tools, form: disk.Asking) -> list[str]:
    """What takes the disk, and what would leave."""
    return await disk.lines(tools.context, tools.database, form)


class Command(NamedTuple):
    """One line of the table; `what` is said to people."""

    form: type[Struct]
    run: Callable[[Tools, Any], Awaitable[list[str]]]
    what: str


COMMANDS: Final[dict[str, Command]] = {
    "admin create": Command(NewAccount, create, "Make an account that may log in at once."),
    "admin promote": Command(Named, promote, "Make somebody an admin."),
    "admin demote": Command(Named, demote, "Make somebody an admin no longer."),
    "admin reset-password": Command(NewPassword, reset_password, "Give somebody a new password."),
    "admin clear-2fa": Command(Named, clear_second_factor, "Let somebody in by the password alone."),
    "admin ban": Command(Banning, ban, "Ban somebody from this site."),
    "admin unban": Command(Banning, unban, "End a ban."),
    "admin purge": Command(Purging, purge, "Erase a person, community, post or comment for good."),
    "admin rotate-keys": Command(Rotating, rotate_keys, "Give actors new keys to sign with."),
    "admin rotate-some-keys": Command(After, rotate_some_keys, "Give the next few actors new keys."),
    "admin rotate-secret": Command(Nothing, rotate_secret, "Put a new secret behind sessions, and end them all."),
    "admin list": Command(Nothing, list_admins, "Show the admins."),
    "instance block": Command(Host, _on_list("federation_blocklist", listed=True, done="is blocked."), "Block an instance."),
    "instance unblock": Command(
        Host, _on_list("federation_blocklist", listed=False, done="is not blocked."), "Block an instance no longer."
    ),
    "instance allow": Command(
        Host,
        _on_list("federation_allowlist", listed=True, done="is on the allow list; those that are not on it are refused."),
        "Put an instance on the allow list; once it has one, all others are refused.",
    ),
    "instance disallow": Command(
        Host, _on_list("federation_allowlist", listed=False, done="is not on the allow list."), "Take an instance off the allow list."
    ),
    "instance retry": Command(Host, retry, "Send now what waits for an instance that failed."),
    "instance list": Command(Nothing, list_instances, "Show the allow list and the block list."),
    "disk": Command(disk.Asking, show_disk, "Show what takes the disk, and what would leave at a budget."),
    "stats": Command(Nothing, show_stats, "Show what the instance has and takes."),
}


def _plain(host: str) -> str:
    try:
        return normal_host(host.strip().removeprefix("https://").removeprefix("http://").partition("/")[0].partition(":")[0])
    except NetError as error:
        raise LemmyError("url_without_domain", cause=error) from error
