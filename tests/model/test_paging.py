"""Pages: bounds are refused, never clamped."""

import pytest

from lemmy_lite.model.errors import LemmyError
from lemmy_lite.model.paging import Page, page


def test_without_wishes_the_first_ten_are_shown() -> None:
    assert page() == Page(limit=10, number=1)
    assert page(default=20).limit == 20


@pytest.mark.parametrize(("limit", "number"), [(1, 1), (50, 100), (None, 100), (50, None)])
def test_bounds_themselves_are_allowed(limit: int | None, number: int | None) -> None:
    asked = page(limit, number)
    assert (asked.limit, asked.number) == (limit or 10, number or 1)


@pytest.mark.parametrize(("limit", "number"), [(0, 1), (51, 1), (-1, 1), (10, 0), (10, 101), (10, -1), (2**63 - 1, 2**63 - 1)])
def test_out_of_bounds_is_refused_with_the_code_of_the_list(limit: int, number: int) -> None:
    with pytest.raises(LemmyError) as posts:
        page(limit, number, error="couldnt_get_posts")
    assert (posts.value.code, posts.value.message) == ("couldnt_get_posts", None)
    with pytest.raises(LemmyError, match="must lie between 1 and"):
        page(limit, number)


def test_the_offset_counts_the_rows_of_the_pages_before() -> None:
    assert page(10, 1).offset == 0
    assert page(50, 100).offset == 4950
