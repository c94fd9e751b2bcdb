"""The doors of an instance that speaks https, without the instance."""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from lemmy_lite import config
from lemmy_lite.app import doorways, https
from lemmy_lite.config import Config
from lemmy_lite.control.certificates import kept
from lemmy_lite.crypto.certificates import Held, read
from lemmy_lite.http.gate import plain
from lemmy_lite.model.clock import Clock
from lemmy_lite.storage.database import Database
from tests.storage.databases import migrated

CLOCK = Clock()


class Site:
    """An instance's doors without the instance: what stands behind says "here"."""

    def __init__(self, settings: Config, secure: https.Https) -> None:
        self.settings = settings
        self.secure = secure

    @property
    def https_port(self) -> int:
        return self.settings.port

    async def pair(self) -> Held:
        """The first certificate, waited for."""
        for _ in range(600):
            if self.secure.shown.pair is not None:
                return read(*self.secure.shown.pair)
            await asyncio.sleep(0.05)
        raise AssertionError(kept.record(self.settings))

    async def fetch(self, root: str, name: str = "site.test") -> tuple[int, bytes]:
        """What somebody who trusts `root` gets by https. Twice at most they try anew, as a browser does where a handshake of more than a
        second is cut in the very moment of an exchange (tests/http/test_secured.py is strict)."""
        for _ in range(2):
            with contextlib.suppress(ConnectionResetError):
                return await self._fetch(root, name)
        return await self._fetch(root, name)

    async def _fetch(self, root: str, name: str) -> tuple[int, bytes]:
        context = ssl.create_default_context(cadata=root)
        reader, writer = await asyncio.open_connection("127.0.0.1", self.https_port, ssl=context, server_hostname=name)
        writer.write(b"GET / HTTP/1.1\r\nhost: site.test\r\nconnection: close\r\n\r\n")
        answered = await reader.read()
        writer.close()
        return int(answered.split()[1]), answered.partition(b"\r\n\r\n")[2]

    async def plain(self, target: str = "/", method: str = "GET") -> tuple[int, str]:
        """Status and location of an answer by plain http."""
        assert self.settings.tls is not None
        reader, writer = await asyncio.open_connection("127.0.0.1", self.settings.tls.http_port)
        writer.write(f"{method} {target} HTTP/1.1\r\nhost: whatever\r\nconnection: close\r\n\r\n".encode())
        head = (await reader.read()).decode().partition("\r\n\r\n")[0].split("\r\n")
        writer.close()
        location = [line.partition(": ")[2] for line in head if line.lower().startswith("location:")]
        return int(head[0].split()[1]), location[0] if location else ""


@asynccontextmanager
async def open_to(settings: Config, url: str | None) -> AsyncIterator[Database]:
    """The database of a process that leads if no other one does."""
    async with migrated(url or f"sqlite://{settings.data_dir}/lemmy.db") as database:
        await database.processes.start()
        try:
            yield database
        finally:
            await database.processes.close()


@asynccontextmanager
async def site(settings: Config, url: str | None = None) -> AsyncIterator[Site]:
    """One process; with the address of a Postgres, one of several."""

    async def here(scope: Any, receive: Any, send: Any) -> None:
        await plain(send, 200, "here")

    secure = https.prepared(settings, CLOCK)
    assert secure is not None
    stop = asyncio.Event()
    doors = doorways.taken(settings, secure)
    for door in doors:
        if door.site:
            door.gate.app = here
    tasks = [asyncio.create_task(door.serve(settings, stop, asyncio.Event(), secure)) for door in doors]
    try:
        await asyncio.sleep(0.1)
        async with open_to(settings, url) as database, https.kept(settings, CLOCK, secure, database):
            yield Site(settings, secure)
    finally:
        stop.set()
        await asyncio.wait_for(asyncio.gather(*tasks), 20)


def settings(folder: Path, https_port: int, http_port: int, **tls: Any) -> Config:
    values = {"automatic": True, "terms_agreed": True, "contact": "admin@site.test", "http_port": http_port, **tls}
    place = {"hostname": "site.test", "bind": "127.0.0.1", "port": https_port, "data_dir": str(folder / "data")}
    return config.read({**place, "tls": {name: value for name, value in values.items() if value is not None}}, environment={})
