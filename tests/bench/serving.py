"""Servers under test: the program on a copy of a data set, from source or as the executable, on a core of its own."""

import asyncio
import hashlib
import json
import os
import shutil
import socket
import sys
import time
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from lemmy_lite.model.clock import Clock
from lemmy_lite.storage.database import open_database
from lemmy_lite.storage.migrations.runner import migrate
from tests.bench.data.seed import HOSTNAME, seed
from tests.bench.data.sizes import SIZES
from tests.bench.load import Load, request
from tests.bench.machine import SERVER_CORE, on_core

TOP = Path(__file__).parent.parent.parent
CACHE = Path(os.environ.get("LEMMY_LITE_BENCH") or TOP / "build" / "bench")
"""Where data sets lie and everything is measured; another folder by LEMMY_LITE_BENCH, as a disk that has room for a million posts."""
EXECUTABLE = TOP / "dist" / "lemmy-lite"
SOURCE = (sys.executable, "-P", "-m", "lemmy_lite")

_FRESH_FOR = 12 * 3600
"""Seconds after which a data set is made anew: its newest posts grow old, and there must be posts of the last hours."""
_SERVED_FOR = 3600
"""And after which no server is measured with it: where nothing has come for five hours, pages are other pages. One read three times as many
rows, though it should not have (domain/README.md, "what a list begins with")."""

_MAKERS = ("lemmy_lite/text/markdown.py", "lemmy_lite/storage/terms.py", "tests/bench/data/*.py")
"""What a data set follows from: where one of these has changed, it is made anew. A new schema it is brought to."""
_NO_MAKERS = {"followers.py", "receiver.py", "stream.py"}

_START_SECONDS = 60.0
_STOP_SECONDS = 15.0


class Refused(Exception):
    """A server that did not start; the message ends with what it said."""


def data_set(name: str) -> Path:
    """The folder of a seeded data set, made when there is none of this hour."""
    if (found := is_there(name, _SERVED_FOR)) is not None:
        return found
    folder = CACHE / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    seed(f"sqlite://{folder}/lemmy.db", SIZES[name], 1)
    (folder / "made").write_text(_makers())
    return folder


def is_there(name: str, seconds: float = _FRESH_FOR) -> Path | None:
    """The folder of a data set, where there is one that is not older."""
    made = CACHE / name / "made"
    good = made.exists() and made.read_text() == _makers() and time.time() - made.stat().st_mtime <= seconds
    return made.parent if good else None


async def brought_up(folder: Path) -> None:
    """Bring a data set to the schema of today."""
    database = await open_database(f"sqlite://{folder}/lemmy.db", Clock())
    try:
        await migrate(database)
    finally:
        await database.close()


def _makers() -> str:
    """A digest of all that a data set follows from."""
    digest = hashlib.sha256()
    for pattern in _MAKERS:
        for path in sorted(TOP.glob(pattern)):
            if path.name not in _NO_MAKERS:
                digest.update(path.read_bytes())
    return digest.hexdigest()


class Server:
    """A running server process."""

    def __init__(self, process: Process, port: int, first_answer: float, folder: Path) -> None:
        self.pid = process.pid
        self.folder = folder
        """Its working folder; the program's database lies in it."""
        self.load = Load(port)
        self.first_answer = first_answer
        """Seconds from the start of the process to the first 200."""


@asynccontextmanager
async def program(
    folder: Path,
    command: Sequence[str] = SOURCE,
    *,
    path: str = "/api/v3/site",
    sending: bool = False,
    variables: Mapping[str, str] | None = None,
) -> AsyncIterator[Server]:
    """The program on the database in `folder`, until the end of the block. It sends nothing to other hosts unless `sending`.

    Raises Refused when it does not answer 200 on `path` within a minute.
    """
    port = _free_port()
    settings = {
        "hostname": HOSTNAME,
        "tls_enabled": False,
        "bind": "127.0.0.1",
        "port": port,
        "data_dir": str(folder),
        "process": {"disable_activity_sending": not sending},
    }
    (folder / "bench.hjson").write_text(json.dumps(settings))
    environment = {"PATH": os.environ.get("PATH", ""), "HOME": str(folder), "PYTHONPATH": str(TOP), **(variables or {})}
    begun = time.perf_counter()
    async with _running([*command, "--config", str(folder / "bench.hjson")], folder, environment) as process:
        await _until_answered(process, Load(port), request("GET", path), folder / "log")
        yield Server(process, port, time.perf_counter() - begun, folder)


@asynccontextmanager
async def floor(folder: Path, size: int, public_key: Path | None = None) -> AsyncIterator[Server]:
    """The stack with a constant answer of so many bytes, and an inbox that judges signatures under one key (floor_server.py)."""
    command = [sys.executable, "-m", "tests.bench.floor_server", str(size), *([str(public_key)] if public_key else [])]
    async with _running(command, folder, {"PATH": os.environ.get("PATH", ""), "PYTHONPATH": str(TOP)}) as process:
        said = ""
        for _ in range(600):
            said = (folder / "log").read_text()
            if said.endswith("\n"):
                break
            await asyncio.sleep(0.05)
        if not said.strip().isdecimal():
            raise Refused(f"the server of the floor did not start: {said[-1500:]}")
        yield Server(process, int(said), 0.0, folder)


@asynccontextmanager
async def _running(command: Sequence[str], folder: Path, environment: dict[str, str]) -> AsyncIterator[Process]:
    """A process on the server's core; what it says goes to `log` in its folder. Raises FileNotFoundError."""
    with (folder / "log").open("wb") as log, on_core(SERVER_CORE):
        process = await asyncio.create_subprocess_exec(*command, cwd=folder, env=environment, stdout=log, stderr=log)
    try:
        yield process
    finally:
        if process.returncode is None:
            process.terminate()
        try:
            async with asyncio.timeout(_STOP_SECONDS):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()


async def _until_answered(process: Process, load: Load, asking: bytes, log: Path) -> None:
    """Asks every few milliseconds. What answers before the program is up (a starting page) is not the answer."""
    ends = time.perf_counter() + _START_SECONDS
    while time.perf_counter() < ends and process.returncode is None:
        try:
            if (await load.ask(asking)).status == 200:
                return
        except OSError:
            pass
        await asyncio.sleep(0.005)
    raise Refused(f"the server did not answer; the end of its log:\n{log.read_text(errors='replace')[-1500:]}")


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port
