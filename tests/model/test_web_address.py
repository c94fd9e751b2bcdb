"""Addresses taken apart, whatever they are."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lemmy_lite.model import web_address


def test_an_address_has_a_host_a_port_and_a_path() -> None:
    address = "https://ann@X.example:8443/a?b#c"
    assert (web_address.host(address), web_address.port(address), web_address.parts(address).path) == ("x.example", 8443, "/a")


@pytest.mark.parametrize("address", ["http://[::1", "http://]/", "https://\u2100@x.example/a.png", "https://a\uff0fb/"])
def test_what_the_standard_library_raises_at_has_no_parts(address: str) -> None:
    assert (web_address.host(address), web_address.port(address), web_address.parts(address).path) == ("", None, "")


@pytest.mark.parametrize("address", ["http://x.example:99999/", "http://x.example:x/", "http://x.example:" + "9" * 5000])
def test_a_port_that_there_cannot_be_makes_it_no_address(address: str) -> None:
    assert (web_address.host(address), web_address.port(address)) == ("", None)


@given(st.lists(st.sampled_from(["http://", "[", "]", ":", "@", "%", "/", "\u2100", "9", "a"]) | st.characters()).map("".join))
def test_no_address_raises(address: str) -> None:
    web_address.parts(address)
    web_address.host(address)
    web_address.port(address)
