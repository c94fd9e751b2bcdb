"""A hidden service, made through a real Tor that has no network; and what comes in at its door."""

import asyncio
import os
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace
from typing import cast

import pytest

from lemmy_lite import config
from lemmy_lite.config import Tor
from lemmy_lite.control.doctor import tor as doctor
from lemmy_lite.control.doctor.finding import Level
from lemmy_lite.control.onion import Onions
from lemmy_lite.http.onion import OnionName
from lemmy_lite.http.request import Request
from lemmy_lite.http.response import Response
from lemmy_lite.net.tor_control import TorControl, TorError
from tests import instances
from tests.instances import Client, Instance

NAME = "a" * 56 + ".onion"


@pytest.fixture(scope="module")
def tor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The control port of a Tor that knows nobody."""
    program = shutil.which("tor")
    if program is None:
        assert os.environ.get("CI") != "true", "tor is missing, and CI must have it"
        pytest.skip("tor is not installed")
    folder = tmp_path_factory.mktemp("tor")
    (folder / "torrc").touch()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = ["--SocksPort", "0", "--ControlPort", f"127.0.0.1:{port}", "--CookieAuthentication", "1", "--DisableNetwork", "1"]
    command = [program, "-f", str(folder / "torrc"), "--DataDirectory", str(folder / "data"), *options]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        for _ in range(200):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        yield f"127.0.0.1:{port}"
        process.terminate()


def test_setup_makes_a_service_once_and_says_what_to_configure(tor: str, tmp_path: Path, free_port: Callable[[], int]) -> None:
    here = Instance(tmp_path / "a", free_port(), config={"tor": {"control": tor}})
    first, second = here.run("tor", "setup"), here.run("tor", "setup")
    assert first.returncode == 0, first.stderr
    name = first.stdout.partition("http://")[2].partition(";")[0]
    assert name.endswith(".onion")
    assert name in second.stdout
    key = here.data_dir / "onion" / "key"
    assert key.read_text().startswith("ED25519-V3:")
    assert key.stat().st_mode & 0o777 == 0o600
    assert "HiddenServicePort 80 127.0.0.1:8537" in here.run("tor", "setup", "--torrc").stdout
    loaded = config.read({"hostname": "a.test", "data_dir": str(here.data_dir), "tor": {"control": tor}})
    found = asyncio.run(doctor.service(loaded))
    assert found is not None
    assert (found.level, "usermod" in first.stdout + second.stdout) == (Level.WELL, False)
    if os.geteuid() == 0:
        os.chown(here.data_dir, 65534, 65534)
        found = asyncio.run(doctor.service(loaded))
        assert found is not None
        assert "account of the server, nobody, may not read" in found.sentence
        remedy = "sudo usermod --append --groups root nobody"
        assert found.advice.startswith(remedy)
        assert here.run("tor", "setup").stdout.count(remedy) == 1


def test_a_hidden_service_is_announced_while_tor_has_it_and_not_before() -> None:
    named = config.read({"hostname": "a.test", "tor": {"control": "127.0.0.1:9051", "onion": NAME}})
    onion = OnionName(named)

    def announced() -> str | None:
        request = cast(Request, SimpleNamespace(over_onion=False, target="/"))
        response = Response(200, b"")
        onion.announce(request, response)
        return dict(response.headers).get("onion-location")

    said: list[str | None] = []

    async def story() -> None:
        gone = asyncio.Event()

        def learn(name: str | None) -> None:
            onion.learn(name)
            said.append(announced())
            if name is None:
                gone.set()

        await _kept_by_a_tor_that_ends(learn, gone)

    assert announced() is None
    asyncio.run(story())
    assert said[:2] == [f"http://{'b' * 56}.onion/", None]


async def _kept_by_a_tor_that_ends(learn: Callable[[str | None], None], gone: asyncio.Event) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for answer in ("250-AUTH METHODS=NULL\r\n", "", f"250-ServiceID={'b' * 56}\r\n250-PrivateKey=ED25519-V3:{'A' * 86}==\r\n"):
            await reader.readline()
            writer.write(f"{answer}250 OK\r\n".encode())
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    with TemporaryDirectory() as folder:
        options = Tor(control=f"127.0.0.1:{server.sockets[0].getsockname()[1]}")
        onions = Onions(config.read({"hostname": "a.test", "data_dir": folder}), options, learn)
        onions.start()
        async with asyncio.timeout(30):
            await gone.wait()
        await onions.close()
    server.close()


def test_a_server_makes_its_service_and_tells_tor_browser(tor: str, tmp_path: Path, free_port: Callable[[], int]) -> None:
    door = free_port()
    with instances.running(tmp_path / "a", free_port(), config={"tor": {"control": tor, "port": door}}) as here:
        name = here.logged("hidden service is http://").partition("http://")[2]
        public = here.client().send("GET", "/communities?sort=New", headers={"accept": "text/html"})
        assert public.headers["onion-location"] == f"http://{name}/communities?sort=New"
        visitor = Client(f"http://127.0.0.1:{door}")
        page = visitor.send("GET", "/", headers={"accept": "text/html", "host": name})
        assert page.status == 200
        assert "onion-location" not in page.headers
        # Links are relative, so the site works under either name; for search engines the public one is the one that counts.
        assert re.findall(r'<(?:link|a) ([^>]*)href="http://127\.0\.0\.1', page.body.decode()) == ['rel="canonical" ']
        visitor.close()


def test_at_the_door_of_tor_no_header_names_the_visitor(tmp_path: Path, free_port: Callable[[], int]) -> None:
    door = free_port()
    with instances.running(tmp_path / "a", free_port(), config={"tor": {"onion": NAME, "port": door}}) as here:
        here.execute("UPDATE local_site_rate_limit SET message = 5, message_per_second = 3600")
        here.restart()
        visitor = Client(f"http://127.0.0.1:{door}")
        path = "/api/v3/post/list?type_=All"
        told = [visitor.send("GET", path, headers={"x-forwarded-for": f"203.0.113.{number}"}).status for number in range(8)]
        visitor.close()
        assert told.count(200) == 5
        again = Client(f"http://127.0.0.1:{door}")
        assert again.send("GET", path).status == 200, "another connection of Tor's is another visitor"
        again.close()
        assert here.client(address="203.0.113.1").call("GET", "/post/list", {}).status == 200
        most = 0
        for _ in range(60):
            one = Client(f"http://127.0.0.1:{door}")
            most += [one.send("GET", path).status for _ in range(3)].count(200)
            one.close()
        assert most < 16 * 5 + 20, "all of Tor together is granted what sixteen visitors are"


@pytest.mark.parametrize(
    ("answers", "sentence"),
    [
        (b"", "the connection ended|fell silent"),
        (b"250-PROTOCOLINFO 1\r\n250-AUTH METHODS=HASHEDPASSWORD\r\n250 OK\r\n", "wants a password"),
        (b'250-AUTH METHODS=SAFECOOKIE COOKIEFILE="/nowhere/cookie"\r\n250 OK\r\n', "cookie cannot be read"),
        (b"250-AUTH METHODS=NULL\r\n250 OK\r\n250 OK\r\n510 Unrecognized command\r\n", "Unrecognized command"),
        (b"250-AUTH METHODS=NULL\r\n250 OK\r\n250 OK\r\n250-ServiceID=../x\r\n250 OK\r\n", "no hidden service"),
        (b"250-" + b"x" * 100_000, "fell silent"),
    ],
)
def test_whatever_answers_at_the_control_port_is_told_in_a_sentence(answers: bytes, sentence: str) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(answers)
        await writer.drain()
        if answers:
            await reader.read(-1)
        writer.close()

    async def ask(place: str) -> None:
        control = await TorControl.connect(place)
        try:
            await control.add_onion(None, 80, "127.0.0.1:1")
        finally:
            await control.close()

    async def running() -> None:
        server = await asyncio.start_server(answer, "127.0.0.1", 0)
        place = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
        with pytest.raises(TorError, match=sentence):
            await ask(place)
        server.close()

    asyncio.run(running())


def test_without_tor_the_command_says_what_to_do(tmp_path: Path, free_port: Callable[[], int]) -> None:
    here = Instance(tmp_path / "a", free_port(), config={"tor": {"control": f"127.0.0.1:{free_port()}"}})
    ended = here.run("tor", "setup")
    assert ended.returncode == 1
    assert "does not answer" in ended.stderr
    assert "Install Tor" in ended.stderr
