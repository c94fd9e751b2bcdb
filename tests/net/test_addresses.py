"""Which addresses may be called, in every spelling that has ever got past a guard."""

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lemmy_lite.net import addresses

PUBLIC = [
    "1.1.1.1",
    "8.8.8.8",
    "93.184.216.34",
    "100.63.255.255",
    "100.128.0.0",
    "126.255.255.255",
    "128.0.0.1",
    "172.15.255.255",
    "172.32.0.0",
    "192.0.1.0",
    "198.17.255.255",
    "198.20.0.0",
    "223.255.255.255",
    "2606:4700::1111",
    "2001:200::1",
    "2a00:1450:4001::1",
    "::ffff:8.8.8.8",
    "64:ff9b::8.8.8.8",
]
REFUSED = [
    ("0.0.0.0", "this network"),
    ("0.1.2.3", "this network"),
    ("10.0.0.1", "private"),
    ("100.64.0.1", "RFC 6598"),
    ("100.127.255.255", "RFC 6598"),
    ("127.0.0.1", "loopback"),
    ("127.255.255.254", "loopback"),
    ("169.254.169.254", "link-local"),
    ("172.16.0.1", "private"),
    ("172.31.255.255", "private"),
    ("192.0.0.8", "protocol assignments"),
    ("192.0.2.1", "documentation"),
    ("192.88.99.1", "6to4"),
    ("192.168.1.1", "private"),
    ("198.18.0.1", "benchmarking"),
    ("198.19.255.255", "benchmarking"),
    ("198.51.100.1", "documentation"),
    ("203.0.113.1", "documentation"),
    ("224.0.0.1", "multicast"),
    ("239.255.255.255", "multicast"),
    ("240.0.0.1", "reserved"),
    ("255.255.255.255", "broadcast"),
    ("::", "unspecified"),
    ("::1", "loopback"),
    ("::127.0.0.1", "IPv4-compatible"),
    ("::ffff:127.0.0.1", "loopback"),
    ("::ffff:10.0.0.1", "private"),
    ("::ffff:7f00:1", "loopback"),
    ("::ffff:0:0", "this network"),
    ("::ffff:0:127.0.0.1", "loopback"),
    ("64:ff9b::127.0.0.1", "loopback"),
    ("64:ff9b::a9fe:a9fe", "link-local"),
    ("64:ff9b:1::8.8.8.8", "local translation"),
    ("100::1", "discard"),
    ("2001::1", "Teredo"),
    ("2001:0:4136:e378:8000:63bf:3fff:fdd2", "Teredo"),
    ("2001:2::1", "protocol assignments"),
    ("2001:10::1", "protocol assignments"),
    ("2001:db8::1", "documentation"),
    ("2002:7f00:1::", "6to4"),
    ("2002:808:808::1", "6to4"),
    ("3fff::1", "documentation"),
    ("4000::1", "not global unicast"),
    ("5f00::1", "segment routing"),
    ("fc00::1", "unique local"),
    ("fd12:3456::1", "unique local"),
    ("fe80::1", "link-local"),
    ("fec0::1", "site-local"),
    ("ff02::1", "multicast"),
]


@pytest.mark.parametrize("text", PUBLIC)
def test_the_public_internet_may_be_called(text: str) -> None:
    assert addresses.why_not_global(ip_address(text)) is None


@pytest.mark.parametrize(("text", "reason"), REFUSED)
def test_a_special_address_is_refused_by_name(text: str, reason: str) -> None:
    assert reason in (addresses.why_not_global(ip_address(text)) or "")


@pytest.mark.parametrize("block", addresses.SPECIAL_BLOCKS, ids=lambda block: str(block.network))
def test_each_block_is_refused_from_its_first_address_to_its_last(block: addresses.Block) -> None:
    for address in (block.network[0], block.network[-1]):
        assert addresses.why_not_global(address) is not None


@given(st.ip_addresses(v=6))
def test_ipv6_beyond_what_iana_gave_out_is_never_called(address: IPv6Address) -> None:
    if addresses.why_not_global(address) is None and address == addresses.unwrapped(address):
        assert address in ip_network("2000::/3")


@given(st.ip_addresses(v=4))
def test_an_ipv4_address_is_judged_alike_in_every_wrapping(address: IPv4Address) -> None:
    expected = addresses.why_not_global(address)
    for prefix in ("::ffff:", "64:ff9b::"):
        assert addresses.why_not_global(ip_address(f"{prefix}{address}")) == expected


def test_a_laboratory_reaches_its_own_networks_but_never_the_clouds_credentials() -> None:
    for text, allowed in {
        "127.0.0.1": True,
        "192.168.1.1": True,
        "::1": True,
        "fd00::1": True,
        "::ffff:127.0.0.1": True,
        "169.254.169.254": False,
        "fe80::1": False,
        "0.0.0.0": False,
        "::": False,
        "255.255.255.255": False,
        "ff02::1": False,
    }.items():
        reason = addresses.why_refused(ip_address(text), allow_private=True, allow_nets=())
        assert (reason is None) is allowed, text


def test_ones_own_network_is_private_or_link_local_and_not_that_of_many() -> None:
    own = ("10.0.0.7", "172.31.0.1", "192.168.1.20", "169.254.7.7", "fd00:1::20", "fe80::20", "::ffff:192.168.1.20")
    others = ("127.0.0.1", "::1", "100.64.0.1", "8.8.8.8", "2001:4860:4860::8888", "172.32.0.1", "fec0::1", "0.0.0.0", "224.0.0.1")
    assert [text for text in (*own, *others) if addresses.is_of_own_network(ip_address(text))] == list(own)


def test_networks_named_for_tests_count_as_public_and_only_they() -> None:
    nets = (ip_network("127.0.2.0/24"),)
    assert addresses.why_refused(ip_address("127.0.2.7"), allow_private=False, allow_nets=nets) is None
    assert addresses.why_refused(ip_address("127.0.3.7"), allow_private=False, allow_nets=nets) is not None


@pytest.mark.parametrize("text", ["127.1", "0177.0.0.1", "0x7f.0.0.1", "2130706433", "127.0.0.1 ", "fe80::1%eth0", "", "[::1]"])
def test_only_the_usual_spelling_is_an_address(text: str) -> None:
    assert addresses.parse_address(text) is None
