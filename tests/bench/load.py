"""A small load client: keep-alive HTTP/1.1 over raw sockets in one event loop, loopback only, bounded in number and time.

A framework's client would cost more than the server under test; this one spends some thirty microseconds a request.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import msgspec

_LONGEST_ANSWER = 64 * 2**20
_ASK_SECONDS = 30.0


class Answer(msgspec.Struct, frozen=True):
    """What came back; header names in small letters."""

    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        """The body read as JSON."""
        return msgspec.json.decode(self.body)


class Run(msgspec.Struct):
    """What a load found: seconds it took, the latency of each answer in milliseconds, statuses, bytes of bodies."""

    seconds: float
    latencies: list[float]
    statuses: Counter[int]
    received: int

    @property
    def rate(self) -> float:
        """Answers a second."""
        return len(self.latencies) / self.seconds if self.seconds else 0.0

    def percentile(self, part: float) -> float:
        """Milliseconds within which so many of a hundred answers came."""
        ordered = sorted(self.latencies)
        return ordered[min(len(ordered) - 1, int(len(ordered) * part / 100))] if ordered else 0.0


class WrongAnswer(Exception):
    """An answer whose status is not what the workload needs; measuring it would flatter."""


def request(method: str, target: str, *, body: bytes = b"", **headers: str) -> bytes:
    """The bytes of a request."""
    lines = [f"{method} {target} HTTP/1.1", "Host: localhost:8536"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    if body:
        lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
    return "\r\n".join([*lines, "", ""]).encode() + body


def posted(target: str, form: object, token: str = "", method: str = "POST") -> bytes:
    """A request with a JSON body, of somebody who is logged in if a token is given."""
    bearer = {"Authorization": f"Bearer {token}"} if token else {}
    return request(method, target, body=msgspec.json.encode(form), **bearer)


class _Connection(asyncio.Protocol):
    """One connection: one request at a time, `answered` is called with status, head and body."""

    def __init__(self) -> None:
        self.answered: Callable[[int, bytes, bytes], None] = lambda *_: None
        self.lost: Callable[[], None] = lambda: None
        self.transport: asyncio.Transport | None = None
        self._buffer = bytearray()
        self._head = b""
        self._needed = -1

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def connection_lost(self, _: Exception | None) -> None:
        self.lost()

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if self._needed < 0:
            end = self._buffer.find(b"\r\n\r\n")
            if end < 0:
                return
            self._head = bytes(self._buffer[:end]).lower()
            del self._buffer[: end + 4]
            self._needed = self._length()
        if len(self._buffer) < self._needed:
            return
        body = bytes(self._buffer[: self._needed])
        del self._buffer[: self._needed]
        self._needed = -1
        self.answered(int(self._head[9:12]), self._head, body)

    def _length(self) -> int:
        """The length of the body. Every answer of ours says it; one that does not is a fault to be seen, so it is not guessed."""
        place = self._head.find(b"\r\ncontent-length:")
        if place < 0:
            if self._head[9:12] in (b"204", b"304"):
                return 0
            raise WrongAnswer(f"an answer without length: {self._head[:200]!r}")
        length = int(self._head[place + 17 :].split(b"\r\n", 1)[0])
        if length > _LONGEST_ANSWER:
            raise WrongAnswer(f"an answer of {length} bytes")
        return length


class Load:
    """Clients of one server on this machine."""

    def __init__(self, port: int) -> None:
        self._port = port

    async def ask(self, data: bytes, seconds: float = _ASK_SECONDS) -> Answer:
        """One request on a connection of its own, answered within `seconds`. Raises OSError, TimeoutError."""
        loop = asyncio.get_running_loop()
        done: asyncio.Future[Answer] = loop.create_future()
        transport, connection = await loop.create_connection(_Connection, "127.0.0.1", self._port)

        def answered(status: int, head: bytes, body: bytes) -> None:
            headers = dict(line.split(": ", 1) for line in head.decode("latin-1").split("\r\n")[1:] if ": " in line)
            if not done.done():
                done.set_result(Answer(status, headers, body))

        def lost() -> None:
            if not done.done():
                done.set_exception(ConnectionError("closed before the answer"))

        connection.answered, connection.lost = answered, lost
        transport.write(data)
        try:
            async with asyncio.timeout(seconds):
                return await done
        finally:
            transport.close()

    async def run(
        self,
        requests: Sequence[Sequence[bytes]],
        *,
        seconds: float = 1.0,
        most: int = 100_000,
        start: int = 0,
        refusals: frozenset[int] = frozenset(),
        pause: float = 0.0,
    ) -> Run:
        """One connection for each list of requests, going round through it from number `start`; it asks again as soon as it was answered,
        or `pause` seconds after it asked before, whichever is later.

        Ends after `seconds`, or `most` answers on each connection. Raises WrongAnswer for a status that is neither success nor 304 nor one
        of `refusals`, ConnectionError, TimeoutError.
        """
        loop = asyncio.get_running_loop()
        opened = [await loop.create_connection(_Connection, "127.0.0.1", self._port) for _ in requests]
        found = Run(seconds=0.0, latencies=[], statuses=Counter(), received=0)
        begun = time.perf_counter()
        try:
            async with asyncio.timeout(seconds + _ASK_SECONDS):
                await asyncio.gather(
                    *(
                        _ask_on(transport, connection, own, start, begun + seconds, most, found, refusals, pause)
                        for (transport, connection), own in zip(opened, requests, strict=True)
                    )
                )
        finally:
            for transport, _ in opened:
                transport.close()
        found.seconds = time.perf_counter() - begun
        return found


def _ask_on(
    transport: asyncio.Transport,
    connection: _Connection,
    own: Sequence[bytes],
    start: int,
    ends: float,
    most: int,
    found: Run,
    refusals: frozenset[int],
    pause: float,
) -> "asyncio.Future[None]":
    """One connection's requests. Callbacks instead of a task: a switch of tasks for each answer would double the client's cost."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[None] = loop.create_future()
    now, number, latencies = time.perf_counter, 0, found.latencies
    asked = now()

    def answered(status: int, head: bytes, body: bytes) -> None:
        nonlocal number
        answered_at = now()
        latencies.append((answered_at - asked) * 1000)
        found.statuses[status] += 1
        found.received += len(body)
        number += 1
        if done.done():
            return
        if (status >= 400 or status == 302) and status not in refusals:
            done.set_exception(WrongAnswer(f"{status} for {own[(start + number - 1) % len(own)][:200]!r}: {body[:200]!r}"))
        elif answered_at >= ends or number >= most:
            done.set_result(None)
        elif pause and answered_at < asked + pause:
            loop.call_later(asked + pause - answered_at, ask)
        else:
            ask()

    def ask() -> None:
        nonlocal asked
        if not done.done():
            asked = now()
            transport.write(own[(start + number) % len(own)])

    def lost() -> None:
        if not done.done():
            done.set_exception(ConnectionError("the server closed a connection in the middle of a load"))

    connection.answered, connection.lost = answered, lost
    transport.write(own[start % len(own)])
    return done
