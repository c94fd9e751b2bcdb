"""Collections of other instances, page by page (Activity Streams 2.0, 5.5): outboxes, featured posts, contexts, replies.

Peers name the pages (Mbin, PieFed, PeerTube), put the first one inside the collection (Mastodon), or have none (Lemmy).
"""

from collections.abc import AsyncIterator
from typing import Any, NamedTuple

from lemmy_lite.federation import origins
from lemmy_lite.federation.errors import Refused
from lemmy_lite.federation.fetch import Document, Fetcher
from lemmy_lite.federation.protocol import values
from lemmy_lite.net.budget import Budget

TYPES = frozenset({"Collection", "OrderedCollection", "CollectionPage", "OrderedCollectionPage"})
MOST_ITEMS = 1000
"""Of one page. Lemmy's outbox has 50, Mastodon's pages 40; a document of a megabyte could name 20,000."""


class Part(NamedTuple):
    """One page: what it lists, ids or documents, and the address of the next page."""

    items: list[Any]
    following: str | None


async def part(fetcher: Fetcher, url: str, budget: Budget) -> Part:
    """The page at an address; of a collection in pages, the first. Raises Refused, Gone, TryLater."""
    document = await fetcher.collection(url, budget)
    found = read(document, url)
    if found.items or found.following is None or values.kind(document).endswith("Page"):
        return found
    return read(await fetcher.collection(found.following, budget), url)


def read(document: object, home: str) -> Part:
    """What a collection, a page, or one with its first page inside it lists. Pages lie where the collection does. Raises Refused."""
    if not isinstance(document, dict) or values.kind(document) not in TYPES:
        raise Refused("not_a_collection", f"{home[:200]} is no collection")
    first = document.get("first")
    if not (items := _items(document)) and isinstance(first, dict) and (_items(first) or first.get("next")):
        return Part(_items(first), _own(first.get("next"), home))
    return Part(items, _own(document.get("next") or (None if items else first), home))


async def every(fetcher: Fetcher, url: str, budget: Budget, most: int) -> AsyncIterator[Any]:
    """What a collection lists, at most so many items and as many pages. Raises Refused, Gone, TryLater."""
    following: str | None = url
    seen: set[str] = set()
    count = 0
    while following is not None and following not in seen and count < most and len(seen) < most:
        seen.add(following)
        found = await part(fetcher, following, budget)
        for item in found.items[: most - count]:
            count += 1
            yield item
        following = found.following


def _items(document: Document) -> list[Any]:
    found = document.get("orderedItems") or document.get("items")
    if isinstance(found, str | dict):
        return [found]
    return found[:MOST_ITEMS] if isinstance(found, list) else []


def _own(value: object, home: str) -> str | None:
    """The address of a page, if it is of the collection's own place."""
    found = values.one(value)
    return found if found and origins.origin(found) == origins.origin(home) else None
