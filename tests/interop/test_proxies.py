"""The examples of packaging/proxy with the real nginx and Caddy before a real instance: what goes wrong behind a proxy goes wrong here."""

import contextlib
import http.client
import json
import os
import socket
import ssl
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests import instances
from tests.certificates import Files, made, trusting
from tests.instances import Instance

ONION = "a" * 56 + ".onion"


class Proxy(NamedTuple):
    """A running proxy. `network` is where its clients' addresses come from, a network of its own for each."""

    https: int
    http: int
    files: Files
    network: str

    def ask(
        self, method: str, target: str, *, client: int = 2, body: bytes | None = None, headers: dict[str, str] | None = None
    ) -> tuple[http.client.HTTPResponse, bytes]:
        """One request by https from the address that ends with `client`."""
        connection = http.client.HTTPSConnection(
            "site.test", self.https, timeout=60, context=trusting(self.files), source_address=(f"{self.network}.{client}", 0)
        )
        connection._create_connection = self._connect  # type: ignore[attr-defined]  # the name is in no DNS
        try:
            with contextlib.suppress(BrokenPipeError, ConnectionResetError, ssl.SSLEOFError) if body else contextlib.nullcontext():
                connection.request(method, target, body, headers or {})
            answer = connection.getresponse()
            return answer, answer.read()
        finally:
            connection.close()

    def _connect(self, _: object, timeout: float, source: tuple[str, int]) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.https), timeout, source)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, free_port: Callable[[], int]) -> Iterator[Instance]:
    """An instance behind proxies, on an address and on a Unix socket."""
    folder = tmp_path_factory.mktemp("p")
    options = {
        "hostname": "site.test",
        "tls_enabled": True,
        "bind": ["127.0.0.1", f"unix:{folder}/http.sock"],
        "tor": {"onion": ONION, "port": free_port()},
    }
    with instances.running(folder, free_port(), config=options) as here:
        here.admin.put("/site", rate_limit_search=3, rate_limit_search_per_second=3600)
        yield here


@contextlib.contextmanager
def _until_open(command: list[str], environment: dict[str, str], log: Path, port: int) -> Iterator[None]:
    with log.open("wb") as written:
        process = subprocess.Popen(command, stdout=written, stderr=written, env=os.environ | environment)
        try:
            for _ in range(1200):
                assert process.poll() is None, log.read_text()
                with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
                    break
                time.sleep(0.05)
            yield
        finally:
            process.terminate()
            process.wait(20)


@contextlib.contextmanager
def _nginx(program: str, folder: Path, text: str, proxy: Proxy) -> Iterator[None]:
    """nginx with the example, whose names and ports are exchanged."""
    for old, new in (
        ("listen 80;", f"listen 127.0.0.1:{proxy.http};"),
        ("listen [::]:80;", ""),
        ("listen 443 ssl http2;", f"listen 127.0.0.1:{proxy.https} ssl http2;"),
        ("listen [::]:443 ssl http2;", ""),
        ("/etc/letsencrypt/live/example.com/fullchain.pem", str(proxy.files.certificate)),
        ("/etc/letsencrypt/live/example.com/privkey.pem", str(proxy.files.key)),
        ("example.com", "site.test"),
    ):
        assert old in text
        text = text.replace(old, new)
    (folder / "site.conf").write_text(text)
    temporary = "".join(f"{name}_temp_path {folder}/{name};" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    user = "user root;" if os.geteuid() == 0 else ""  # its workers would be of an account that may not open the socket
    main = f"{user}daemon off;pid {folder}/pid;error_log stderr;events{{}}http{{access_log off;{temporary}include {folder}/site.conf;}}"
    (folder / "nginx.conf").write_text(main)
    with _until_open([program, "-p", str(folder), "-c", str(folder / "nginx.conf")], {}, folder / "log", proxy.https):
        yield


@contextlib.contextmanager
def _caddy(program: str, folder: Path, text: str, proxy: Proxy) -> Iterator[None]:
    """Caddy with the example, to which it is added where to listen and which certificate to show."""
    assert "\nexample.com {\n" in text
    named = f"\nsite.test {{\n\ttls {proxy.files.certificate} {proxy.files.key}\n"
    options = f"{{\n\tadmin off\n\tdefault_bind 127.0.0.1\n\thttp_port {proxy.http}\n\thttps_port {proxy.https}\n}}\n"
    (folder / "Caddyfile").write_text(options + text.replace("\nexample.com {\n", named))
    environment = {"HOME": str(folder), "XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}
    command = [program, "run", "--adapter", "caddyfile", "--config", str(folder / "Caddyfile")]
    with _until_open(command, environment, folder / "log", proxy.https):
        yield


@pytest.fixture(params=["nginx", "nginx and a socket", "caddy", "caddy and a socket"])
def proxy(request: pytest.FixtureRequest, tmp_path: Path, site: Instance, free_port: Callable[[], int], checkout: Path) -> Iterator[Proxy]:
    """Each proxy, before the address and before the socket of the instance."""
    name, _, by_socket = request.param.partition(" ")
    program = request.getfixturevalue(name)
    # Clients that another proxy has brought to their limit come from another network here.
    network = f"127.0.{10 + ['nginx', 'nginx and a socket', 'caddy', 'caddy and a socket'].index(request.param)}"
    made_proxy = Proxy(free_port(), free_port(), made(tmp_path / "tls"), network)
    text = (checkout / "packaging" / "proxy" / ("nginx.conf" if name == "nginx" else "Caddyfile")).read_text()
    path = f"{site.folder}/http.sock"
    if by_socket:
        text = _uncommented(text, path)
    text = text.replace("127.0.0.1:8536", f"127.0.0.1:{site.port}")
    with (_nginx if name == "nginx" else _caddy)(program, tmp_path, text, made_proxy):
        yield made_proxy


def _uncommented(text: str, path: str) -> str:
    """The example with its other way of reaching the instance, as the comment there says."""
    if "server unix:" in text:
        text = text.replace("    server 127.0.0.1:8536;\n", "").replace("# server unix:", "server unix:")
    else:
        begin = text.index("\treverse_proxy 127.0.0.1:8536")
        end = text.index("\t}\n", begin) + 3
        text = text[:begin] + text[end:]
        text = text.replace("\t# reverse_proxy unix", "\treverse_proxy unix").replace("\t# \theader_up", "\t\theader_up")
        text = text.replace("\t# }\n", "\t}\n")
    return text.replace("/run/lemmy_lite/http.sock", path)


def test_a_site_behind_a_proxy_is_as_it_is_without(proxy: Proxy, site: Instance) -> None:
    # Accept decides between page and document of one address, and the headers of both come through.
    page, content = proxy.ask("GET", "/", headers={"accept": "text/html"})
    assert (page.status, content[:15]) == (200, b"<!doctype html>")
    assert page.headers["onion-location"] == f"http://{ONION}/"
    assert page.headers["content-security-policy"].startswith("default-src 'none'")
    document, content = proxy.ask("GET", "/", headers={"accept": "application/activity+json"})
    assert document.headers["content-type"].startswith("application/activity+json")
    assert json.loads(content)["id"] == "https://site.test/"
    # A path reaches us as it was written, or signatures of peers would not hold.
    strange, _ = proxy.ask("GET", "/c/none%2Fother/%2e%2e?a=%20b", headers={"accept": "text/html"})
    assert strange.status == 404
    # Uploads pass as large as http.upload_limit allows; what is larger ends at the proxy.
    large, content = proxy.ask("POST", "/pictrs/image", body=bytes(19_000_000), headers={"content-type": "multipart/form-data; boundary=a"})
    assert large.status not in (413, 502), content
    larger, _ = proxy.ask("POST", "/pictrs/image", body=bytes(23_000_000), headers={"content-type": "multipart/form-data; boundary=a"})
    assert larger.status in (401, 413), "nginx counts before it asks us, Caddy while it does"
    # Nobody speaks WebSocket here.
    upgrade = {"connection": "upgrade", "upgrade": "websocket", "sec-websocket-version": "13", "sec-websocket-key": "A" * 22 + "=="}
    assert proxy.ask("GET", "/api/v3/ws", headers=upgrade)[0].status in (400, 404)
    # Plain http leads to https.
    plain = http.client.HTTPConnection("127.0.0.1", proxy.http, timeout=20)
    plain.request("GET", "/c/main?a=b", headers={"host": "site.test"})
    answer = plain.getresponse()
    assert answer.status in (301, 308)
    assert answer.headers["location"].startswith("https://site.test")
    assert answer.headers["location"].endswith("/c/main?a=b")
    plain.close()


def test_limits_count_each_client_and_no_header_of_theirs_changes_that(proxy: Proxy, site: Instance) -> None:
    def searched(client: int, number: int) -> int:
        invented = f"203.0.113.{number}"
        headers = {"x-forwarded-for": invented, "forwarded": f"for={invented}", "x-real-ip": invented}
        return proxy.ask("GET", "/api/v3/search?q=something", client=client, headers=headers)[0].status

    assert [searched(2, number) for number in range(5)] == [200, 200, 200, 400, 400]
    assert searched(3, 1) == 200, "another client is not counted with the first"


def test_the_examples_are_what_the_programs_call_valid(nginx: str, caddy: str, checkout: Path, tmp_path: Path) -> None:
    formatted = subprocess.run(
        [caddy, "fmt", str(checkout / "packaging" / "proxy" / "Caddyfile")], capture_output=True, text=True, check=True
    )
    assert formatted.stdout == (checkout / "packaging" / "proxy" / "Caddyfile").read_text()
    files = made(tmp_path / "tls")
    main = f"pid {tmp_path}/pid;error_log stderr;events{{}}http{{access_log off;include {tmp_path}/site.conf;}}"
    (tmp_path / "nginx.conf").write_text(main)
    for folder in ("proxy", "several"):
        text = (checkout / "packaging" / folder / "nginx.conf").read_text()
        text = text.replace("/etc/letsencrypt/live/example.com", str(files.certificate.parent))
        (tmp_path / "site.conf").write_text(text)
        command = [nginx, "-t", "-p", str(tmp_path), "-c", str(tmp_path / "nginx.conf")]
        tested = subprocess.run(command, capture_output=True, text=True, check=False)
        assert tested.returncode == 0, tested.stderr
