"""The part of the client that knows aiohttp: dials the address it is given, speaks HTTP, and reads within bounds.

Imported with the first request only. It decides nothing about where to go; `client` does, and names the addresses. A second
gate stands where the socket is made, so that no path through the library reaches an address that the options refuse.
"""

import asyncio
import errno
import io
import socket
import ssl
from collections.abc import Callable, Sequence
from contextvars import ContextVar
from typing import Any, BinaryIO

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp_socks import ProxyConnectionError, ProxyConnector, ProxyError, ProxyTimeoutError
from yarl import URL

from lemmy_lite.model.struct import Struct
from lemmy_lite.net import tls, tunnel
from lemmy_lite.net.addresses import IPAddress, parse_address, why_refused
from lemmy_lite.net.budget import Budget
from lemmy_lite.net.decoding import Decoder
from lemmy_lite.net.errors import Kind, NetError
from lemmy_lite.net.options import NetOptions
from lemmy_lite.net.origin import Url

Headers = Sequence[tuple[str, str]]


class Route(Struct):
    """How to get there: the judged addresses, by a proxy or without; where there are none, the proxy takes the name."""

    addresses: tuple[IPAddress, ...]
    proxy: str | None = None


class Answer(Struct):
    """A response as it came; the body is decoded and complete, unless it was to be cut or left unread."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


class Reading(Struct):
    """What to do with the body: at most `max_bytes`; `cut` takes the beginning instead of refusing; redirects are not read."""

    max_bytes: int
    cut: bool


REDIRECTS = frozenset({301, 302, 303, 307, 308})

_pinned: ContextVar[tuple[str, tuple[IPAddress, ...]] | None] = ContextVar("pinned", default=None)


class _PinnedResolver(AbstractResolver):
    """Answers aiohttp's look-up with the addresses that were judged for this very request, and with nothing else."""

    async def resolve(self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC) -> list[ResolveResult]:
        pinned = _pinned.get()
        if pinned is None or pinned[0] != host:
            raise OSError(errno.EACCES, f"{host} was not judged")
        return [
            ResolveResult(
                hostname=host,
                host=str(address),
                port=port,
                family=socket.AF_INET if address.version == 4 else socket.AF_INET6,
                proto=socket.IPPROTO_TCP,
                flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
            )
            for address in pinned[1]
        ]

    async def close(self) -> None:
        """Holds nothing."""


class _Tunnels(aiohttp.TCPConnector):
    """Connections to judged addresses through a proxy that is told no name."""

    def __init__(self, proxy: str, judge: Callable[[str], None], **options: Any) -> None:
        super().__init__(resolver=_PinnedResolver(), use_dns_cache=False, **options)
        self._proxy = proxy
        self._judge = judge

    async def _wrap_create_connection(
        self,
        *args: Any,
        addr_infos: list[aiohttp.AddrInfoType],
        req: aiohttp.ClientRequest,
        timeout: aiohttp.ClientTimeout,  # noqa: ASYNC109  # the library's signature
        client_error: type[Exception] = aiohttp.ClientConnectorError,
        **kwargs: Any,
    ) -> Any:
        """The place where aiohttp makes a connection, and where aiohttp_socks does; that one would take the address for the name of TLS."""
        failed = NetError(Kind.CONNECT, f"{req.url.host} has no address.")
        for *_, (host, port, *_) in addr_infos:
            self._judge(str(host))
            try:
                found = await tunnel.dial(self._proxy, str(host), int(port), timeout.sock_connect or 60.0)
            except NetError as error:
                failed = error
                continue
            try:
                async with asyncio.timeout(timeout.sock_connect):
                    return await self._loop.create_connection(*args, **kwargs, sock=found)
            except ssl.SSLError as cause:
                raise aiohttp.ClientConnectorSSLError(req.connection_key, cause) from cause
        raise failed


class Wire:
    """The connections of one event loop. `tls_context` comes from `tls.context`, whose reading of files is done elsewhere."""

    def __init__(self, options: NetOptions, tls_context: ssl.SSLContext) -> None:
        self._options = options
        self._tls = tls_context
        self._sessions: dict[tuple[str | None, bool], aiohttp.ClientSession] = {}

    async def send(
        self, method: str, url: Url, route: Route, headers: Headers, body: bytes | BinaryIO | None, reading: Reading, budget: Budget
    ) -> Answer:
        """One request and its answer, without redirects. Raises NetError."""
        token = _pinned.set((url.origin.host, route.addresses))
        try:
            async with self._session(route.proxy, by_name=not route.addresses).request(
                method,
                URL(str(url), encoded=True),
                headers=list(headers),
                # A large one is sent in pieces; as bytes it would hold the event loop up, and aiohttp says so.
                data=io.BytesIO(body) if isinstance(body, bytes) and len(body) > 2**20 else body,
                allow_redirects=False,
            ) as response:
                return await _read(response, method, reading, budget)
        except (aiohttp.ClientConnectorCertificateError, aiohttp.ClientConnectorSSLError, ssl.SSLError) as cause:
            raise NetError(Kind.TLS, f"{url.origin} has no certificate that we trust for this name.") from cause
        except (aiohttp.ServerTimeoutError, ProxyTimeoutError, TimeoutError) as cause:
            raise NetError(Kind.TIMEOUT, f"{url.origin} did not answer in time.") from cause
        except (ProxyConnectionError, ProxyError, EOFError) as cause:  # EOFError: the proxy hung up in the middle of its greeting
            raise NetError(Kind.CONNECT, f"The SOCKS proxy did not reach {url.origin}.") from cause
        except (aiohttp.ClientConnectorError, aiohttp.ServerDisconnectedError, aiohttp.ClientOSError, OSError) as cause:
            raise NetError(Kind.CONNECT, f"{url.origin} cannot be reached.") from cause
        except (aiohttp.ClientError, ValueError) as cause:
            raise NetError(Kind.PROTOCOL, f"{url.origin} gave an answer that is not HTTP as we know it.") from cause
        finally:
            _pinned.reset(token)

    async def close(self) -> None:
        """Closes every connection."""
        for session in self._sessions.values():
            await session.close()
        self._sessions.clear()

    def _session(self, proxy: str | None, *, by_name: bool) -> aiohttp.ClientSession:
        if (proxy, by_name) not in self._sessions:
            self._sessions[proxy, by_name] = aiohttp.ClientSession(
                connector=self._connector(proxy, by_name=by_name),
                cookie_jar=aiohttp.DummyCookieJar(),
                timeout=aiohttp.ClientTimeout(total=None, sock_connect=self._options.connect_seconds, sock_read=self._options.read_seconds),
                auto_decompress=False,  # the library would unpack without a bound
                trust_env=False,
                skip_auto_headers=("User-Agent", "Accept", "Accept-Encoding", "Content-Type"),
            )
        return self._sessions[proxy, by_name]

    def _connector(self, proxy: str | None, *, by_name: bool) -> aiohttp.TCPConnector:
        options = self._options
        common: dict[str, Any] = {
            "ssl": self._tls,
            "limit": options.pool,
            "limit_per_host": options.pool_per_host,
            "keepalive_timeout": options.keep_alive_seconds,
        }
        if proxy is not None and by_name:
            return ProxyConnector.from_url(tunnel.as_socks5(proxy), rdns=True, **common)
        if proxy is not None:
            return _Tunnels(proxy, self._judge, **common)
        return aiohttp.TCPConnector(resolver=_PinnedResolver(), use_dns_cache=False, socket_factory=self._make_socket, **common)

    def _make_socket(self, info: aiohttp.AddrInfoType) -> socket.socket:
        family, kind, protocol, _, target = info
        self._judge(str(target[0]))
        return socket.socket(family=family, type=kind, proto=protocol)

    def _judge(self, text: str) -> None:
        address = parse_address(text)
        options = self._options
        if address is None or why_refused(address, allow_private=options.allow_private_addresses, allow_nets=options.allow_nets):
            raise OSError(errno.EACCES, "the address is not one that we call")


async def _read(response: aiohttp.ClientResponse, method: str, reading: Reading, budget: Budget) -> Answer:
    headers = tuple((name, value) for name, value in response.headers.items())
    body = b""
    try:
        if method != "HEAD" and response.status not in REDIRECTS:
            body = await _read_body(response, reading, budget)
    finally:
        # Whatever is unread is not waited for; a connection that ended cleanly has gone back to the pool before.
        if not response.content.at_eof():
            response.close()
    return Answer(status=response.status, headers=headers, body=body)


async def _read_body(response: aiohttp.ClientResponse, reading: Reading, budget: Budget) -> bytes:
    # What the peer announces is believed only when it is too much.
    if not reading.cut and (response.content_length or 0) > reading.max_bytes:
        raise NetError(Kind.TOO_LARGE, "The answer is larger than it may be.")
    encoding = ", ".join(response.headers.getall("Content-Encoding", []))
    decoder = Decoder(encoding, reading.max_bytes, cut=reading.cut)
    wire_left = reading.max_bytes
    body = bytearray()
    async for piece in response.content.iter_any():
        wire_left -= len(piece)
        if wire_left < 0 and not reading.cut:
            raise NetError(Kind.TOO_LARGE, "The answer is larger than it may be.")
        decoded = decoder.feed(piece)
        if not reading.cut:
            budget.take_bytes(len(piece), len(decoded))
        body += decoded
        if decoder.full or wire_left < 0:
            return bytes(body)
    decoder.finish()
    return bytes(body)


def make(options: NetOptions) -> "Wire":
    """A Wire with its TLS context read from disk: blocks, so call it in a thread. Raises OSError for an unreadable `ca_file`."""
    return Wire(options, tls.context(options.ca_file))


__all__ = ["REDIRECTS", "Answer", "Reading", "Route", "Wire", "make"]
