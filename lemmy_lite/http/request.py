"""A request as every handler sees it, whatever framework and server carried it here."""

from __future__ import annotations

import ipaddress
import secrets
from collections.abc import AsyncIterator, Mapping
from functools import cached_property
from http.cookies import CookieError, SimpleCookie
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from lemmy_lite.http.errors import Refused
from lemmy_lite.http.ratelimit import Bucket, RateLimiter

if TYPE_CHECKING:
    from litestar.types import Receive, Scope

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address

BODY_LIMIT = 2 * 2**20
"""Bytes of a body unless the route says otherwise: 2 MiB, as Lemmy has it (api-v3.json, conventions)."""

MOST_FIELDS = 1000
"""Fields of a form. The largest of ours ticks one box for each of some 180 languages."""

_LOOPBACK = ipaddress.ip_address("127.0.0.1")


class Request:
    """One request.

    `parameters` are the named parts of the path, percent-decoded. `body_limit` is the most bytes `body` and `stream` give by default.
    """

    def __init__(self, scope: Scope, receive: Receive, parameters: Mapping[str, str], body_limit: int = BODY_LIMIT) -> None:
        self._scope: dict[str, Any] = scope  # type: ignore[assignment]  # a TypedDict that servers and we add to
        self._receive = receive
        self._body: bytes | None = None
        self.parameters = parameters
        self.body_limit = body_limit
        self.method: str = self._scope["method"]

    def take(self, limiter: RateLimiter, bucket: Bucket) -> None:
        """Counts this request; whoever answers the same thing from memory counts it alike (http/kept.py). Raises RateLimited."""
        limiter.take(bucket, self.address)
        self._scope["bucket"] = bucket

    @property
    def over_onion(self) -> bool:
        """Whether it came through the hidden service."""
        return bool(self._scope.get("onion"))

    @property
    def path(self) -> str:
        """The path, percent-decoded; bytes that are no UTF-8 are replacement characters."""
        path: str = self._scope["path"]
        return path

    @property
    def query(self) -> bytes:
        """The raw query string without its question mark."""
        query: bytes = self._scope["query_string"]
        return query

    @property
    def target(self) -> str:
        """Path and query in the very bytes of the request line, percent-encoding untouched: what a signature covers."""
        raw: bytes = self._scope["raw_path"]
        return (raw + b"?" + self.query if self.query else raw).decode("latin-1")

    @cached_property
    def id(self) -> str:
        """A random name that stands in the log and, when something breaks, in the answer."""
        return secrets.token_hex(6)

    @cached_property
    def _headers(self) -> dict[bytes, list[bytes]]:
        grouped: dict[bytes, list[bytes]] = {}
        for name, value in self._scope["headers"]:
            grouped.setdefault(name.lower(), []).append(value)
        return grouped

    def header(self, name: str) -> str | None:
        """The header's value, several joined by commas as RFC 9110 (5.3) says; None when it was not sent."""
        values = self._headers.get(name.lower().encode("latin-1"))
        return b", ".join(values).decode("latin-1") if values else None

    def headers(self, name: str) -> list[str]:
        """Every value of a header, in the order sent: for headers that must come once, such as those a signature covers."""
        return [value.decode("latin-1") for value in self._headers.get(name.lower().encode("latin-1"), [])]

    @property
    def raw_headers(self) -> list[tuple[bytes, bytes]]:
        """All headers as they came, names in lower case."""
        return [(name.lower(), value) for name, value in self._scope["headers"]]

    @cached_property
    def cookies(self) -> Mapping[str, str]:
        """The cookies; of a name sent twice the first counts, which browsers give the more specific path. Malformed ones are skipped."""
        found: dict[str, str] = {}
        for pair in (self.header("cookie") or "").split(";"):
            try:
                parsed = SimpleCookie(pair.strip())
            except CookieError:
                continue
            for name, morsel in parsed.items():
                found.setdefault(name, morsel.value)
        return found

    @property
    def address(self) -> IPAddress:
        """The client, behind trusted proxies too (`http.address`); what came through a Unix socket counts as loopback."""
        known: IPAddress | None = self._scope.get("client_address")
        if known is not None:
            return known
        client = self._scope.get("client")
        try:
            return ipaddress.ip_address(client[0]) if client else _LOOPBACK
        except ValueError:
            return _LOOPBACK

    @property
    def is_direct(self) -> bool:
        """Whether the address is that of the connection's other end, and no proxy is known to stand between, nor Tor."""
        return bool(self._scope.get("direct"))

    async def body(self, limit: int | None = None) -> bytes:
        """The whole body, at most `limit` bytes. Raises Refused: 413 too large, 408 too slow, 503 stopping; ClientGone."""
        if self._body is None:
            most = self._most(limit)
            body, more = await self._piece(0, most)
            if more:
                pieces, total = [body], len(body)
                while more:
                    piece, more = await self._piece(total, most)
                    pieces.append(piece)
                    total += len(piece)
                body = b"".join(pieces)
            self._body = body
        return self._body

    async def form(self) -> Mapping[str, list[str]]:
        """The fields of an HTML form that came as `application/x-www-form-urlencoded`, every value of a name in its order.

        Raises what `body` raises, and Refused(400) for another kind of body, what is no UTF-8, and more than MOST_FIELDS fields.
        """
        media = (self.header("content-type") or "").partition(";")[0].strip().lower()
        if media != "application/x-www-form-urlencoded":
            raise Refused(400, "A form is expected")
        try:
            pairs = parse_qsl((await self.body()).decode(), keep_blank_values=True, max_num_fields=MOST_FIELDS, errors="strict")
        except ValueError as error:
            raise Refused(400, "The form could not be read") from error
        fields: dict[str, list[str]] = {}
        for name, value in pairs:
            fields.setdefault(name, []).append(value)
        return fields

    async def stream(self, limit: int | None = None) -> AsyncIterator[bytes]:
        """The body in pieces as it arrives; the same bounds and errors as `body`."""
        most = self._most(limit)
        total, more = 0, True
        while more:
            piece, more = await self._piece(total, most)
            total += len(piece)
            yield piece

    def _most(self, limit: int | None) -> int:
        """How many bytes are taken. Raises Refused where more are announced."""
        most = self.body_limit if limit is None else limit
        declared = self.header("content-length") or ""
        if declared.isascii() and declared.isdecimal() and int(declared[:19]) > most:
            raise Refused(413, _too_large(most))
        return most

    async def _piece(self, total: int, most: int) -> tuple[bytes, bool]:
        """The piece that comes after `total` bytes, and whether there is more to come."""
        message: Mapping[str, Any] = await self._receive()
        if message["type"] == "http.disconnect":
            raise ClientGone
        piece: bytes = message.get("body", b"")
        if total + len(piece) > most:
            raise Refused(413, _too_large(most))
        return piece, message.get("more_body", False)


class ClientGone(Exception):
    """The client closed the connection before its request was complete: there is nobody to answer."""


def _too_large(most: int) -> str:
    return f"The request body is larger than {most} bytes"
