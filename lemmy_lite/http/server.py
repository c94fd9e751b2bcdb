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
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any, NoReturn, cast

from granian.constants import HTTPModes, Interfaces, SSLProtocols
from granian.http import HTTP1Settings
from granian.server.embed import Server
from litestar.types import ASGIApp

from lemmy_lite.http import listening
from lemmy_lite.http.gate import Gate, starting
from lemmy_lite.http.listening import BACKLOG, Listener, PortInUse, listen
from lemmy_lite.http.pair import Pair, in_memory

__all__ = ["Gate", "Listener", "PortInUse", "Serving", "leave", "listen", "serve", "starting", "stopped_by_signals"]

HEADER_LIMIT = 64 * 1024
"""Bytes of a request's head, and of a body that Granian holds before we ask for it. Its own default of 400 kB times the connections
of an attacker would be more memory than a Pi has."""

GRACE = 5.0
"""Seconds a request under way may still take after a stop. With LINGER and what app/ needs to close this stays below ten."""

LINGER = 1.5
"""Seconds after that for the last bytes to leave, and for clients that are still dribbling the head of a request."""

ECHO = 0.3
"""Seconds within which a repeated signal is still the same one. A terminal and systemd signal every process of a group, and the first
process of the one-file executable passes on to the second what that has heard itself."""

_OWN_FILES = 256
"""File descriptors kept for the database, images and outgoing connections."""


class _Embedded(Server):
    """Granian on a socket of ours: its own would be open to every other process that asks for SO_REUSEPORT."""

    def __init__(self, app: ASGIApp, listener: Listener, header_seconds: float, pair: Pair | None, oldest: str) -> None:
        super().__init__(
            app,
            interface=Interfaces.ASGINL,  # app/ starts and stops things in order, so there is no lifespan
            http=HTTPModes.http1,  # h2 without TLS is spoken by no proxy by default; one parser less to attack
            websockets=False,
            backlog=BACKLOG,
            backpressure=connections(),
            runtime_blocking_threads=2,  # they read files that are sent, and end when idle
            http1_settings=HTTP1Settings(header_read_timeout=int(header_seconds * 1000), max_buffer_size=HEADER_LIMIT),
            log_enabled=False,
        )
        self._listener = listener
        self._files = [in_memory(part) for part in pair or ()]
        if self._files:
            # Granian takes paths and may read them later than we have checked the pair, so they name copies that nobody changes.
            protocol = SSLProtocols.tls13 if oldest == "1.3" else SSLProtocols.tls12
            chain, key = (f"/proc/self/fd/{file}" for file in self._files)
            cast(Any, self).ssl_ctx = (True, chain, key, None, str(protocol), None, [], False)

    def close(self) -> None:
        """Lets the copies of certificate and key go."""
        while self._files:
            os.close(self._files.pop())

    def _init_shared_socket(self) -> None:
        from granian._granian import SocketHolder

        # The holder closes what it is given, so it is given a duplicate.
        holder: Callable[..., Any] = SocketHolder
        self._ssp, self._shd = None, holder(os.dup(self._listener.fileno()), self._listener.family == socket.AF_UNIX, BACKLOG)


def connections() -> int:
    """How many connections are taken at once: what file descriptors allow, as Granian spins on the processor when they run out."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 8192 + _OWN_FILES
    if soft != resource.RLIM_INFINITY and soft < wanted:
        soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    most = wanted if soft == resource.RLIM_INFINITY else min(soft, wanted)
    return max(16, most - _OWN_FILES)


class Serving:
    """One server on a listener, from its start to its end. Several may share a listener, as when one takes another's place."""

    def __init__(
        self, gate: Gate, listener: Listener, *, header_seconds: float = 30, pair: Pair | None = None, oldest: str = "1.2"
    ) -> None:
        """Begins to take connections with the next step of the event loop; with `pair` it speaks https."""
        self.listener = listener
        self._name = listening.Name.of(listener)
        self._gate = gate
        self._others = _foreign_threads()
        self._server = _Embedded(cast(ASGIApp, gate), listener, header_seconds, pair, oldest)
        self.task = asyncio.create_task(self._server.serve(), name="granian")

    async def retire(self, grace: float) -> None:
        """Takes no more connections, as another server on the listener does; what is under way has `grace` seconds to finish."""
        cast(Any, self._server).stop()
        await self._gate.finish(grace)
        await self._ended()

    async def abandon(self) -> None:
        """Ends at once what a retired server has not finished."""
        await self._gate.close(0)
        await self._ended()

    async def end(self, grace: float, *, lent: bool = False) -> None:
        """Ends within `grace` plus LINGER seconds whatever clients do, and closes the listener; new connections are refused.

        Whoever is in the listener's queue is let in before: a proxy may have sent a request there already, and none would send it twice.
        `lent`: somebody else keeps the listener open, and connections wait in it for the next process.
        """
        self._gate.part()
        with contextlib.nullcontext() if lent else listening.held_back(self.listener):
            if not lent:
                if self._name is not None:
                    self._name.remove()
                await listening.emptied(self.listener)
            cast(Any, self._server).stop()
            # Granian hears it within a millisecond. Before that, a socket that is shut down would look to it like an error that passes.
            await asyncio.wait([self.task], timeout=0.1)
            if not lent:
                with contextlib.suppress(OSError):
                    # Its duplicates of the socket would keep taking connections that nobody answers; this refuses them.
                    self.listener.shutdown(socket.SHUT_RDWR)
            self.listener.close()
        await self._gate.close(grace)
        if await self._ended():
            await _threads_ended(self._others)

    async def _ended(self) -> bool:
        """Whether it has ended by itself."""
        await asyncio.wait([self.task], timeout=LINGER)
        ended = self.task.done()
        self.task.cancel()
        with contextlib.suppress(asyncio.CancelledError, Exception):
            await self.task
        self._server.close()
        return ended


async def serve(
    gate: Gate,
    listener: Listener,
    stop: asyncio.Event,
    *,
    on_ready: Callable[[], Awaitable[None]] | None = None,
    header_seconds: float = 30,
    grace: float = GRACE,
    lent: bool = False,
) -> None:
    """Serves plain http until `stop` is set, then ends as `Serving.end` does.

    `on_ready` is awaited once connections are taken. The listener is closed at the end. Raises RuntimeError when the server ends by itself.
    """
    serving = Serving(gate, listener, header_seconds=header_seconds)
    stopping = asyncio.create_task(stop.wait(), name="stop")
    try:
        await asyncio.sleep(0)  # Granian takes the socket in its first step
        if on_ready is not None:
            await on_ready()
        await asyncio.wait([serving.task, stopping], return_when=asyncio.FIRST_COMPLETED)
        if serving.task.done():
            raise RuntimeError("the server ended by itself") from serving.task.exception()
    finally:
        stopping.cancel()
        await serving.end(grace, lent=lent)


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
