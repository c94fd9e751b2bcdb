"""A thousand hosts that follow a community here: most take what they are sent, each after its own time; some refuse, some never answer."""

import asyncio
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random

from lemmy_lite.context import Context
from lemmy_lite.crypto import keys, passwords
from lemmy_lite.domain import community as communities
from lemmy_lite.domain import site
from lemmy_lite.federation import store
from lemmy_lite.federation.evidence import Evidence
from lemmy_lite.model.clock import Clock
from lemmy_lite.model.community import CommunityForm
from lemmy_lite.model.person import Person
from lemmy_lite.net.client import Client
from lemmy_lite.net.options import NetOptions
from lemmy_lite.storage.database import open_database
from lemmy_lite.storage.history import History
from lemmy_lite.storage.migrations.runner import migrate
from lemmy_lite.storage.query import Transaction
from tests.bench.data.seed import settings
from tests.bench.data.sizes import PASSWORD

HOSTS = 1000
REFUSING, HANGING = 0.10, 0.05
MEDIAN_SECONDS, SPREAD = 0.08, 0.99
"""Lognormal answer times: the middle 80 ms, the 99th of a hundred 800 ms."""


class Followers:
    """The hosts. `heard` says, for each that took something, when it took the first message of this round."""

    def __init__(self, hosts: int = HOSTS) -> None:
        chance = Random(11)
        self.names = [f"f{number:04}.test" for number in range(hosts)]
        fates = [chance.random() for _ in self.names]
        self.refusing = {name for name, fate in zip(self.names, fates, strict=True) if fate < REFUSING}
        self.hanging = {name for name, fate in zip(self.names, fates, strict=True) if REFUSING <= fate < REFUSING + HANGING}
        self.seconds = {name: min(chance.lognormvariate(0, SPREAD) * MEDIAN_SECONDS, 3.0) for name in self.names}
        self.heard: dict[str, float] = {}
        self.messages = 0
        self._took = asyncio.Event()
        self.port = self.closed_port = 0

    @property
    def living(self) -> int:
        """How many take what they are sent."""
        return len(self.names) - len(self.refusing) - len(self.hanging)

    def url(self, name: str) -> str:
        """Where a host lives; nobody listens where the refusing ones do."""
        return f"http://{name}:{self.closed_port if name in self.refusing else self.port}"

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        try:
            while head := (await reader.readuntil(b"\r\n\r\n")).lower():
                length = int(head.partition(b"\r\ncontent-length: ")[2].split(b"\r\n", 1)[0] or 0)
                await reader.readexactly(length)
                name = head.partition(b"\r\nhost: ")[2].split(b":", 1)[0].decode()
                if name in self.hanging:
                    await asyncio.sleep(3600)
                await asyncio.sleep(self.seconds[name])
                self.messages += 1
                self.heard.setdefault(name, time.perf_counter())
                self._took.set()
                writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")
        except (asyncio.IncompleteReadError, asyncio.CancelledError, OSError):
            pass  # hung up, or the bench ends
        finally:
            writer.close()

    async def everything(self, messages: int, seconds: float) -> None:
        """Wait until so many messages were taken. Raises TimeoutError."""
        async with asyncio.timeout(seconds):
            while self.messages < messages:
                self._took.clear()
                await self._took.wait()

    async def most(self, part: float, seconds: float) -> float:
        """Wait until so large a part of the living has heard; answers when that was. Raises TimeoutError."""
        needed = int(self.living * part)
        async with asyncio.timeout(seconds):
            while len(self.heard) < needed:
                self._took.clear()
                await self._took.wait()
        return sorted(self.heard.values())[needed - 1]


@asynccontextmanager
async def followers(hosts: int = HOSTS) -> AsyncIterator[Followers]:
    """The hosts, listening."""
    found = Followers(hosts)
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))  # bound and not listening: whoever connects is refused, and nobody else gets the port
        found.closed_port = closed.getsockname()[1]
        server = await asyncio.start_server(found.answer, "127.0.0.1", 0, backlog=2048)
        found.port = server.sockets[0].getsockname()[1]
        try:
            yield found
        finally:
            server.close()


def environment(found: Followers) -> dict[str, str]:
    """What lets a server find the hosts on this machine."""
    return {
        "LEMMY_LITE_TEST": "1",
        "LEMMY_LITE_TEST_RESOLVE": ",".join(f"{name}=127.0.0.1" for name in found.names),
        "LEMMY_LITE_TEST_ALLOW_NETS": "127.0.0.0/8",
    }


async def settle(folder: Path, found: Followers) -> None:
    """An instance in `folder` with a community that one person of each host follows, and an admin with PASSWORD."""
    url, clock = f"sqlite://{folder}/lemmy.db", Clock()
    database = await open_database(url, clock)
    try:
        await migrate(database)
        net = Client(NetOptions(user_agent="bench"))
        context = Context(config=settings(url), clock=clock, net=net, jwt_secret="", history=History(clock.now))
        hashed, pair = passwords.hash_password(PASSWORD), keys.generate_key_pair()

        def enter(tx: Transaction) -> None:
            site.found(tx, context, pair, "bench")
            admin = site.appoint_first_admin(tx, context, "admin", hashed, pair, None)
            home = communities.create(tx, context, admin, CommunityForm(name="all", title="All"), pair)
            for name in found.names:
                person = store.receive(tx, Evidence(), context, _person(found.url(name), pair.public_key))
                assert isinstance(person, Person)
                communities.follow(tx, person, home.id, True)

        await database.write(enter)
    finally:
        await database.close()


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
