"""A small house for stories about verbs: a site with an admin, people and a community, made by the verbs themselves."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import cache, partial

from lemmy_lite import config
from lemmy_lite.context import Context
from lemmy_lite.crypto import keys
from lemmy_lite.crypto.keys import KeyPair
from lemmy_lite.domain import comment, community, local_user, notification, post, site
from lemmy_lite.model.clock import Clock
from lemmy_lite.model.comment import Comment, CommentForm
from lemmy_lite.model.community import Community, CommunityForm
from lemmy_lite.model.ids import CommentId, CommunityId, PostId
from lemmy_lite.model.person import Person
from lemmy_lite.model.post import Post, PostForm
from lemmy_lite.net.client import Client
from lemmy_lite.net.options import NetOptions
from lemmy_lite.storage.database import Database
from lemmy_lite.storage.history import History
from lemmy_lite.storage.query import Transaction
from tests.storage.databases import migrated


@cache
def key_pair() -> KeyPair:
    """One pair for everybody: making them is slow, and no verb looks at them."""
    return keys.generate_key_pair()


@dataclass
class House:
    """The database and the context, with the shortest way to write things."""

    database: Database
    context: Context
    admin: Person

    async def person(self, name: str) -> Person:
        """A new local person."""

        def make(tx: Transaction) -> Person:
            return local_user.create(tx, self.context, name, "x", key_pair(), accepted_application=True)[0]

        return await self.database.write(make)

    async def community(self, founder: Person, name: str = "birds") -> Community:
        """A new community."""
        return await self.database.write(community.create, self.context, founder, CommunityForm(name=name, title=name.title()), key_pair())

    async def post(self, author: Person, community_id: CommunityId, name: str = "A post", **fields: str) -> Post:
        """A new post."""
        form = PostForm(name=name, community_id=community_id, **fields)  # type: ignore[arg-type]  # texts only
        return await self.database.write(post.create, self.context, author, form)

    async def comment(self, author: Person, post_id: PostId, content: str = "A comment", parent: CommentId | None = None) -> Comment:
        """A new comment."""
        form = CommentForm(post_id=post_id, content=content)
        if parent is not None:
            form = CommentForm(post_id=post_id, content=content, parent_id=parent)
        return await self.database.write(comment.create, self.context, author, form)


def told(url: str, story: Callable[[House], Awaitable[None]]) -> None:
    """Run a story in a new house."""

    async def run() -> None:
        async with migrated(url) as database:
            settings = config.read({"hostname": "here.test"}, environment={})
            context = Context(
                config=settings, clock=Clock(), net=Client(NetOptions(user_agent="test")), jwt_secret="s" * 64, history=History(Clock().now)
            )
            database.within(partial(notification.within, context))

            def found(tx: Transaction) -> Person:
                site.found(tx, context, key_pair(), "Here")
                return site.appoint_first_admin(tx, context, "admin", "x", key_pair(), None)

            await story(House(database, context, await database.write(found)))

    asyncio.run(run())
