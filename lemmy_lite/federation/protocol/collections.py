"""Collections on the wire: whole ones, ones that only tell their size, and ones that are read page by page."""

from typing import Any

from lemmy_lite.federation.protocol.wire import Wire


class Collection(Wire, kw_only=True):
    """A set without order, of which only the size is told: followers."""

    id: str
    type: str
    total_items: int
    items: list[Any]


class OrderedCollection(Wire, kw_only=True):
    """A list: outboxes, featured posts, moderators, threads.

    A long one has its items in pages, the first of them at `first`. `attributed_to` is who decides what belongs to it (FEP-7888).
    """

    id: str
    type: str
    attributed_to: str | None = None
    total_items: int | None = None
    ordered_items: list[Any] | None = None
    first: str | None = None


class OrderedCollectionPage(Wire, kw_only=True):
    """A piece of a list; `next` is absent from the last."""

    id: str
    type: str
    part_of: str
    ordered_items: list[Any]
    next: str | None = None


def ordered(ap_id: str, items: list[Any]) -> OrderedCollection:
    """A list for the wire."""
    return OrderedCollection(id=ap_id, type="OrderedCollection", total_items=len(items), ordered_items=items)
