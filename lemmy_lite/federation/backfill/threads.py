"""The comments of a post that are not here: from the listing of the community's home, or from the collections that its documents name.

`context` lists a whole conversation (FEP-7888, FEP-f228: Lemmy 1.0, PieFed, NodeBB, Discourse), `replies` and `comments` those who answer
one thing (Mastodon, Mbin, PeerTube), so that each answer has to be asked for its own.
"""

import logging
from collections import deque
from collections.abc import AsyncIterator
from typing import Any, Final

from lemmy_lite.federation import origins
from lemmy_lite.federation.backfill import collections, listings
from lemmy_lite.federation.backfill.account import Account, Spent
from lemmy_lite.federation.backfill.listings import Listings, Place
from lemmy_lite.federation.backfill.taking import TROUBLE, Taking
from lemmy_lite.federation.fetch import Document, Fetcher
from lemmy_lite.federation.protocol import values
from lemmy_lite.model.community import Community
from lemmy_lite.model.post import Post
from lemmy_lite.storage.database import Database
from lemmy_lite.storage.tables import post

log = logging.getLogger(__name__)

_REPLIES: Final = ("replies", "comments")
MOST_PAGES: Final = 100
"""Of one listing: two thousand comments are looked through for those that are missing."""


class Threads:
    """Fills one thread at a time."""

    def __init__(self, database: Database, fetcher: Fetcher, listing: Listings, taking: Taking) -> None:
        self._database = database
        self._fetcher = fetcher
        self._listing = listing
        self._taking = taking

    async def fill(self, of: Post, home: Community, place: Place | None, account: Account, most: int, *, number: int | None = None) -> int:
        """Take in comments of a post, at most so many; answers how many came. `number` is the post's at the community's home, if known.

        Raises Interrupted. What cannot be had is left out, and the account may be spent in the middle.
        """
        came = 0
        try:
            if place is not None and (listed := await self._listed(of, place, account, most, number)) is not None:
                for ap_id in listed:
                    # What was not here when it was listed may have come meanwhile, above an answer to it.
                    came += await self._taking.take(ap_id, home, account) is not None
                return came
            async for is_new in self._walked(of, home, account, most):
                came += is_new
        except Spent:
            log.info("no more comments of %s: the account is spent", of.ap_id)
        return came

    async def _listed(self, of: Post, place: Place, account: Account, most: int, number: int | None) -> list[str] | None:
        """Ids of comments that are not here, newest first; None when there is no listing."""
        found: list[str] = []
        try:
            if number is None:
                with account.exchange() as budget:
                    there = await self._listing.post(place, of.ap_id, budget)
                if there.comments is not None and there.comments <= (await self._database.read(post.counters, of.id)).comments:
                    return []
                number = there.number
            for page in range(1, MOST_PAGES + 1):
                with account.exchange() as budget:
                    listed, more = await self._listing.comments(place, page, budget, number)
                found += await self._taking.unknown([each.ap_id for each in listed])
                if not more or len(found) >= most:
                    break
        except TROUBLE as trouble:
            log.info("no listing of comments of %s: %s", of.ap_id, trouble)
            return found or None
        return found[:most]

    async def _walked(self, of: Post, home: Community, account: Account, most: int) -> AsyncIterator[bool]:
        """Yields for each comment that the collections name whether it is new."""
        document = await self._taking.document(of.ap_id, account)
        if document is None:
            self._taking.require_home(home)
            return
        context = _collection(document, "context", (of.ap_id, home.actor_id))
        seen = {of.ap_id}
        waiting = deque([context] if context is not None else _of_answers(document))
        while waiting and most > 0:
            url = waiting.popleft()
            items = await self._items(url, account, most)
            if url == context and not items:
                waiting.extend(_of_answers(document))
            for item in items:
                ap_id = values.one(item)
                if ap_id is None or ap_id in seen:
                    continue
                seen.add(ap_id)
                # What is written out inside another document was served by that document's host: a hint, like an id.
                taken = await self._taking.take(item, home, account, source=url if isinstance(url, str) else None)
                if taken is None:
                    continue
                most -= taken.is_new
                yield taken.is_new
                if url != context:
                    waiting.extend(_of_answers(taken.document or await self._taking.document(ap_id, account) or {}))

    async def _items(self, url: str | Document, account: Account, most: int) -> list[Any]:
        """What a collection lists, whether it is named or written out. Nothing when it cannot be had."""
        found: list[Any] = []
        try:
            with account.exchange() as budget:
                if isinstance(url, dict):
                    first = collections.read(url, values.one(url) or "")
                    found += first.items
                    if first.following is None:
                        return found
                    url = first.following
                async for item in collections.every(self._fetcher, url, budget, most + MOST_PAGES):
                    found.append(item)
        except TROUBLE as trouble:
            log.info("no collection at %s: %s", str(url)[:200], trouble)
        return found


def _of_answers(document: Document) -> list[str | Document]:
    """The collections of what answers a thing."""
    ap_id = str(document.get("id") or "")
    return [found for name in _REPLIES if (found := _collection(document, name, (ap_id,))) is not None]


def _collection(document: Document, name: str, homes: tuple[str, ...]) -> Any:
    """A collection that a document names or holds, if it lies at one of the places where that is to be believed."""
    value = document.get(name)
    url = values.one(value)
    if url is None or not url.startswith(("https://", "http://")):
        return None
    try:
        if not any(origins.origin(url) == origins.origin(home) for home in homes):
            return None
    except TROUBLE:
        return None
    holds = isinstance(value, dict) and values.kind(value) in collections.TYPES and any(value.get(key) for key in _CONTENTS)
    return value if holds else url


_CONTENTS: Final = ("items", "orderedItems", "first")


def place_of(home: Community, software: str | None) -> Place | None:
    """Where a community is listed, None where no listing is to be expected."""
    root = listings.root(software)
    origin = origins.origin(home.actor_id)
    return None if root is None else Place(f"{origin.scheme}://{origin.authority}", root, home.name)
