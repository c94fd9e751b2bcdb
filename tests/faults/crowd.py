"""Many hosts on one port of this machine, each with somebody who follows a community here: well, mute, dripping, or dead."""

import asyncio
import contextlib
import json
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import Future
from typing import Any, NamedTuple

from tests.bench.data.followers import Followers
from tests.net.servers import name_server

DRIP_SECONDS = 2.0
"""Between two bytes of an answer that drips."""


class Told(NamedTuple):
    """One activity that a host took, with the moment by the steady clock."""

    host: str
    activity: dict[str, Any]
    at: float


class Crowd(Followers):
    """`mute` hosts take connections and never answer, `dripping` answer a byte every other second, `dead` hang up; the others are well.

    It lives in a thread of its own (`gathered`); what it counts is read from outside.
    """

    def __init__(self, hosts: int, *, mute: int = 0, dripping: int = 0, dead: int = 0) -> None:
        super().__init__(hosts)
        self.refusing = set()
        names = iter(self.names)
        self.hanging = {next(names) for _ in range(mute)}
        self.dripping = {next(names) for _ in range(dripping)}
        self.dead = {next(names) for _ in range(dead)}
        self.told: list[Told] = []
        self.tries = 0
        """What the dead were asked, and what was sent to those who never answer in time."""
        self.under_way: Counter[str] = Counter()
        self.most_under_way: Counter[str] = Counter()

    @property
    def sick(self) -> set[str]:
        """Those who never answer in time."""
        return self.hanging | self.dripping

    @property
    def well(self) -> list[str]:
        """All the others that live."""
        return [name for name in self.names if name not in self.sick | self.dead]

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                lower = head.lower()
                length = int(lower.partition(b"\r\ncontent-length: ")[2].split(b"\r\n", 1)[0] or 0)
                body = await reader.readexactly(length)
                name = lower.partition(b"\r\nhost: ")[2].split(b":", 1)[0].decode()
                if name in self.dead:
                    self.tries += 1
                    return
                if not body:  # what it runs is asked once a day, and is no send
                    await self._react(name, body, reader, writer)
                    continue
                self.tries += name in self.sick
                self.under_way[name] += 1
                self.most_under_way[name] = max(self.most_under_way[name], self.under_way[name])
                try:
                    await self._react(name, body, reader, writer)
                finally:
                    self.under_way[name] -= 1
        except (asyncio.IncompleteReadError, asyncio.CancelledError, OSError):
            pass  # hung up, or the end
        finally:
            writer.close()

    async def _react(self, name: str, body: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if name in self.hanging:
            await reader.read(1)  # until they hang up
            raise asyncio.IncompleteReadError(b"", None)
        if name in self.dripping:
            for each in b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n":
                writer.write(bytes([each]))
                await writer.drain()
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(DRIP_SECONDS):
                        await reader.read(1)  # they hang up: noticed only with the next byte, the send would seem to last on
                        raise asyncio.IncompleteReadError(b"", None)
            return
        if body:
            self.told.append(Told(name, json.loads(body), time.monotonic()))
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")


@contextlib.contextmanager
def gathered(crowd: Crowd) -> Iterator[dict[str, str]]:
    """The hosts, listening in a thread, and a name server that knows them; gives what lets an instance find them."""
    started: Future[tuple[asyncio.AbstractEventLoop, asyncio.Event, str]] = Future()
    thread = threading.Thread(target=lambda: asyncio.run(_live(crowd, started)), daemon=True)
    thread.start()
    loop, over, names = started.result(10)
    try:
        yield {"LEMMY_LITE_TEST": "1", "LEMMY_LITE_TEST_RESOLVE": f"dns={names}", "LEMMY_LITE_TEST_ALLOW_NETS": "127.0.0.0/8"}
    finally:
        loop.call_soon_threadsafe(over.set)
        thread.join(30)


async def _live(crowd: Crowd, started: Future[tuple[asyncio.AbstractEventLoop, asyncio.Event, str]]) -> None:
    over = asyncio.Event()
    server = await asyncio.start_server(crowd.answer, "127.0.0.1", 0, backlog=2048)
    crowd.port = crowd.closed_port = server.sockets[0].getsockname()[1]
    async with name_server({name: ["127.0.0.1"] for name in crowd.names}) as (_, (host, port)):
        started.set_result((asyncio.get_running_loop(), over, f"{host}:{port}"))
        await over.wait()
        server.close()
