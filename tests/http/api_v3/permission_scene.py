"""People of every standing, and what each of them wrote; every question to the API happens in a transaction that is undone afterwards."""

import asyncio
import contextlib
import hashlib
import itertools
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar, cast
from urllib.parse import urlencode

import msgspec
import psycopg
import pyotp

from lemmy_lite import app, config
from lemmy_lite.app import Instance
from lemmy_lite.crypto import keys, passwords, tokens, totp
from lemmy_lite.domain import admin, ban, comment, community, community_moderator, local_user, moderation, post, private_message, report
from lemmy_lite.domain.ban import Ban
from lemmy_lite.http import routing
from lemmy_lite.http.api_v3.operations import OPERATIONS, Operation
from lemmy_lite.model.comment import CommentForm
from lemmy_lite.model.community import CommunityForm
from lemmy_lite.model.ids import CommentId, CommunityId, PostId, PrivateMessageId
from lemmy_lite.model.person import Person
from lemmy_lite.model.post import PostForm
from lemmy_lite.storage.database import Database
from lemmy_lite.storage.postgres import PostgresSession
from lemmy_lite.storage.query import Session, Transaction
from lemmy_lite.storage.tables import (
    account_token,
    emoji,
    image,
    instance,
    notification,
    person,
    registration_application,
    site,
)
from lemmy_lite.storage.tables import local_user as accounts
from tests.attacks import vault
from tests.http.asgi import Answer, ask

T = TypeVar("T")

BY_NAME: Mapping[str, Operation] = {operation.name: operation for operation in OPERATIONS}

PASSWORD = "correct horse battery"
SETUP = {"admin_username": "chief", "admin_password": PASSWORD, "site_name": "Site"}
SECRET = totp.new_secret()
MAIL = {
    "smtp_server": "127.0.0.1:9",
    "smtp_login": "postman",
    "smtp_password": "the postman's password",
    "smtp_from_address": "noreply@site.test",
    "tls_type": "none",
}


class Role(StrEnum):
    """How somebody stands to the scene's community and to the site. The bystander only owns things; everybody else asks for them too."""

    ANONYMOUS = "anonymous"
    APPLICANT = "applicant"
    BANNED = "banned"
    DELETED = "deleted"
    USER = "user"
    BANNED_HERE = "banned_here"
    ELSEWHERE = "elsewhere"
    MODERATOR = "moderator"
    TOP_MODERATOR = "top_moderator"
    LOWER_ADMIN = "lower_admin"
    ADMIN = "admin"
    BYSTANDER = "bystander"


ASKING = tuple(role for role in Role if role is not Role.BYSTANDER)
NOBODY = (Role.ANONYMOUS, Role.APPLICANT, Role.BANNED, Role.DELETED)
"""Those who are not logged in, whatever token they show. Who waits to be accepted never gets one."""
OWNING = tuple(role for role in Role if role not in NOBODY)


class Undone:
    """Takes the place of a database: what is asked between `begin` and `end` sees what was written since, and nothing of it stays.

    Units keep their savepoints, and the subscribers of the same transaction are called; those that come after a commit are not.
    """

    def __init__(self, database: Database, url: str | None = None) -> None:
        """`url` is that of a Postgres, which lends another connection to each function: there this one is used for all of them."""
        self._database = database
        self._within = database._writer.within.of
        self._open = False
        self._connection = psycopg.connect(url, autocommit=True) if url is not None else None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="undone")

    async def begin(self) -> None:
        """Open the transaction in which everything happens from now on."""
        begin = "BEGIN IMMEDIATE" if self._connection is None else "BEGIN"
        await self._work(lambda session: session.control(begin))
        self._open = True

    async def end(self) -> None:
        """Undo it."""
        self._open = False
        await self._work(lambda session: session.control("ROLLBACK"))

    def close(self) -> None:
        """Let the connection go."""
        self._thread.shutdown()
        if self._connection is not None:
            self._connection.close()

    async def _work(self, function: Callable[[Session], T]) -> T:
        if self._connection is None:
            return await self._database.maintain(function)
        return await asyncio.get_running_loop().run_in_executor(self._thread, function, PostgresSession(self._connection))

    async def write(self, verb: Callable[..., T], *args: Any, **kwargs: Any) -> T:
        """A unit of work, or a view of what the units before have done."""
        assert self._open, "a write beside the questions would stay"

        def unit(session: Session) -> T:
            tx = Transaction(session, self._database.clock.now(), None, self._within)
            session.control("SAVEPOINT unit")
            try:
                result = verb(tx, *args, **kwargs)
                tx.announce()
            except BaseException:
                session.control("ROLLBACK TO SAVEPOINT unit")
                raise
            finally:
                session.control("RELEASE SAVEPOINT unit")
            return result

        return await self._work(unit)


class Scene:
    """A site, its people, one of everything by each of them, and the way to ask the API as any of them."""

    def __init__(self, runner: asyncio.Runner, instance: Instance, url: str | None = None) -> None:
        self._run = runner.run
        self._url = url
        self._addresses = itertools.count(1)
        self.instance = instance
        self.people: dict[Role, Person] = {}
        self.tokens: dict[Role, str] = {}
        self.homes: dict[str, CommunityId] = {}
        """Ids of communities: `home`, `strict` with the same moderators, and one that somebody else leads."""
        self.posts: dict[Role, PostId] = {}
        self.comments: dict[Role, CommentId] = {}
        self.sent: dict[Role, PrivateMessageId] = {}
        self.received: dict[Role, PrivateMessageId] = {}
        self.notes: dict[notification.Kind, dict[Role, int]] = {"comment_reply": {}, "person_mention": {}}
        self.uploads: dict[Role, str] = {}
        self.one: dict[str, int] = {}
        """Ids of things that have no owner who matters."""
        self.secrets: dict[str, str] = {}
        """What no operation may answer or log, by what it is."""
        self._run(self._build())

    def id(self, role: Role) -> int:
        """A person's id."""
        return self.people[role].id

    def code(self) -> str:
        """The code of a second factor that everybody has prepared."""
        return cast(str, pyotp.parse_uri(totp.otpauth_url(SECRET, "Site", "anybody")).now())  # type: ignore[attr-defined]  # HOTP lacks it

    def ask(
        self,
        name: str,
        role: Role,
        fields: Mapping[str, Any],
        given: str = "",
        *,
        body: bytes = b"",
        content_type: str = "application/json",
    ) -> Answer:
        """Ask one operation; `given` are SQL statements that make the site another one before. Nothing of it stays."""
        return self._run(self._ask(BY_NAME[name], role, dict(fields), given, body, content_type))

    @contextlib.contextmanager
    def undone(self) -> Iterator[None]:
        """What happens within, of several requests, is undone in the end."""
        self._run(self.undoing.begin())
        try:
            yield
        finally:
            self._run(self.undoing.end())

    def request(self, method: str, target: str, headers: Mapping[str, str], body: bytes = b"") -> Answer:
        """One request to any surface, within `undone`, from an address of its own."""
        number = next(self._addresses)
        peer = f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"
        return self._run(ask(self._app, method, target, headers=headers.items(), body=body, peer=peer))

    def read(self, view: Callable[..., T], *args: Any) -> T:
        """What a view answers, within `undone`."""
        return self._run(self.undoing.write(view, *args))

    async def _ask(self, operation: Operation, role: Role, fields: dict[str, Any], given: str, body: bytes, content_type: str) -> Answer:
        number = next(self._addresses)
        # From an address of its own, so that no rate limit is met.
        peer = f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"
        headers = [("Content-Type", content_type)]
        if role in self.tokens:
            headers.append(("Authorization", f"Bearer {self.tokens[role]}"))
        target = operation.path
        if "{" in target:
            target = target.format(**fields)
        elif operation.method == "GET" and fields:
            target += "?" + urlencode({key: str(value).lower() if isinstance(value, bool) else value for key, value in fields.items()})
        elif operation.method != "GET" and not body:
            body = msgspec.json.encode(fields)
        await self.undoing.begin()
        try:
            if given:
                await self.undoing.write(lambda tx: [tx.run(statement) for statement in given.split(";")])
            return await ask(self._app, operation.method, target, headers=headers, body=body, peer=peer)
        finally:
            await self.undoing.end()

    async def _build(self) -> None:
        database = self.instance.database
        self._pair = await asyncio.to_thread(keys.generate_key_pair)
        hashed = await asyncio.to_thread(passwords.hash_password, PASSWORD)
        await database.write(self._people, hashed)
        await database.write(self._places)
        await database.write(self._writings)
        await database.write(self._misfortunes)
        for role in Role:
            if role not in (Role.ANONYMOUS, Role.APPLICANT):
                self.tokens[role] = await database.write(self._session, role)
        self._app = routing.build(await app.surfaces(self.instance))
        self.undoing = Undone(database, self._url)
        # Surfaces hold this very database, so its doors are replaced, not the database.
        # Whoever prepares a second factor is shown it, so that one is left out; all others' are the same.
        kept = await database.read(vault.contents)
        self.secrets = {f"{each.column} {number}": each.value for number, each in enumerate(kept) if each.kind is not vault.Kind.OWN}
        self.secrets |= {"the password": PASSWORD, "the mail server's password": MAIL["smtp_password"]}
        self.secrets |= {f"the session of {role}": token for role, token in self.tokens.items()}
        database.read = database.write = database.note = self.undoing.write  # type: ignore[method-assign,assignment]  # only in tests

    def _session(self, tx: Transaction, role: Role) -> str:
        account = accounts.of_person(tx, self.people[role].id)
        assert account is not None
        return local_user.start_session(tx, self.instance.context, account, local_user.Visitor())

    def _people(self, tx: Transaction, hashed: str) -> None:
        for role in Role:
            if role is Role.ANONYMOUS:
                continue
            if role is Role.ADMIN:
                chief = person.local_by_name(tx, SETUP["admin_username"])
                assert chief is not None
                self.people[role] = chief
            else:
                accepted = role is not Role.APPLICANT
                self.people[role], account = local_user.create(
                    tx,
                    self.instance.context,
                    role,
                    hashed,
                    self._pair,
                    accepted_application=accepted,
                    email=f"{role}@mail.test",
                    email_verified=True,
                )
                accounts.update(tx, account.id, totp_2fa_secret=SECRET)
                if not accepted:
                    registration_application.insert(tx, account.id, "I like birds")
        chief_account = accounts.of_person(tx, self.people[Role.ADMIN].id)
        assert chief_account is not None
        accounts.update(tx, chief_account.id, totp_2fa_secret=SECRET)
        admin.appoint(tx, self.people[Role.ADMIN], self.people[Role.LOWER_ADMIN].id, True)
        site.update_local(tx, captcha_enabled=False, registration_mode="RequireApplication", application_question="Why?")

    def _places(self, tx: Transaction) -> None:
        who = self.people
        for name, founder in (("home", Role.TOP_MODERATOR), ("strict", Role.TOP_MODERATOR), ("far", Role.ELSEWHERE)):
            form = CommunityForm(name=name, title=name, posting_restricted_to_mods=name == "strict")
            self.homes[name] = community.create(tx, self.instance.context, who[founder], form, self._pair).id
        for name in ("home", "strict"):
            community_moderator.appoint(tx, who[Role.TOP_MODERATOR], self.homes[name], who[Role.MODERATOR].id, True)

    def _writings(self, tx: Transaction) -> None:
        context, who, home = self.instance.context, self.people, self.homes["home"]
        for role in OWNING:
            written = post.create(tx, context, who[role], PostForm(name=f"A post of {role}", community_id=home))
            self.posts[role] = written.id
            said = comment.create(tx, context, who[role], CommentForm(post_id=written.id, content="Well"))
            self.comments[role] = said.id
            other = who[Role.ELSEWHERE if role is Role.BYSTANDER else Role.BYSTANDER]
            self.sent[role] = private_message.create(tx, context, who[role], other.id, "Hello").id
            self.received[role] = private_message.create(tx, context, other, who[role].id, "Hello").id
            for kind in self.notes:
                notification.insert(tx, kind, who[role].id, said.id)
                self.notes[kind][role] = tx.value(f"SELECT id FROM {kind} WHERE recipient_id = :id", id=who[role].id)
            account = accounts.of_person(tx, who[role].id)
            assert account is not None
            self.uploads[role] = f"{role.replace('_', '-')}.png"
            kept = hashlib.sha256(role.encode()).hexdigest()  # what the disk has lost
            image.insert(tx, self.uploads[role], f"https://site.test/pictrs/image/{role}", "token", local_user_id=account.id, file=kept)
        reporter, subject = who[Role.BYSTANDER], Role.BYSTANDER
        locked = post.create(tx, context, reporter, PostForm(name="Locked", community_id=home))
        moderation.lock_post(tx, who[Role.ADMIN], locked.id, True)
        self.one["locked_post"] = locked.id
        self.one["post_report"] = report.report_post(tx, context, reporter, self.posts[subject], "Spam")
        self.one["comment_report"] = report.report_comment(tx, context, reporter, self.comments[subject], "Spam")
        self.one["message_report"] = report.report_private_message(
            tx,
            context,
            reporter,
            self.received[subject],
            "Spam",
        )
        self.one["instance"] = instance.get_or_create(tx, "elsewhere.test")
        self.one["application"] = tx.value("SELECT id FROM registration_application")
        values = {"shortcode": "bird", "image_url": "https://site.test/bird.png", "alt_text": "", "category": "birds"}
        self.one["emoji"] = emoji.insert(tx, local_site_id=site.local(tx).id, **values)
        owner = accounts.of_person(tx, reporter.id)
        assert owner is not None
        account_token.insert_reset(tx, tokens.stored_hash("reset"), owner.id)
        account_token.insert_verification(tx, tokens.stored_hash("proof"), owner.id, "new@mail.test")

    def _misfortunes(self, tx: Transaction) -> None:
        who = self.people
        for name in ("home", "strict"):
            ban.from_community(tx, who[Role.TOP_MODERATOR], self.homes[name], who[Role.BANNED_HERE].id, Ban(banned=True))
        ban.from_site(tx, who[Role.ADMIN], who[Role.BANNED].id, Ban(banned=True))
        # As though a session had outlived its account: tokens are given to both afterwards.
        person.update(tx, who[Role.DELETED].id, deleted=True)


@contextlib.contextmanager
def opened(folder: Path, *, mail: bool = True, url: str | None = None) -> Iterator[Scene]:
    """The scene, on an instance without a socket; `mail` is whether it has a mail server, if one that does not answer. `url` is that of an
    empty Postgres database; without it SQLite is used."""
    options = {"data_dir": str(folder), "setup": SETUP, "hostname": "site.test", **({"email": MAIL} if mail else {})}
    options |= {"database": {"uri": url}} if url is not None else {}
    settings = config.read(options, environment={})
    with asyncio.Runner() as runner:
        stack = contextlib.AsyncExitStack()
        try:
            scene = Scene(runner, runner.run(stack.enter_async_context(app.opened(settings))), url)
            stack.callback(scene.undoing.close)
            yield scene
        finally:
            runner.run(stack.aclose())
