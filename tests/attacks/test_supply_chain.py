"""What comes from elsewhere is pinned, known and fits a Raspberry Pi; and the program calls nobody whom the configuration does not name."""

import contextlib
import http.client
import http.server
import importlib.util
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from importlib import metadata
from pathlib import Path
from types import ModuleType
from typing import Final

import pytest

from tests import web_server
from tests.instances import Instance

LOCKS: Final = ("requirements.lock", "requirements-test.lock")

COMPILED: Final = frozenset(
    {
        "aiohttp",
        "bcrypt",
        "cffi",
        "cryptography",
        "frozenlist",
        "granian",
        "markupsafe",
        "msgspec",
        "multidict",
        "nh3",
        "pillow",
        "propcache",
        "psycopg-binary",
        "pyyaml",
        "selectolax",
        "yarl",
    }
)
"""What an instance runs on and is not pure Python. Each has wheels for arm64, or scripts/lock would have refused it."""

NOT_ON_LINUX: Final = frozenset({"colorama", "tzdata", "pywin32", "win32-setctime"})
"""Locked for other systems only."""

FLOORS: Final[Mapping[str, tuple[int, ...]]] = {
    "litestar": (2, 22),
    "granian": (2, 7, 4),
    "aiohttp": (3, 13),
    "cryptography": (46,),
    "pillow": (12,),
    "jinja2": (3, 1, 6),
    "nh3": (0, 3),
    "mistune": (3, 1, 4),
    "pyjwt": (2, 10),
}
"""Releases that mended a weakness in what strangers can reach; older ones are not run (security.md, rule 30)."""


@pytest.fixture(scope="module")
def outdated(checkout: Path) -> ModuleType:
    """packaging/outdated.py."""
    spec = importlib.util.spec_from_file_location("outdated", checkout / "packaging/outdated.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("lock", LOCKS)
def test_every_version_is_pinned_and_hashed(lock: str, checkout: Path) -> None:
    text = (checkout / lock).read_text().replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    assert len(lines) > 50
    assert [
        line[:60]
        for line in lines
        if not re.match(r"[A-Za-z0-9._\[\]-]+==\S+ ", line) or not re.search(r"--hash=sha256:[0-9a-f]{64}", line)
    ] == []


def test_no_version_is_below_the_last_known_weakness(checkout: Path, outdated: ModuleType) -> None:
    versions = outdated.locked(checkout / "requirements.lock")
    for name, floor in FLOORS.items():
        assert tuple(int(part) for part in re.findall(r"\d+", versions[name])[: len(floor)]) >= floor, name


def test_what_an_instance_runs_on_is_pure_python_or_known_to_have_wheels_for_arm64(checkout: Path, outdated: ModuleType) -> None:
    compiled = set()
    for name, version in outdated.locked(checkout / "requirements.lock").items():
        if name in NOT_ON_LINUX:
            continue
        found = metadata.distribution(name)
        assert found.version == version, f"{name}: what is installed is not what is locked"
        tags = re.findall(r"^Tag: (\S+)", found.read_text("WHEEL") or "", re.MULTILINE)
        assert tags, name
        if not all(tag.endswith("-none-any") for tag in tags):
            compiled.add(name)
    assert compiled == COMPILED
    lock = (checkout / "requirements.lock").read_text()
    for name in COMPILED:
        hashes = re.search(rf"^{name}==\S+((?:.*\\\n)(?:\s+--hash=\S+(?: \\)?\n)+)", lock, re.MULTILINE)
        assert hashes is not None, name
        assert hashes[1].count("--hash") >= 4, f"{name}: too few wheels to serve amd64 and arm64"


def test_newer_releases_are_told_those_that_an_instance_runs_on_first(outdated: ModuleType) -> None:
    known = [
        {"name": "ruff", "version": "1", "latest_version": "9"},
        {"name": "Granian", "version": "1", "latest_version": "9"},
        {"name": "markdown_it", "version": "1", "latest_version": "1.0"},
        {"name": "not-ours", "version": "1", "latest_version": "2"},
    ]
    whole = {"ruff": "1", "granian": "2", "markdown-it": "1.0"}
    found = outdated.compared(known, {"granian": "2"}, whole)
    assert [tuple(each) for each in found] == [("granian", "2", "9", True), ("ruff", "1", "9", False)]


def test_the_command_says_what_is_outdated_and_what_it_cannot_know(
    checkout: Path, outdated: ModuleType, free_port: Callable[[], int]
) -> None:
    versions = outdated.locked(checkout / "requirements.lock")
    with _index({"litestar": "999.1"}, free_port()) as url:
        behind = _asked(checkout, url)
        assert (behind.returncode, behind.stderr) == (1, "")
        assert "1 of" in behind.stdout
        assert re.search(rf"^litestar +{re.escape(versions['litestar'])} +→ 999\.1 ", behind.stdout, re.MULTILINE)
    offline = _asked(checkout, url)
    assert (offline.returncode, offline.stdout, offline.stderr) == (2, "", f"{outdated.SILENT}\n")


def _asked(checkout: Path, url: str) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), "PIP_INDEX_URL": url, "PIP_CONFIG_FILE": os.devnull}
    command = [sys.executable, "-P", "packaging/outdated.py"]
    return subprocess.run(command, cwd=checkout, env=environment, capture_output=True, text=True, timeout=120, check=False)


@contextlib.contextmanager
def _index(newest: Mapping[str, str], port: int) -> Iterator[str]:
    """A package index that knows one wheel of each of some packages."""

    class Index(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            version = newest.get(self.path.strip("/").rpartition("/")[2])
            name = self.path.strip("/").rpartition("/")[2]
            body = f'<!doctype html><a href="/{name}-{version}-py3-none-any.whl">{name}-{version}-py3-none-any.whl</a>'.encode()
            self.send_response(http.client.OK if version else http.client.NOT_FOUND)
            self.send_header("content-type", "text/html")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with web_server.serving(Index, port=port) as address:
        yield f"http://{address}/simple"


def test_a_start_calls_nobody_and_asks_no_name_server(tmp_path: Path, free_port: Callable[[], int]) -> None:
    """The whole start and an end under strace: imports, migrations, the first set-up, every job that runs at once."""
    strace = shutil.which("strace")
    if strace is None:
        pytest.skip("strace is missing on this machine")
    instance = Instance(tmp_path / "a", free_port())
    trace = tmp_path / "trace"
    traced = Instance(
        tmp_path / "a",
        instance.port,
        command=[strace, "-f", "-qq", "-e", "trace=connect,sendto,sendmsg,sendmmsg", "-o", str(trace), sys.executable, "-m", "lemmy_lite"],
    )
    try:
        traced.start()
        assert traced.admin.get("/site")["my_user"]
        assert traced.client().send("GET", "/", headers={"accept": "text/html"}).status == 200
        assert traced.process is not None
        os.killpg(traced.process.pid, signal.SIGTERM)
        traced.process.wait(20)
    finally:
        traced.kill()
    lines = trace.read_text().splitlines()
    assert calls_out('1 connect(5, {sa_family=AF_INET, sin_port=htons(53), sin_addr=inet_addr("9.9.9.9")}, 16) = 0'.splitlines()), (
        "it can be seen"
    )
    assert calls_out(lines) == [], json.dumps(calls_out(lines), indent=1)
    assert len(lines) > 1, "the trace was written"


_ADDRESSED: Final = re.compile(r'sa_family=AF_INET6?,.*?(?:inet_addr\("([^"]+)"\)|inet_pton\(AF_INET6, "([^"]+)")')


def calls_out(lines: list[str]) -> list[str]:
    """The system calls that name somebody who is not on this machine, and those to a name server wherever it is."""
    found = []
    for line in lines:
        named = _ADDRESSED.search(line)
        if named is not None:
            address = named[1] or named[2]
            on_loopback = address.startswith("127.") or address in ("::1", "0.0.0.0", "::")
            if not on_loopback or "htons(53)" in line:
                found.append(line)
    return found
