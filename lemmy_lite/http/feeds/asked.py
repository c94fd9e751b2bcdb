"""What the address of a feed asks for: the format by its suffix, and the query as the pages and Lemmy's feeds name it."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from lemmy_lite.http.api_v3.wire.query import decode_query
from lemmy_lite.http.feeds import atom, json_feed, rss
from lemmy_lite.http.feeds.feed import Feed
from lemmy_lite.model.errors import LemmyError
from lemmy_lite.model.listing import ListingType, SearchType, SortType
from lemmy_lite.model.modlog import ModlogActionType
from lemmy_lite.model.struct import Struct

LIMIT_DEFAULT = 20


class Format(NamedTuple):
    """How a feed becomes bytes, and their media type."""

    content_type: str
    write: Callable[[Feed], bytes]


_RSS = Format(rss.TYPE, rss.write)

FORMATS: Mapping[str, Format] = {
    "xml": _RSS,
    "rss": _RSS,
    "atom": Format(atom.TYPE, atom.write),
    "json": Format(json_feed.TYPE, json_feed.write),
}
"""By suffix; `.xml` is Lemmy's."""


class FeedParams(Struct, kw_only=True):
    """The query of a feed. `sort`, `limit` (1 to 50) and `page` are Lemmy's; the rest is named as on the pages.

    `data_type` Comment lists comments. `key` makes a public feed that of its owner: with their blocks and languages, and open where the
    instance is private.
    """

    sort: SortType = SortType.HOT
    limit: int = LIMIT_DEFAULT
    page: int = 1
    data_type: str | None = None
    key: str | None = None
    q: str = ""
    search_type: SearchType = SearchType.POSTS
    listing_type: ListingType = ListingType.ALL
    title_only: bool = False
    action_type: ModlogActionType = ModlogActionType.ALL

    @property
    def of_comments(self) -> bool:
        """Whether comments are wanted instead of posts."""
        return self.data_type == "Comment"


_SPELLED = {
    b"dataType": b"data_type",
    b"type": b"search_type",
    b"listingType": b"listing_type",
    b"titleOnly": b"title_only",
    b"actionType": b"action_type",
}


def params(query: bytes) -> FeedParams:
    """The query of a feed's address. Raises LemmyError for values that are none of those allowed."""
    pairs = [pair.partition(b"=") for pair in query.split(b"&")]
    return decode_query(FeedParams, b"&".join(_SPELLED.get(name, name) + b"=" + value for name, _, value in pairs if name))


def split(name: str) -> tuple[str, Format]:
    """Name and format of the last part of a path, such as `main@example.org.atom`. Raises LemmyError for what has no known suffix."""
    short, _, suffix = name.rpartition(".")
    if not short or suffix not in FORMATS:
        raise LemmyError("unknown", "There is no feed at this address.", missing=True)
    return short, FORMATS[suffix]
