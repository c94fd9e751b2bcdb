"""Sealed files: what goes in comes out, and nothing else does."""

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lemmy_lite.crypto.sealing import CHUNK, MARK, SALT_BYTES, TAG_BYTES, Sealer, Unsealable

SALT = b"s" * SALT_BYTES
SEALER = Sealer("correct horse", SALT)


def sealed(data: bytes) -> bytes:
    target = io.BytesIO()
    SEALER.seal(io.BytesIO(data), target)
    return target.getvalue()


def opened(data: bytes, sealer: Sealer = SEALER) -> bytes:
    target = io.BytesIO()
    sealer.open(io.BytesIO(data), target)
    return target.getvalue()


@pytest.mark.parametrize("size", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK, 3 * CHUNK + 7])
def test_what_is_sealed_comes_out_the_same(size: int) -> None:
    data = bytes(number % 251 for number in range(size))
    box = sealed(data)
    assert opened(box) == data
    if size > 30:
        assert data[:30] not in box


def test_two_seals_of_one_file_have_nothing_in_common() -> None:
    one, two = sealed(b"x" * 500), sealed(b"x" * 500)
    assert one[len(MARK) :] != two[len(MARK) :]


def test_another_passphrase_or_salt_opens_nothing() -> None:
    box = sealed(b"secret")
    for other in (Sealer("correct horse.", SALT), Sealer("correct horse", b"t" * SALT_BYTES)):
        with pytest.raises(Unsealable):
            opened(box, other)


def test_chunks_are_not_cut_off_exchanged_or_repeated_unseen() -> None:
    box = sealed(b"a" * CHUNK + b"b" * CHUNK + b"c" * 10)
    head, body = box[: len(MARK) + SALT_BYTES], box[len(MARK) + SALT_BYTES :]
    size = CHUNK + TAG_BYTES
    first, second, third = body[:size], body[size : 2 * size], body[2 * size :]
    for other in (first + second, second + first + third, first + first + third, first, first + second + third + third, b""):
        with pytest.raises(Unsealable):
            opened(head + other)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 400), st.integers(1, 255))
def test_no_changed_byte_goes_unseen(place: int, change: int) -> None:
    box = bytearray(sealed(b"some words that matter " * 16))
    box[place % len(box)] ^= change
    with pytest.raises(Unsealable):
        opened(bytes(box))
