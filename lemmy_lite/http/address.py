"""Who is asking: the peer of the connection, or the client whom trusted proxies name.

The rule (security.md, 17): the peer counts unless it is one of our proxies; then the right-most hop that is none of them, because
everything further left was written by the client and may be invented.
"""

import ipaddress
from collections.abc import Sequence
from functools import lru_cache

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
IPNetwork = ipaddress.IPv4Network | ipaddress.IPv6Network

MOST_HOPS = 32
"""Hops that are looked at from the right; nobody has more proxies, and a long header must not cost time."""

_LONGEST_KEPT = 64

_LOOPBACK = ipaddress.ip_address("127.0.0.1")


def onion_visitor(port: int) -> IPAddress:
    """What stands for the address of somebody who came over Tor: an address of its own for each connection of Tor's (its port), all in
    one network of which 16 are granted what one is (ratelimit.IPV6_GROUPS). Nobody outside has such an address (RFC 4193)."""
    return ipaddress.IPv6Address(_ONIONS | (port << 64))


_ONIONS = int(ipaddress.IPv6Address("fd6f:6e69:6f6e::1"))


def client_address(peer: str, forwarded_for: str | None, forwarded: str | None, trusted: Sequence[IPNetwork]) -> IPAddress:
    """The client's address from the peer's and the values of X-Forwarded-For and Forwarded (None: not sent).

    Most proxies append to one of the headers and pass the other on as the client wrote it. So where both are there and disagree, neither
    is believed and the proxy itself counts as the client. A hop that is no address ends the walk at the proxy that reported it. A peer
    without address (a Unix socket) is loopback.
    """
    nearest = _parse(peer) or _LOOPBACK
    if not _within(nearest, trusted):
        return nearest
    found = {_walk(nearest, hops, trusted) for hops in (_listed(forwarded_for), _elements(forwarded)) if hops}
    return found.pop() if len(found) == 1 else nearest


def _walk(nearest: IPAddress, hops: list[str], trusted: Sequence[IPNetwork]) -> IPAddress:
    for hop in reversed(hops[-MOST_HOPS:]):
        address = _parse(hop)
        if address is None:
            break
        nearest = address
        if not _within(address, trusted):
            break
    return nearest


def _listed(header: str | None) -> list[str]:
    return [] if header is None else [part.strip() for part in header.rsplit(",", MOST_HOPS)[-MOST_HOPS:]]


def _elements(header: str | None) -> list[str]:
    """The `for` of each element of a Forwarded header (RFC 7239); an element without one is a hop without a name."""
    hops = []
    for element in _listed(header):
        pairs = (pair.partition("=") for pair in element.split(";"))
        hops.append(next((value.strip().strip('"') for name, _, value in pairs if name.strip().lower() == "for"), ""))
    return hops


def _parse(text: str) -> IPAddress | None:
    """An address with or without port and brackets; IPv4 inside IPv6 is IPv4. None for anything else.

    Those of the last clients are at hand, as each request asks; what is longer than any address should be is not kept.
    """
    return _parse_once(text) if len(text) <= _LONGEST_KEPT else _parse_anew(text)


@lru_cache(maxsize=1024)
def _parse_once(text: str) -> IPAddress | None:
    return _parse_anew(text)


def _parse_anew(text: str) -> IPAddress | None:
    if text.startswith("["):
        text, closed, _ = text[1:].partition("]")
        if not closed:
            return None
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def _within(address: IPAddress, networks: Sequence[IPNetwork]) -> bool:
    return any(address in network for network in networks)
