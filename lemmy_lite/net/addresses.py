"""Which addresses we may call: a table of what is global unicast, minus every special block, and nothing else.

Not `ipaddress.is_global`: its answers changed with Python's patch releases, and it calls some relay blocks global. An address in
no table is refused. Sources: the IANA special-purpose address registries for IPv4 and IPv6, and the RFCs named.
"""

from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from lemmy_lite.model.struct import Struct

IPAddress = IPv4Address | IPv6Address
IPNetwork = IPv4Network | IPv6Network

# Everything below class D (RFC 791, RFC 1112), without 0/8.
GLOBAL_UNICAST_V4 = tuple(
    IPv4Network(text)
    for text in (
        "1.0.0.0/8",
        "2.0.0.0/7",
        "4.0.0.0/6",
        "8.0.0.0/5",
        "16.0.0.0/4",
        "32.0.0.0/3",
        "64.0.0.0/2",
        "128.0.0.0/2",
        "192.0.0.0/3",
    )
)
# All that IANA has given out of IPv6 for unicast (RFC 4291, 2.4).
GLOBAL_UNICAST_V6 = IPv6Network("2000::/3")


class Block(Struct):
    """A special block. `laboratory`: reachable when the configuration allows private addresses, since servers live there. `own`: of a
    network that the machine itself stands in, such as a home's."""

    network: IPNetwork
    name: str
    source: str
    laboratory: bool
    own: bool


def _block(network: str, name: str, source: str, *, laboratory: bool = False, own: bool = False) -> Block:
    return Block(network=ip_network(network), name=name, source=source, laboratory=laboratory, own=own)


SPECIAL_BLOCKS = (
    _block("0.0.0.0/8", "this network", "RFC 791"),
    _block("10.0.0.0/8", "private", "RFC 1918", laboratory=True, own=True),
    _block("100.64.0.0/10", "shared by a provider's customers", "RFC 6598", laboratory=True),
    _block("127.0.0.0/8", "loopback", "RFC 1122", laboratory=True),
    # Holds 169.254.169.254, where clouds hand out credentials: not even a laboratory needs it.
    _block("169.254.0.0/16", "link-local", "RFC 3927", own=True),
    _block("172.16.0.0/12", "private", "RFC 1918", laboratory=True, own=True),
    _block("192.0.0.0/24", "protocol assignments", "RFC 6890"),
    _block("192.0.2.0/24", "documentation", "RFC 5737"),
    _block("192.31.196.0/24", "AS112", "RFC 7535"),
    _block("192.52.193.0/24", "multicast tunnels", "RFC 7450"),
    _block("192.88.99.0/24", "6to4 relays", "RFC 7526"),
    _block("192.168.0.0/16", "private", "RFC 1918", laboratory=True, own=True),
    _block("192.175.48.0/24", "AS112", "RFC 7534"),
    _block("198.18.0.0/15", "benchmarking", "RFC 2544"),
    _block("198.51.100.0/24", "documentation", "RFC 5737"),
    _block("203.0.113.0/24", "documentation", "RFC 5737"),
    _block("224.0.0.0/4", "multicast", "RFC 5771"),
    _block("240.0.0.0/4", "reserved", "RFC 1112"),
    _block("255.255.255.255/32", "broadcast", "RFC 919"),
    _block("::/128", "unspecified", "RFC 4291"),
    _block("::1/128", "loopback", "RFC 4291", laboratory=True),
    _block("::/96", "IPv4-compatible, retired", "RFC 4291"),
    _block("64:ff9b:1::/48", "local translation", "RFC 8215"),
    _block("100::/64", "discard", "RFC 6666"),
    _block("100:0:0:1::/64", "dummy prefix", "RFC 9780"),
    # Teredo (2001::/32), benchmarking, ORCHID, drone identities: nothing here is a server's address.
    _block("2001::/23", "protocol assignments with Teredo", "RFC 2928"),
    _block("2001:db8::/32", "documentation", "RFC 3849"),
    # 6to4 can carry any IPv4 address, and its relays are gone.
    _block("2002::/16", "6to4, retired", "RFC 7526"),
    _block("2620:4f:8000::/48", "AS112", "RFC 7534"),
    _block("3fff::/20", "documentation", "RFC 9637"),
    _block("5f00::/16", "segment routing", "RFC 9602"),
    _block("fc00::/7", "unique local", "RFC 4193", laboratory=True, own=True),
    _block("fe80::/10", "link-local", "RFC 4291", own=True),
    _block("fec0::/10", "site-local, retired", "RFC 3879"),
    _block("ff00::/8", "multicast", "RFC 4291"),
)

# Blocks whose last 32 bits are an IPv4 address that the packet really goes to, so that one is judged.
_TRANSLATIONS = (
    (IPv6Network("::ffff:0:0/96"), "IPv4-mapped, RFC 4291"),
    (IPv6Network("::ffff:0:0:0/96"), "IPv4-translated, RFC 2765"),
    # The only way to IPv4 peers for a server in a network without IPv4 (DNS64).
    (IPv6Network("64:ff9b::/96"), "NAT64, RFC 6052"),
)


def unwrapped(address: IPAddress) -> IPAddress:
    """The IPv4 address inside a translated IPv6 address; any other address as it is."""
    if isinstance(address, IPv6Address) and any(address in network for network, _ in _TRANSLATIONS):
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address


@lru_cache(maxsize=1024)
def why_not_global(address: IPAddress) -> str | None:
    """None for an address of the public internet; otherwise the name and source of the block that keeps us from calling it."""
    inner = unwrapped(address)
    block = _special_block(inner)
    if block:
        return f"{block.name} ({block.source})"
    if isinstance(inner, IPv4Address):
        known = any(inner in network for network in GLOBAL_UNICAST_V4)
    else:
        known = inner in GLOBAL_UNICAST_V6 and inner.scope_id is None
    return None if known else "not global unicast (RFC 4291)"


def is_laboratory(address: IPAddress) -> bool:
    """Whether the address is one that `allow_private_addresses` opens: loopback, private, unique local, shared."""
    block = _special_block(unwrapped(address))
    return block is not None and block.laboratory


def is_of_own_network(address: IPAddress) -> bool:
    """Whether the address is private or link-local: of one machine beside this one, which nobody else shares as far as addresses tell."""
    block = _special_block(unwrapped(address))
    return block is not None and block.own


def why_refused(address: IPAddress, *, allow_private: bool, allow_nets: tuple[IPNetwork, ...]) -> str | None:
    """None when the address may be called under these options; otherwise why not."""
    reason = why_not_global(address)
    if reason is None or in_nets(address, allow_nets) or (allow_private and is_laboratory(address)):
        return None
    return reason


def in_nets(address: IPAddress, nets: tuple[IPNetwork, ...]) -> bool:
    """Whether the address, unwrapped, lies in one of the networks."""
    inner = unwrapped(address)
    return any(inner in net for net in nets)


def parse_address(text: str) -> IPAddress | None:
    """An address in its one usual spelling; None for anything else (`0177.1`, `0x7f000001`, `fe80::1%eth0` among them)."""
    try:
        address = ip_address(text)
    except ValueError:
        return None
    return None if isinstance(address, IPv6Address) and address.scope_id is not None else address


def _special_block(address: IPAddress) -> Block | None:
    """The narrowest special block that holds the address."""
    holding = [block for block in SPECIAL_BLOCKS if address in block.network]
    return max(holding, key=lambda block: block.network.prefixlen, default=None)
