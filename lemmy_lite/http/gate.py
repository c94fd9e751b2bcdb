"""The gate between the server and the application: who asks, how long a body may take, and which requests are under way."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, cast

from litestar.types import ASGIApp, HTTPReceiveMessage, Message, Receive, Scope, Send

from lemmy_lite.http.address import IPAddress, IPNetwork, client_address, onion_visitor
from lemmy_lite.http.deadlines import Deadlines
from lemmy_lite.http.errors import REFUSALS, Refused

LONGEST_PATH: Final = 2048
"""Bytes of a path, still encoded. No address of ours comes near; Litestar's router remembers the paths it has matched."""

SLOWEST: Final = 16 * 1024
"""Bytes a second that earn a body more time: an upload over a slow line may go on, one byte every three seconds may not."""

DRAINED: Final = 32 * 2**20
DRAIN_SECONDS: Final = 10.0
DRAIN_PAUSE: Final = 1.0
"""How much of a body that nobody wants is taken, for how long, and how long the next piece is waited for, so that its sender sees the
answer."""

BODY_GRACE: Final = 1.0
"""Seconds that a body which has begun may still take when we stop: one that a proxy passes on is all there in milliseconds."""

START_PATIENCE: Final = 8.0
"""Seconds that a request waits for an instance that is starting: a Pi takes some, and other servers wait ten for an answer."""

_HERE: Final = ipaddress.ip_network("127.0.0.1/32")
"""What counts as the peer of a connection through a Unix socket (address.py)."""


class _Exchange:
    """What the application holds of one request: its body, which has to come in time, and the way of its answer.

    Granian keeps a connection open for as long as somebody could still read its body, and an exception whose traceback leads back to
    itself keeps whatever the application held until the collector's next round. So the application holds this, and `end` lets go.
    """

    __slots__ = ("_complete", "_deadline", "_gate", "_receive", "_send", "awaited", "late")

    def __init__(self, gate: Gate, scope: Scope, receive: Receive, send: Send) -> None:
        self._gate = gate
        self._receive: Receive | None = receive
        self._send: Send | None = send
        self._deadline = asyncio.get_running_loop().time() + gate.body_seconds
        self._complete = False
        self.late = False
        # RFC 9112, section 6.3: whether a body is announced of which something is still to be read.
        self.awaited = any(
            name == b"transfer-encoding" or (name == b"content-length" and value.strip(b"0") != b"") for name, value in scope["headers"]
        )

    async def receive(self) -> Any:
        """The next piece. Raises Refused when the body has taken too long (408) or the server stops before it is complete (503)."""
        if self._receive is None:
            return {"type": "http.disconnect"}
        if self._complete:
            return await self._receive()
        try:
            message = cast(HTTPReceiveMessage, await self._gate.read(self._receive, self._deadline))
        except TimeoutError:
            self.late = True
            raise _stopping() if self._gate.is_closing else Refused(408) from None
        if message["type"] == "http.request":
            self._deadline += len(message.get("body", b"")) / SLOWEST
            self._complete = not message.get("more_body", False)
            self.awaited = not self._complete
        return message

    async def send(self, message: Message) -> None:
        """Tells a client to come back on another connection once we are stopping, and after a body that nobody has read: Granian closes
        then without a word, and the next request on the connection would be lost."""
        if self._send is None:
            return
        if message["type"] == "http.response.start":
            message = {**message, "headers": self._gate.headers(message["headers"], parting=self.awaited)}
        await self._send(message)

    def end(self) -> None:
        """Nothing more is read or said."""
        self._receive = self._send = None


class Gate:
    """Stands between the server and the application, which may be exchanged (`app`) while it runs, as when migrations are done.

    It knows the requests in flight, names the client's address in the scope, limits the time of a body and the length of a path.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        trusted_proxies: Sequence[IPNetwork] = (),
        body_seconds: float = 30,
        onion: bool = False,
        local: bool = False,
        hsts: int = 0,
    ) -> None:
        """`onion`: only Tor connects here, and no header is believed. `local`: only a proxy connects here, through a Unix socket. `hsts`:
        seconds for which a browser shall ask by https only (RFC 6797), 0 for a gate that speaks plain http.
        """
        self._app = app
        self._open = asyncio.Event()
        self._onion = onion
        self._trusted = (*trusted_proxies, _HERE) if local else tuple(trusted_proxies)
        self._hsts = hsts
        self.body_seconds = body_seconds
        self._peers: Mapping[int, IPAddress] | None = None
        self._requests: set[asyncio.Task[Any]] = set()
        self._reading = Deadlines()
        self._parting_now = False
        self._no_bodies_after = math.inf
        self._closing = asyncio.Event()
        self._emptied = asyncio.Event()

    @property
    def app(self) -> ASGIApp:
        """What answers."""
        return self._app

    @app.setter
    def app(self, app: ASGIApp) -> None:
        self._app = app
        self._open.set()

    def twin(self, peers: Mapping[int, IPAddress] | None = None) -> Gate:
        """A gate of the same kind before the same application, with requests of its own: for a server that takes another's place.

        `peers`: connections come from a relay of ours (alpn.py), which knows by their port whose they are; no others are believed.
        """
        made = Gate(self._pass_on, trusted_proxies=self._trusted, body_seconds=self.body_seconds, onion=self._onion, hsts=self._hsts)
        made._peers = peers
        return made

    async def _pass_on(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._until_open()
        await self._app(scope, receive, send)

    async def _until_open(self) -> None:
        """Who comes while the instance starts waits for it: a socket of systemd stays open while the service restarts, and what comes
        in meanwhile is answered and not turned away. What takes longer, such as a migration, is told."""
        if self._app is not starting or self._closing.is_set():
            return
        waits = [asyncio.create_task(event.wait()) for event in (self._open, self._closing)]
        await asyncio.wait(waits, timeout=START_PATIENCE, return_when=asyncio.FIRST_COMPLETED)
        for each in waits:
            each.cancel()

    @property
    def in_flight(self) -> int:
        """Requests that are being received or answered."""
        return len(self._requests)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        task = cast("asyncio.Task[Any]", asyncio.current_task())
        self._requests.add(task)
        try:
            if len(scope["raw_path"]) > LONGEST_PATH:
                await plain(send, 414, "The address is too long.")
                return
            if self._parting_now and scope["path"] == "/readyz":
                await plain(send, 503, '{"status":"stopping"}', "application/json")
                return
            cast(Any, scope)["client_address"] = self._client(scope)
            await self._until_open()
            exchange = _Exchange(self, scope, receive, send)
            try:
                await self._app(scope, exchange.receive, exchange.send)
            finally:
                exchange.end()
            if exchange.awaited and not exchange.late and not self._closing.is_set():
                await _drain(receive)
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
        if self._peers is not None:
            known = self._peers.get(int(scope["client"][1])) if scope["client"] else None
            if known is None:
                return client_address(peer, None, None, ())
            peer = str(known)
        found = client_address(peer, chained[b"x-forwarded-for"], chained[b"forwarded"], self._trusted)
        cast(Any, scope)["direct"] = not any(chained.values()) and not any(found in network for network in self._trusted)
        return found

    @property
    def is_closing(self) -> bool:
        """Whether the server stops."""
        return self._closing.is_set()

    async def read(self, receive: Receive, deadline: float) -> Any:
        """The next piece of a body, if it comes by `deadline` on the loop's clock, while bodies are waited for. Raises TimeoutError, and
        Refused (503) when that time is over already."""
        if asyncio.get_running_loop().time() >= self._no_bodies_after:
            raise _stopping()
        return await self._reading.until(min(deadline, self._no_bodies_after), receive())

    def headers(self, given: Iterable[tuple[bytes, bytes]], *, parting: bool) -> list[tuple[bytes, bytes]]:
        """The headers of an answer with ours: whether the connection closes after it, and that browsers shall ask by https."""
        headers = list(given)
        if parting or self._parting_now:
            headers = [pair for pair in headers if pair[0] != b"connection"]
            headers.append((b"connection", b"close"))
        if self._hsts:
            headers.append((b"strict-transport-security", b"max-age=%d" % self._hsts))
        return headers

    def part(self) -> None:
        """From now on each answer asks the client to come back on another connection, and `/readyz` says no."""
        self._parting_now = True

    async def close(self, grace: float) -> None:
        """Lets the requests in flight finish: bodies have BODY_GRACE to be there, the rest has `grace` seconds."""
        self._closing.set()
        self._no_bodies_after = asyncio.get_running_loop().time() + min(grace, BODY_GRACE)
        self._reading.hasten(self._no_bodies_after)
        await self.finish(grace)

    async def finish(self, grace: float) -> None:
        """Lets the requests in flight finish, bodies included, as another server takes the new ones; what is left after `grace` ends."""
        self._parting_now = True
        self._emptied.clear()
        if self._requests:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._emptied.wait(), grace)
        for task in list(self._requests):
            task.cancel()


async def _drain(receive: Receive) -> None:
    """Takes what is still sent of a body that was refused before it was read, for a while, and throws it away.

    Closing at once would reset the connection, and the answer would be lost on its way: nginx would say 502 to whoever uploads a large
    picture without being logged in.
    """
    left = DRAINED
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(DRAIN_SECONDS):
            while left > 0:
                message = cast(HTTPReceiveMessage, await asyncio.wait_for(receive(), DRAIN_PAUSE))
                if message["type"] != "http.request" or not message.get("more_body", False):
                    return
                left -= len(message.get("body", b""))


def _stopping() -> Refused:
    return Refused(503, REFUSALS[503], {"retry-after": "5"})


async def starting(scope: Scope, receive: Receive, send: Send) -> None:
    """The application while migrations run: 503 with Lemmy's words, so that peers and apps come back."""
    await plain(send, 503, '{"error":"Lemmy is currently starting"}', "application/json")


async def plain(send: Send, status: int, text: str, content_type: str = "text/plain; charset=utf-8") -> None:
    """A short answer, after which the connection closes."""
    headers = [(b"content-type", content_type.encode()), (b"content-length", str(len(text)).encode()), (b"connection", b"close")]
    if status == 503:
        headers.append((b"retry-after", b"5"))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": text.encode(), "more_body": False})
