"""Budgets and decoding: no exchange costs more than it was given."""

import gzip
import zlib

import pytest

from lemmy_lite.net.budget import Budget, Limits
from lemmy_lite.net.decoding import Decoder
from lemmy_lite.net.errors import Kind, NetError


class Time:
    """A clock that moves when told."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def budget(clock: Time | None = None, **changes: int) -> Budget:
    limits: dict[str, int] = {"requests": 3, "depth": 3, "wire_bytes": 100, "decoded_bytes": 200, "seconds": 10} | changes
    return Budget(Limits(**limits), clock or Time())


def kind_of(error: pytest.ExceptionInfo[NetError]) -> Kind:
    return error.value.kind


def test_requests_are_counted_across_all_levels() -> None:
    top = budget()
    below = top.deeper()
    top.take_request()
    below.take_request()
    below.deeper().take_request()
    for account in (top, below):
        with pytest.raises(NetError) as error:
            account.take_request()
        assert kind_of(error) is Kind.BUDGET
    assert top.requests_left == 0


def test_bytes_are_counted_across_all_levels_on_the_wire_and_decoded() -> None:
    top = budget()
    top.take_bytes(60, 60)
    with pytest.raises(NetError) as error:
        top.deeper().take_bytes(60, 60)
    assert kind_of(error) is Kind.TOO_LARGE
    with pytest.raises(NetError) as error:
        budget().take_bytes(1, 201)
    assert kind_of(error) is Kind.TOO_LARGE


def test_depth_ends() -> None:
    level = budget().deeper().deeper()
    with pytest.raises(NetError) as error:
        level.deeper()
    assert kind_of(error) is Kind.BUDGET


def test_time_runs_for_all_levels_from_the_first() -> None:
    clock = Time()
    top = budget(clock)
    clock.now += 6
    below = top.deeper()
    assert below.seconds_left() == pytest.approx(4)
    clock.now += 5
    with pytest.raises(NetError) as error:
        below.take_request()
    assert kind_of(error) is Kind.TIMEOUT


TEXT = b"lemmings " * 1000


@pytest.mark.parametrize(
    ("encoding", "wire"),
    [
        ("", TEXT),
        ("identity", TEXT),
        ("gzip", gzip.compress(TEXT)),
        ("X-GZip", gzip.compress(TEXT)),
        ("gzip", gzip.compress(TEXT[:5000]) + gzip.compress(TEXT[5000:])),
        ("gzip", gzip.compress(TEXT) + b"\0" * 20),
        ("deflate", zlib.compress(TEXT)),
    ],
)
@pytest.mark.parametrize("step", [1, 7, 100_000])
def test_a_body_is_decoded_whole_however_it_is_cut(encoding: str, wire: bytes, step: int) -> None:
    decoder = Decoder(encoding, len(TEXT))
    assert b"".join(decoder.feed(wire[at : at + step]) for at in range(0, len(wire), step)) == TEXT
    decoder.finish()


@pytest.mark.parametrize("encoding", ["", "gzip"])
def test_one_byte_too_many_is_too_many(encoding: str) -> None:
    decoder = Decoder(encoding, len(TEXT) - 1)
    with pytest.raises(NetError) as error:
        decoder.feed(TEXT if not encoding else gzip.compress(TEXT))
    assert kind_of(error) is Kind.TOO_LARGE


def test_a_bomb_is_never_unpacked_beyond_the_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    bomb = gzip.compress(bytes(20_000_000))
    decoder = Decoder("gzip", 1000)
    unpacked: list[int] = []
    original = Decoder._unpack

    def watched(self: Decoder, piece: bytes) -> bytes:
        result = original(self, piece)
        unpacked.append(len(result))
        return result

    monkeypatch.setattr(Decoder, "_unpack", watched)
    with pytest.raises(NetError):
        decoder.feed(bomb)
    assert unpacked == [1001]


def test_a_bomb_of_many_members_is_bounded_too() -> None:
    decoder = Decoder("gzip", 1000)
    with pytest.raises(NetError) as error:
        decoder.feed(gzip.compress(bytes(100)) * 5000)
    assert kind_of(error) is Kind.TOO_LARGE


def test_the_beginning_is_enough_where_that_was_asked() -> None:
    decoder = Decoder("gzip", 10, cut=True)
    assert decoder.feed(gzip.compress(TEXT)) == TEXT[:10]
    assert decoder.full
    assert decoder.feed(b"more") == b""
    decoder.finish()


@pytest.mark.parametrize("wire", [b"not gzip at all", gzip.compress(TEXT)[:-9], b"\x1f"])
def test_damaged_compression_is_a_fault_of_the_answer(wire: bytes) -> None:
    decoder = Decoder("gzip", 100_000)

    def decode() -> None:
        decoder.feed(wire)
        decoder.finish()

    with pytest.raises(NetError) as error:
        decode()
    assert kind_of(error) is Kind.PROTOCOL


@pytest.mark.parametrize("encoding", ["br", "gzip, gzip", "zstd", "rot13"])
def test_an_encoding_that_was_not_asked_for_is_refused(encoding: str) -> None:
    with pytest.raises(NetError) as error:
        Decoder(encoding, 100)
    assert kind_of(error) is Kind.PROTOCOL
