"""Real servers on loopback for the client to meet: plain, dripping, lying, and one that speaks SOCKS."""

import asyncio
import contextlib
import datetime as dt
import ipaddress
import ssl
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


@dataclass
class Received:
    """One request as it came over the wire."""

    method: str
    target: str
    headers: list[tuple[str, str]]
    body: bytes

    def header(self, name: str) -> str:
        """The only header of this name."""
        (value,) = [value for key, value in self.headers if key.lower() == name.lower()]
        return value


Handler = Callable[[Received, asyncio.StreamWriter], Awaitable[None]]


@dataclass
class Server:
    """A listening server; `connections` and `requests` tell whether and how it was called."""

    port: int
    connections: int = 0
    requests: list[Received] = field(default_factory=list)


def answer(status: int = 200, body: bytes = b"", *headers: tuple[str, str], length: int | None = None) -> bytes:
    """The bytes of a response; `length` may lie."""
    lines = [f"HTTP/1.1 {status} Whatever", f"Content-Length: {len(body) if length is None else length}"]
    lines += [f"{name}: {value}" for name, value in headers]
    return "\r\n".join([*lines, "", ""]).encode() + body


def answering(status: int = 200, body: bytes = b"", *headers: tuple[str, str]) -> Handler:
    """A handler that says the same to everybody."""

    async def handle(_: Received, writer: asyncio.StreamWriter) -> None:
        writer.write(answer(status, body, *headers))

    return handle


@contextlib.asynccontextmanager
async def serving(handler: Handler, host: str = "127.0.2.1", port: int = 0, tls: ssl.SSLContext | None = None) -> AsyncIterator[Server]:
    """Serves until the block ends, then drops every connection."""
    tasks: set[asyncio.Task[None]] = set()

    async def connection(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        server.connections += 1
        task = asyncio.current_task()
        assert task
        tasks.add(task)
        try:
            while (request := await _read(reader, writer)) is not None:
                server.requests.append(request)
                await handler(request, writer)
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError, ssl.SSLError):
            pass
        finally:
            writer.close()

    listener = await asyncio.start_server(connection, host, port, ssl=tls)
    server = Server(port=listener.sockets[0].getsockname()[1])
    try:
        yield server
    finally:
        listener.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _read(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Received | None:
    try:
        start = await reader.readexactly(1)
        if start == b"\x16":  # a TLS greeting where plain HTTP is spoken
            writer.write(answer(400))
            return None
        head = (start + await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    except asyncio.IncompleteReadError:
        return None
    first, *lines = head.rstrip("\r\n").split("\r\n")
    headers = [(name, value.strip()) for name, _, value in (line.partition(":") for line in lines)]
    length = next((int(value) for name, value in headers if name.lower() == "content-length"), 0)
    method, target, _ = first.split(" ")
    return Received(method, target, headers, await reader.readexactly(length))


@dataclass
class Socks:
    """A SOCKS5 proxy that notes what it was asked to reach, and leads everybody to one place."""

    port: int
    asked: list[tuple[str, str, int]] = field(default_factory=list)


@contextlib.asynccontextmanager
async def socks_proxy(leads_to: tuple[str, int] | None = None) -> AsyncIterator[Socks]:
    """RFC 1928 without authentication, to where it is asked, or to `leads_to`. `asked` holds ("name" or "address", host, port)."""
    tasks: set[asyncio.Task[None]] = set()

    async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(4096):
            writer.write(data)
            await writer.drain()

    async def connection(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        tasks.add(task)
        outward: asyncio.StreamWriter | None = None
        try:
            _, methods = struct.unpack("!BB", await reader.readexactly(2))
            await reader.readexactly(methods)
            writer.write(b"\x05\x00")
            _, _, _, kind = struct.unpack("!4B", await reader.readexactly(4))
            if kind == 3:
                host = (await reader.readexactly((await reader.readexactly(1))[0])).decode()
            else:
                host = str(ipaddress.ip_address(await reader.readexactly(4 if kind == 1 else 16)))
            (port,) = struct.unpack("!H", await reader.readexactly(2))
            proxy.asked.append(("name" if kind == 3 else "address", host, port))
            inward, outward = await asyncio.open_connection(*(leads_to or (host, port)))
            writer.write(b"\x05\x00\x00\x01" + bytes(6))
            await asyncio.gather(pump(reader, outward), pump(inward, writer))
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            for each in (writer, outward):
                if each:
                    each.close()

    listener = await asyncio.start_server(connection, "127.0.0.1", 0)
    proxy = Socks(port=listener.sockets[0].getsockname()[1])
    try:
        yield proxy
    finally:
        listener.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


class NameServer(asyncio.DatagramProtocol):
    """Answers A and AAAA questions from a table, with a CNAME in front; "silent" names get no answer."""

    def __init__(self, names: dict[str, list[str]]) -> None:
        self.names = names
        self.asked: list[str] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[str | int, int]) -> None:
        labels, at = [], 12
        while data[at]:
            labels.append(data[at + 1 : at + 1 + data[at]].decode())
            at += 1 + data[at]
        name = ".".join(labels)
        question = data[12 : at + 5]
        (kind,) = struct.unpack("!H", question[-4:-2])
        self.asked.append(name)
        if "silent" in name:
            return
        if "noise" in name:
            self.transport.sendto(b"\0" * 5, addr)
            self.transport.sendto(b"\xff\xff" + data[2:], addr)
        known = self.names.get(name)
        values = [ipaddress.ip_address(text).packed for text in known or []]
        values = [value for value in values if len(value) == (4 if kind == 1 else 16)]
        records = [b"\xc0\x0c" + struct.pack("!HHIH", 5, 1, 60, 2) + b"\xc0\x0c"] if values else []
        records += [b"\xc0\x0c" + struct.pack("!HHIH", kind, 1, 60, len(value)) + value for value in values]
        flags = 0x8180 if known is not None else 0x8183
        self.transport.sendto(data[:2] + struct.pack("!5H", flags, 1, len(records), 0, 0) + question + b"".join(records), addr)


@contextlib.asynccontextmanager
async def name_server(names: dict[str, list[str]]) -> AsyncIterator[tuple[NameServer, tuple[str, int]]]:
    """A name server on loopback and where it listens."""
    loop = asyncio.get_running_loop()
    transport, protocol = await loop.create_datagram_endpoint(lambda: NameServer(names), local_addr=("127.0.0.1", 0))
    try:
        yield protocol, transport.get_extra_info("sockname")[:2]
    finally:
        transport.close()


def certificate(folder: Path, name: str) -> tuple[ssl.SSLContext, Path]:
    """A server's TLS context for one name, and the file of the authority that vouches for it (itself)."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    authority = folder / f"{name}.pem"
    authority.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    secret = folder / f"{name}.key"
    secret.write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(authority, secret)
    return context, authority
