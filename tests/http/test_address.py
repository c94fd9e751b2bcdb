"""Whom a request is counted against."""

from ipaddress import ip_address, ip_network

import pytest

from lemmy_lite.http import address as addresses
from lemmy_lite.http.address import client_address

TRUSTED = (ip_network("127.0.0.0/8"), ip_network("::1/128"), ip_network("10.0.0.0/8"))


def found(peer: str, forwarded_for: str | None = None, forwarded: str | None = None) -> str:
    return str(client_address(peer, forwarded_for, forwarded, TRUSTED))


def test_a_stranger_cannot_name_another_address() -> None:
    assert found("203.0.113.5", "198.51.100.1", "for=198.51.100.2") == "203.0.113.5"


def test_a_trusted_proxy_names_the_client() -> None:
    assert found("127.0.0.1", "198.51.100.1") == "198.51.100.1"
    assert found("127.0.0.1", None, "for=198.51.100.1;proto=https;by=127.0.0.1") == "198.51.100.1"


def test_what_the_client_wrote_left_of_the_proxys_hop_is_not_believed() -> None:
    assert found("127.0.0.1", "192.0.2.66, 198.51.100.1") == "198.51.100.1"
    assert found("127.0.0.1", None, "for=192.0.2.66, for=198.51.100.1") == "198.51.100.1"


def test_a_chain_of_own_proxies_is_walked_to_its_end() -> None:
    assert found("127.0.0.1", "192.0.2.66, 198.51.100.1, 10.1.2.3, 10.1.2.4") == "198.51.100.1"


def test_the_left_most_counts_where_all_hops_are_ours() -> None:
    assert found("127.0.0.1", "10.0.0.9, 10.0.0.8") == "10.0.0.9"


def test_without_headers_the_proxy_is_the_client() -> None:
    assert found("127.0.0.1") == "127.0.0.1"


@pytest.mark.parametrize("hop", ["unknown", "_hidden", "", "999.1.1.1", "1.2.3.4.5", "'", "[::1", "\u0661.1.1.1"])
def test_a_hop_that_is_no_address_ends_the_walk_at_the_proxy_that_reported_it(hop: str) -> None:
    assert found("127.0.0.1", f"192.0.2.66, {hop}, 10.1.2.3") in ("10.1.2.3", "::1")


def test_two_headers_that_disagree_are_both_not_believed() -> None:
    assert found("127.0.0.1", "198.51.100.1", "for=192.0.2.66") == "127.0.0.1"
    assert found("127.0.0.1", "198.51.100.1", "for=198.51.100.1") == "198.51.100.1"


@pytest.mark.parametrize(
    ("hop", "address"),
    [
        ("198.51.100.1:8000", "198.51.100.1"),
        ("2001:db8::1", "2001:db8::1"),
        ("[2001:db8::1]", "2001:db8::1"),
        ("[2001:db8::1]:8000", "2001:db8::1"),
        ("::ffff:198.51.100.1", "198.51.100.1"),
        ("fe80::1%eth0", "fe80::1"),
    ],
)
def test_every_spelling_of_an_address_is_read(hop: str, address: str) -> None:
    assert found("127.0.0.1", hop) == address
    assert found("127.0.0.1", None, f'For="{hop}"') == address


def test_ipv4_inside_ipv6_is_ipv4_for_the_peer_too() -> None:
    assert client_address("::ffff:127.0.0.1", "198.51.100.1", None, TRUSTED) == ip_address("198.51.100.1")


def test_a_unix_socket_counts_as_loopback() -> None:
    assert found("", "198.51.100.1") == "198.51.100.1"


def test_an_endless_header_costs_only_its_last_hops() -> None:
    assert found("127.0.0.1", "192.0.2.1, " * 10_000 + "198.51.100.1") == "198.51.100.1"
    assert found("127.0.0.1", "192.0.2.66, " + "10.0.0.1, " * 10_000 + "10.0.0.2") == "10.0.0.1"


def test_an_address_is_read_once_and_a_long_hop_each_time() -> None:
    addresses._parse_once.cache_clear()
    zone = "fe80::1%" + "z" * 80
    for _ in range(3):
        assert (found("127.0.0.1", "198.51.100.1"), found("127.0.0.1", zone)) == ("198.51.100.1", "fe80::1")
    assert (addresses._parse_once.cache_info().misses, addresses._parse_once.cache_info().currsize) == (2, 2)
