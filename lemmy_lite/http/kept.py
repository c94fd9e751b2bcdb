"""Answers to strangers, kept in memory: ahead of the framework, and never older than what was written since.

Whatever is answered 200 with `cache-control: public` to a GET without credentials may be asked for again in the next moment by
thousands. It is kept as the bytes that go out, with an ETag, and counts until something is written that strangers see (see
`storage.query.Reach`); a vote may wait for SOON. Ranks and the ages on pages move with time alone, so nothing is kept longer than SLOT.

Those who ask for the same thing at the same moment wait for one answer.
"""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable
from functools import lru_cache
from hashlib import blake2b
from typing import Any, Final, NamedTuple, cast

from litestar.types import ASGIApp, Receive, Scope, Send

from lemmy_lite.http.compression import takes_gzip
from lemmy_lite.http.negotiation import negotiate, spoken
from lemmy_lite.http.ratelimit import Bucket, RateLimited, RateLimiter
from lemmy_lite.http.traffic import Traffic
from lemmy_lite.text.figures import SOURCE

SLOT: Final = 10.0
"""Seconds after which time alone makes an answer old: ages are shown in minutes, and ranks are compared with the hour."""
SOON: Final = 1.0
"""Seconds for which strangers may see figures of votes as they were. On Postgres, where others write too, all answers count so long."""
MOST_BYTES: Final = 8 * 2**20
"""Of all that is kept: bodies, headers, and the addresses that were asked for, which strangers make as long as a head may be."""
LARGEST: Final = 2**20
_AN_ENTRY: Final = 1024
_A_HEADER: Final = 128
"""What Python takes for each, beside the bytes."""
_READ: Final = 1000
"""Bytes of a header by which its meaning is remembered. Nobody reads further (negotiation.py, compression.py)."""

_Key = tuple[bytes, bytes, bool, str, str]


class State(NamedTuple):
    """How far the database has come: commits that strangers see at once, and commits that they see at all."""

    at_once: int
    soon: int


class _Entry(NamedTuple):
    headers: list[tuple[bytes, bytes]]
    body: bytes
    tag: bytes
    state: State
    made: float
    bucket: Bucket | None
    endpoint: str
    weight: int


class Kept:
    """An application in front of another one. Not for several threads."""

    def __init__(
        self,
        app: ASGIApp,
        state: Callable[[], State],
        limiter: RateLimiter,
        traffic: Traffic,
        *,
        alone: bool,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        """`alone`: nobody else writes to the database. `state` tells what was written."""
        self._app = app
        self._state = state
        self._limiter = limiter
        self._traffic = traffic
        self._slot = SLOT if alone else SOON
        self._now = now
        # In the order in which they were made, which is that in which they grow old.
        self._entries: OrderedDict[_Key, _Entry] = OrderedDict()
        self._bytes = 0
        self._sweeping: asyncio.TimerHandle | None = None
        self._making: dict[_Key, asyncio.Future[None]] = {}
        self.hits = 0
        self.misses = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        key = _key(scope)
        if key is None:
            await self._app(scope, receive, send)
            return
        if await self._answered(key, scope, send):
            return
        waiting = self._making.get(key)
        if waiting is not None:
            await waiting
            if await self._answered(key, scope, send):
                return
        await self._make(key, scope, receive, send)

    async def _answered(self, key: _Key, scope: Scope, send: Send) -> bool:
        entry = self._entries.get(key)
        if entry is None or not self._counts(entry):
            return False
        started = time.perf_counter()
        if entry.bucket is not None:
            try:
                self._limiter.take(entry.bucket, cast(Any, scope)["client_address"])
            except RateLimited:
                return False  # the surface behind says so in its own words
        self.hits += 1
        unchanged = _holds(scope, entry.tag)
        status, body = (304, b"") if unchanged else (200, entry.body)
        headers = [pair for pair in entry.headers if pair[0] not in _OF_BODY] if unchanged else entry.headers
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body, "more_body": False})
        self._traffic.note(entry.endpoint, "GET", status, time.perf_counter() - started)
        return True

    def _counts(self, entry: _Entry) -> bool:
        age, state = self._now() - entry.made, self._state()
        return age < self._slot and entry.state.at_once == state.at_once and (age < SOON or entry.state.soon == state.soon)

    async def _make(self, key: _Key, scope: Scope, receive: Receive, send: Send) -> None:
        self.misses += 1
        taker = _Taker(scope, send)
        made = self._making.setdefault(key, asyncio.get_running_loop().create_future())
        state, now = self._state(), self._now()  # before the database is asked: what is written meanwhile makes it old
        try:
            await self._app(scope, receive, taker)
        finally:
            if taker.body is not None:
                self._keep(key, taker, state, now, scope)
            if self._making.get(key) is made:
                del self._making[key]
            if not made.done():
                made.set_result(None)

    def _keep(self, key: _Key, taker: "_Taker", state: State, now: float, scope: Scope) -> None:
        body, extra = taker.body or b"", cast(Any, scope)
        weight = _weight(key, taker.headers, body)
        self._drop(key)
        self._entries[key] = _Entry(taker.headers, body, taker.tag, state, now, extra.get("bucket"), extra.get("endpoint", ""), weight)
        self._bytes += weight
        self._forget_old()
        while self._bytes > MOST_BYTES:
            self._drop(next(iter(self._entries)))
        if self._sweeping is None:
            self._sweeping = asyncio.get_running_loop().call_later(self._slot, self._sweep)

    def _sweep(self) -> None:
        """When nobody asks any more, memory is not held for them."""
        self._forget_old()
        self._sweeping = asyncio.get_running_loop().call_later(self._slot, self._sweep) if self._entries else None

    def _forget_old(self) -> None:
        """Whatever makes an answer old makes all older ones old."""
        while self._entries and not self._counts(self._entries[first := next(iter(self._entries))]):
            self._drop(first)

    def _drop(self, key: _Key) -> None:
        entry = self._entries.pop(key, None)
        self._bytes -= 0 if entry is None else entry.weight


def _weight(key: _Key, headers: list[tuple[bytes, bytes]], body: bytes) -> int:
    """How much memory it takes to keep an answer, in bytes."""
    return _AN_ENTRY + len(key[0]) + len(key[1]) + len(body) + sum(_A_HEADER + len(name) + len(value) for name, value in headers)


class _Taker:
    """`send` that looks whether the answer may be kept, and gives one that may an ETag."""

    def __init__(self, scope: Scope, send: Send) -> None:
        self._scope = scope
        self._send = send
        self._start: Any = None
        self.headers: list[tuple[bytes, bytes]] = []
        self.body: bytes | None = None
        self.tag = b""

    async def __call__(self, message: Any) -> None:
        if message["type"] == "http.response.start" and message["status"] == 200 and _is_public(message["headers"]):
            self._start = message
            return
        if self._start is None:
            await self._send(message)
            return
        start, self._start = self._start, None
        if message["type"] == "http.response.body" and not message.get("more_body") and len(message["body"]) <= LARGEST:
            start = self._take(start, message["body"])
            if _holds(self._scope, self.tag):
                headers = [pair for pair in start["headers"] if pair[0] not in _OF_BODY]
                start, message = {**start, "status": 304, "headers": headers}, {**message, "body": b""}
        await self._send(start)
        await self._send(message)

    def _take(self, start: Any, body: bytes) -> Any:
        headers = list(start["headers"])
        tag = next((value for name, value in headers if name == b"etag"), None)
        if tag is None:
            tag = b'W/"%s"' % blake2b(body, digest_size=12).hexdigest().encode()
            headers.append((b"etag", tag))
        self.headers, self.body, self.tag = headers, body, tag
        return {**start, "headers": headers}


_OF_BODY: Final = frozenset({b"content-length", b"content-type", b"content-encoding"})
_CREDENTIALS: Final = frozenset({b"authorization", b"cookie", b"range", b"signature", b"signature-input"})
_KNOWN: Final = frozenset({"accept", "accept-encoding", "accept-language", "authorization", "cookie"})
"""Headers by which answers to strangers may differ: they are in the key, or whoever sends them is no stranger."""


_ONE_LANGUAGE: Final = (b"/api/", b"/feeds/", b"/static/", b"/pictrs/")
"""What begins so is answered to all in the same words."""


def _key(scope: Scope) -> _Key | None:
    """What is asked for, if a stranger asks; None where the answer could be somebody's own."""
    if cast(Any, scope)["method"] != "GET":
        return None
    accept = encoding = language = b""
    for name, value in scope["headers"]:
        if name in _CREDENTIALS:
            return None
        if name == b"accept":
            accept = value
        elif name == b"accept-encoding":
            encoding = value
        elif name == b"accept-language":
            language = value
    path = scope["raw_path"]
    spoken = _language(language[:_READ]) if language and not path.startswith(_ONE_LANGUAGE) else SOURCE
    return path, scope["query_string"], _gzip(encoding[:_READ]), _kind(accept[:_READ]), spoken


@lru_cache(maxsize=256)
def _gzip(header: bytes) -> bool:
    return takes_gzip(header.decode("latin-1"))


@lru_cache(maxsize=256)
def _kind(header: bytes) -> str:
    return negotiate(header.decode("latin-1") or None)


@lru_cache(maxsize=256)
def _language(header: bytes) -> str:
    return spoken(header.decode("latin-1"))


def _is_public(headers: list[tuple[bytes, bytes]]) -> bool:
    public = False
    for name, value in headers:
        if name == b"set-cookie":
            return False
        if name == b"cache-control":
            public = value.startswith(b"public")
        if name == b"vary" and not _KNOWN.issuperset(part.strip() for part in value.decode("latin-1").split(",")):
            return False
    return public


def _holds(scope: Scope, tag: bytes) -> bool:
    """Whether the client holds this very answer (RFC 9110, 13.1.2: weak comparison)."""
    for name, value in scope["headers"]:
        if name == b"if-none-match":
            plain = tag.removeprefix(b"W/")
            return value.strip() == b"*" or plain in [each.strip().removeprefix(b"W/") for each in value.split(b",")]
    return False
