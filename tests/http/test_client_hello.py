"""The first message of a TLS client, as real clients and hostile ones send it."""

import ssl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lemmy_lite.http.client_hello import LARGEST, protocols


def hello(*offered: str, name: str | None = "site.test") -> bytes:
    """What OpenSSL sends first."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    if offered:
        context.set_alpn_protocols(list(offered))
    received, sent = ssl.MemoryBIO(), ssl.MemoryBIO()
    with pytest.raises(ssl.SSLWantReadError):
        context.wrap_bio(received, sent, server_hostname=name).do_handshake()
    return sent.read()


def in_records(begun: bytes, size: int) -> bytes:
    """The same message in records of `size` bytes."""
    message = begun[5:]
    pieces = [message[at : at + size] for at in range(0, len(message), size)]
    return b"".join(begun[:3] + len(piece).to_bytes(2) + piece for piece in pieces)


def test_the_protocols_a_client_offers_are_read() -> None:
    assert protocols(hello("acme-tls/1")) == (b"acme-tls/1",)
    assert protocols(hello("h2", "http/1.1")) == (b"h2", b"http/1.1")
    assert protocols(hello()) == ()
    assert protocols(in_records(hello("acme-tls/1"), 50)) == (b"acme-tls/1",)


def test_a_message_that_is_not_complete_is_waited_for_and_none_is_waited_for_without_end() -> None:
    whole = hello("acme-tls/1")
    assert all(protocols(whole[:end]) is None for end in range(len(whole)))
    with pytest.raises(ValueError, match="too long"):
        protocols(b"\x16\x03\x01\xff\xff\x01\x00\xff\xff" + b"\0" * LARGEST)


@pytest.mark.parametrize("begun", [b"GET / HTTP/1.1\r\n", b"\x16\x02", b"\x16\x03\x01\x00\x04\x02\x00\x00\x00"])
def test_what_is_not_tls_is_refused(begun: bytes) -> None:
    with pytest.raises(ValueError):
        protocols(begun)


@given(st.data())
def test_no_damage_to_a_message_does_more_than_refuse_it(data: st.DataObject) -> None:
    damaged = bytearray(_SAMPLE)
    for _ in range(data.draw(st.integers(1, 4))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    try:
        found = protocols(bytes(damaged[: data.draw(st.integers(0, len(damaged)))]))
    except ValueError:
        return
    assert found is None or all(isinstance(each, bytes) for each in found)


_SAMPLE = hello("acme-tls/1", "http/1.1")
