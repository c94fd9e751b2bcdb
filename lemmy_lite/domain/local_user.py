"""Accounts and their sessions: registering, logging in and out, settings.

Hashing a password takes tens of milliseconds and a key pair up to a second on a small board, so both are done off the event loop and
before the transaction; the verbs below them are handed the results.
"""

import asyncio
from ipaddress import IPv4Address, ip_network
from typing import Any, Final, NamedTuple

from msgspec import UNSET

from lemmy_lite.context import Context
from lemmy_lite.crypto import keys, passwords, tokens
from lemmy_lite.crypto.keys import KeyPair
from lemmy_lite.domain import captcha, email_address, permissions, second_factor, writing
from lemmy_lite.domain.writing import House
from lemmy_lite.model.errors import LemmyError
from lemmy_lite.model.events import PersonEdited, PersonRegistered
from lemmy_lite.model.ids import LanguageId
from lemmy_lite.model.language import LANGUAGE_OF_CODE, LANGUAGES, UNDETERMINED
from lemmy_lite.model.local_user import LocalUser, LoginToken, MyUserInfo, SettingsForm
from lemmy_lite.model.person import Person
from lemmy_lite.model.registration import RegistrationForm
from lemmy_lite.model.site import LocalSite, RegistrationMode
from lemmy_lite.model.struct import Struct
from lemmy_lite.model.viewer import Viewer
from lemmy_lite.net.addresses import IPNetwork, is_of_own_network, parse_address, why_not_global
from lemmy_lite.storage.database import Database
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import actor as actors
from lemmy_lite.storage.tables import instance, local_user, login_token, person, registration_application, site
from lemmy_lite.storage.tables.actor import Actor
from lemmy_lite.storage.views import community as community_views
from lemmy_lite.storage.views import local_user as views
from lemmy_lite.text import names

SAME_COLUMNS = (
    "show_nsfw",
    "blur_nsfw",
    "auto_expand",
    "theme",
    "default_sort_type",
    "default_listing_type",
    "interface_language",
    "show_avatars",
    "send_notifications_to_email",
    "show_bot_accounts",
    "show_read_posts",
    "open_links_in_new_tab",
    "infinite_scroll_enabled",
    "post_listing_mode",
    "enable_keyboard_navigation",
    "enable_animated_images",
    "collapse_bot_comments",
    "show_scores",
)
"""Settings that are columns of the account by the same name."""


MOST_WRONG: Final = 30
"""Passwords that may be tried out in an hour for one name or mail address, from however many places."""
MOST_HOMES: Final = 50


class Visitor(Struct, kw_only=True):
    """From where somebody registers or logs in: kept with the session, shown in the list of logins. `direct` is whether the address is that
    of the connection's other end, with no proxy in between that is known. `languages` are the tags of Accept-Language, best first."""

    address: str | None = None
    direct: bool = False
    user_agent: str | None = None
    languages: tuple[str, ...] = ()


class Entry(Struct, kw_only=True):
    """What registering or logging in led to: a token, or the reason why there is none yet."""

    jwt: str | None = None
    registration_created: bool = False
    verify_email_sent: bool = False


async def register(database: Database, context: Context, form: RegistrationForm, visitor: Visitor) -> Entry:
    """Ask for an account. The first one on a site that is not set up becomes its admin.

    Raises LemmyError: registration_closed, honeypot_failed, email_required, no_email_setup, registration_application_answer_required,
    invalid_password, passwords_do_not_match, captcha_incorrect, slurs, invalid_name, user_already_exists, email_already_exists.
    """
    if form.password != form.password_verify:
        raise LemmyError("passwords_do_not_match")
    names.check_password(form.password)
    await database.read(_check_door, context, form)
    # Before anything is said about names and addresses that are taken; spent even where what follows is refused.
    if not await database.note(captcha.answered, writing.cleared(form.captcha_uuid), writing.cleared(form.captcha_answer)):
        raise LemmyError("captcha_incorrect")
    # Refuse what can be refused before the expensive work is done; the verb checks again in its own transaction.
    await database.read(_check_registration, context, form)
    hashed, pair = await asyncio.gather(passwords.aside(passwords.hash_password, form.password), asyncio.to_thread(keys.generate_key_pair))
    return await database.write(_register, context, form, visitor, hashed, pair)


async def login(database: Database, context: Context, name: str, password: str, code: str | None, visitor: Visitor) -> Entry:
    """Begin a session. Unknown accounts take as long as known ones (security.md, "user enumeration/timing").

    After MOST_WRONG wrong passwords none is looked at for that name, whether it is anybody's or not, but of those who come from where the
    account has a session: so the owner is not kept out of their home (README.md).

    Raises LemmyError: incorrect_login, site_ban, deleted, email_not_verified, registration_application_is_pending, registration_denied,
    missing_totp_token, incorrect_totp_token, rate_limit_error.
    """
    found = await database.read(_credentials, name, visitor)
    if not (found and found.at_home) and not context.guesses.spend(guessed(name), MOST_WRONG):
        raise LemmyError("rate_limit_error")
    check = await passwords.aside(passwords.check_password, password, found.stored) if found else None
    if found is None or check is None or not check.correct:
        adopted = await database.read(local_user.adopted_password)
        await passwords.aside(passwords.even_out, password, found and found.stored, adopted)
        raise LemmyError("incorrect_login")
    context.guesses.forgive(guessed(name))
    account, stored = found.account, found.stored
    hashed = await passwords.aside(passwords.hash_password, password) if check.needs_rehash else None
    async with second_factor.counting(database, account.id):
        return await database.note(_login, context, account, stored, code, visitor, hashed)


def guessed(name: str) -> str:
    """Under which name wrong passwords are counted for what somebody types: the name or the mail address, not the account, as what happened
    to one would else tell whose the other is."""
    return f"login {name.lower()}"


def session(tx: Transaction, context: Context, token: str) -> Viewer | None:
    """Who shows this token: its signature must be ours and its session must live. Nobody for banned and deleted accounts."""
    shown = signed_by_us(context, token)
    return None if shown is None else holder(tx, shown)


def signed_by_us(context: Context, token: str) -> str | None:
    """What is stored of a token whose signature is ours, whether or not its session lives; None for any other. Asks nobody."""
    return tokens.stored_hash(token) if tokens.read_jwt(context.jwt_secret, token, context.config.hostname) is not None else None


def holder(tx: Transaction, stored_hash: str) -> Viewer | None:
    """Whose live session that is."""
    return views.by_session(tx, stored_hash)


def logout(tx: Transaction, viewer: Viewer) -> None:
    """End the session that was shown."""
    login_token.delete(tx, viewer.session)


def sessions(tx: Transaction, viewer: Viewer) -> list[LoginToken]:
    """The viewer's own sessions, newest first."""
    return login_token.of_user(tx, viewer.local_user.id)


def start_session(tx: Transaction, context: Context, account: LocalUser, visitor: Visitor) -> str:
    """A new token for an account; its hash is what is stored."""
    token = tokens.issue_jwt(context.jwt_secret, account.id, context.config.hostname, tx.now)
    login_token.insert(tx, tokens.stored_hash(token), account.id, visitor.address, visitor.user_agent)
    return token


def my_user(tx: Transaction, viewer: Viewer) -> MyUserInfo:
    """All that the viewer gets to know about their own account."""
    view = views.view(tx, viewer.local_user.id)
    if view is None:
        raise LemmyError("incorrect_login")
    return MyUserInfo(
        local_user_view=view,
        follows=community_views.followed_by(tx, viewer.id),
        moderates=community_views.moderated_by(tx, viewer.id, viewer.id),
        community_blocks=views.community_blocks(tx, viewer.id),
        instance_blocks=views.instance_blocks(tx, viewer.id),
        person_blocks=views.person_blocks(tx, viewer.id),
        discussion_languages=list(viewer.languages),
    )


def save_settings(tx: Transaction, context: Context, viewer: Viewer, form: SettingsForm) -> None:
    """Change settings and profile.

    Raises LemmyError: slurs, invalid_display_name, bio_length_overflow, invalid_matrix_id, email_already_exists, email_required,
    no_email_setup, language_not_allowed, and the codes of House.url.
    """
    house = House(tx, context)
    permissions.require(tx, "person.edit", viewer.person, author_id=viewer.id)
    profile = _profile(house, form)
    for text, limit in ((form.theme, "theme"), (form.interface_language, "interface language"), (form.email, "e-mail address")):
        if text is not UNSET:
            names.check(limit, text)
    account: dict[str, Any] = {name: getattr(form, name) for name in SAME_COLUMNS if getattr(form, name) is not UNSET}
    if form.email is not UNSET:
        account |= _email(tx, context, viewer.local_user, form.email)
    for name, column in (("upvotes", "vote_upvotes"), ("downvotes", "vote_downvotes"), ("upvote_percentage", "vote_upvote_percentage")):
        if getattr(form, f"show_{name}") is not UNSET:
            account[column] = getattr(form, f"show_{name}")
    if form.show_scores is not UNSET:
        account["vote_score"] = form.show_scores
    local_user.update(tx, viewer.local_user.id, **account)
    if form.discussion_languages is not UNSET:
        local_user.set_languages(tx, viewer.local_user.id, _languages(tx, form.discussion_languages))
    if profile:
        person.update(tx, viewer.id, updated=tx.now, **profile)
        tx.append(PersonEdited(actor_id=viewer.id))


def note_donation_dialog(tx: Transaction, viewer: Viewer) -> None:
    """The viewer was asked for a donation just now: clients wait a year from this moment."""
    permissions.require(tx, "account.change", viewer.person, author_id=viewer.id)
    local_user.update(tx, viewer.local_user.id, last_donation_notification=tx.now)


def create(tx: Transaction, context: Context, name: str, hashed: str, pair: KeyPair, **account: Any) -> tuple[Person, LocalUser]:
    """Enter a local person with an account; other columns of the account may be given by name.

    Raises LemmyError: user_already_exists, email_already_exists.
    """
    actor_id = f"{context.config.base_url}/u/{name}"
    if person.local_by_name(tx, name) or person.by_actor_id(tx, actor_id):
        raise LemmyError("user_already_exists")
    if account.get("email") and local_user.by_email(tx, account["email"]):
        raise LemmyError("email_already_exists")
    home = instance.get_or_create(tx, context.config.domain)
    created = person.insert(tx, name=name, actor_id=actor_id, instance_id=home, local=True)
    actors.put(
        tx,
        Actor(
            ap_id=actor_id,
            person_id=created.id,
            instance_id=home,
            inbox_url=f"{actor_id}/inbox",
            shared_inbox_url=f"{context.config.base_url}/inbox",
            last_refreshed_at=tx.now,
            public_key=pair.public_key,
            private_key=pair.private_key,
        ),
    )
    entered = local_user.insert(tx, created.id, hashed, **account)
    if entered.accepted_application:
        site.count(tx, users=1)
    return created, entered


def _check_door(tx: Transaction, context: Context, form: RegistrationForm) -> LocalSite:
    """Whether anybody may come in at all, and whether the form is complete."""
    settings = site.local(tx)
    if settings.registration_mode is RegistrationMode.CLOSED and settings.site_setup:
        raise LemmyError("registration_closed")
    if form.honeypot:
        raise LemmyError("honeypot_failed")
    if settings.site_setup and settings.require_email_verification:
        if not writing.cleared(form.email):
            raise LemmyError("email_required")
        if context.config.email is None:
            raise LemmyError("no_email_setup")
    if _needs_application(settings) and not writing.cleared(form.answer):
        raise LemmyError("registration_application_answer_required")
    return settings


def _check_registration(tx: Transaction, context: Context, form: RegistrationForm) -> LocalSite:
    settings = _check_door(tx, context, form)
    house = House(tx, context)
    names.check_actor_name(house.name(form.username), settings.actor_name_max_length)
    if answer := writing.cleared(form.answer):
        house.name(answer)
    if person.local_by_name(tx, form.username):
        raise LemmyError("user_already_exists")
    if (email := writing.cleared(form.email)) and local_user.by_email(tx, email):
        raise LemmyError("email_already_exists")
    return settings


def _register(tx: Transaction, context: Context, form: RegistrationForm, visitor: Visitor, hashed: str, pair: KeyPair) -> Entry:
    settings = _check_registration(tx, context, form)
    email = writing.cleared(form.email)
    applies = _needs_application(settings)
    first_admin = not settings.site_setup
    created, account = create(
        tx,
        context,
        form.username,
        hashed,
        pair,
        email=email.lower() if email else None,
        show_nsfw=form.show_nsfw if form.show_nsfw is not UNSET else _warns(tx),
        admin=first_admin,
        accepted_application=not applies,
        default_listing_type=settings.default_post_listing_type,
        post_listing_mode=settings.default_post_listing_mode,
        interface_language=visitor.languages[0].split("-")[0][:20] if visitor.languages else "browser",
    )
    local_user.set_languages(tx, account.id, _first_languages(tx, visitor))
    if applies:
        registration_application.insert(tx, account.id, writing.cleared(form.answer) or "")
    tx.append(PersonRegistered(actor_id=created.id, local_user_id=account.id))
    waits_for_email = settings.site_setup and settings.require_email_verification
    if waits_for_email and account.email:
        email_address.ask_for_proof(tx, account.id, account.email)
    if applies or waits_for_email:
        return Entry(registration_created=applies, verify_email_sent=waits_for_email)
    return Entry(jwt=start_session(tx, context, account, visitor))


def _login(
    tx: Transaction, context: Context, account: LocalUser, stored: str, code: str | None, visitor: Visitor, hashed: str | None
) -> Entry:
    fresh = local_user.get(tx, account.id)
    if fresh is None or local_user.password(tx, account.id) != stored:
        raise LemmyError("incorrect_login")  # the password was changed while we compared
    permissions.require_standing(person.existing(tx, fresh.person_id), tx.now)
    if fresh.totp_2fa_enabled:
        second_factor.spend(tx, fresh.id, code)
    settings = site.local(tx)
    if settings.require_email_verification and not fresh.email_verified and not fresh.admin:
        raise LemmyError("email_not_verified")
    if settings.registration_mode is RegistrationMode.REQUIRE_APPLICATION and not fresh.accepted_application and not fresh.admin:
        decided, reason = registration_application.decision(tx, fresh.id) or (False, None)
        raise LemmyError("registration_denied", reason) if decided else LemmyError("registration_application_is_pending")
    if hashed:
        local_user.update(tx, fresh.id, password_encrypted=hashed)
    return Entry(jwt=start_session(tx, context, fresh, visitor))


class _Credentials(NamedTuple):
    account: LocalUser
    stored: str
    at_home: bool


def _credentials(tx: Transaction, name: str, visitor: Visitor) -> _Credentials | None:
    account = local_user.by_name_or_email(tx, name)
    if account is None:
        return None
    home = _network(visitor.address, direct=visitor.direct)
    homes = (_network(each, direct=True) for each in login_token.addresses(tx, account.id, MOST_HOMES))
    return _Credentials(account, local_user.password(tx, account.id), home is not None and home in homes)


def _network(address: str | None, *, direct: bool) -> IPNetwork | None:
    """The customer behind an address of the internet, or the machine behind one of the server's own network if it is `direct`; None for
    others, which may be everybody's: behind a proxy, or the hidden service."""
    found = parse_address(address or "")
    if found is None:
        return None
    if why_not_global(found):
        return ip_network(found) if direct and is_of_own_network(found) else None
    return ip_network((found, 32 if isinstance(found, IPv4Address) else 64), strict=False)


def _needs_application(settings: LocalSite) -> bool:
    return settings.site_setup and settings.registration_mode is RegistrationMode.REQUIRE_APPLICATION


def _warns(tx: Transaction) -> bool:
    """A site with a content warning shows NSFW content to its members unless they say otherwise."""
    view = site.view(tx)
    return view is not None and bool(view.site.content_warning)


def _first_languages(tx: Transaction, visitor: Visitor) -> list[LanguageId]:
    """The site's languages, unless all are enabled: then, as stored, none, which means all (behaviour.md, "Register")."""
    offered = site.languages(tx)
    if len(offered) == len(LANGUAGES):
        return []
    spoken = {LANGUAGE_OF_CODE[tag].id for tag in (text.split("-")[0].lower() for text in visitor.languages) if tag in LANGUAGE_OF_CODE}
    return sorted({*offered, *spoken, UNDETERMINED})


def _languages(tx: Transaction, wanted: list[LanguageId]) -> list[LanguageId]:
    if not all(0 <= number < len(LANGUAGES) for number in wanted):
        raise LemmyError("language_not_allowed")
    return [] if len(set(wanted)) == len(LANGUAGES) else wanted


def _profile(house: House, form: SettingsForm) -> dict[str, Any]:
    values: dict[str, Any] = {}
    if form.display_name is not UNSET:
        if form.display_name:
            names.check_display_name(house.name(form.display_name), house.site.actor_name_max_length)
        values["display_name"] = form.display_name or None
    if form.bio is not UNSET:
        values["bio"] = house.markdown(form.bio, "bio") if form.bio else None
    if form.matrix_user_id is not UNSET:
        if form.matrix_user_id:
            names.check_matrix_id(form.matrix_user_id)
        values["matrix_user_id"] = form.matrix_user_id or None
    for name in ("avatar", "banner"):
        address = getattr(form, name)
        if address is not UNSET:
            values[name] = house.url(address) if address else None
    if form.bot_account is not UNSET:
        values["bot_account"] = form.bot_account
    return values


def _email(tx: Transaction, context: Context, account: LocalUser, wanted: str) -> dict[str, Any]:
    """The new address, which counts at once and is to be proven where we can send mail."""
    email = wanted.lower() or None
    if email == account.email:
        return {}
    demanded = site.local(tx).require_email_verification
    if email is None and demanded:
        raise LemmyError("email_required")
    if email and local_user.by_email(tx, email):
        raise LemmyError("email_already_exists")
    if email and context.config.email is not None:
        email_address.ask_for_proof(tx, account.id, email)
    elif email and demanded:
        raise LemmyError("no_email_setup")
    return {"email": email, "email_verified": False}
