"""Server-side request forgery: every place that asks what a stranger names, against every spelling of an address that is not public.

The public world of these tests is 127.0.2.0/24. A canary listens at 127.0.0.1 and 127.0.3.1, and every connection that the process tries
to make is noted, so that an address at which nothing can listen here (10.0.0.1, 169.254.169.254) is seen as well.
"""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from ipaddress import ip_address, ip_network
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from lemmy_lite.domain import link_preview, remote_picture
from lemmy_lite.federation.errors import Gone, Refused, TryLater
from lemmy_lite.http.feeds.websub import Hub
from lemmy_lite.model.errors import LemmyError
from lemmy_lite.model.ids import InstanceId
from lemmy_lite.net.addresses import IPAddress
from lemmy_lite.net.client import Client
from lemmy_lite.net.errors import NetError
from lemmy_lite.net.options import NetOptions
from lemmy_lite.net.resolver import Resolver
from lemmy_lite.storage.tables import actor
from tests.federation.lab import Place, opened
from tests.federation.peer import Peer
from tests.net.clients import OPTIONS
from tests.net.servers import Received, Server, Socks, answer, serving, socks_proxy
from tests.net.test_egress import SPELLINGS

PUBLIC = ip_network("127.0.2.0/24")
TARGET = "/u/target"
MORE_SPELLINGS = [
    "0x7f.1",
    "0177.1",
    "127.0.0.0x1",
    "127.0.1.",
    "0.0.0.0.",
    "0x0",
    "００００",
    "１２７.0.0.1",
    "127.0.0.1%00.test",
    "[::ffff:169.254.169.254]",
    "[::ffff:0:0]",
    "[64:ff9b::a9fe:a9fe]",
    "[64:ff9b::7f00:1]",
    "[2002:a9fe:a9fe::]",
    "[fe80::1%25lo]",
    "[::1%25lo]",
    "[fec0::1]",
    "169.254.169.254.",
    "private.test",
    "half.test",
]


_numbers = count()


@dataclass
class World:
    """An instance, a server it may ask, one whose pages lead on, and all that it tried to reach besides."""

    place: Place
    goal: Server
    front: str
    canary: Server
    peer: Peer
    strayed: list[Any] = field(default_factory=list)
    leads_to: str = ""
    """Where the pages of `front` lead, whatever the kind of page."""
    redirect: str = ""
    """Where `goal` redirects everybody, if anywhere."""
    proxy: Socks | None = None
    """The SOCKS proxy for everything, if there is one."""

    def at(self, host: str, port: int | None = None) -> str:
        return f"{host}:{self.canary.port if port is None else port}"


class Turning(Resolver):
    """A name server that gives a public address for turning.test the first time, and a private one from then on."""

    def __init__(self) -> None:
        super().__init__(OPTIONS)
        self.asked = 0

    async def addresses(self, host: str) -> tuple[IPAddress, ...]:
        if host != "turning.test":
            return await super().addresses(host)
        self.asked += 1
        return (ip_address("127.0.2.2" if self.asked == 1 else "127.0.0.1"),)


Sink = Callable[[World, str], Awaitable[object]]


def _budget(world: World) -> Any:
    return world.place.federation._resolving._fetcher.budget()


async def _look_up_of_an_address(world: World, to: str) -> None:
    await world.place.federation.resolve(f"http://{to}{TARGET}")


async def _look_up_of_a_page_that_names_its_document(world: World, to: str) -> None:
    world.leads_to = f"http://{to}{TARGET}"
    await world.place.federation.resolve(f"{world.front}/alternate")


async def _look_up_of_a_name(world: World, to: str) -> None:
    await world.place.federation.resolve(f"!tea@{to}")


async def _look_up_of_a_name_elsewhere(world: World, to: str) -> None:
    world.leads_to = f"http://{to}{TARGET}"
    await world.place.federation.resolve(f"!tea@{world.front.removeprefix('http://')}")


async def _object(world: World, to: str) -> None:
    await world.place.federation._resolving._fetcher.exactly(f"http://{to}{TARGET}", _budget(world))


async def _collection(world: World, to: str) -> None:
    await world.place.federation._resolving._fetcher.collection(f"http://{to}{TARGET}", _budget(world))


async def _actor_of_an_activity(world: World, to: str) -> None:
    stranger = f"http://{to}{TARGET}{next(_numbers)}"  # who was looked up in vain is not looked up again at once
    if not stranger.isascii():
        return  # no header can carry it
    activity = world.peer.activity("Like", stranger, f"{world.place.url}/post/1", id=f"http://{to}/like/1")
    mallory = f"{world.peer.url}/u/mallory"
    request = world.peer.request(world.place, activity, signer=mallory, key_id=f"{stranger}#main-key")
    await world.place.federation.receive(request)
    await world.place.federation.applied()


async def _delivery(world: World, to: str) -> None:
    admin = await world.place.read(lambda tx: tx.value("SELECT id FROM site ORDER BY id LIMIT 1"))
    sender = await world.place.read(actor.of_site, admin)
    assert sender is not None
    await world.place.federation._resolving._fetcher.signing.post(f"http://{to}{TARGET}", b"{}", [], sender)


async def _software(world: World, to: str) -> None:
    await world.place.federation._software._ask(InstanceId(1), f"http://{to}")


async def _software_listed_elsewhere(world: World, to: str) -> None:
    world.leads_to = f"http://{to}{TARGET}"
    await world.place.federation._software._ask(InstanceId(1), world.front)


async def _time_of_a_peer(world: World, to: str) -> None:
    await world.place.federation._gate._ask(f"http://{to}/inbox")


async def _preview(world: World, to: str) -> None:
    await link_preview.fetch(world.place.context, f"http://{to}{TARGET}")


async def _picture_of_a_preview(world: World, to: str) -> None:
    world.leads_to = f"http://{to}{TARGET}"
    found = await link_preview.fetch(world.place.context, f"{world.front}/card")
    if found.image is not None:
        await remote_picture.fetch(world.place.context, found.image)


async def _oembed_of_a_preview(world: World, to: str) -> None:
    world.leads_to = f"http://{to}{TARGET}"
    await link_preview.fetch(world.place.context, f"{world.front}/oembed")


async def _remote_picture(world: World, to: str) -> None:
    await remote_picture.fetch(world.place.context, f"http://{to}{TARGET}")


async def _hub(world: World, to: str) -> None:
    context = world.place.context
    feeds = replace(context.config.feeds, websub_hub=f"http://{to}{TARGET}")
    hub = Hub(replace(context, config=replace(context.config, feeds=feeds)), world.place.database, gathering=0)
    await hub._tell([f"{world.place.url}/feeds/all.xml"])


SINKS: Mapping[str, Sink] = {
    "resolve_object": _look_up_of_an_address,
    "resolve_object, the page's alternate": _look_up_of_a_page_that_names_its_document,
    "webfinger": _look_up_of_a_name,
    "host-meta, then webfinger": _look_up_of_a_name_elsewhere,
    "object": _object,
    "collection": _collection,
    "actor and key": _actor_of_an_activity,
    "inbox delivery": _delivery,
    "nodeinfo": _software,
    "nodeinfo, second document": _software_listed_elsewhere,
    "clock": _time_of_a_peer,
    "link preview": _preview,
    "link preview, og:image": _picture_of_a_preview,
    "link preview, oEmbed": _oembed_of_a_preview,
    "avatar, thumbnail and image proxy": _remote_picture,
    "WebSub hub": _hub,
}
ONLY_AT_HOME = ("nodeinfo, second document",)
"""Sinks that ask no other host than the one that named it, whatever is named."""


async def _leading(world: World, request: Received, writer: asyncio.StreamWriter) -> None:
    """The pages of a stranger that lead on to `leads_to`, each in its way."""
    to = world.leads_to
    path = request.target.partition("?")[0]
    html = ("Content-Type", "text/html")
    if path == "/alternate":
        said = answer(200, f'<link rel="alternate" type="application/activity+json" href="{to}">'.encode(), html)
    elif path == "/card":
        said = answer(200, f'<meta property="og:title" content="x"><meta property="og:image" content="{to}">'.encode(), html)
    elif path == "/oembed":
        said = answer(200, f'<link rel="alternate" type="application/json+oembed" href="{to}"><title>x</title>'.encode(), html)
    elif path == "/.well-known/host-meta":
        said = answer(200, f'<XRD><Link rel="lrdd" template="{to}?r={{uri}}"/></XRD>'.encode(), ("Content-Type", "application/xrd+xml"))
    elif path == "/.well-known/nodeinfo":
        listed = f'{{"links": [{{"rel": "http://nodeinfo.diaspora.software/ns/schema/2.0", "href": "{to}"}}]}}'
        said = answer(200, listed.encode(), ("Content-Type", "application/json"))
    else:
        said = answer(404)
    writer.write(said)


@contextlib.asynccontextmanager
async def world(
    folder: Path, monkeypatch: pytest.MonkeyPatch, resolver: Resolver | None = None, proxy: Socks | None = None
) -> AsyncIterator[World]:
    """The world, with every attempt to connect outside of its public part noted in `strayed`."""
    through = f"socks5://127.0.0.1:{proxy.port}" if proxy else None
    net = Client(replace(OPTIONS, redirects=3, socks_proxy=through), resolver)
    found: list[World] = []

    async def goal(_: Received, writer: asyncio.StreamWriter) -> None:
        writer.write(answer(302, b"", ("Location", found[0].redirect)) if found[0].redirect else answer(404))

    async def front(request: Received, writer: asyncio.StreamWriter) -> None:
        await _leading(found[0], request, writer)

    async def secret(_: Received, writer: asyncio.StreamWriter) -> None:
        writer.write(answer(200, b'{"secret": true}', ("Content-Type", "application/activity+json")))

    real = socket.socket.connect
    async with (
        serving(goal, "127.0.2.2") as aim,
        serving(front, "127.0.2.1") as pages,
        serving(secret, "127.0.0.1", aim.port) as canary,
        serving(secret, "127.0.3.1", aim.port),
        opened(folder, "home", {"home": 1}, net=net) as place,
    ):
        peer = Peer(f"a.test:{pages.port}")
        peer.person("mallory")
        made = World(place, aim, f"http://a.test:{pages.port}", canary, peer, proxy=proxy)
        found.append(made)

        def connect(self: socket.socket, to: Any) -> Any:
            to_the_proxy = proxy is not None and to == ("127.0.0.1", proxy.port)
            if self.family != socket.AF_UNIX and ip_address(to[0]) not in PUBLIC and not to_the_proxy:
                made.strayed.append(to)
            return real(self, to)

        monkeypatch.setattr(socket.socket, "connect", connect)
        yield made
        monkeypatch.undo()


async def _tried(sink: Sink, there: World, to: str) -> None:
    """Ask; a refusal is one of ours, in our own words."""
    with contextlib.suppress(LemmyError, NetError, Refused, TryLater, Gone):
        await asyncio.wait_for(sink(there, to), 20)


@pytest.mark.parametrize("name", SINKS)
def test_no_sink_reaches_a_private_address_however_it_is_spelled(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sink = SINKS[name]

    async def test() -> None:
        async with world(tmp_path, monkeypatch) as there:
            for spelling in [*SPELLINGS, *MORE_SPELLINGS]:
                await _tried(sink, there, there.at(spelling))
                assert there.strayed == [], spelling
            assert there.canary.connections == 0
            before = len(there.goal.requests)
            await _tried(sink, there, there.at("b.test", there.goal.port))
            reached = len(there.goal.requests) > before
            assert reached is (name not in ONLY_AT_HOME), "the sink is alive: it asks where it may"

    asyncio.run(test())


@pytest.mark.parametrize("name", [name for name in SINKS if name not in ONLY_AT_HOME])
def test_no_sink_follows_a_name_that_turns_private_or_a_redirect_to_a_private_address(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sink = SINKS[name]

    async def test() -> None:
        turning = Turning()
        async with world(tmp_path, monkeypatch, turning) as there:
            before = len(there.goal.requests)
            await _tried(sink, there, there.at("turning.test", there.goal.port))
            assert len(there.goal.requests) == before + 1, "the first answer was public"
            await _tried(sink, there, there.at("turning.test", there.goal.port))
            assert turning.asked > 1, "a second look-up was made, and judged"
            assert len(there.goal.requests) == before + 1
            for host in ("127.0.0.1", "private.test", "2130706433", "[::ffff:127.0.0.1]"):
                there.redirect = f"http://{there.at(host)}/"
                seen = len(there.goal.requests)
                await _tried(sink, there, there.at("b.test", there.goal.port))
                assert len(there.goal.requests) > seen, "the redirect was read"
            assert (there.strayed, there.canary.connections) == ([], 0)

    asyncio.run(test())


def test_no_sink_leads_a_proxy_that_is_not_tor_into_its_own_network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def test() -> None:
        turning = Turning()
        async with socks_proxy() as proxy, world(tmp_path, monkeypatch, turning, proxy) as there:
            for name, sink in SINKS.items():
                for host in ("127.0.0.1", "2130706433", "[::ffff:127.0.0.1]", "private.test", "half.test", "localhost"):
                    await _tried(sink, there, there.at(host))
                before = len(there.goal.requests)
                turning.asked = 0
                await _tried(sink, there, there.at("turning.test", there.goal.port))
                await _tried(sink, there, there.at("turning.test", there.goal.port))
                assert len(there.goal.requests) == before + (name not in ONLY_AT_HOME), f"{name} asks where it may, and once"
            assert {kind for kind, _, _ in proxy.asked} == {"address"}
            assert all(ip_address(host) in PUBLIC for _, host, _ in proxy.asked)
            assert (there.strayed, there.canary.connections) == ([], 0)

    asyncio.run(test())


def test_the_notes_of_connections_show_a_stray_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def test() -> None:
        async with world(tmp_path, monkeypatch) as there:
            context = replace(there.place.context, net=Client(NetOptions(user_agent="x", allow_private_addresses=True)))
            with pytest.raises(LemmyError):
                await remote_picture.fetch(context, f"http://127.0.0.1:{there.goal.port + 1}/")
            found = await remote_picture.fetch(context, f"http://127.0.0.1:{there.canary.port}/")
            await context.net.close()
            assert found == b'{"secret": true}'
            assert len(there.strayed) == 2
            assert there.canary.connections == 1

    asyncio.run(test())
