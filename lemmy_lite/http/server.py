"""The server: one listening socket, Granian inside this process, and an orderly end.

Why in this process and how it was measured stands in README.md. What Granian leaves to us is here: the socket, so that no second
instance can take the same port (Granian asks for SO_REUSEPORT); the time a body may take; and that a stop never waits for a client.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import resource
import signal
import socket
import sys
import threading
from collections.abc import Awaitable, Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NoReturn, cast

from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.server.embed import Server
from litestar.types import ASGIApp, HTTPReceiveMessage, Message, Receive, Scope, Send

from lemmy_lite.http.address import IPNetwork, client_address, onion_visitor
from lemmy_lite.http.errors import REFUSALS, Refused

BACKLOG = 1024

HEADER_LIMIT = 64 * 1024
"""Bytes of a request's head, and of a body that Granian holds before we ask for it. Its own default of 400 kB times the connections
of an attacker would be more memory than a Pi has."""

LONGEST_PATH = 2048
"""Bytes of a path, still encoded. No address of ours comes near; Litestar's router remembers the paths it has matched."""

SLOWEST = 16 * 1024
"""Bytes a second that earn a body more time: an upload over a slow line may go on, one byte every three seconds may not."""

GRACE = 5.0
"""Seconds a request under way may still take after a stop. With LINGER and what app.py needs to close this stays below ten."""

LINGER = 1.5
"""Seconds after that for the last bytes to leave, and for clients that are still dribbling the head of a request."""

ECHO = 0.3
"""Seconds within which a repeated signal is still the same one. A terminal and systemd signal every process of a group, and the first
process of the one-file executable passes on to the second what that has heard itself."""

_OWN_FILES = 256
"""File descriptors kept for the database, images and outgoing connections."""


Listener = socket.socket


class PortInUse(Exception):
    """The address cannot be listened on; the message is one line for the person who starts the server (exit 2)."""


def listen(address: str, port: int) -> socket.socket:
    """A listening socket that is ours alone. Port 0 takes a free one. Raises PortInUse, also for an address we do not have."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    listener = socket.socket(family)
    try:
        # Without this a restart would have to wait a minute for the old connections to be forgotten. SO_REUSEPORT is what must not be set.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((address, port))
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        raise PortInUse(f"cannot listen on {address} port {port}: {error.strerror}") from error
    return listener


class _Body:
    """Whether a request announces a body (RFC 9112, section 6.3) of which something is still to be read."""

    __slots__ = ("awaited",)

    def __init__(self, scope: Scope) -> None:
        self.awaited = any(
            name == b"transfer-encoding" or (name == b"content-length" and value.strip(b"0") != b"") for name, value in scope["headers"]
        )


class Gate:
    """Stands between the server and the application, which may be exchanged (`app`) while it runs, as when migrations are done.

    It knows the requests in flight, names the client's address in the scope, limits the time of a body and the length of a path.
    """

    def __init__(self, app: ASGIApp, *, trusted_proxies: Sequence[IPNetwork] = (), body_seconds: float = 30, onion: bool = False) -> None:
        """`onion`: only Tor connects here, and no header is believed."""
        self.app = app
        self._onion = onion
        self._trusted = trusted_proxies
        self._body_seconds = body_seconds
        self._requests: set[asyncio.Task[Any]] = set()
        self._reading: set[asyncio.Timeout] = set()
        self._closing = asyncio.Event()
        self._emptied = asyncio.Event()

    @property
    def in_flight(self) -> int:
        """Requests that are being received or answered."""
        return len(self._requests)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        task = cast("asyncio.Task[Any]", asyncio.current_task())
        self._requests.add(task)
        try:
            if len(scope["raw_path"]) > LONGEST_PATH:
                await _plain(send, 414, "The address is too long.")
                return
            cast(Any, scope)["client_address"] = self._client(scope)
            body = _Body(scope)
            await self.app(scope, self._timed(receive, body), self._parting(send, body))
        finally:
            self._requests.discard(task)
            if not self._requests:
                self._emptied.set()

    def _client(self, scope: Scope) -> Any:
        if self._onion:
            cast(Any, scope)["onion"] = True
            return onion_visitor(int(scope["client"][1]) if scope["client"] else 0)  # Granian gives text
        forwarded: dict[bytes, list[str]] = {b"x-forwarded-for": [], b"forwarded": []}
        for name, value in scope["headers"]:
            if name in forwarded:
                forwarded[name].append(value.decode("latin-1"))
        chained = {name: ",".join(values) or None for name, values in forwarded.items()}
        peer = scope["client"][0] if scope["client"] else ""
        return client_address(peer, chained[b"x-forwarded-for"], chained[b"forwarded"], self._trusted)

    def _timed(self, receive: Receive, body: _Body) -> Receive:
        """`receive` that raises Refused when the body has taken too long (408) or the server stops before it is complete (503)."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self._body_seconds
        complete = False

        async def timed() -> Any:
            nonlocal deadline, complete
            if complete:
                return await receive()
            if self._closing.is_set():
                raise _stopping()
            timeout = asyncio.timeout_at(deadline)
            self._reading.add(timeout)
            try:
                async with timeout:
                    message = cast(HTTPReceiveMessage, await receive())
            except TimeoutError:
                raise _stopping() if self._closing.is_set() else Refused(408) from None
            finally:
                self._reading.discard(timeout)
            if message["type"] == "http.request":
                deadline += len(message.get("body", b"")) / SLOWEST
                complete = not message.get("more_body", False)
                body.awaited = not complete
            return message

        return timed

    def _parting(self, send: Send, body: _Body) -> Send:
        """`send` that tells a client to come back on another connection once we are stopping, and after a body that nobody has read:
        Granian closes then without a word, and the next request on the connection would be lost."""

        async def parting(message: Message) -> None:
            if message["type"] == "http.response.start" and (body.awaited or self._closing.is_set()):
                headers = [pair for pair in message["headers"] if pair[0] != b"connection"]
                message = {**message, "headers": [*headers, (b"connection", b"close")]}
            await send(message)

        return parting

    async def close(self, grace: float) -> None:
        """Lets the requests in flight finish: bodies that are not there yet are refused at once, the rest has `grace` seconds."""
        self._closing.set()
        now = asyncio.get_running_loop().time()
        for timeout in list(self._reading):
            timeout.reschedule(now)
        self._emptied.clear()
        if self._requests:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._emptied.wait(), grace)
        for task in list(self._requests):
            task.cancel()


def _stopping() -> Refused:
    return Refused(503, REFUSALS[503], {"retry-after": "5"})


async def starting(scope: Scope, receive: Receive, send: Send) -> None:
    """The application while migrations run: 503 with Lemmy's words, so that peers and apps come back."""
    await _plain(send, 503, '{"error":"Lemmy is currently starting"}', "application/json")


async def _plain(send: Send, status: int, text: str, content_type: str = "text/plain; charset=utf-8") -> None:
    headers = [(b"content-type", content_type.encode()), (b"content-length", str(len(text)).encode()), (b"connection", b"close")]
    if status == 503:
        headers.append((b"retry-after", b"5"))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": text.encode(), "more_body": False})


class _Embedded(Server):
    """Granian on a socket of ours: its own would be open to every other process that asks for SO_REUSEPORT."""

    def __init__(self, app: ASGIApp, listener: socket.socket, header_seconds: float) -> None:
        super().__init__(
            app,
            interface=Interfaces.ASGINL,  # app.py starts and stops things in order, so there is no lifespan
            http=HTTPModes.http1,  # h2 without TLS is spoken by no proxy by default; one parser less to attack
            websockets=False,
            backlog=BACKLOG,
            backpressure=connections(),
            runtime_blocking_threads=2,  # they read files that are sent, and end when idle
            http1_settings=HTTP1Settings(header_read_timeout=int(header_seconds * 1000), max_buffer_size=HEADER_LIMIT),
            log_enabled=False,
        )
        self._listener = listener

    def _init_shared_socket(self) -> None:
        from granian._granian import SocketHolder

        # The holder closes what it is given, so it is given a duplicate.
        holder: Callable[..., Any] = SocketHolder
        self._ssp, self._shd = None, holder(os.dup(self._listener.fileno()), False, BACKLOG)


def connections() -> int:
    """How many connections are taken at once: what file descriptors allow, as Granian spins on the processor when they run out."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 8192 + _OWN_FILES
    if soft != resource.RLIM_INFINITY and soft < wanted:
        soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    most = wanted if soft == resource.RLIM_INFINITY else min(soft, wanted)
    return max(16, most - _OWN_FILES)


async def serve(
    gate: Gate,
    listener: socket.socket,
    stop: asyncio.Event,
    *,
    on_ready: Callable[[], Awaitable[None]] | None = None,
    header_seconds: float = 30,
    grace: float = GRACE,
    lent: bool = False,
) -> None:
    """Serves until `stop` is set, then ends within `grace` plus LINGER seconds whatever clients do.

    `lent`: somebody else keeps the listener open, and connections wait in it for the next process.

    `on_ready` is awaited once connections are taken. The listener is closed at the end. Raises RuntimeError when the server ends by itself.
    """
    others = _foreign_threads()
    server = _Embedded(cast(ASGIApp, gate), listener, header_seconds)
    serving = asyncio.create_task(server.serve(), name="granian")
    stopping = asyncio.create_task(stop.wait(), name="stop")
    try:
        await asyncio.sleep(0)  # Granian takes the socket in its first step
        if on_ready is not None:
            await on_ready()
        await asyncio.wait([serving, stopping], return_when=asyncio.FIRST_COMPLETED)
        if serving.done():
            raise RuntimeError("the server ended by itself") from serving.exception()
    finally:
        stopping.cancel()
        await _end(server, serving, gate, listener, grace, lent=lent)
        if not serving.cancelled():
            await _threads_ended(others)


async def _end(server: _Embedded, serving: asyncio.Task[None], gate: Gate, listener: socket.socket, grace: float, *, lent: bool) -> None:
    cast(Any, server).stop()
    # Granian hears it within a millisecond. Before that, a socket that is shut down would look to it like an error that passes.
    await asyncio.wait([serving], timeout=0.1)
    if not lent:
        with contextlib.suppress(OSError):
            # Its duplicates of the socket would keep taking connections that nobody answers; this refuses them.
            listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    await gate.close(grace)
    await asyncio.wait([serving], timeout=LINGER)
    serving.cancel()
    with contextlib.suppress(asyncio.CancelledError, Exception):
        await serving


def _foreign_threads() -> set[int]:
    """Threads of this process that Python did not start: Granian's. Empty where the system does not tell."""
    try:
        tasks = {int(thread.name) for thread in Path("/proc/self/task").iterdir()}
    except OSError:
        return set()
    return tasks - {thread.native_id for thread in threading.enumerate() if thread.native_id is not None}


async def _threads_ended(others: set[int]) -> None:
    """Waits for Granian's threads, some two milliseconds: one that wakes up while the interpreter is taken apart panics and prints it."""
    for _ in range(100):
        if not _foreign_threads() - others:
            return
        await asyncio.sleep(0.005)


def leave(status: int) -> NoReturn:
    """Ends the process when all is closed and saved, without taking the interpreter apart.

    A client that dribbles keeps a thread of Granian's alive past the stop; during the interpreter's own end it would abort the process.
    """
    logging.shutdown()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            stream.flush()
    os._exit(status)


@contextlib.contextmanager
def stopped_by_signals(stop: asyncio.Event) -> Iterator[None]:
    """SIGTERM and SIGINT set `stop`; a second one after ECHO ends the process at once with the shell's status for it."""
    loop = asyncio.get_running_loop()
    first: float | None = None

    def on_signal(number: int) -> None:
        nonlocal first
        if first is None:
            first = loop.time()
            stop.set()
        elif loop.time() - first > ECHO:
            os._exit(128 + number)

    for each in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(each, on_signal, each)
    try:
        yield
    finally:
        # The second signal must work until the very end, when the database closes, so the handlers stay if one has come.
        if first is None:
            for each in (signal.SIGTERM, signal.SIGINT):
                loop.remove_signal_handler(each)
