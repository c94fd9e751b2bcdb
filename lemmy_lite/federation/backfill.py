"""What belongs to a community that has just become known: its moderators, the number of its followers, its newest posts.

Everything is believed only from its own id; what cannot be had is left out, as the community itself is there already.
"""

import logging
from typing import Any

from lemmy_lite.context import Context
from lemmy_lite.domain import community as communities
from lemmy_lite.federation import origins
from lemmy_lite.federation.errors import Refused, TryLater
from lemmy_lite.federation.fetch import Fetcher
from lemmy_lite.federation.objects import written
from lemmy_lite.federation.protocol import actors, objects, values
from lemmy_lite.federation.store import Store
from lemmy_lite.model.community import Community
from lemmy_lite.net.budget import Budget
from lemmy_lite.net.errors import NetError
from lemmy_lite.storage.database import Database
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import community, person

log = logging.getLogger(__name__)

MOST_MODERATORS = 50
MOST_POSTS = 20
"""Posts taken from an outbox; each with an unknown author costs a fetch."""
MOST_FOLLOWERS = 2**31 - 1
_TROUBLE = (Refused, TryLater, NetError)


class Backfill:
    """Fetches the collections of communities."""

    def __init__(self, context: Context, database: Database, fetcher: Fetcher, store: Store) -> None:
        self._context = context
        self._database = database
        self._fetcher = fetcher
        self._store = store

    async def moderators(self, found: Community, group: actors.Group, budget: Budget) -> None:
        """Make its moderators known and enter them in their rank."""
        if not isinstance(group.attributed_to, str):
            return
        listed = (await self._items(group.id, group.attributed_to, budget))[:MOST_MODERATORS]
        known = [ap_id for each in listed if (ap_id := values.one(each)) and await self._is_known(ap_id, budget)]
        await self._database.write(_appoint, found.id, known)

    async def followers(self, found: Community, group: actors.Group, budget: Budget) -> None:
        """Note how many follow it, as its home says."""
        url = values.one(group.followers)
        if url is None:
            return
        try:
            origins.require_same(url, group.id, "followers")
            total = (await self._fetcher.exactly(url, budget)).get("totalItems")
        except _TROUBLE as trouble:
            log.info("no follower count of %s: %s", group.id, trouble)
            return
        if isinstance(total, int) and 0 <= total <= MOST_FOLLOWERS:
            await self._database.write(community.set_subscribers, found.id, total)

    async def posts(self, group: actors.Group, budget: Budget) -> None:
        """Take in the newest posts of its outbox."""
        url = values.one(group.outbox)
        if url is None:
            return
        for each in (await self._items(group.id, url, budget))[:MOST_POSTS]:
            page = _innermost(each)
            ap_id = values.one(page)
            if ap_id is None or self._context.config.local(ap_id):
                continue
            try:
                own = isinstance(page, dict) and origins.origin(ap_id) == origins.origin(group.id)
                document = page if own and isinstance(page, dict) else await self._fetcher.exactly(ap_id, budget)
                if values.kind(document) in objects.PAGE_TYPES | objects.NOTE_TYPES:
                    await self._store.document(document, budget)
            except _TROUBLE as trouble:
                log.info("left out %s of the outbox of %s: %s", ap_id, group.id, trouble)

    async def _items(self, home_id: str, url: str, budget: Budget) -> list[Any]:
        try:
            origins.require_same(url, home_id, "collection")
            listed = await self._fetcher.exactly(url, budget)
        except _TROUBLE as trouble:
            log.info("no collection at %s: %s", url, trouble)
            return []
        items = listed.get("orderedItems") or listed.get("items")
        return items if isinstance(items, list) else []

    async def _is_known(self, ap_id: str, budget: Budget) -> bool:
        """Whether there is a row of a person, made now if it must be."""
        if self._context.config.local(ap_id):
            return await self._database.read(person.by_actor_id, ap_id) is not None
        try:
            await self._store.perform(lambda tx, _: written.known_person(tx, ap_id), budget)
        except _TROUBLE as trouble:
            log.info("left out the moderator %s: %s", ap_id, trouble)
            return False
        return True


def _appoint(tx: Transaction, community_id: Any, ap_ids: list[str]) -> None:
    found = [person.by_actor_id(tx, ap_id) for ap_id in dict.fromkeys(ap_ids)]
    communities.receive_moderators(tx, community_id, [each.id for each in found if each is not None])


def _innermost(item: Any) -> Any:
    """The object inside Announce and Create."""
    for _ in range(2):
        if isinstance(item, dict) and item.get("type") in ("Announce", "Create"):
            item = item.get("object")
    return item
