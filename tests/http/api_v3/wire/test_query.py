"""Query strings: read strictly, as Lemmy does; whatever arrives becomes a request or a refusal."""

from contextlib import suppress
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lemmy_lite.http.api_v3.wire.comment import GetComments
from lemmy_lite.http.api_v3.wire.post import GetPosts
from lemmy_lite.http.api_v3.wire.query import decode_query
from lemmy_lite.http.api_v3.wire.search import Search
from lemmy_lite.model.errors import LemmyError
from lemmy_lite.model.ids import CommunityId
from lemmy_lite.model.listing import CommentSortType, ListingType, SortType
from lemmy_lite.model.paging import PaginationCursor


def test_a_query_is_read_with_its_types() -> None:
    asked = decode_query(GetPosts, b"type_=All&sort=TopSixHour&limit=5&community_id=-3&saved_only=true&show_read=false&page_cursor=P1a")
    assert asked == GetPosts(
        type_=ListingType.ALL,
        sort=SortType.TOP_SIX_HOUR,
        limit=5,
        community_id=CommunityId(-3),
        saved_only=True,
        show_read=False,
        page_cursor=PaginationCursor("P1a"),
    )


def test_nothing_asked_is_nothing_set() -> None:
    assert decode_query(GetPosts, b"") == GetPosts()
    assert decode_query(GetPosts, b"&&auth=x&auth=y&limt=7") == GetPosts()


def test_percent_signs_and_plus_signs_are_decoded() -> None:
    assert decode_query(Search, b"q=caf%C3%A9+au%20lait%26x%3D1%2B1=2%").q == "café au lait&x=1+1=2%"


def test_a_text_that_looks_like_something_else_stays_text() -> None:
    assert [decode_query(Search, b"q=" + text).q for text in (b"null", b"true", b"7", b"")] == ["null", "true", "7", ""]


@pytest.mark.parametrize(
    "raw",
    [
        b"limit=",
        b"limit",
        b"limit=1.0",
        b"limit=1e3",
        b"limit=0x10",
        b"limit=1_0",
        b"limit=+1",
        b"limit=%2B1",
        b"limit=%201",
        b"limit=1%0A",
        b"limit=%D9%A3",
        b"limit=null",
        b"limit=9223372036854775808",
        b"limit=" + b"9" * 100_000,
        b"community_id=2147483648",
        b"community_id=-2147483649",
        b"saved_only=1",
        b"saved_only=True",
        b"saved_only=",
        b"sort=hot",
        b"sort=",
        b"sort=" + b"x" * 100_000,
        b"limit=1&limit=1",
        b"limit=1&%6Cimit=1",
        b"community_name=%FF",
        b"community_name=%ED%A0%80",
        b"community_name=a%00b",
        b"community_name=\xff",
        b"%FF=1",
    ],
)
def test_what_is_no_such_request_is_refused(raw: bytes) -> None:
    with pytest.raises(LemmyError) as refused:
        decode_query(GetPosts, raw)
    assert refused.value.code == "unknown"
    assert 0 < len(refused.value.message or "") <= 200


def test_a_missing_required_field_is_refused_by_name() -> None:
    with pytest.raises(LemmyError, match="`q`"):
        decode_query(Search, b"limit=1")


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused_and_nothing_else_is_raised(raw: bytes) -> None:
    with suppress(LemmyError):
        decode_query(GetComments, raw)


@given(q=st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])), page=st.integers(-(2**63), 2**63 - 1))
def test_what_a_client_encodes_is_read_back(q: str, page: int) -> None:
    raw = urlencode({"q": q, "page": page}).encode()
    assert decode_query(Search, raw) == Search(q=q, page=page)


def test_comment_sorts_are_their_own_enum() -> None:
    assert decode_query(GetComments, b"sort=Top").sort is CommentSortType.TOP
