"""How an instance starts, refuses to start, and ends, as the person at the terminal and the init system meet it."""

import contextlib
import json
import signal
import socket
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from subprocess import CompletedProcess

import psycopg
import pytest

from tests import instances
from tests.instances import Instance

PATIENCE = 5
"""Seconds of requests in flight that a stop grants them (http/server.py, GRACE)."""


@pytest.fixture
def stopped(tmp_path: Path, free_port: Callable[[], int]) -> Iterator[Instance]:
    """An instance that was never started."""
    instance = Instance(tmp_path / "instance", free_port())
    yield instance
    instance.kill()


@pytest.fixture
def instance(stopped: Instance) -> Instance:
    """A running instance on SQLite."""
    return stopped.start()


def test_without_setup_the_first_start_shows_a_generated_admin_once(stopped: Instance) -> None:
    stopped.configure(setup=None)
    stopped.start()
    line = stopped.logged("with the password")
    password = line.rsplit("'", 2)[1]
    assert stopped.logged_in("admin", password).get("/user/unread_count")
    stopped.restart()
    assert stopped.log.read_text().count(password) == 1
    assert password.encode() not in (stopped.data_dir / "lemmy.db").read_bytes()


def test_what_was_written_is_there_after_an_orderly_restart(instance: Instance) -> None:
    made = instance.admin.post("/community", name="lasting", title="Lasting")["community_view"]["community"]
    instance.restart()
    assert instance.client().get("/community", name="lasting")["community_view"]["community"] == made
    assert instance.admin.get("/user/validate_auth") == {"success": True}


def test_a_database_of_lemmy_itself_is_refused_with_a_pointer_to_adopt(stopped: Instance, bare_postgres_url: str) -> None:
    with psycopg.connect(bare_postgres_url) as connection:
        connection.execute("CREATE TABLE __diesel_schema_migrations (version TEXT)")
    stopped.configure(database={"uri": bare_postgres_url})
    assert "adopt" in _only_line(stopped.run("serve"), status=3)


def test_a_postgres_that_does_not_answer_ends_with_a_sentence_that_keeps_the_password(
    stopped: Instance, free_port: Callable[[], int]
) -> None:
    stopped.configure(database={"uri": f"postgresql://lemmy:verysecret@127.0.0.1:{free_port()}/lemmy"})
    refused = stopped.run("serve")
    assert refused.returncode == 4
    assert refused.stderr.splitlines()[-1].startswith("lemmy-lite: ")
    assert "verysecret" not in refused.stdout + refused.stderr
    assert "Traceback" not in refused.stderr


def test_sigterm_answers_the_write_that_is_under_way(instance: Instance) -> None:
    with _a_write_that_waits(instance) as waiting:
        assert instance.process is not None
        instance.process.send_signal(signal.SIGTERM)
        waiting.let_go()
        assert waiting.answer() == 200
        assert instance.process.wait(instances.STOP_SECONDS) == 0
    assert instance.execute("SELECT title FROM community") == [("Held up",)]


class _Waiting:
    """A request that cannot be answered, because somebody else holds the write lock of the database."""

    def __init__(self, instance: Instance) -> None:
        self._lock = sqlite3.connect(instance.data_dir / "lemmy.db", isolation_level=None)
        self._lock.execute("BEGIN IMMEDIATE")
        body = json.dumps({"name": "held_up", "title": "Held up"}).encode()
        head = f"POST /api/v3/community HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {instance.admin.jwt}\r\n"
        head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        self.connection = socket.create_connection(("127.0.0.1", instance.port))
        self.connection.sendall(head.encode() + body)

    def answer(self, seconds: float = 20) -> int:
        """The status of the answer. Raises TimeoutError when none comes."""
        self.connection.settimeout(seconds)
        return int(self.connection.recv(65536).split()[1])

    def let_go(self) -> None:
        """Gives the lock back."""
        if self._lock.in_transaction:
            self._lock.execute("ROLLBACK")


@contextlib.contextmanager
def _a_write_that_waits(instance: Instance) -> Iterator[_Waiting]:
    assert instance.admin.get("/user/unread_count")
    waiting = _Waiting(instance)
    try:
        with pytest.raises(TimeoutError):
            waiting.answer(0.5)
        yield waiting
    finally:
        waiting.let_go()
        waiting.connection.close()


def _only_line(done: CompletedProcess[str], *, status: int) -> str:
    """The one line that a command which refuses writes, and nothing else."""
    assert done.returncode == status, (done.stdout, done.stderr)
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert line.startswith("lemmy-lite: ")
    return line
