"""Bodies: whatever arrives becomes a request or a refusal, never a fault."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lemmy_lite.http.api_v3.wire.body import decode_body
from lemmy_lite.http.api_v3.wire.post import CreatePost, EditPost, FeaturePost, MarkPostAsRead
from lemmy_lite.model.errors import LemmyError


def refusal(raw: bytes) -> str:
    with pytest.raises(LemmyError) as refused:
        decode_body(CreatePost, raw)
    assert refused.value.code == "unknown"
    assert refused.value.message
    return refused.value.message


def test_null_and_absent_are_the_same_and_unknown_fields_are_ignored() -> None:
    absent = decode_body(EditPost, b'{"post_id": 7}')
    assert decode_body(EditPost, b'{"post_id": 7, "name": null, "auth": "old", "x": [{}]}') == absent


def test_an_empty_text_is_not_absent() -> None:
    assert decode_body(EditPost, b'{"post_id": 7, "body": ""}').body == ""


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"null",
        b"[]",
        b"7",
        b"{",
        b"{}",
        b"\xef\xbb\xbf{}",
        b'{"name": "abc"}',
        b'{"name": 7, "community_id": 2}',
        b'{"name": null, "community_id": 2}',
        b'{"name": "abc", "community_id": "2"}',
        b'{"name": "abc", "community_id": true}',
        b'{"name": "abc", "community_id": 2.5}',
        b'{"name": "abc", "community_id": NaN}',
        b'{"name": "abc", "community_id": Infinity}',
        b'{"name": "abc", "community_id": 1e999}',
        b'{"name": "abc", "community_id": 2147483648}',
        b'{"name": "abc", "community_id": -2147483649}',
        b'{"name": "abc", "community_id": 99999999999999999999999999}',
        b'{"name": "abc", "community_id": ' + b"9" * 100_000 + b"}",
        b'{"name": "abc", "community_id": 2, "nsfw": "true"}',
        b'{"name": "abc", "community_id": 2} trailing',
        b'{"name": "\xff", "community_id": 2}',
        b'{"name": "\xed\xa0\x80", "community_id": 2}',
        b'{"name": "\\ud800", "community_id": 2}',
        b'{"name": "\\udc00x", "community_id": 2}',
        b'{"name": "a\x01b", "community_id": 2}',
        b'{"name": "a\\u0000b", "community_id": 2}',
        b'{"name": "a\\\\\\u0000b", "community_id": 2}',
    ],
)
def test_what_is_no_such_request_is_refused(raw: bytes) -> None:
    assert len(refusal(raw)) <= 200


@pytest.mark.parametrize("raw", [b"[" * 100_000, b'{"x": ' * 100_000, b'{"x":' + b"[" * 100_000 + b"]" * 100_000 + b"}"])
def test_deep_nesting_is_refused(raw: bytes) -> None:
    refusal(raw)


def test_a_backslash_before_u0000_is_plain_text() -> None:
    assert decode_body(CreatePost, rb'{"name": "a\\u0000b", "community_id": 2}').name == r"a\u0000b"


def test_a_wrong_value_is_not_echoed_at_length() -> None:
    raw = b'{"post_id": 7, "featured": true, "feature_type": "' + b"x" * 1_000_000 + b'"}'
    with pytest.raises(LemmyError) as refused:
        decode_body(FeaturePost, raw)
    assert len(refused.value.message or "") <= 200


def test_ids_in_lists_are_bounded_too() -> None:
    assert decode_body(MarkPostAsRead, b'{"post_ids": [1, 2], "read": true}').post_ids == [1, 2]
    with pytest.raises(LemmyError, match=r"post_ids\[1\]"):
        decode_body(MarkPostAsRead, b'{"post_ids": [1, 2147483648], "read": true}')


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused_and_nothing_else_is_raised(raw: bytes) -> None:
    with suppress(LemmyError):
        decode_body(EditPost, raw)
