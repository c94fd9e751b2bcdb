"""A house whose mails go to a real mail server in the same process."""

import asyncio
import dataclasses
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

from lemmy_lite import config
from lemmy_lite.domain import comment, mail, private_message
from lemmy_lite.domain.postman import Pauses, Postman
from lemmy_lite.model.comment import Comment, CommentForm
from lemmy_lite.model.ids import PostId
from lemmy_lite.model.person import Person
from lemmy_lite.model.private_message import PrivateMessage
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import local_user
from tests.domain.accounts import Door, at_the_door
from tests.mail.mailbox import LOGIN, PASSWORD, SECONDS, Mailbox, delivered
from tests.net.servers import certificate

QUICK = Pauses(server_first=0.02, server_longest=0.05, mail_first=0.02, mail_longest=0.05)
URL = "https://here.test"


class Office:
    """The house, the mail server, and the postman between them."""

    def __init__(self, door: Door, mailbox: Mailbox) -> None:
        self.door, self.mailbox = door, mailbox
        self.database, self.house = door.database, door.house

    @asynccontextmanager
    async def postman(self) -> AsyncIterator[Postman]:
        """At work meanwhile."""
        made = Postman(self.door.context, self.database, QUICK)
        self.database.after(made.after)
        made.start()
        try:
            yield made
        finally:
            await made.close()

    async def reader(self, name: str, **account: object) -> Person:
        """Somebody who wants to be told by mail, at NAME@mail.test."""
        found = await self.house.person(name)
        values = {"email": f"{name}@mail.test", "email_verified": True, "send_notifications_to_email": True} | account
        await self.change(found, **values)
        return found

    async def change(self, who: Person, **account: object) -> None:
        """Change columns of somebody's account."""

        def change(tx: Transaction) -> None:
            found = local_user.of_person(tx, who.id)
            assert found is not None
            local_user.update(tx, found.id, **account)

        await self.database.write(change)

    async def say(self, who: Person, post_id: PostId, text: str) -> Comment:
        """A comment below a post."""
        return await self.database.write(comment.create, self.door.context, who, CommentForm(post_id=post_id, content=text))

    async def message(self, who: Person, to: Person, text: str) -> PrivateMessage:
        """A private message."""
        return await self.database.write(private_message.create, self.door.context, who, to.id, text)

    async def waiting(self) -> int:
        """How many mails are in the queue."""
        number: int = await self.database.read(lambda tx: tx.value("SELECT COUNT(*) FROM mail"))
        return number

    async def until(self, number: int) -> None:
        """Wait until so many mails are in the queue."""
        await self.eventually("SELECT COUNT(*) = :number FROM mail", number=number)

    async def eventually(self, sql: str, **values: object) -> None:
        """Wait until a statement answers yes."""
        end = asyncio.get_running_loop().time() + SECONDS
        while not await self.database.read(lambda tx: tx.value(sql, **values)):
            assert asyncio.get_running_loop().time() < end, f"this never came to be: {sql}"
            await asyncio.sleep(0.01)

    async def quiet(self) -> list[str]:
        """Wait until the queue is empty; answers to whom mails have gone, sorted."""
        await self.until(0)
        return sorted(mail.to[0] for mail in self.mailbox.mails)


def with_post(url: str, story: Callable[[Office], Awaitable[None]], *, at_work: bool = True, sealed: Path | None = None) -> None:
    """Run a story in a new house with a mail server. `at_work`: the postman too. `sealed`: the server insists on STARTTLS and a login, with
    a certificate in this folder."""

    async def run(door: Door) -> None:
        offered: dict[str, Any] = {}
        authority = None
        if sealed is not None:
            offered["starttls"], authority = certificate(sealed, "localhost")
            offered["auth"] = True
        async with delivered(**offered) as mailbox:
            server = {"smtp_server": f"127.0.0.1:{mailbox.port}", "smtp_from_address": "noreply@here.test", "tls_type": "none"}
            mail_options: dict[str, Any] = {"per_minute": 6000, "timeout": 5}
            if authority is not None:
                login = {"smtp_login": LOGIN, "smtp_password": PASSWORD}
                server |= {"smtp_server": f"localhost:{mailbox.port}", "tls_type": "starttls", **login}
                mail_options["ca_file"] = str(authority)
            options = {"hostname": "here.test", "email": server, "mail": mail_options}
            door.context = dataclasses.replace(door.context, config=config.read(options, environment={}))
            door.database.within(partial(mail.within, door.context))
            office = Office(door, mailbox)
            if not at_work:
                await story(office)
                return
            async with office.postman():
                await story(office)

    at_the_door(url, run)
