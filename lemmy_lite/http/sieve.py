"""Stands on the port of https for the seconds in which an authority proves that the name is ours by TLS-ALPN-01 (RFC 8737).

Granian knows one certificate and no protocol but HTTP, so it cannot answer. The sieve looks at the first message of each connection
without taking it: the authority's it answers itself, all others it passes on as they are, encrypted, to a server that stands behind it.
"""

import asyncio
import contextlib
import ipaddress
import os
import socket
import ssl
from typing import Any, Final

from lemmy_lite.http import client_hello
from lemmy_lite.http.address import IPAddress
from lemmy_lite.http.listening import Listener
from lemmy_lite.http.pair import Pair, in_memory

PROTOCOL: Final = b"acme-tls/1"
PATIENCE: Final = 10.0
"""Seconds for the first message, and for the handshake with the authority."""
MOST: Final = 512
"""Connections at a time; more wait in the socket's queue."""
_PIECE: Final = 64 * 1024


class Sieve:
    """Takes the connections of a listener until it is closed. `peers` tells the server behind whose connection a port of ours is."""

    def __init__(self, listener: Listener, proof: Pair | None, behind: tuple[str, int] | None, peers: dict[int, IPAddress]) -> None:
        self._listener = listener
        self._context = _context(proof) if proof is not None else None
        self._behind = behind
        self._peers = peers
        self._room = asyncio.Semaphore(MOST)
        self._passing: set[asyncio.Task[None]] = set()
        self._task = asyncio.create_task(self._take(), name="sieve")

    async def close(self) -> None:
        """Take no more; what passes through goes on."""
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task

    async def emptied(self, grace: float) -> None:
        """Wait until nothing passes through any more; after `grace` seconds what is left is cut."""
        if self._passing:
            await asyncio.wait(self._passing, timeout=grace)
        for task in list(self._passing):
            task.cancel()

    async def _take(self) -> None:
        loop = asyncio.get_running_loop()
        self._listener.setblocking(False)
        while True:
            await self._room.acquire()
            try:
                connection, peer = await loop.sock_accept(self._listener)
            except OSError:  # no descriptors, or the caller has gone again
                self._room.release()
                await asyncio.sleep(0.1)
                continue
            except asyncio.CancelledError:
                self._room.release()
                raise
            task = asyncio.create_task(self._pass(connection, peer))
            self._passing.add(task)
            task.add_done_callback(self._passed)

    def _passed(self, task: asyncio.Task[None]) -> None:
        self._passing.discard(task)
        self._room.release()

    async def _pass(self, connection: socket.socket, peer: Any) -> None:
        with contextlib.suppress(OSError, TimeoutError, ValueError, ssl.SSLError), contextlib.closing(connection):
            async with asyncio.timeout(PATIENCE):
                offered = await _offered(connection)
            if PROTOCOL in offered:
                await self._prove(connection)
            elif self._behind is not None:
                address = ipaddress.ip_address(peer[0].partition("%")[0])
                await self._relay(connection, getattr(address, "ipv4_mapped", None) or address, self._behind)

    async def _prove(self, connection: socket.socket) -> None:
        """The handshake is the answer; nothing is said after it (RFC 8737, section 3)."""
        if self._context is None:
            return
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(PATIENCE):
            transport, _ = await loop.connect_accepted_socket(
                asyncio.Protocol, connection, ssl=self._context, ssl_handshake_timeout=PATIENCE
            )
        transport.close()
        await asyncio.sleep(0.1)  # the closing message leaves

    async def _relay(self, connection: socket.socket, address: IPAddress, behind: tuple[str, int]) -> None:
        inner_reader, inner_writer = await asyncio.open_connection(*behind)
        port = inner_writer.get_extra_info("sockname")[1]
        self._peers[port] = address
        try:
            reader, writer = await asyncio.open_connection(sock=connection)
            await asyncio.gather(_pump(reader, inner_writer), _pump(inner_reader, writer))
            writer.close()
        finally:
            inner_writer.close()
            self._peers.pop(port, None)


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while piece := await reader.read(_PIECE):
        writer.write(piece)
        await writer.drain()
    writer.write_eof()


async def _offered(connection: socket.socket) -> tuple[bytes, ...]:
    while True:
        await _readable(connection)
        begun = connection.recv(client_hello.LARGEST, socket.MSG_PEEK)
        if not begun:
            raise ConnectionResetError
        found = client_hello.protocols(begun)
        if found is not None:
            return found
        await asyncio.sleep(0.02)  # what was looked at lies there still, so the socket stays readable


async def _readable(connection: socket.socket) -> None:
    loop = asyncio.get_running_loop()
    ready = loop.create_future()
    loop.add_reader(connection, lambda: None if ready.done() else ready.set_result(None))
    try:
        await ready
    finally:
        loop.remove_reader(connection)


def _context(proof: Pair) -> ssl.SSLContext:
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    made.set_alpn_protocols([PROTOCOL.decode()])
    files = [in_memory(proof.chain), in_memory(proof.key)]
    try:
        made.load_cert_chain(*(f"/proc/self/fd/{file}" for file in files))
    finally:
        for file in files:
            os.close(file)
    return made
