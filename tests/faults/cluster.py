"""Postgres servers of a fault case's own, that may be killed: durable as in production, and with a second one that follows the first."""

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import psycopg

from tests import postgres

SETTINGS = {
    "listen_addresses": "",
    "max_connections": "60",
    "shared_buffers": "32MB",
    "timezone": "UTC",
    "wal_retrieve_retry_interval": "200ms",
}
NAME = "lemmy"


class Node:
    """One server on its data folder. Its socket is in a folder of its own, so that both may have the same port."""

    def __init__(self, cluster: "Cluster", name: str) -> None:
        self._cluster = cluster
        self.folder = cluster.top / name
        self.socket = cluster.top / f"{name}-socket"
        self.process: subprocess.Popen[bytes] | None = None
        self.folder.mkdir(mode=0o700)
        self.socket.mkdir()
        cluster.give(self.folder, self.socket)

    @property
    def url(self) -> str:
        """For whoever wants this one alone."""
        return f"postgresql://postgres@/{NAME}?host={quote(str(self.socket), safe='')}"

    def start(self) -> None:
        """Starts it, and waits until it takes connections."""
        command = [self._cluster.program("postgres"), "-D", str(self.folder), "-k", str(self.socket)]
        command += [f"--{name}={value}" for name, value in SETTINGS.items()]
        with (self._cluster.top / "log").open("ab") as log:
            self.process = subprocess.Popen(
                command, user=self._cluster.user, cwd=self._cluster.top, stdout=log, stderr=log, start_new_session=True
            )
        postgres.wait_until_ready(self.url.replace(f"/{NAME}?", "/postgres?"), self.process, self._cluster.top / "log")

    def kill(self) -> None:
        """kill -9 of all its processes, each of which leads a session of its own."""
        if self.process is not None:
            others = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
            for pid in [self.process.pid, *(map(int, others.read_text().split()) if others.exists() else ())]:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            self.process.wait()
            self.process = None

    def execute(self, statement: str, database: str = "postgres") -> None:
        """Runs one statement outside a transaction."""
        with psycopg.connect(self.url.replace(f"/{NAME}?", f"/{database}?"), autocommit=True) as connection:
            connection.execute(statement.encode())


class Cluster:
    """A first server with an empty database, and a second one that can follow it."""

    def __init__(self, top: Path) -> None:
        self.top = top
        # Postgres refuses to run as root (tests/postgres.py).
        self.user = "nobody" if os.geteuid() == 0 else None
        self._programs = postgres.programs()
        if self.user is not None:
            self._programs = postgres.copied(self._programs, top)
        self.give(top)
        self.first = Node(self, "first")
        self._run("initdb", "-D", str(self.first.folder), "-U", "postgres", "--auth=trust", "--encoding=UTF8", *_LOCALE)
        self.first.start()
        self.first.execute(f"CREATE DATABASE {NAME} TEMPLATE template0 ENCODING 'UTF8'")
        self.second: Node | None = None

    @property
    def url(self) -> str:
        """For whoever wants the one that takes writes, whichever that is."""
        hosts = ",".join(quote(str(node.socket), safe="") for node in (self.first, self.second) if node is not None)
        return f"postgresql://postgres@/{NAME}?host={hosts}&target_session_attrs=read-write"

    def follow(self) -> Node:
        """A second server that has everything that the first one has acknowledged."""
        self.second = Node(self, "second")
        # Without `fast` it waits until the first server has come by its next checkpoint at leisure, a minute and a half.
        source = ("-h", str(self.first.socket), "-U", "postgres", "-c", "fast")
        self._run("pg_basebackup", *source, "-D", str(self.second.folder), "-R", "-X", "stream")
        self.second.start()
        self.first.execute("ALTER SYSTEM SET synchronous_standby_names = '*'")
        self.first.execute("SELECT pg_reload_conf()")
        return self.second

    def promote(self) -> None:
        """The second one takes writes from now on."""
        assert self.second is not None
        self.second.execute("SELECT pg_promote()")

    def program(self, name: str) -> str:
        """The path of one of Postgres' programs."""
        return str(self._programs / "bin" / name)

    def give(self, *folders: Path) -> None:
        """Folders that the user who runs it may write to."""
        if self.user is not None:
            for folder in folders:
                os.chown(folder, pwd.getpwnam(self.user).pw_uid, -1)

    def _run(self, name: str, *arguments: str) -> None:
        done = subprocess.run(
            [self.program(name), *arguments], user=self.user, cwd=self.top, capture_output=True, text=True, timeout=120, check=False
        )
        assert done.returncode == 0, f"{name}: {done.stderr}"


_LOCALE = ("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C", "--no-sync")


@contextlib.contextmanager
def running() -> Iterator[Cluster]:
    """A cluster for the length of a `with`, in a folder whose path is short enough for sockets."""
    top = Path(tempfile.mkdtemp(prefix="pg-"))
    cluster: Cluster | None = None
    try:
        cluster = Cluster(top)
        yield cluster
    finally:
        for node in (cluster.first, cluster.second) if cluster is not None else ():
            if node is not None:
                node.kill()
        shutil.rmtree(top, ignore_errors=True)
