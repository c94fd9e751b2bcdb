"""What the client is told once, at start."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from lemmy_lite.config import Config
from lemmy_lite.net.addresses import IPAddress, IPNetwork


@dataclass(frozen=True, kw_only=True, slots=True)
class NetOptions:
    """The client's options, filled by the composition root from the configuration.

    `user_agent`: who we say we are, with an address where administrators find us.
    `allow_private_addresses`: opens http, every port, loopback and private networks (laboratories).
    `allow_nets`: networks that count as public, with http and every port (tests).
    `resolve`: names with fixed addresses (tests). `dns_server`: host and port of the name server for all other names (tests).
    `socks_proxy`: for everything; when it fails, the request fails. `socks5h://[user:password@]host:port` is told names, for Tor;
    `socks5://…` is told addresses, which are judged here, and names of .onion alone.
    `onion_proxy`: the same for .onion names only. Without either, these names are refused and never looked up.
    `redirects`: hops that one request follows, each judged like the first address.
    `ca_file`: further trusted certificate authorities, PEM.
    `connect_seconds`, `read_seconds`: longest wait for a connection, and between two pieces of an answer.
    `pool`, `pool_per_host`: connections open at the same time; `keep_alive_seconds`: how long an idle one stays.
    """

    user_agent: str
    allow_private_addresses: bool = False
    allow_nets: tuple[IPNetwork, ...] = ()
    resolve: Mapping[str, tuple[IPAddress, ...]] = field(default_factory=dict)
    dns_server: tuple[str, int] | None = None
    socks_proxy: str | None = None
    onion_proxy: str | None = None
    ca_file: str | None = None
    redirects: int = 3
    # Long enough for a small board on the other side of the world, short enough that a dead host costs little.
    connect_seconds: float = 5
    read_seconds: float = 10
    # More than federation ever has under way at once: who waits for a connection here would time out without having been asked.
    pool: int = 512
    pool_per_host: int = 14
    # Idle peers close after 60 s or more; Granian after 30.
    keep_alive_seconds: float = 25


FETCHES_PER_HOST = 4
"""Connections to one host besides those that tell it something."""


def of(config: Config, product: str) -> NetOptions:
    """What the configuration says; `product` is how we introduce ourselves, such as `lemmy_lite/1.0`."""
    resolve = config.testing.resolve
    return NetOptions(
        user_agent=f"{product}; +{config.base_url}",
        allow_private_addresses=config.federation.allow_private_addresses,
        allow_nets=config.testing.allow_nets,
        resolve=resolve.names if resolve else {},
        dns_server=(resolve.dns.host, resolve.dns.port) if resolve and resolve.dns else None,
        socks_proxy=config.socks_proxy,
        redirects=config.federation.redirects,
        pool_per_host=config.federation.concurrent_sends_per_instance + FETCHES_PER_HOST,
    )
