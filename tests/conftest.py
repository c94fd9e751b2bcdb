"""What the whole session shares: Postgres, ports, screenshots, and the programs of this machine that some tests need."""

import asyncio
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from lemmy_lite.model.clock import Clock
from lemmy_lite.storage.migrations.runner import migrate_at
from tests import postgres
from tests.ports import ports
from tests.s3 import S3Server

CHECKOUT = Path(__file__).parent.parent


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Bytes that are not text name a case by their argument alone.

    What gzip writes holds the second it was made in: two workers of one run that met that test on either side of a full
    second had collected different tests, and pytest-xdist then runs none (CI, 2026-11-23).
    """
    return argname if isinstance(val, bytes) and not val.isascii() else None


@pytest.fixture(scope="session")
def checkout() -> Path:
    """The top folder of the repository."""
    return CHECKOUT


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[postgres.Postgres]:
    """A running Postgres; `create`, `copy_of` and `drop` give databases to those who need more than `postgres_url`."""
    with postgres.running() as server:
        yield server


@pytest.fixture
def postgres_url(postgres_server: postgres.Postgres) -> Iterator[str]:
    """A database of this test's own, of the newest schema and otherwise empty: bringing one to it takes ten times as long as a copy."""
    url = postgres_server.copy_of("the newest schema", lambda made: asyncio.run(migrate_at(made, Clock())))
    yield url
    postgres_server.drop(url)


@pytest.fixture
def bare_postgres_url(postgres_server: postgres.Postgres) -> Iterator[str]:
    """A database of this test's own without any table."""
    url = postgres_server.create()
    yield url
    postgres_server.drop(url)


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database of this test's own, once SQLite without any table and once `postgres_url`."""
    if request.param == "postgres":
        url: str = request.getfixturevalue("postgres_url")
        return url
    return f"sqlite://{tmp_path}/lemmy.db"


@pytest.fixture(scope="session")
def free_port() -> Callable[[], int]:
    """Gives a loopback port on which nothing listens, another at each call."""
    return ports()


@pytest.fixture(scope="session")
def screenshots() -> Path:
    """A folder that git ignores, for pictures that people look at."""
    folder = CHECKOUT / "tests" / "screenshots"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of Chromium."""
    return _program("chromium", "chromium-browser", "google-chrome")


@pytest.fixture(scope="session")
def w3m() -> str:
    """The path of w3m, a browser of text alone."""
    return _program("w3m")


@pytest.fixture(scope="session")
def objdump() -> str:
    """The path of objdump, without which PyInstaller builds nothing (package binutils)."""
    return _program("objdump")


@pytest.fixture(scope="session")
def compiler() -> str:
    """The path of a C compiler, for the launcher in front of the executable (packages gcc, libc6-dev, libzstd-dev)."""
    return _program("cc")


@pytest.fixture(scope="session")
def zstd() -> str:
    """The path of zstd, with which the executable is packed."""
    return _program("zstd")


@pytest.fixture(scope="session")
def node() -> str:
    """The path of Node, which finds lemmy-js-client in tests/clients."""
    program = _program("node", "nodejs")
    if not (CHECKOUT / "tests/clients/node_modules/lemmy-js-client").is_dir():
        _missing("lemmy-js-client (scripts/test installs it)")
    return program


@pytest.fixture(scope="session")
def pebble_program() -> str:
    """The path of Pebble, an ACME server for tests (package pebble)."""
    return _program("pebble")


@pytest.fixture(scope="session")
def nginx() -> str:
    """The path of nginx."""
    return _program("nginx", "/usr/sbin/nginx")


@pytest.fixture(scope="session")
def caddy() -> str:
    """The path of Caddy."""
    return _program("caddy")


@pytest.fixture(scope="session")
def s3_server(free_port: Callable[[], int]) -> Iterator[S3Server]:
    """A running S3 server with a bucket. Each test takes a prefix of its own."""
    server = S3Server(free_port())
    try:
        server.start()
        yield server
    finally:
        server.stop()


def _program(*names: str) -> str:
    for name in names:
        if path := shutil.which(name):
            return path
    return _missing(names[0])


def _missing(what: str) -> str:
    """CI must run everything, so there a missing program fails; elsewhere it is a reason to skip."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"{what} is missing on this machine", pytrace=False)
    pytest.skip(f"{what} is missing on this machine")
