"""What is told to others takes few bytes while it is kept, and comes back as it was."""

import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lemmy_lite.storage import packing

VOTE = (
    b'{"@context":["https://join-lemmy.org/context.json","https://www.w3.org/ns/activitystreams"],'
    b'"id":"https://town.test/activities/announce/5b0b3f6e-1c2d-4b8e-9f10-0c1d2e3f4a5b","type":"Announce",'
    b'"actor":"https://town.test/c/main","to":["https://www.w3.org/ns/activitystreams#Public"],'
    b'"cc":["https://town.test/c/main/followers"],'
    b'"object":{"id":"https://town.test/activities/like/90a2a2ae-4b5c-4b0e-8a40-aa1d2e3f4a5c","type":"Like",'
    b'"actor":"https://town.test/u/ada","object":"https://town.test/post/12345","audience":"https://town.test/c/main"}}'
)


@given(st.binary(max_size=20_000))
def test_every_document_comes_back(document: bytes) -> None:
    assert packing.unpacked(packing.packed(document)) == document


def test_a_vote_takes_a_quarter_of_its_bytes() -> None:
    assert len(packing.packed(VOTE)) < len(VOTE) / 3.8 < len(zlib.compress(VOTE))


def test_what_was_packed_without_the_words_is_read_too() -> None:
    assert packing.unpacked(zlib.compress(VOTE)) == VOTE


def test_what_is_spoilt_is_no_document() -> None:
    for spoilt in (b"", b"{}", packing.packed(VOTE)[:-1], zlib.compress(VOTE)[:-5]):
        with pytest.raises(zlib.error):
            packing.unpacked(spoilt)
