"""Collections on the wire."""

from typing import Any

from lemmy_lite.federation.protocol.wire import Wire


class Collection(Wire, kw_only=True):
    """A set without order, of which only the size is told: followers."""

    id: str
    type: str
    total_items: int
    items: list[Any]


class OrderedCollection(Wire, kw_only=True):
    """A list: outboxes, featured posts, moderators."""

    id: str
    type: str
    total_items: int | None = None
    ordered_items: list[Any]


def ordered(ap_id: str, items: list[Any]) -> OrderedCollection:
    """A list for the wire."""
    return OrderedCollection(id=ap_id, type="OrderedCollection", total_items=len(items), ordered_items=items)
