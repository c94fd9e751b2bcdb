"""Https without a proxy: what clients see while certificates are exchanged and an authority asks for its proof."""

import asyncio
import contextlib
import ssl
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from ipaddress import ip_network
from pathlib import Path

import pytest

from lemmy_lite.crypto import certificates
from lemmy_lite.http import listening, secured
from lemmy_lite.http.gate import Gate
from lemmy_lite.http.pair import Pair
from lemmy_lite.http.request import Request
from lemmy_lite.http.response import Response
from lemmy_lite.http.routing import build
from lemmy_lite.http.secured import Shown
from lemmy_lite.http.surface import Route, Surface, silent
from tests.certificates import Files, made, trusting
from tests.http.server_process import ROUTES


async def whoami(request: Request) -> Response:
    return Response(200, str(request.address).encode(), "text/plain")


def pair(files: Files) -> Pair:
    held = certificates.read(files.certificate.read_bytes(), files.key.read_bytes())
    return Pair(held.chain, held.key)


@asynccontextmanager
async def door(shown: Shown, *, hsts: int = 0) -> AsyncIterator[int]:
    """The port of a secured door with the routes of server_process.py and one that tells who asks."""
    routes = (*ROUTES, Route("GET", "/me", whoami))
    gate = Gate(build([Surface("test", routes, silent, prefix="/")]), hsts=hsts, trusted_proxies=[ip_network("127.0.0.1/32")])
    listener = listening.listen("127.0.0.1", 0)
    port = listener.getsockname()[1]
    stop = asyncio.Event()
    serving = asyncio.create_task(secured.serve(gate, listener, stop, shown, grace=1))
    try:
        await asyncio.sleep(0.1)
        yield port
    finally:
        stop.set()
        await asyncio.wait_for(serving, 15)


class Connection:
    """One connection by https."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    @classmethod
    async def to(cls, port: int, context: ssl.SSLContext, source: str = "127.0.0.1") -> "Connection":
        return cls(*await asyncio.open_connection("127.0.0.1", port, ssl=context, server_hostname="site.test", local_addr=(source, 0)))

    async def ask(self, path: str = "/", headers: str = "", method: str = "GET", body: bytes = b"") -> tuple[int, dict[str, str], bytes]:
        self.writer.write(f"{method} {path} HTTP/1.1\r\nhost: site.test\r\n{headers}\r\n".encode() + body)
        head = (await self.reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        fields = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:] if line)}
        return int(head[0].split()[1]), fields, await self.reader.readexactly(int(fields["content-length"]))

    def close(self) -> None:
        self.writer.close()


async def once(port: int, context: ssl.SSLContext, path: str = "/", headers: str = "") -> tuple[int, dict[str, str], bytes]:
    connection = await Connection.to(port, context)
    try:
        return await connection.ask(path, headers)
    finally:
        connection.close()


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1_1 is deprecated:DeprecationWarning")
@pytest.mark.parametrize("kind", ["ec", "rsa"])
def test_it_speaks_https_of_the_versions_that_are_safe_and_says_to_stay_with_it(tmp_path: Path, kind: str) -> None:
    files = made(tmp_path, kind=kind)

    async def running() -> None:
        async with door(Shown(pair(files)), hsts=3600) as port:
            status, headers, body = await once(port, trusting(files))
            assert (status, body, headers["strict-transport-security"]) == (200, b"here", "max-age=3600")
            for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
                context = trusting(files)
                context.minimum_version = context.maximum_version = version
                assert (await once(port, context))[0] == 200
            old = trusting(files)
            old.minimum_version, old.maximum_version = ssl.TLSVersion.MINIMUM_SUPPORTED, ssl.TLSVersion.TLSv1_1
            old.set_ciphers("ALL:@SECLEVEL=0")
            with pytest.raises((ssl.SSLError, OSError)):
                await once(port, old)
            plain_reader, plain_writer = await asyncio.open_connection("127.0.0.1", port)
            plain_writer.write(b"GET / HTTP/1.1\r\nhost: a\r\n\r\n")
            assert b"HTTP/1.1 200" not in await plain_reader.read(1000)
            plain_writer.close()

    asyncio.run(running())


def test_another_certificate_takes_over_while_requests_come_and_none_is_lost(tmp_path: Path) -> None:
    first, second = made(tmp_path / "a"), made(tmp_path / "b")
    both = trusting(first)
    both.load_verify_locations(second.certificate)

    async def running() -> None:
        shown, done, met, told = Shown(pair(first)), asyncio.Event(), Counter[str](), Counter[bytes]()

        async def fresh(port: int) -> None:
            """A new connection for each request: any failure is one too many."""
            while not done.is_set():
                connection = await Connection.to(port, both)
                assert (await connection.ask())[0] == 200
                met["fresh"] += 1
                connection.close()

        async def kept(port: int) -> None:
            """One connection as long as it lasts; only before the answer to a *new* request has begun may it end (RFC 9112, 9.3.1)."""
            while not done.is_set():
                connection = await Connection.to(port, both)
                served = 0
                with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
                    while not done.is_set():
                        status, headers, _ = await connection.ask()
                        assert status == 200
                        served += 1
                        if headers.get("connection") == "close":
                            break
                assert served or done.is_set()
                met["kept"] += served
                connection.close()

        async with door(shown) as port:
            clients = [asyncio.create_task(each(port)) for each in (fresh, fresh, kept, kept)]
            slow = asyncio.create_task(once(port, both, "/slow"))
            uploading = await Connection.to(port, both)
            uploading.writer.write(b"POST /echo HTTP/1.1\r\nhost: a\r\ncontent-length: 6\r\n\r\nabc")
            await asyncio.sleep(0.3)
            before = met.copy()
            await shown.show(pair(second))
            for _ in range(20):
                connection = await Connection.to(port, both)
                told[connection.writer.get_extra_info("ssl_object").getpeercert(binary_form=True)] += 1
                connection.close()
            assert len(told) == 1, "who connects now sees the new certificate alone"
            uploading.writer.write(b"def")
            assert (await uploading.reader.readuntil(b"abcdef")).startswith(b"HTTP/1.1 200")
            uploading.close()
            assert (await slow)[2] == b"done"
            done.set()
            await asyncio.gather(*clients)
            assert met["fresh"] > before["fresh"]
            assert met["kept"] > before["kept"]

    asyncio.run(running())


def test_who_is_in_the_middle_of_the_handshake_when_the_certificate_changes_gets_through(tmp_path: Path) -> None:
    files = made(tmp_path / "a")
    second = pair(made(tmp_path / "b"))

    async def running() -> None:
        shown = Shown(pair(files))
        async with door(shown) as port:
            received, sent = ssl.MemoryBIO(), ssl.MemoryBIO()
            client = trusting(files).wrap_bio(received, sent, server_hostname="site.test")
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            with pytest.raises(ssl.SSLWantReadError):
                client.do_handshake()
            writer.write(sent.read())
            received.write(await reader.read(65536))
            changing = asyncio.create_task(shown.show(second))
            await asyncio.sleep(0.3)
            while True:
                try:
                    client.do_handshake()
                    break
                except ssl.SSLWantReadError:
                    received.write(await reader.read(65536))
            client.write(b"GET /slow HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n")
            writer.write(sent.read())
            await changing
            answer = b""
            while piece := await reader.read(65536):
                received.write(piece)
                with contextlib.suppress(ssl.SSLWantReadError, ssl.SSLZeroReturnError):
                    while part := client.read(65536):
                        answer += part
            assert answer.startswith(b"HTTP/1.1 200")
            writer.close()

    asyncio.run(running())


def kept_open() -> tuple[int, int]:
    """File descriptors and threads of this process."""
    return len(list(Path("/proc/self/fd").iterdir())), len(list(Path("/proc/self/task").iterdir()))


def test_exchanging_often_leaves_nothing_behind(tmp_path: Path) -> None:
    pairs = [pair(made(tmp_path / name)) for name in "ab"]

    async def running() -> None:
        shown = Shown(pairs[0])
        async with door(shown):
            await asyncio.sleep(1)
            before = kept_open()
            for number in range(3):
                await shown.show(pairs[number % 2])
            for _ in range(100):
                after = kept_open()
                if after[0] <= before[0] and after[1] <= before[1]:
                    break
                await asyncio.sleep(0.1)
            assert after[0] <= before[0]
            assert after[1] <= before[1]

    asyncio.run(running())


def authority() -> ssl.SSLContext:
    """What asks for the proof: it offers one protocol and looks at what it is shown itself."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_alpn_protocols(["acme-tls/1"])
    return context


async def proof_at(port: int, context: ssl.SSLContext) -> tuple[str | None, bytes]:
    connection = await Connection.to(port, context)
    found = connection.writer.get_extra_info("ssl_object")
    answer = found.selected_alpn_protocol(), found.getpeercert(binary_form=True)
    connection.close()
    return answer


def test_an_authority_sees_its_proof_and_everybody_else_the_site(tmp_path: Path) -> None:
    files = made(tmp_path)
    proof = Pair(*certificates.proof("site.test", b"\x07" * 32, datetime.now(UTC)))

    async def running() -> None:
        shown, asking = Shown(pair(files)), authority()
        async with door(shown) as port:
            held = await Connection.to(port, trusting(files))
            assert (await held.ask())[0] == 200
            await shown.prove(proof)
            for _ in range(3):
                protocol, certificate = await proof_at(port, asking)
                assert protocol == "acme-tls/1"
                assert b"\x04\x20" + b"\x07" * 32 in certificate
                stranger = await Connection.to(port, trusting(files), source="127.0.0.2")
                assert (await stranger.ask("/me", "x-forwarded-for: 203.0.113.9\r\n"))[2] == b"127.0.0.2", "a relay of ours is no proxy"
                stranger.close()
            await shown.prove(None)
            assert (await once(port, trusting(files)))[0] == 200
            with pytest.raises((ssl.SSLError, OSError)):
                await proof_at(port, asking)
            held.close()

    asyncio.run(running())


def test_before_the_first_certificate_only_the_authority_is_answered(tmp_path: Path) -> None:
    files = made(tmp_path)
    proof = Pair(*certificates.proof("site.test", b"\x07" * 32, datetime.now(UTC)))

    async def running() -> None:
        shown = Shown()
        async with door(shown) as port:
            with pytest.raises((ssl.SSLError, OSError)):
                await once(port, trusting(files))
            await shown.prove(proof)
            assert (await proof_at(port, authority()))[0] == "acme-tls/1"
            await shown.show(pair(files))
            await shown.prove(None)
            assert (await once(port, trusting(files)))[0] == 200

    asyncio.run(running())
