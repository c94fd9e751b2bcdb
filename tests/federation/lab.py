"""Instances in this process, each with its own database and port, speaking real HTTP on loopback names."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

from lemmy_lite import config
from lemmy_lite.context import Context
from lemmy_lite.crypto import keys
from lemmy_lite.crypto.keys import KeyPair
from lemmy_lite.domain import comment as comments
from lemmy_lite.domain import community as communities
from lemmy_lite.domain import local_user as accounts
from lemmy_lite.domain import notification, site
from lemmy_lite.domain import post as posts
from lemmy_lite.federation.outbox import subscriber
from lemmy_lite.federation.service import Federation
from lemmy_lite.http import server
from lemmy_lite.http.activitypub.routes import activitypub
from lemmy_lite.http.routing import build
from lemmy_lite.http.surface import Surface
from lemmy_lite.model.clock import Clock
from lemmy_lite.model.comment import Comment, CommentForm
from lemmy_lite.model.community import Community, CommunityForm
from lemmy_lite.model.ids import PostId
from lemmy_lite.model.person import Person
from lemmy_lite.model.post import Post, PostForm
from lemmy_lite.net.client import Client
from lemmy_lite.net.options import NetOptions
from lemmy_lite.storage.database import Database
from lemmy_lite.storage.history import History
from lemmy_lite.storage.query import Transaction
from tests.storage.databases import migrated

P = ParamSpec("P")
T = TypeVar("T")
LOOPBACK = "127.0.0.1"
PATIENCE = 10.0


@lru_cache(maxsize=64)
def key_pair(number: int) -> KeyPair:
    """Key pairs made once for all tests."""
    return keys.generate_key_pair()


class Place:
    """One instance."""

    def __init__(self, name: str, context: Context, database: Database, federation: Federation) -> None:
        self.name = name
        self.context = context
        self.database = database
        self.federation = federation
        self._keys = hash(name) % 7

    async def start(self) -> None:
        """Begin to speak with others."""
        await self.database.processes.start()
        await self.federation.start()

    async def close(self) -> None:
        """End that."""
        await self.federation.close()
        await self.database.processes.close()

    async def restart(self) -> None:
        """The program ends and starts again, on the same database."""
        await self.close()
        self.database.processes = self.database.processes.afresh()
        self.federation = Federation(self.context, self.database)
        await self.start()

    @property
    def url(self) -> str:
        return self.context.config.base_url

    @property
    def host(self) -> str:
        return self.context.config.hostname

    async def write(self, verb: Callable[Concatenate[Transaction, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        return await self.database.write(verb, *args, **kwargs)

    async def read(self, view: Callable[Concatenate[Transaction, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        return await self.database.read(view, *args, **kwargs)

    async def person(self, name: str) -> Person:
        """A local account."""
        self._keys += 1
        created, _ = await self.write(accounts.create, self.context, name, "x", key_pair(self._keys % 8), accepted_application=True)
        return created

    async def community(self, founder: Person, name: str = "tea") -> Community:
        """A local community."""
        return await self.write(communities.create, self.context, founder, CommunityForm(name=name, title=name.title()), key_pair(9))

    async def post(self, author: Person, home: Community, title: str = "How long to steep?", **form: Any) -> Post:
        """A post written here."""
        return await self.write(posts.create, self.context, author, PostForm(name=title, community_id=home.id, **form))

    async def comment(self, author: Person, post: Post, text: str = "Four minutes.", parent: Comment | None = None) -> Comment:
        """A comment written here."""
        form = (
            CommentForm(content=text, post_id=post.id)
            if parent is None
            else CommentForm(content=text, post_id=post.id, parent_id=parent.id)
        )
        return await self.write(comments.create, self.context, author, form)

    async def votes(self, post_id: PostId) -> tuple[int, int, int]:
        """Score, upvotes and downvotes of a post."""
        from lemmy_lite.storage.tables import post

        counters = await self.read(post.counters, post_id)
        return counters.score, counters.upvotes, counters.downvotes

    async def follow(self, follower: Person, address: str) -> Community:
        """Look a community up, follow it, and wait until it has accepted."""
        from lemmy_lite.storage.tables import community_follower

        found = await self.federation.resolve(address)
        assert isinstance(found, Community)
        await self.write(communities.follow, follower, found.id, True)
        await eventually(self.read, community_follower.state, follower.id, found.id, gives=lambda state: state is False)
        return found


async def eventually(ask: Callable[..., Awaitable[T]], *args: Any, gives: Callable[[T], bool] = bool, **kwargs: Any) -> T:
    """Ask again and again until the answer is as wished; fails with the last answer after ten seconds."""
    end = time.monotonic() + PATIENCE
    while True:
        answer = await ask(*args, **kwargs)
        if gives(answer):
            return answer
        assert time.monotonic() < end, f"in vain: {answer!r}"
        await asyncio.sleep(0.01)


@asynccontextmanager
async def opened(
    folder: Path, name: str, hosts: dict[str, int], url: str | None = None, *, net: Client | None = None, **options: Any
) -> AsyncIterator[Place]:
    """An instance whose site is set up, on the database at `url` or one of its own, that asks by `net` if given; it does not listen yet."""
    settings = {"hostname": f"{name}.test:{hosts[name]}", "tls_enabled": False, "federation": {"backoff_max": 1, **options}}
    environment = {
        "LEMMY_LITE_TEST": "1",
        "LEMMY_LITE_TEST_RESOLVE": ",".join(f"{each}.test={LOOPBACK}" for each in hosts),
        "LEMMY_LITE_TEST_ALLOW_NETS": "127.0.0.0/8",
        "LEMMY_TEST_FAST_FEDERATION": "1",
    }
    read = config.read(settings, environment=environment)
    clock = Clock()
    resolve = read.testing.resolve.names if read.testing.resolve else {}
    net = net or Client(NetOptions(user_agent=f"lab {name}", allow_nets=read.testing.allow_nets, resolve=resolve))
    async with migrated(url or f"sqlite://{folder}/{name}.db", clock=clock) as database:
        context = Context(config=read, clock=clock, net=net, jwt_secret="secret", history=History(clock.now))
        if not await database.read(site.exists):
            await database.write(site.found, context, key_pair(10), name)
        federation = Federation(context, database)
        database.within(subscriber.within(context))
        database.within(partial(notification.within, context))
        database.after(federation.wake)
        place = Place(name, context, database, federation)
        await place.start()
        try:
            yield place
        finally:
            await place.close()
            await net.close()


@asynccontextmanager
async def listening(place: Place, port: int, *more: Surface) -> AsyncIterator[None]:
    """The instance answers requests for ActivityPub, and what other surfaces are for."""
    gate = server.Gate(build([activitypub(place.context, place.database, place.federation), *more]))
    stop, ready = asyncio.Event(), asyncio.Event()

    async def on_ready() -> None:
        ready.set()

    serving = asyncio.create_task(server.serve(gate, server.listen(LOOPBACK, port), stop, on_ready=on_ready, grace=1))
    await ready.wait()
    try:
        yield
    finally:
        stop.set()
        await serving


@asynccontextmanager
async def lab(folder: Path, free_port: Callable[[], int], **urls: str | None) -> AsyncIterator[list[Place]]:
    """Several instances that listen, by name, with the URLs of their databases or None."""
    hosts = {name: free_port() for name in urls}
    async with AsyncExitStack() as stack:
        places = [await stack.enter_async_context(opened(folder, name, hosts, url)) for name, url in urls.items()]
        for place in places:
            await stack.enter_async_context(listening(place, hosts[place.name]))
        yield places
        await hang_up(*places)


async def hang_up(*places: Place) -> None:
    """Close the connections between instances first: a server that stops waits for those who might still ask."""
    for place in places:
        await place.federation.close()
        await place.context.net.close()
