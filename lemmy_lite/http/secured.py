"""Speaking https: a certificate that can be exchanged while the server runs, and proofs for an authority that asks whose the name is.

Granian reads certificate and key once. So another certificate means another server on the same listening socket: it takes connections
before the former one ceases to, and what is under way there is finished. What that costs stands in README.md.
"""

import asyncio
import contextlib
import logging
from typing import Final

from lemmy_lite.http import listening, server
from lemmy_lite.http.address import IPAddress
from lemmy_lite.http.gate import Gate
from lemmy_lite.http.listening import Listener
from lemmy_lite.http.pair import Pair
from lemmy_lite.http.server import Serving
from lemmy_lite.http.sieve import Sieve

log = logging.getLogger(__name__)

FAREWELL: Final = 600.0
"""Seconds that requests of the former server may still take, such as a long download over a slow line."""
HANDSHAKES: Final = 1.0
"""Seconds that handshakes under way have to end before a server is exchanged. Nobody notices more: who knocks meanwhile knocks again after
one second."""
_HEARD: Final = 0.2
"""Seconds after which a server that was told to stop takes no connection any more; measured were two milliseconds."""


class Shown:
    """What those who connect are shown: the certificate, and while an authority asks, a proof for it. Every secured door follows."""

    def __init__(self, pair: Pair | None = None) -> None:
        self.pair = pair
        self.proof: Pair | None = None
        self._version = 0
        self._changed = asyncio.Event()
        self._doors: dict[int, int] = {}
        self._settled = asyncio.Condition()

    async def show(self, pair: Pair) -> None:
        """Show another certificate from now on; comes back when every door does."""
        self.pair = pair
        await self._change()

    async def prove(self, proof: Pair | None) -> None:
        """Answer TLS-ALPN-01 with this certificate, or no longer; comes back when every door does."""
        self.proof = proof
        await self._change()

    async def _change(self) -> None:
        self._version += 1
        self._changed.set()
        self._changed = asyncio.Event()
        wanted = self._version
        async with self._settled:
            await self._settled.wait_for(lambda: all(version >= wanted for version in self._doors.values()))

    def enter(self, door: int) -> None:
        """A door begins to follow; it is not there yet."""
        self._doors[door] = -1

    async def follows(self, door: int, version: int) -> None:
        """A door shows what was wished at `version`."""
        async with self._settled:
            self._doors[door] = version
            self._settled.notify_all()

    async def leave(self, door: int) -> None:
        """A door has ended; nobody waits for it."""
        async with self._settled:
            self._doors.pop(door, None)
            self._settled.notify_all()

    @property
    def version(self) -> int:
        """Grows with each change."""
        return self._version

    async def after(self, version: int) -> None:
        """Wait for a change after `version`."""
        changed = self._changed
        if self._version == version:
            await changed.wait()


class _Door:
    """One listener and what stands on it: a server, or a sieve with a server behind it, or a sieve alone while there is no certificate."""

    def __init__(self, gate: Gate, listener: Listener, *, header_seconds: float, oldest: str) -> None:
        self._gate = gate
        self._listener = listener
        self._header_seconds = header_seconds
        self._oldest = oldest
        self._sieve: Sieve | None = None
        self._serving: Serving | None = None
        self._leaving: set[asyncio.Task[None]] = set()

    @property
    def task(self) -> asyncio.Task[None] | None:
        """Ends when the server does."""
        return self._serving.task if self._serving else None

    async def turn(self, pair: Pair | None, proof: Pair | None) -> None:
        """Put what these need in the place of what stands there."""
        if self._serving is None and self._sieve is None:
            await self._put(pair, proof)
            return
        # Granian forgets handshakes that are under way when it stops, so they end first, and no new one begins.
        with listening.held_back(self._listener) as held:
            if held:
                await asyncio.sleep(HANDSHAKES)
            former, sieve = self._serving, self._sieve
            await self._put(pair, proof)
            if sieve is not None:
                await sieve.close()
            leaving = asyncio.create_task(_farewell(sieve, former), name="former server")
            self._leaving.add(leaving)
            leaving.add_done_callback(self._leaving.discard)
            await asyncio.sleep(_HEARD)

    async def _put(self, pair: Pair | None, proof: Pair | None) -> None:
        self._sieve = None
        if pair is not None and proof is None:
            self._serving = self._start(self._gate.twin(), self._listener, pair)
        else:
            await self._put_sieve(pair, proof)

    async def _put_sieve(self, pair: Pair | None, proof: Pair | None) -> None:
        peers: dict[int, IPAddress] = {}
        behind: tuple[str, int] | None = None
        self._serving = None
        if pair is not None:
            inner = listening.listen("127.0.0.1", 0)
            behind = ("127.0.0.1", int(inner.getsockname()[1]))
            self._serving = self._start(self._gate.twin(peers), inner, pair)
        self._sieve = Sieve(self._listener, proof, behind, peers)

    def _start(self, gate: Gate, listener: Listener, pair: Pair) -> Serving:
        return Serving(gate, listener, header_seconds=self._header_seconds, pair=pair, oldest=self._oldest)

    async def end(self, grace: float, *, lent: bool) -> None:
        """Refuse new connections, and let the requests in flight finish."""
        if self._sieve is not None:
            await self._sieve.close()
        leaving = list(self._leaving)
        if self._serving is not None:
            await self._serving.end(grace, lent=lent)
        if self._sieve is not None:
            await self._sieve.emptied(0)
        for task in leaving:
            task.cancel()
        await asyncio.gather(*leaving, return_exceptions=True)
        if not lent:
            with contextlib.suppress(OSError):
                self._listener.shutdown(listening.BOTH_WAYS)
        self._listener.close()


async def _farewell(sieve: Sieve | None, former: Serving | None) -> None:
    grace = FAREWELL
    if former is None:
        return
    try:
        await former.retire(FAREWELL)
    except asyncio.CancelledError:
        grace = 0
        await former.abandon()
        raise
    finally:
        if sieve is not None:
            await sieve.emptied(grace)
            former.listener.close()


async def serve(
    gate: Gate,
    listener: Listener,
    stop: asyncio.Event,
    shown: Shown,
    *,
    header_seconds: float = 30,
    oldest: str = "1.2",
    grace: float = server.GRACE,
    lent: bool = False,
) -> None:
    """Like `server.serve`, by https with what `shown` says at the time."""
    door = _Door(gate, listener, header_seconds=header_seconds, oldest=oldest)
    shown.enter(id(door))
    stopping = asyncio.create_task(stop.wait(), name="stop")
    try:
        while not stop.is_set():
            version = shown.version
            await door.turn(shown.pair, shown.proof)
            await shown.follows(id(door), version)
            changed = asyncio.create_task(shown.after(version), name="certificate")
            await asyncio.wait([changed, stopping, *([door.task] if door.task else [])], return_when=asyncio.FIRST_COMPLETED)
            changed.cancel()
            if door.task is not None and door.task.done():
                raise RuntimeError("the server ended by itself") from door.task.exception()
    finally:
        stopping.cancel()
        await shown.leave(id(door))
        await door.end(grace, lent=lent)
