"""Where the client refuses to go, whatever name, spelling, redirect or resolver leads there. A canary listens at the forbidden place."""

import asyncio
import errno
import socket
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest

from lemmy_lite.net import tls
from lemmy_lite.net.addresses import IPAddress
from lemmy_lite.net.client import Client
from lemmy_lite.net.errors import Kind
from lemmy_lite.net.options import NetOptions
from lemmy_lite.net.resolver import Resolver
from lemmy_lite.net.wire import Wire, _PinnedResolver
from tests.net.clients import OPTIONS, budget, client, failure, get, run
from tests.net.servers import Received, answer, answering, certificate, serving, socks_proxy

PRODUCTION = NetOptions(user_agent="lemmy_lite/test")

REFUSALS = (Kind.REFUSED_URL, Kind.REFUSED_ADDRESS, Kind.DNS)

SPELLINGS = [
    "127.0.0.1",
    "127.0.0.1.",
    "localhost",
    "LOCALHOST.",
    "127.1",
    "127.0.1",
    "2130706433",
    "0x7f000001",
    "0x7f.0.0.1",
    "0177.0.0.1",
    "017700000001",
    "127.000.000.001",
    "0.0.0.0",
    "0",
    "[::]",
    "[::1]",
    "[0:0:0:0:0:0:0:1]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[::ffff:0:127.0.0.1]",
    "[64:ff9b::127.0.0.1]",
    "[64:ff9b:1::7f00:1]",
    "[2002:7f00:1::]",
    "[2001:0:4136:e378:8000:63bf:80ff:fffe]",
    "[fe80::1]",
    "[fc00::1]",
    "[::127.0.0.1]",
    "①②⑦.0.0.1",
    "127。0。0。1",
    "user@127.0.0.1",
    "a.test@127.0.0.1",
    "10.0.0.1",
    "100.64.0.1",
    "169.254.169.254",
    "172.16.0.1",
    "192.168.0.1",
    "192.0.2.1",
    "198.18.0.1",
    "224.0.0.1",
    "255.255.255.255",
]


@pytest.mark.parametrize("host", SPELLINGS)
def test_no_spelling_of_our_own_machine_is_ever_called(host: str) -> None:
    async def test() -> None:
        async with serving(answering(200, b"secret"), "127.0.0.1") as canary:
            asker = Client(PRODUCTION)
            for url in (f"https://{host}:{canary.port}/", f"https://{host}/", f"http://{host}/"):
                assert await failure(get(asker, url, plain_http=True)) in REFUSALS
                assert await failure(asker.head(url, budget(), same_origin_redirects=False, plain_http=True)) in REFUSALS
                assert await failure(asker.post(url, b"{}", budget(), headers=[])) in REFUSALS
            assert canary.connections == 0
            await asker.close()

    run(test())


def test_the_canary_sings_where_a_laboratory_allows_it() -> None:
    async def test() -> None:
        async with serving(answering(200, b"secret"), "127.0.0.1") as canary:
            asker = Client(NetOptions(user_agent="x", allow_private_addresses=True))
            for host in ("127.0.0.1", "localhost", "[::ffff:127.0.0.1]"):
                assert (await get(asker, f"http://{host}:{canary.port}/")).body == b"secret"
            await asker.close()

    run(test())


@pytest.mark.parametrize("name", ["private.test", "half.test"])
def test_a_name_with_one_forbidden_address_is_refused(name: str) -> None:
    async def test() -> None:
        async with serving(answering(200), "127.0.3.1") as canary, client() as asker:
            assert await failure(get(asker, f"http://{name}:{canary.port}/")) is Kind.REFUSED_ADDRESS
            assert await failure(get(asker, f"https://{name}:{canary.port}/")) is Kind.REFUSED_ADDRESS
            assert canary.connections == 0

    run(test())


class ChangingResolver(Resolver):
    """A name server that says something else each time it is asked."""

    def __init__(self, *answers: str) -> None:
        super().__init__(OPTIONS)
        self.answers = list(answers)
        self.asked = 0

    async def addresses(self, host: str) -> tuple[IPAddress, ...]:
        self.asked += 1
        return (ip_address(self.answers[min(self.asked, len(self.answers)) - 1]),)


def test_the_address_that_was_judged_is_the_one_that_is_dialled() -> None:
    async def test() -> None:
        resolver = ChangingResolver("127.0.2.1", "127.0.3.1")
        async with (
            serving(answering(200, b"right")) as server,
            client(resolver) as asker,
            serving(answering(200, b"secret"), "127.0.3.1", server.port) as canary,
        ):
            url = f"http://rebinding.test:{server.port}/"
            assert (await get(asker, url)).body == b"right"
            assert resolver.asked == 1
            assert await failure(get(asker, url)) is Kind.REFUSED_ADDRESS
            assert canary.connections == 0

    run(test())


def test_a_name_that_changes_between_two_hops_is_judged_again() -> None:
    async def test() -> None:
        resolver = ChangingResolver("127.0.2.1", "127.0.3.1")
        async with (
            serving(answering(302, b"", ("Location", "/again"))) as server,
            client(resolver) as asker,
            serving(answering(200, b"secret"), "127.0.3.1", server.port) as canary,
        ):
            assert await failure(get(asker, f"http://rebinding.test:{server.port}/")) is Kind.REFUSED_ADDRESS
            assert canary.connections == 0

    run(test())


def test_nothing_reaches_aiohttp_that_was_not_judged() -> None:
    async def test() -> None:
        with pytest.raises(OSError, match="not judged"):
            await _PinnedResolver().resolve("a.test", 80)

    run(test())


def test_the_last_gate_makes_no_socket_for_a_forbidden_address() -> None:
    async def test() -> None:
        wire = Wire(OPTIONS, tls.context(None))
        for family, target in (
            (socket.AF_INET, ("127.0.3.1", 80)),
            (socket.AF_INET6, ("::1", 80, 0, 0)),
            (socket.AF_INET6, ("::ffff:127.0.3.1", 80, 0, 0)),
        ):
            with pytest.raises(OSError) as caught:
                wire._make_socket((family, socket.SOCK_STREAM, 6, "", target))
            assert caught.value.errno == errno.EACCES
        wire._make_socket((socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.2.1", 80))).close()

    run(test())


FORBIDDEN_REDIRECTS = [
    "http://127.0.3.1:{port}/",
    "http://private.test:{port}/",
    "//127.0.3.1:{port}/",
    "https://127.0.3.1:{port}/",
    "http://[::ffff:127.0.3.1]:{port}/",
    "http://2130707201:{port}/",
    "http://a.test@127.0.3.1:{port}/",
    "file:///etc/passwd",
    "gopher://127.0.3.1:{port}/",
]


@pytest.mark.parametrize("location", FORBIDDEN_REDIRECTS)
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_to_a_forbidden_place_is_not_followed(location: str, status: int) -> None:
    async def test() -> None:
        async with serving(answering(200, b"secret"), "127.0.3.1") as canary:
            to = location.format(port=canary.port)
            async with serving(answering(status, b"", ("Location", to))) as server, client() as asker:
                assert await failure(get(asker, f"http://a.test:{server.port}/")) in (*REFUSALS, Kind.REDIRECT)
                assert (len(server.requests), canary.connections) == (1, 0)

    run(test())


async def countdown(request: Received, writer: asyncio.StreamWriter) -> None:
    """/3 leads to /2, /1 and /0, which answers."""
    left = int(request.target.strip("/"))
    writer.write(answer(302, b"ignored", ("Location", f"/{left - 1}")) if left else answer(200, b"end"))


def test_three_hops_are_followed_and_a_fourth_is_not() -> None:
    async def test() -> None:
        async with serving(countdown) as server, client() as asker:
            base = f"http://a.test:{server.port}"
            response = await get(asker, f"{base}/3", same_origin_redirects=True)
            assert (response.url, response.body) == (f"{base}/0", b"end")
            assert await failure(get(asker, f"{base}/4")) is Kind.REDIRECT

    run(test())


def test_every_hop_takes_a_request_from_the_budget() -> None:
    async def test() -> None:
        async with serving(countdown) as server, client() as asker:
            account = budget(requests=3)
            assert await failure(get(asker, f"http://a.test:{server.port}/3", account)) is Kind.BUDGET
            assert len(server.requests) == 3

    run(test())


def test_every_hop_is_signed_for_where_it_goes() -> None:
    signed: list[str] = []

    def sign(method: str, url: str, headers: object, body: bytes | None) -> list[tuple[str, str]]:
        signed.append(url)
        return [("Signature", url)]

    async def test() -> None:
        async with serving(answering(200, b"end"), "127.0.2.2") as second, client() as asker:
            there = f"http://b.test:{second.port}/there"
            async with serving(answering(302, b"", ("Location", there))) as first:
                here = f"http://a.test:{first.port}/here"
                assert (await get(asker, here, sign=sign)).url == there
                assert signed == [here, there]
                assert first.requests[0].header("signature") == here
                assert second.requests[0].header("signature") == there

    run(test())


def test_an_object_is_not_fetched_from_elsewhere_by_a_redirect() -> None:
    async def test() -> None:
        async with serving(answering(200, b"forged"), "127.0.2.2") as other, client() as asker:
            for location in (f"http://b.test:{other.port}/", "https://a.test/", "http://a.test/"):
                async with serving(answering(302, b"", ("Location", location))) as server:
                    url = f"http://a.test:{server.port}/"
                    assert await failure(get(asker, url, same_origin_redirects=True)) is Kind.REDIRECT
            assert other.connections == 0

    run(test())


def test_a_redirect_without_a_goal_is_an_error() -> None:
    async def test() -> None:
        async with serving(answering(302)) as server, client() as asker:
            assert await failure(get(asker, f"http://a.test:{server.port}/")) is Kind.REDIRECT

    run(test())


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_delivery_is_never_redirected(status: int) -> None:
    async def test() -> None:
        async with (
            serving(answering(200), "127.0.2.2") as other,
            client() as asker,
            serving(answering(status, b"", ("Location", f"http://b.test:{other.port}/"))) as server,
        ):
            response = await asker.post(f"http://a.test:{server.port}/inbox", b"{}", budget(), headers=[])
            assert response.status == status
            assert other.connections == 0

    run(test())


@pytest.mark.parametrize(
    ("url", "plain_http", "allowed"),
    [
        ("https://peer.example/", False, True),
        ("https://peer.example:8443/", False, True),
        ("https://peer.example:1024/", False, True),
        ("https://peer.example:22/", False, False),
        ("https://peer.example:25/", True, False),
        ("http://peer.example/", False, False),
        ("http://peer.example/", True, True),
        ("http://peer.example:8080/", True, False),
        ("http://peer.example:443/", True, False),
    ],
)
def test_https_on_its_port_or_a_free_one_and_http_where_previews_need_it(url: str, plain_http: bool, allowed: bool) -> None:
    async def test() -> None:
        # What passes the first check fails at the second: the name leads to documentation's addresses.
        options = NetOptions(user_agent="x", resolve={"peer.example": (ip_address("192.0.2.1"),)})
        asker = Client(options)
        expected = Kind.REFUSED_ADDRESS if allowed else Kind.REFUSED_URL
        assert await failure(get(asker, url, plain_http=plain_http)) is expected
        await asker.close()

    run(test())


def test_the_tests_networks_do_not_open_http_to_the_public_internet() -> None:
    async def test() -> None:
        async with client(resolve={"peer.example": (ip_address("8.8.8.8"),)}) as asker:
            assert await failure(get(asker, "http://peer.example/")) is Kind.REFUSED_ADDRESS
            assert await failure(get(asker, "https://peer.example:22/")) is Kind.REFUSED_ADDRESS

    run(test())


class NoResolver(Resolver):
    """A name server that nobody may ask."""

    async def addresses(self, host: str) -> tuple[IPAddress, ...]:
        raise AssertionError(f"{host} was looked up")


def test_an_onion_name_is_never_looked_up_and_refused_without_a_proxy() -> None:
    async def test() -> None:
        async with client(NoResolver(OPTIONS)) as asker:
            for url in ("http://abc.onion/", "https://abc.onion/", "http://a.abc.ONION./"):
                assert await failure(get(asker, url)) is Kind.REFUSED_ADDRESS

    run(test())


@pytest.mark.parametrize("option", ["onion_proxy", "socks_proxy"])
@pytest.mark.parametrize("scheme", ["socks5", "socks5h"])
def test_an_onion_name_goes_to_the_proxy_as_a_name(option: str, scheme: str) -> None:
    async def test() -> None:
        async with serving(answering(200, b"hidden")) as server, socks_proxy(("127.0.2.1", server.port)) as proxy:
            changes: dict[str, Any] = {option: f"{scheme}://127.0.0.1:{proxy.port}"}
            async with client(NoResolver(OPTIONS), **changes) as asker:
                assert (await get(asker, "http://abc.onion/x")).body == b"hidden"
                assert proxy.asked == [("name", "abc.onion", 80)]
                assert server.requests[0].header("host") == "abc.onion"

    run(test())


def test_with_a_proxy_for_everything_nothing_is_looked_up_or_dialled_here() -> None:
    async def test() -> None:
        async with serving(answering(200, b"far")) as server, socks_proxy(("127.0.2.1", server.port)) as proxy:
            address = f"socks5h://127.0.0.1:{proxy.port}"
            async with client(NoResolver(OPTIONS), socks_proxy=address, allow_nets=()) as asker:
                assert (await get(asker, "http://far.example/", plain_http=True)).body == b"far"
                assert (await get(asker, "http://93.184.216.34/", plain_http=True)).body == b"far"
                assert proxy.asked == [("name", "far.example", 80), ("address", "93.184.216.34", 80)]

    run(test())


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]", "localhost", "router.lan", "db", "x.internal"])
def test_the_proxy_is_not_asked_for_local_networks(host: str) -> None:
    async def test() -> None:
        async with (
            serving(answering(200)) as server,
            socks_proxy(("127.0.2.1", server.port)) as proxy,
            client(socks_proxy=f"socks5h://127.0.0.1:{proxy.port}") as asker,
        ):
            assert await failure(get(asker, f"https://{host}/")) is Kind.REFUSED_ADDRESS
            assert proxy.asked == []

    run(test())


def test_a_proxy_that_is_not_tor_is_told_judged_addresses_and_no_names(tmp_path: Path) -> None:
    trusted, authority = certificate(tmp_path, "a.test")

    async def test() -> None:
        async with (
            serving(answering(200, b"near")) as server,
            serving(answering(200, b"safe"), "0.0.0.0", tls=trusted) as safe,
            socks_proxy() as proxy,
            client(socks_proxy=f"socks5://127.0.0.1:{proxy.port}", ca_file=str(authority)) as asker,
        ):
            assert (await get(asker, f"http://a.test:{server.port}/")).body == b"near"
            assert server.requests[0].header("host") == f"a.test:{server.port}"
            assert (await get(asker, f"https://a.test:{safe.port}/")).body == b"safe", "the certificate is held against the name"
            assert await failure(get(asker, f"https://b.test:{safe.port}/")) is Kind.TLS
            assert await failure(get(asker, f"http://nowhere.test:{server.port}/")) is Kind.CONNECT
            told = [("127.0.2.1", server), ("127.0.2.1", safe), ("127.0.2.2", safe), ("127.0.2.99", server)]
            assert proxy.asked == [("address", address, at.port) for address, at in told]
            for name in ("private.test", "half.test", "127.0.3.1"):
                assert await failure(get(asker, f"http://{name}:{server.port}/")) is Kind.REFUSED_ADDRESS
            assert len(proxy.asked) == len(told)

    run(test())


def test_without_its_proxy_the_client_reaches_nothing() -> None:
    async def test() -> None:
        async with serving(answering(200)) as server, socks_proxy(("127.0.2.1", 1)) as gone:
            dead = f"socks5://127.0.0.1:{gone.port}"
            async with client(socks_proxy=dead, allow_private_addresses=True) as asker:
                assert await failure(get(asker, f"http://a.test:{server.port}/")) in (Kind.CONNECT, Kind.PROTOCOL)
            assert server.connections == 0
            async with client(socks_proxy="socks5://127.0.0.1:1", allow_private_addresses=True) as asker:
                assert await failure(get(asker, f"http://a.test:{server.port}/")) is Kind.CONNECT
            assert server.connections == 0

    run(test())
