"""One host far away that follows a community here and takes whatever it is told, each message after the same time; and ten thousand votes
in that community that it has not heard of."""

import asyncio
import json
import sqlite3
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from functools import partial
from pathlib import Path

from lemmy_lite.context import Context
from lemmy_lite.crypto import keys, passwords
from lemmy_lite.domain import community as communities
from lemmy_lite.domain import post, site, vote
from lemmy_lite.federation import store
from lemmy_lite.federation.evidence import Evidence
from lemmy_lite.federation.outbox import subscriber
from lemmy_lite.model.clock import Clock
from lemmy_lite.model.community import Community, CommunityForm
from lemmy_lite.model.person import Person
from lemmy_lite.model.post import Post, PostForm
from lemmy_lite.net.client import Client
from lemmy_lite.net.options import NetOptions
from lemmy_lite.storage.database import open_database
from lemmy_lite.storage.history import History
from lemmy_lite.storage.migrations.runner import migrate
from lemmy_lite.storage.query import Transaction
from tests.bench.data.seed import settings
from tests.bench.data.sizes import PASSWORD

NAME = "far.test"
POSTS = 500
_AT_ONCE = 200


class Receiver:
    """The host. `arrived` holds the ids of what it has taken, in that order, with the moment."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self.port = 0
        self.arrived: list[tuple[str, float]] = []
        self.under_way = 0
        self.most_under_way = 0
        self._took = asyncio.Event()

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection. A message counts when it is answered: then the sender may tell the next about the same object."""
        try:
            while head := (await reader.readuntil(b"\r\n\r\n")).lower():
                length = int(head.partition(b"\r\ncontent-length: ")[2].split(b"\r\n", 1)[0] or 0)
                body = await reader.readexactly(length)
                if not body:  # at each start a host that was well lately is asked for the time (federation/clock_gate.py)
                    writer.write(b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n")
                    continue
                self.under_way += 1
                self.most_under_way = max(self.most_under_way, self.under_way)
                try:
                    await asyncio.sleep(self._seconds)
                finally:
                    self.under_way -= 1
                self.arrived.append((json.loads(body)["id"], time.perf_counter()))
                self._took.set()
                writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")
        except (asyncio.IncompleteReadError, asyncio.CancelledError, OSError):
            pass  # hung up, killed, or the bench ends
        finally:
            writer.close()

    async def until(self, number: int, seconds: float) -> None:
        """Wait until so many different messages have come. Raises TimeoutError."""
        async with asyncio.timeout(seconds):
            while len({name for name, _ in self.arrived}) < number:
                self._took.clear()
                await self._took.wait()

    async def another(self, seconds: float) -> None:
        """Wait for the next message. Raises TimeoutError."""
        self._took.clear()
        async with asyncio.timeout(seconds):
            await self._took.wait()


@asynccontextmanager
async def receiver(seconds: float) -> AsyncIterator[Receiver]:
    """The host, listening."""
    found = Receiver(seconds)
    server = await asyncio.start_server(found.answer, "127.0.0.1", 0)
    found.port = server.sockets[0].getsockname()[1]
    try:
        yield found
    finally:
        server.close()


def environment() -> dict[str, str]:
    """What lets a server find the host on this machine."""
    return {"LEMMY_LITE_TEST": "1", "LEMMY_LITE_TEST_RESOLVE": f"{NAME}=127.0.0.1", "LEMMY_LITE_TEST_ALLOW_NETS": "127.0.0.0/8"}


async def settle(folder: Path, found: Receiver, votes: int) -> None:
    """An instance in `folder` with a community that one person of the host follows, and votes on its posts, up and down by turns, that wait
    to be told; there is an admin with PASSWORD."""
    url, clock = f"sqlite://{folder}/lemmy.db", Clock()
    database = await open_database(url, clock)
    try:
        await migrate(database)
        net = Client(NetOptions(user_agent="bench"))
        context = Context(config=settings(url), clock=clock, net=net, jwt_secret="", history=History(clock.now))
        hashed, pair = passwords.hash_password(PASSWORD), keys.generate_key_pair()

        def enter(tx: Transaction) -> tuple[Person, Community, list[Post]]:
            site.found(tx, context, pair, "bench")
            admin = site.appoint_first_admin(tx, context, "admin", hashed, pair, None)
            home = communities.create(tx, context, admin, CommunityForm(name="all", title="All"), pair)
            far = store.receive(tx, Evidence(), context, _person(f"http://{NAME}:{found.port}", pair.public_key))
            assert isinstance(far, Person)
            communities.follow(tx, far, home.id, True)
            posts = [post.create(tx, context, admin, PostForm(name=f"News {number}", community_id=home.id)) for number in range(POSTS)]
            return admin, home, posts

        admin, _, posts = await database.write(enter)
        database.within(subscriber.within(context))
        for begin in range(0, votes, _AT_ONCE):
            turns = range(begin, min(votes, begin + _AT_ONCE))
            # The author's own upvote is there, so the first round is down, the next up.
            cast = [partial(vote.cast, actor=admin, target=posts[turn % POSTS], score=1 if turn // POSTS % 2 else -1) for turn in turns]
            await asyncio.gather(*(database.write(each) for each in cast))
    finally:
        await database.close()


def sent(folder: Path) -> dict[str, tuple[int, str]]:
    """What is to be told: the number and the object of each message, by its id."""
    with closing(sqlite3.connect(f"file:{folder}/lemmy.db?mode=ro", uri=True)) as connection:
        rows = connection.execute("SELECT ap_id, id, COALESCE(object_ap_id, '') FROM sent_activity").fetchall()
    return {ap_id: (number, about) for ap_id, number, about in rows}


def _person(url: str, public_key: str) -> dict[str, object]:
    ap_id = f"{url}/u/fan"
    return {
        "id": ap_id,
        "type": "Person",
        "preferredUsername": "fan",
        "inbox": f"{ap_id}/inbox",
        "endpoints": {"sharedInbox": f"{url}/inbox"},
        "publicKey": {"id": f"{ap_id}#main-key", "owner": ap_id, "publicKeyPem": public_key},
    }
