"""The first set-up in the browser: who runs this site, what it is called, its first community, who may join.

At the first start an admin is made up, and beside it a token is printed with which whoever reads the terminal sets the site up as they
like. The token works once, for a week, and only as long as the site is empty and the made-up password stands; it is stored hashed. An admin
who has logged in needs none, while the set-up waits.
"""

import asyncio
from typing import Final

from lemmy_lite.context import Context
from lemmy_lite.crypto import keys, passwords, tokens
from lemmy_lite.crypto.keys import KeyPair
from lemmy_lite.domain import community as communities
from lemmy_lite.domain import local_user as accounts
from lemmy_lite.domain import permissions, site_settings
from lemmy_lite.domain.local_user import Visitor
from lemmy_lite.domain.writing import House
from lemmy_lite.model.clock import DAY, Micros
from lemmy_lite.model.community import CommunityForm
from lemmy_lite.model.errors import LemmyError
from lemmy_lite.model.ids import PersonId
from lemmy_lite.model.person import Person
from lemmy_lite.model.site import RegistrationMode, SiteForm
from lemmy_lite.model.struct import Struct
from lemmy_lite.model.viewer import Viewer
from lemmy_lite.storage.database import Database
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import local_user, login_token, person, secret, site
from lemmy_lite.text import names

_SECRET: Final = "setup"
KEPT: Final[Micros] = 7 * DAY


class SetupForm(Struct, kw_only=True):
    """What is asked. The account is asked of those who come with the token; an empty community name founds none."""

    username: str = ""
    password: str = ""
    password_verify: str = ""
    email: str = ""
    site_name: str
    description: str = ""
    registration_mode: RegistrationMode
    application_question: str = ""
    federation_enabled: bool
    community_name: str = ""
    community_title: str = ""


def offer(tx: Transaction, token: str, made_up: Person) -> None:
    """Let the holder of a token set the site up. `made_up` is the admin of the first start, whom the holder may replace."""
    secret.put(tx, _SECRET, f"{tokens.stored_hash(token)} {tx.now} {made_up.id} {_fingerprint(tx, made_up.id)}")


def waits(tx: Transaction) -> bool:
    """Whether the site is still to be set up."""
    return secret.find(tx, _SECRET) is not None


def admits(tx: Transaction, viewer: Viewer | None, token: str) -> bool:
    """Whether somebody may set the site up now: by the token, or as an admin who has logged in."""
    if viewer is not None:
        return waits(tx) and viewer.local_user.admin
    return _made_up(tx, token) is not None


async def finish(database: Database, context: Context, viewer: Viewer | None, token: str, form: SetupForm, visitor: Visitor) -> str | None:
    """Set the site up, in one unit of work. Answers the token of a new session for who came without one.

    Raises LemmyError: token_not_found for who is not admitted, those of `local_user.register` for the account, of `site_settings.edit`,
    and of `community.create`.
    """
    await database.read(_check, context, viewer, token, form)
    hashed = None if viewer else await passwords.aside(passwords.hash_password, form.password)
    of_admin, of_community = await asyncio.gather(asyncio.to_thread(keys.generate_key_pair), asyncio.to_thread(keys.generate_key_pair))
    return await database.write(_finish, context, viewer, token, form, visitor, hashed, of_admin, of_community)


def skip(tx: Transaction, actor: Person) -> None:
    """Leave everything as it is. Raises not_an_admin."""
    permissions.require(tx, "site.edit", actor)
    secret.delete(tx, _SECRET)


def _check(tx: Transaction, context: Context, viewer: Viewer | None, token: str, form: SetupForm) -> None:
    if not admits(tx, viewer, token):
        raise LemmyError("token_not_found")
    if viewer is None:
        if form.password != form.password_verify:
            raise LemmyError("passwords_do_not_match")
        names.check_password(form.password)
        names.check_actor_name(House(tx, context).name(form.username), site.local(tx).actor_name_max_length)


def _finish(
    tx: Transaction,
    context: Context,
    viewer: Viewer | None,
    token: str,
    form: SetupForm,
    visitor: Visitor,
    hashed: str | None,
    of_admin: KeyPair,
    of_community: KeyPair,
) -> str | None:
    _check(tx, context, viewer, token, form)
    admin = viewer.person if viewer is not None else _account(tx, context, token, form, hashed or "", of_admin)
    site_settings.edit(tx, context, admin, _site(form))
    if form.community_name:
        named = CommunityForm(name=form.community_name, title=form.community_title or form.community_name)
        communities.create(tx, context, admin, named, of_community)
    secret.delete(tx, _SECRET)
    account = local_user.of_person(tx, admin.id)
    return accounts.start_session(tx, context, account, visitor) if viewer is None and account is not None else None


def _site(form: SetupForm) -> SiteForm:
    return SiteForm(
        name=form.site_name,
        description=form.description,
        registration_mode=form.registration_mode,
        application_question=form.application_question,
        federation_enabled=form.federation_enabled,
    )


def _account(tx: Transaction, context: Context, token: str, form: SetupForm, hashed: str, pair: KeyPair) -> Person:
    """The admin that was asked for, in the place of the made-up one: its name may be kept."""
    made_up = _made_up(tx, token)
    if made_up is None:
        raise LemmyError("token_not_found")
    email = form.email.strip().lower() or None
    account = local_user.of_person(tx, made_up.id)
    if account is not None and made_up.name.lower() == form.username.lower():
        local_user.update(tx, account.id, password_encrypted=hashed, email=email, email_verified=True)
        login_token.delete_all(tx, account.id)
        return made_up
    # Nothing hangs on it, as the site is empty.
    person.delete(tx, [made_up.id])
    site.count(tx, users=-1)
    made, _ = accounts.create(
        tx, context, form.username, hashed, pair, admin=True, accepted_application=True, email=email, email_verified=True
    )
    return made


def _made_up(tx: Transaction, token: str) -> Person | None:
    """The admin of the first start, if this is the token and it still has its force."""
    stored = secret.find(tx, _SECRET)
    if stored is None:
        return None
    hashed, since, number, fingerprint = stored.split()
    made_up = PersonId(int(number))
    if not tokens.same(tokens.stored_hash(token), hashed) or tx.now > int(since) + KEPT:
        return None
    return person.get(tx, made_up) if _is_empty(tx) and _fingerprint(tx, made_up) == fingerprint else None


def _is_empty(tx: Transaction) -> bool:
    """Whether nobody but the made-up admin has done anything here."""
    view = site.view(tx)
    return view is not None and view.counts.users <= 1 and not (view.counts.communities or view.counts.posts or view.counts.comments)


def _fingerprint(tx: Transaction, person_id: PersonId) -> str:
    """Tells whether the password is still the same; of an account that is gone, something else."""
    account = local_user.of_person(tx, person_id)
    return tokens.stored_hash(local_user.password(tx, account.id)) if account is not None else "gone"
