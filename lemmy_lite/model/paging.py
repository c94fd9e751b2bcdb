"""Paging of lists: by page number as API v3 has it, and the cursor of post lists."""

from typing import NewType

from lemmy_lite.model.errors import LemmyError
from lemmy_lite.model.struct import Struct

PaginationCursor = NewType("PaginationCursor", str)
"""Where the next page of posts starts: `P` and the id of the last post in hexadecimal. Opaque to clients."""

LIMIT_DEFAULT = 10
LIMIT_MAX = 50
PAGE_MAX = 100


class Page(Struct, kw_only=True):
    """One page of a list: `limit` rows (1 to 50) of page `number` (1 to 100)."""

    limit: int = LIMIT_DEFAULT
    number: int = 1

    @property
    def offset(self) -> int:
        """How many rows come before this page."""
        return self.limit * (self.number - 1)


def page(limit: int | None = None, number: int | None = None, *, error: str = "unknown", default: int = LIMIT_DEFAULT) -> Page:
    """The page asked for; None means the default.

    Raises LemmyError(error) when a number is out of bounds, for lists refuse and never clamp (contract, `validation.paging`: posts answer
    couldnt_get_posts, comments couldnt_get_comments, all other lists unknown).
    """
    limit = default if limit is None else limit
    number = 1 if number is None else number
    if not 1 <= limit <= LIMIT_MAX:
        raise _out_of_bounds(error, f"limit must lie between 1 and {LIMIT_MAX}")
    if not 1 <= number <= PAGE_MAX:
        raise _out_of_bounds(error, f"page must lie between 1 and {PAGE_MAX}")
    return Page(limit=limit, number=number)


def _out_of_bounds(error: str, reason: str) -> LemmyError:
    return LemmyError(error, reason) if error == "unknown" else LemmyError(error, cause=reason)
