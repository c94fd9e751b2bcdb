"""A house with open doors: people who register with a password, and whom they come in as."""

from collections.abc import Awaitable, Callable
from typing import Any
from unittest.mock import patch

from lemmy_lite import config
from lemmy_lite.context import Context
from lemmy_lite.crypto import keys, passwords
from lemmy_lite.crypto.passwords import Check
from lemmy_lite.domain import local_user
from lemmy_lite.domain.local_user import Visitor
from lemmy_lite.model.events import Event
from lemmy_lite.model.registration import RegistrationForm
from lemmy_lite.model.viewer import Viewer
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import site
from tests.domain.house import House, key_pair, told

PASSWORD = "correct horse battery"
VISITOR = Visitor(address="192.0.2.1", user_agent="test")
MAIL = {"smtp_server": "127.0.0.1:9", "smtp_from_address": "noreply@here.test", "tls_type": "none"}


class Door:
    """The house, what happened in it, and the shortest way to come in."""

    def __init__(self, house: House, context: Context) -> None:
        self.database, self.context, self.admin, self.house = house.database, context, house.admin, house
        self.events: list[Event] = []
        house.database.after(self.events.append)

    async def settings(self, **values: Any) -> None:
        """Change the site's settings."""
        await self.database.write(lambda tx: site.update_local(tx, **values))

    async def register(self, name: str, **fields: Any) -> str | None:
        """A new account with PASSWORD; answers the token, if there is one at once."""
        form = RegistrationForm(username=name, password=PASSWORD, password_verify=PASSWORD, **fields)
        return (await local_user.register(self.database, self.context, form, VISITOR)).jwt

    async def login(self, name: str, password: str = PASSWORD, code: str | None = None) -> str | None:
        """A new session."""
        return (await local_user.login(self.database, self.context, name, password, code, VISITOR)).jwt

    async def whose(self, token: str | None) -> Viewer | None:
        """Who shows a token; nobody once its session has ended."""
        return await self.database.read(local_user.session, self.context, token or "")

    async def user(self, name: str, **fields: Any) -> Viewer:
        """Somebody who has registered and is logged in."""
        viewer = await self.whose(await self.register(name, **fields))
        assert viewer is not None
        return viewer

    def told(self, kind: type[Event]) -> list[Any]:
        """What happened of one kind, oldest first."""
        return [event for event in self.events if type(event) is kind]


def _hash(password: str) -> str:
    return f"hash of {password}"


def at_the_door(url: str, story: Callable[[Door], Awaitable[None]], *, mail: bool = True) -> None:
    """Run a story in a new house that takes everybody in. Key pairs and hashes, slow on purpose, are stood in for."""

    async def run(house: House) -> None:
        settings = config.read({"hostname": "here.test"} | ({"email": MAIL} if mail else {}), environment={})
        context = Context(
            config=settings, clock=house.context.clock, net=house.context.net, jwt_secret="s" * 64, history=house.context.history
        )

        def open_doors(tx: Transaction) -> None:
            site.update_local(tx, registration_mode="Open", site_setup=True)

        await house.database.write(open_doors)
        await story(Door(house, context))

    def check(password: str, stored: str) -> Check:
        return Check(correct=stored == _hash(password), needs_rehash=False)

    pair = key_pair()
    with (
        patch.object(keys, "generate_key_pair", lambda: pair),
        patch.object(passwords, "hash_password", _hash),
        patch.object(passwords, "check_password", check),
        patch.object(passwords, "even_out", lambda *_: None),
    ):
        told(url, run)
