"""How an instance starts, refuses to start, and ends, as the person at the terminal and the init system meet it."""

import contextlib
import hashlib
import json
import signal
import socket
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

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


def test_a_port_in_use_is_one_line_and_nothing_is_made(stopped: Instance) -> None:
    with socket.create_server(("127.0.0.1", stopped.port)):
        refused = stopped.run("serve")
    assert _only_line(refused, status=2) == f"lemmy-lite: cannot listen on 127.0.0.1 port {stopped.port}: Address already in use"
    assert not stopped.data_dir.exists()


@pytest.mark.parametrize(
    ("keys", "named"),
    [
        ({"port": 0}, "port"),
        ({"hostnam": "a.example"}, "hostnam"),
        ({"bind": "localhost"}, "bind"),
        ({"database": {"uri": "mysql://localhost/lemmy"}}, "database.uri"),
        ({"setup": {"admin_username": "admin", "admin_password": "short", "site_name": "A"}}, "setup.admin_password"),
        ({"federation": {"redirects": "many"}}, "federation.redirects"),
    ],
)
def test_a_configuration_that_cannot_be_used_is_one_line_that_names_the_key(stopped: Instance, keys: dict[str, Any], named: str) -> None:
    stopped.configure(**keys)
    assert named in _only_line(stopped.run("serve"), status=2)
    assert not stopped.data_dir.exists()


@pytest.mark.parametrize("text", ["{hostname: ", "[]", "\0", "{" * 5000])
def test_a_configuration_that_cannot_be_read_is_one_line_too(stopped: Instance, text: str) -> None:
    stopped.config_file.write_text(text)
    assert str(stopped.config_file) in _only_line(stopped.run("serve"), status=2)


def test_a_configuration_that_is_not_there_is_one_line_too(stopped: Instance) -> None:
    stopped.config_file.unlink()
    assert str(stopped.config_file) in _only_line(stopped.run("serve"), status=2)


def test_a_data_folder_that_cannot_be_used_is_one_line(stopped: Instance) -> None:
    stopped.data_dir.write_text("a file")
    assert str(stopped.data_dir) in _only_line(stopped.run("serve"), status=1)


def test_a_newer_schema_is_refused_and_the_file_left_as_it_was(instance: Instance) -> None:
    instance.stop()
    with contextlib.closing(sqlite3.connect(instance.data_dir / "lemmy.db")) as file:
        file.execute("PRAGMA user_version = 9999")
    before = _hashes(instance.data_dir)
    assert "schema 9999" in _only_line(instance.run("serve"), status=3)
    assert "schema 9999" in _only_line(instance.run("migrate"), status=3)
    assert _hashes(instance.data_dir) == before


def test_a_newer_schema_on_postgres_is_refused_too(tmp_path: Path, free_port: Callable[[], int], postgres_url: str) -> None:
    with instances.running(tmp_path, free_port(), database=postgres_url) as instance:
        instance.stop()
        instance.execute("INSERT INTO schema_version (number) VALUES (9999)")
        assert "schema 9999" in _only_line(instance.run("serve"), status=3)


def test_a_database_of_lemmy_itself_is_refused_with_a_pointer_to_adopt(stopped: Instance, postgres_url: str) -> None:
    with psycopg.connect(postgres_url) as connection:
        connection.execute("CREATE TABLE __diesel_schema_migrations (version TEXT)")
    stopped.configure(database={"uri": postgres_url})
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


def test_a_file_that_is_no_database_is_refused_and_left_as_it_was(stopped: Instance) -> None:
    stopped.data_dir.mkdir()
    (stopped.data_dir / "lemmy.db").write_bytes(b"not a database " * 1000)
    before = _hashes(stopped.data_dir)
    _only_line(stopped.run("serve"), status=4)
    assert _hashes(stopped.data_dir)["lemmy.db"] == before["lemmy.db"]


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


def _hashes(folder: Path) -> dict[str, str]:
    """Every file below a folder with what it holds; the lock names the process that took it last."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file() and path.name != "lock")
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
