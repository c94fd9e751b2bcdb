"""What whoever holds the machine may do without an account: make admins, open locked doors, block instances.

No table of permissions is asked, as who runs commands here could change the database as well. Deeds that a log of moderation shows are
done in the name of the first admin.
"""

import asyncio
import secrets
from typing import Final

from lemmy_lite.context import Context
from lemmy_lite.crypto import keys, passwords
from lemmy_lite.domain import admin as admins
from lemmy_lite.domain import ban as bans
from lemmy_lite.domain import local_user as accounts
from lemmy_lite.domain import person as people
from lemmy_lite.domain import purge as purging
from lemmy_lite.domain import recovery_code
from lemmy_lite.domain.ban import Ban
from lemmy_lite.domain.writing import House
from lemmy_lite.model.clock import DAY
from lemmy_lite.model.community import Community
from lemmy_lite.model.errors import LemmyError
from lemmy_lite.model.events import SiteEdited
from lemmy_lite.model.local_user import LocalUser
from lemmy_lite.model.person import Person, PersonView
from lemmy_lite.model.post import Post
from lemmy_lite.storage.database import Database
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import account_token, comment, community, delivery, instance, local_user, login_token, person, post, site
from lemmy_lite.storage.views import person as views
from lemmy_lite.text import names

_PASSWORD_BYTES: Final = 15


def new_password() -> str:
    """A password that nobody guesses, of 20 characters."""
    return secrets.token_urlsafe(_PASSWORD_BYTES)


async def create(database: Database, context: Context, name: str, password: str, *, admin: bool, email: str | None) -> None:
    """Make an account that may log in at once.

    Raises LemmyError: invalid_name, slurs, user_already_exists, email_already_exists, invalid_password.
    """
    names.check_password(password)
    hashed, pair = await asyncio.gather(passwords.aside(passwords.hash_password, password), asyncio.to_thread(keys.generate_key_pair))

    def make(tx: Transaction) -> None:
        names.check_actor_name(House(tx, context).name(name), site.local(tx).actor_name_max_length)
        lowered = email.lower() if email else None
        _, account = accounts.create(tx, context, name, hashed, pair, accepted_application=True, email=lowered, email_verified=True)
        if admin:
            _set_admin(tx, account, added=True)

    await database.write(make)


def set_admin(tx: Transaction, context: Context, name: str, added: bool) -> None:
    """Make somebody admin, or no longer; the last admin stays. Raises LemmyError: couldnt_find_person, cannot_leave_admin."""
    account = _account(tx, context, name)
    if not added and account.admin and len(local_user.admin_order(tx)) == 1:
        raise LemmyError("cannot_leave_admin", cause="the last admin stays admin")
    if account.admin == added:
        return
    order = local_user.admin_order(tx)
    if order and order[0] != account.person_id and added:
        admins.appoint(tx, person.existing(tx, order[0]), account.person_id, added)
    else:
        _set_admin(tx, account, added=added)


async def reset_password(database: Database, context: Context, name: str, password: str) -> None:
    """Give an account a new password, end its sessions and forgive wrong logins.

    Raises LemmyError: couldnt_find_person, invalid_password.
    """
    names.check_password(password)
    hashed = await passwords.aside(passwords.hash_password, password)

    def replace(tx: Transaction) -> list[str]:
        account = _account(tx, context, name)
        local_user.update(tx, account.id, password_encrypted=hashed)
        login_token.delete_all(tx, account.id)
        account_token.forget_resets(tx, account.id)
        return local_user.names(tx, account.id)

    for typed in await database.write(replace):
        context.guesses.forgive(accounts.guessed(typed))


def clear_second_factor(tx: Transaction, context: Context, name: str) -> None:
    """Let an account in by its password alone. Raises couldnt_find_person."""
    account = _account(tx, context, name)
    local_user.update(tx, account.id, totp_2fa_secret=None, totp_2fa_enabled=False, totp_2fa_last_step=0, totp_2fa_failures=0)
    recovery_code.forget(tx, account.id)


def ban(tx: Transaction, context: Context, name: str, *, banned: bool, reason: str | None, days: int | None, remove: bool) -> None:
    """Ban `name` or `name@host` from this site, or no longer. Raises LemmyError: couldnt_find_person, not_an_admin without an admin."""
    target = _person(tx, context, name)
    expires = tx.now + days * DAY if days is not None else None
    bans.from_site(tx, _chief(tx), target.id, Ban(banned=banned, remove_data=remove, reason=reason, expires=expires))


def purge(tx: Transaction, context: Context, what: str, reason: str | None) -> str:
    """Erase a person (`name`, `name@host`), or whatever an ActivityPub address names; answers what kind of thing it was.

    Raises LemmyError: couldnt_find_object, not_an_admin without an admin.
    """
    chief = _chief(tx)
    found = _by_address(tx, what) if "://" in what else people.named(tx, context, what)
    match found:
        case Person():
            purging.purge_person(tx, chief, found.id, reason)
            return "person"
        case Community():
            purging.purge_community(tx, chief, found.id, reason)
            return "community"
        case Post():
            purging.purge_post(tx, chief, found.id, reason)
            return "post"
        case None:
            said = comment.by_ap_id(tx, what)
            if said is None:
                raise LemmyError("couldnt_find_object")
            purging.purge_comment(tx, chief, said.id, reason)
            return "comment"


def listed_admins(tx: Transaction) -> list[PersonView]:
    """The admins, who came first first."""
    return views.admins(tx)


def put_on_list(tx: Transaction, table: str, host: str, listed: bool) -> None:
    """Put a host on the allow list (`federation_allowlist`) or the block list (`federation_blocklist`), or take it off. `host` is plain."""
    now = instance.listed(tx, table)
    if (host in now) == listed:
        return
    instance.set_list(tx, table, [*now, host] if listed else [each for each in now if each != host])
    order = local_user.admin_order(tx)
    if order:
        tx.append(SiteEdited(actor_id=order[0]))


def retry(tx: Transaction, host: str) -> bool:
    """Send to an instance now what waits for it; answers whether it was failing. Raises couldnt_find_object for an unknown host."""
    number = instance.find(tx, host)
    if number is None:
        raise LemmyError("couldnt_find_object")
    return delivery.wake(tx, number)


def _set_admin(tx: Transaction, account: LocalUser, *, added: bool) -> None:
    local_user.update(tx, account.id, admin=added, admin_since=tx.now if added else None, accepted_application=True)
    tx.append(SiteEdited(actor_id=account.person_id))


def _chief(tx: Transaction) -> Person:
    order = local_user.admin_order(tx)
    if not order:
        raise LemmyError("not_an_admin", cause="the site has no admin in whose name this could be done")
    return person.existing(tx, order[0])


def _person(tx: Transaction, context: Context, name: str) -> Person:
    found = people.named(tx, context, name)
    if found is None or found.deleted:
        raise LemmyError("couldnt_find_person")
    return found


def _account(tx: Transaction, context: Context, name: str) -> LocalUser:
    account = local_user.of_person(tx, _person(tx, context, name).id)
    if account is None:
        raise LemmyError("couldnt_find_person")
    return account


def _by_address(tx: Transaction, address: str) -> Person | Community | Post | None:
    return person.by_actor_id(tx, address) or community.by_actor_id(tx, address) or post.by_ap_id(tx, address)
