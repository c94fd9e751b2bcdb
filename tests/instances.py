"""Real instances as processes of their own, and somebody who calls their API.

    with instances.running(tmp_path / "a", free_port()) as instance:
        post = instance.admin.post("/post", name="A post", community_id=2)["post_view"]

The program is `python -m lemmy_lite` of this checkout, or what `LEMMY_LITE_TEST_COMMAND` names, such as dist/lemmy-lite.
Where a test fails inside `with`, the end of the instance's log is printed with it.
"""

import contextlib
import ctypes
import http.client
import itertools
import json
import os
import shlex
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlencode, urlsplit

import psycopg

CHECKOUT = Path(__file__).parent.parent
SOURCE = (sys.executable, "-m", "lemmy_lite")

ADMIN = "admin"
PASSWORD = "correct horse battery"

START_SECONDS = 60.0
STOP_SECONDS = 10.0
"""What the promise of an orderly end allows (DESIGN: SIGTERM answers what is in flight and exits 0 within 10 s)."""

FRESH_SECONDS = 5.0
"""Seconds for which a kept connection is used again: the server ends idle ones, and a request sent at that moment would be lost."""

_addresses = itertools.count(1)


class ApiError(AssertionError):
    """The API refused what a test took for granted."""

    def __init__(self, asked: str, answer: "Answer") -> None:
        super().__init__(f"{asked}: {answer.status} {answer.body[:500]!r}")
        self.answer = answer


class Answer(NamedTuple):
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body; raises ValueError when it is no JSON."""
        return json.loads(self.body)


class Client:
    """Calls one instance over one kept connection, so not for several threads.

    Each call comes from an address of its own (X-Forwarded-For, which is believed from loopback): rate limits never meet a test that
    does not ask for them. `address` names one for all calls instead.
    """

    def __init__(self, url: str, jwt: str | None = None, *, address: str | None = None, timeout: float = 30) -> None:
        self.url = url
        self.jwt = jwt
        self._address = address
        self._used = 0.0
        self._connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=timeout)

    def send(self, method: str, target: str, body: bytes | None = None, headers: Mapping[str, str] | None = None) -> Answer:
        """One request as it stands; `target` is path and query. Raises OSError or http.client.HTTPException when nobody answers.

        A server may refuse a large body and close before it has all of it: then the answer is waiting although sending failed.
        """
        sent = {"x-forwarded-for": self._address or _next_address(), **(headers or {})}
        if self.jwt is not None:
            sent.setdefault("authorization", f"Bearer {self.jwt}")
        if time.monotonic() - self._used > FRESH_SECONDS:
            self._connection.close()
        self._used = time.monotonic()
        try:
            with contextlib.suppress(BrokenPipeError, ConnectionResetError) if body else contextlib.nullcontext():
                self._connection.request(method, target, body, sent)
            reply = self._connection.getresponse()
            return Answer(reply.status, {name.lower(): value for name, value in reply.getheaders()}, reply.read())
        except BaseException:
            self._connection.close()  # half an answer may still be under way on it
            raise

    def call(self, method: str, path: str, fields: Mapping[str, Any]) -> Answer:
        """One operation below /api/v3, whatever comes back: fields go into the query of a GET, else into a JSON body."""
        target = f"/api/v3{path}"
        if method == "GET":
            return self.send(method, f"{target}?{query_of(fields)}" if fields else target)
        return self.send(method, target, json.dumps(fields).encode(), {"content-type": "application/json"})

    def get(self, path: str, /, **fields: Any) -> Any:
        """What a GET answers. Raises ApiError unless that is 200."""
        return self._granted("GET", path, fields)

    def post(self, path: str, /, **fields: Any) -> Any:
        """What a POST answers. Raises ApiError unless that is 200."""
        return self._granted("POST", path, fields)

    def put(self, path: str, /, **fields: Any) -> Any:
        """What a PUT answers. Raises ApiError unless that is 200."""
        return self._granted("PUT", path, fields)

    def close(self) -> None:
        """Lets the connection go; the next call opens another."""
        self._connection.close()

    def _granted(self, method: str, path: str, fields: Mapping[str, Any]) -> Any:
        answer = self.call(method, path, fields)
        if answer.status != 200:
            raise ApiError(f"{method} {path}", answer)
        return answer.json


class Instance:
    """One instance: its folder, port and configuration, and the process while there is one.

    `url` is where it listens, on `address`; its public name is the same unless `hostname` says otherwise. `database` is a Postgres URL;
    without it SQLite is used. `config` adds to or replaces top-level keys of the configuration, `environment` variables.
    """

    def __init__(
        self,
        folder: Path,
        port: int,
        *,
        address: str = "127.0.0.1",
        database: str | None = None,
        hostname: str | None = None,
        config: Mapping[str, Any] | None = None,
        environment: Mapping[str, str] | None = None,
        command: Sequence[str] | None = None,
    ) -> None:
        self.folder = folder
        self.port = port
        self.address = address
        self.url = f"http://{address}:{port}"
        self.hostname = hostname or f"{address}:{port}"
        self.database = database
        self.data_dir = folder / "data"
        self.log = folder / "log"
        self.process: subprocess.Popen[bytes] | None = None
        self._command = tuple(command or _named_command())
        self._environment = dict(environment or {})
        self._admin: Client | None = None
        self._clients: list[Client] = []
        folder.mkdir(parents=True, exist_ok=True)
        self.configure(**(config or {}))

    def configure(self, **keys: Any) -> None:
        """Writes the configuration anew, without the keys that are None; it counts from the next start."""
        written: dict[str, Any] = {
            "hostname": self.hostname,
            "bind": self.address,
            "port": self.port,
            "tls_enabled": False,
            "data_dir": str(self.data_dir),
            "setup": {"admin_username": ADMIN, "admin_password": PASSWORD, "site_name": "Test"},
        }
        if self.database is not None:
            written["database"] = {"uri": self.database}
        given = {name: value for name, value in (written | keys).items() if value is not None}
        self.config_file.write_text(json.dumps(given, indent=2), encoding="utf-8")

    @property
    def config_file(self) -> Path:
        """Where the configuration lies."""
        return self.folder / "lemmy.hjson"

    @property
    def environment(self) -> dict[str, str]:
        """What the process is given: nothing of this process that an option could be read from, and the test's own."""
        inherited = {name: value for name, value in os.environ.items() if name not in _OPTIONS and not name.startswith("LEMMY_")}
        return inherited | self._environment

    def command(self, *arguments: str) -> list[str]:
        """The command line of `lemmy-lite … arguments` with this instance's configuration."""
        return [*self._command, "--config", str(self.config_file), *arguments]

    def run(self, *arguments: str, seconds: float = START_SECONDS) -> subprocess.CompletedProcess[str]:
        """Runs a command to its end, beside the instance."""
        return subprocess.run(
            self.command(*arguments), cwd=CHECKOUT, env=self.environment, capture_output=True, text=True, timeout=seconds, check=False
        )

    def start(self) -> "Instance":
        """Starts it and waits until it answers /api/v3/site with 200. Raises AssertionError with the log when it ends before."""
        assert self.process is None, "it runs already"
        with self.log.open("ab") as log:
            # A group of its own, so that a kill reaches all of it, and Ctrl-C only the tests.
            self.process = subprocess.Popen(
                self.command("serve"),
                cwd=CHECKOUT,
                env=self.environment,
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
                preexec_fn=_die_with_parent,  # noqa: PLW1509  # only one system call, and no thread of a test forks
            )
        deadline = time.monotonic() + START_SECONDS
        client = self.client()
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                status = self.process.returncode
                self._ended()
                raise AssertionError(f"the instance ended with {status} before it answered:\n{self.log_end()}")
            with contextlib.suppress(OSError, http.client.HTTPException):
                if client.call("GET", "/site", {}).status == 200:
                    client.close()
                    return self
            time.sleep(0.01)
        self.kill()
        raise AssertionError(f"the instance did not answer within {START_SECONDS:.0f} s:\n{self.log_end()}")

    def kill(self) -> None:
        """SIGKILL to the whole process group: no end is orderly here."""
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        self._ended()

    def stop(self) -> None:
        """SIGTERM. Raises AssertionError unless it exits 0 in time."""
        assert self.process is not None, "it does not run"
        self.process.send_signal(signal.SIGTERM)
        try:
            status = self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"the instance did not stop within {STOP_SECONDS:.0f} s of SIGTERM:\n{self.log_end()}") from None
        self._ended()
        assert status == 0, f"the instance exited with {status} after SIGTERM:\n{self.log_end()}"

    def restart(self) -> None:
        """An orderly end and a new start on the same data."""
        self.stop()
        self.start()

    def client(self, jwt: str | None = None, *, address: str | None = None, timeout: float = 30) -> Client:
        """Somebody who calls this instance, across restarts too; anonymous without a token."""
        self._clients.append(Client(self.url, jwt, address=address, timeout=timeout))
        return self._clients[-1]

    @property
    def admin(self) -> Client:
        """The admin, logged in; one client for the whole life of the instance, kills included."""
        if self._admin is None:
            self._admin = self.logged_in(ADMIN)
        return self._admin

    def logged_in(self, name: str, password: str = PASSWORD) -> Client:
        """Somebody with an account and a new session."""
        answer = self.client().post("/user/login", username_or_email=name, password=password)
        return self.client(answer["jwt"])

    def registered(self, name: str) -> Client:
        """A new account with PASSWORD, logged in. Opens registration, which a new site grants to applicants only."""
        self.execute("UPDATE local_site SET registration_mode = 'Open'")
        answer = self.client().post("/user/register", username=name, password=PASSWORD, password_verify=PASSWORD)
        return self.client(answer["jwt"])

    def execute(self, statement: str) -> list[tuple[Any, ...]]:
        """Runs one SQL statement in the instance's database, running or not, and gives its rows."""
        if self.database is not None:
            with psycopg.connect(self.database) as connection:
                cursor = connection.execute(statement)
                return cursor.fetchall() if cursor.description else []
        with contextlib.closing(sqlite3.connect(self.data_dir / "lemmy.db", timeout=20)) as file, file:
            return file.execute(statement).fetchall()

    def logged(self, part: str, seconds: float = 20) -> str:
        """The first logged line with `part` in it, waited for. Raises AssertionError when none comes."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            for line in self.log.read_text(errors="replace").splitlines():
                if part in line:
                    return line
            time.sleep(0.02)
        raise AssertionError(f"{part!r} was not logged:\n{self.log_end()}")

    def _ended(self) -> None:
        self.process = None
        for client in self._clients:
            client.close()

    def log_end(self, lines: int = 40) -> str:
        """The last lines that the process wrote to stdout and stderr."""
        text = self.log.read_text(errors="replace") if self.log.exists() else ""
        return "\n".join(text.splitlines()[-lines:])


@contextlib.contextmanager
def running(folder: Path, port: int, **options: Any) -> Iterator[Instance]:
    """A started instance, killed in the end; `options` are those of Instance. What it logged is printed where the test fails."""
    instance = Instance(folder, port, **options)
    try:
        yield instance.start()
    except BaseException:
        sys.stderr.write(f"The end of the log of {instance.hostname}:\n{instance.log_end()}\n")
        raise
    finally:
        instance.kill()


def query_of(fields: Mapping[str, Any]) -> str:
    """Fields as a query string, as clients write it: booleans spelled out, what is None left out."""
    spelled = ((name, str(value).lower() if isinstance(value, bool) else value) for name, value in fields.items() if value is not None)
    return urlencode(list(spelled))


_LIBC = ctypes.CDLL(None)


def _die_with_parent() -> None:
    """Linux: SIGKILL when the tests are gone without an end (PR_SET_PDEATHSIG, prctl(2)), so that no instance is left running."""
    if sys.platform == "linux":
        _LIBC.prctl(1, signal.SIGKILL)


_OPTIONS = ("STATE_DIRECTORY", "RUST_LOG")


def _named_command() -> Sequence[str]:
    return shlex.split(os.environ.get("LEMMY_LITE_TEST_COMMAND", "")) or SOURCE


def _next_address() -> str:
    number = next(_addresses)
    return f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"
