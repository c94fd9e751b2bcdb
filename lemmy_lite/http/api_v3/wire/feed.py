"""Feeds."""

from lemmy_lite.http.api_v3.wire.bounds import Int64
from lemmy_lite.model.listing import SortType
from lemmy_lite.model.struct import Struct


class FeedParams(Struct, kw_only=True):
    """The query of a feed; 20 entries unless told otherwise."""

    sort: SortType | None = None
    limit: Int64 | None = None
    page: Int64 | None = None
