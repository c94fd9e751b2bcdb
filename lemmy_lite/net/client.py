"""The one egress: every outgoing request passes these checks, and so does every hop of a redirect (design rules 1 to 4).

Parse the address strictly; judge scheme and port; look the name up once; judge every address of the answer; dial one of
exactly those, with the name for TLS and Host. Nothing is looked up a second time, so a name that changes its mind in between
(DNS rebinding) changes nothing.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, BinaryIO

from lemmy_lite.model.struct import Struct
from lemmy_lite.net import tunnel
from lemmy_lite.net.addresses import IPAddress, in_nets, why_refused
from lemmy_lite.net.budget import Budget
from lemmy_lite.net.decoding import ACCEPTED
from lemmy_lite.net.errors import Kind, NetError
from lemmy_lite.net.options import NetOptions
from lemmy_lite.net.origin import Origin, Url, is_private_name, joined, parse_url
from lemmy_lite.net.resolver import Resolver

if TYPE_CHECKING:
    from lemmy_lite.net.wire import Answer, Wire

Headers = Sequence[tuple[str, str]]
Body = bytes | BinaryIO
"""What is sent: bytes, or an open file, which is read as it goes out."""
Sign = Callable[[str, str, Headers, Any], list[tuple[str, str]]]
"""`sign(method, url, headers, body)` gives the headers to add or replace; asked anew at every hop, as host and path differ."""

FIRST_FREE_PORT = 1024
"""Instances on ports of their own are named with them, so these are allowed towards the public internet; but the ports below
belong to mail, remote shells and the like, which a request must not be pointed at."""
POST_ANSWER_BYTES = 16 * 2**10
"""What is kept of the answer to a delivery, for the log; the rest is left unread, as the delivery itself succeeded."""


class Response(Struct):
    """An answer. `url` is where it came from in the end, after redirects; what it says is to be believed from there only."""

    url: str
    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def header(self, name: str) -> str | None:
        """The first header of this name."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)

    @property
    def content_type(self) -> str:
        """The media type without parameters, in lower case; empty when there is none."""
        return (self.header("content-type") or "").partition(";")[0].strip().lower()

    @property
    def is_success(self) -> bool:
        """Whether the status is one of the two hundreds."""
        return 200 <= self.status < 300


class Client:
    """Asks other machines. One for the whole process, used from one event loop; `close` it at the end."""

    def __init__(self, options: NetOptions, resolver: Resolver | None = None) -> None:
        self._options = options
        self._resolver = resolver or Resolver(options)
        self._wire: Wire | None = None
        self._starting = asyncio.Lock()

    async def ready(self) -> None:
        """Wait until requests can go out. Only the first one after the start takes time, more where many begin at once; who calls this
        before making a budget does not spend it on that."""
        await self._started()

    async def get(
        self,
        url: str,
        budget: Budget,
        *,
        accept: str,
        max_bytes: int,
        same_origin_redirects: bool,
        headers: Headers = (),
        sign: Sign | None = None,
        plain_http: bool = False,
        cut: bool = False,
    ) -> Response:
        """Fetches a URL with its redirects; any final status is a Response.

        `max_bytes` bounds this body, on the wire and decoded. `same_origin_redirects` refuses hops to elsewhere, as ActivityPub
        objects need. `plain_http` allows http on port 80, as link previews need; `cut` takes the beginning of what is larger. Raises
        NetError.
        """
        added = [("Accept", accept), ("Accept-Encoding", ACCEPTED), *headers]
        return await self._follow("GET", url, budget, added, max_bytes, sign, plain_http, same_origin_redirects, cut)

    async def head(
        self, url: str, budget: Budget, *, same_origin_redirects: bool, headers: Headers = (), plain_http: bool = False
    ) -> Response:
        """Like `get`, for the headers alone."""
        return await self._follow("HEAD", url, budget, [("Accept", "*/*"), *headers], 0, None, plain_http, same_origin_redirects)

    async def post(
        self, url: str, body: bytes, budget: Budget, *, headers: Headers, sign: Sign | None = None, max_bytes: int | None = None
    ) -> Response:
        """Sends a body once. A redirect is an answer like any other and never followed. Raises NetError.

        Only the beginning of the answer's body is kept (POST_ANSWER_BYTES), unless `max_bytes` bounds it as in `get`.
        """
        target = parse_url(url)
        added = [("Accept", "*/*"), *headers] if not any(name.lower() == "accept" for name, _ in headers) else list(headers)
        kept = POST_ANSWER_BYTES if max_bytes is None else max_bytes
        answer = await self._once("POST", target, budget, added, body, kept, sign, plain_http=False, cut=max_bytes is None)
        return Response(url=str(target), status=answer.status, headers=answer.headers, body=answer.body)

    async def ask(
        self,
        method: str,
        url: str,
        budget: Budget,
        *,
        headers: Headers = (),
        body: Body | None = None,
        max_bytes: int,
        sign: Sign | None = None,
    ) -> Response:
        """One request as it is, with the whole answer of at most `max_bytes`. A redirect is an answer like any other. Raises NetError."""
        target = parse_url(url)
        answer = await self._once(method, target, budget, headers, body, max_bytes, sign, plain_http=False, cut=False)
        return Response(url=str(target), status=answer.status, headers=answer.headers, body=answer.body)

    async def close(self) -> None:
        """Closes all connections; what is under way fails."""
        self._resolver.close()
        if self._wire is not None:
            await self._wire.close()

    async def _follow(
        self,
        method: str,
        url: str,
        budget: Budget,
        headers: Headers,
        max_bytes: int,
        sign: Sign | None,
        plain_http: bool,
        same_origin: bool,
        cut: bool = False,
    ) -> Response:
        target = parse_url(url)
        for _ in range(self._options.redirects + 1):
            answer = await self._once(method, target, budget, headers, None, max_bytes, sign, plain_http=plain_http, cut=cut)
            response = Response(url=str(target), status=answer.status, headers=answer.headers, body=answer.body)
            following = _following(target, response)
            if following is None:
                return response
            if same_origin and following.origin != target.origin:
                raise NetError(Kind.REDIRECT, f"{target.origin} redirects to {following.origin}, which must not answer for it.")
            target = following
        raise NetError(Kind.REDIRECT, f"{target.origin} redirects more than {self._options.redirects} times.")

    async def _once(
        self,
        method: str,
        target: Url,
        budget: Budget,
        headers: Headers,
        body: Body | None,
        max_bytes: int,
        sign: Sign | None,
        *,
        plain_http: bool,
        cut: bool,
    ) -> "Answer":
        budget.take_request()
        only_in_nets = self._judge_scheme_and_port(target.origin, plain_http)
        wire = await self._started()
        from lemmy_lite.net.wire import Reading, Route

        try:
            async with asyncio.timeout(budget.seconds_left()):
                proxy = self._proxy_for(target.origin)
                by_name = proxy is not None and (target.origin.is_onion or tunnel.takes_names(proxy))
                addresses = await self._judged_addresses(target.origin, only_in_nets, by_name=by_name)
                sent = self._complete(method, target, headers, body, sign)
                reading = Reading(max_bytes=max_bytes, cut=cut)
                return await wire.send(method, target, Route(addresses=addresses, proxy=proxy), sent, body, reading, budget)
        except TimeoutError as cause:
            raise NetError(Kind.TIMEOUT, f"{target.origin} did not answer in time.") from cause

    def _judge_scheme_and_port(self, origin: Origin, plain_http: bool) -> bool:
        """Whether the address must lie in `allow_nets`, as its scheme or port is good there only. Raises NetError."""
        free_port = origin.port >= FIRST_FREE_PORT
        if self._options.allow_private_addresses or (origin.scheme == "https" and (origin.port == 443 or free_port)):
            return False
        if origin.scheme == "http" and (
            (plain_http and origin.port == 80)
            # An onion address is a public key: Tor itself encrypts and proves who answers.
            or (origin.is_onion and (origin.port == 80 or free_port))
        ):
            return False
        if self._options.allow_nets:
            return True
        what = "asked by https only" if origin.scheme == "http" else f"not asked on port {origin.port}"
        raise NetError(Kind.REFUSED_URL, f"{origin.host} is {what}.")

    def _proxy_for(self, origin: Origin) -> str | None:
        if origin.is_onion:
            proxy = self._options.onion_proxy or self._options.socks_proxy
            if proxy is None:
                raise NetError(Kind.REFUSED_ADDRESS, f"{origin.host} can be reached through Tor only, and no proxy is set.")
            return proxy
        return self._options.socks_proxy

    async def _judged_addresses(self, origin: Origin, only_in_nets: bool, *, by_name: bool) -> tuple[IPAddress, ...]:
        """The addresses to dial, none for a name that Tor resolves. One bad address condemns the whole answer."""
        literal = origin.address
        if by_name and literal is None:
            # The look-up would tell our provider what we read, and an onion name must never reach DNS (RFC 7686).
            if only_in_nets or (is_private_name(origin.host) and not self._options.allow_private_addresses):
                raise NetError(Kind.REFUSED_ADDRESS, f"{origin.host} is a name of local networks.")
            return ()
        addresses = (literal,) if literal is not None else await self._resolver.addresses(origin.host)
        for address in addresses:
            reason = why_refused(address, allow_private=self._options.allow_private_addresses, allow_nets=self._options.allow_nets)
            if reason is None and only_in_nets and not in_nets(address, self._options.allow_nets):
                reason = f"{origin.scheme} on port {origin.port} is not for the public internet"
            if reason is not None:
                raise NetError(Kind.REFUSED_ADDRESS, f"{origin.host} leads to {address}: {reason}.")
        return addresses

    def _complete(self, method: str, target: Url, headers: Headers, body: Body | None, sign: Sign | None) -> list[tuple[str, str]]:
        sent = [("Host", target.origin.authority), ("User-Agent", self._options.user_agent), *headers]
        signed = sign(method, str(target), sent, body) if sign else []
        replaced = {name.lower() for name, _ in signed}
        return [(name, value) for name, value in sent if name.lower() not in replaced] + signed

    async def _started(self) -> "Wire":
        if self._wire is None:
            async with self._starting:
                if self._wire is None:
                    # The import and the reading of certificates take some 200 ms: not on the event loop.
                    self._wire = await asyncio.to_thread(_make_wire, self._options)
        return self._wire


def _make_wire(options: NetOptions) -> "Wire":
    from lemmy_lite.net import wire

    return wire.make(options)


def _following(target: Url, response: Response) -> Url | None:
    """Where a redirect leads; None for any other answer. Raises NetError when it leads nowhere."""
    from lemmy_lite.net.wire import REDIRECTS

    if response.status not in REDIRECTS:
        return None
    location = response.header("location")
    if not location:
        raise NetError(Kind.REDIRECT, f"{target.origin} redirects without saying where.")
    return joined(target, location)
