"""What belongs to a community itself: its moderators, the number of its followers, and which of its posts are pinned.

Everything is believed only from its own id; what cannot be had is left out, as the community itself is there already.
"""

import logging
from typing import Any

from lemmy_lite.context import Context
from lemmy_lite.domain import community as communities
from lemmy_lite.federation import origins
from lemmy_lite.federation.backfill import collections
from lemmy_lite.federation.backfill.account import Account
from lemmy_lite.federation.backfill.taking import TROUBLE, Taking
from lemmy_lite.federation.fetch import Fetcher
from lemmy_lite.federation.objects import written
from lemmy_lite.federation.protocol import values
from lemmy_lite.federation.store import Store
from lemmy_lite.model.community import Community
from lemmy_lite.model.ids import PostId
from lemmy_lite.model.post import Post
from lemmy_lite.net.budget import Budget
from lemmy_lite.storage.database import Database
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import community, person
from lemmy_lite.storage.tables.community import Collections

log = logging.getLogger(__name__)

MOST_MODERATORS = 50
MOST_FEATURED = 50
MOST_FOLLOWERS = 2**31 - 1


class Front:
    """Fetches the small collections of communities."""

    def __init__(self, context: Context, database: Database, fetcher: Fetcher, store: Store) -> None:
        self._context = context
        self._database = database
        self._fetcher = fetcher
        self._store = store

    async def moderators(self, home: Community, named: Collections, budget: Budget) -> None:
        """Make its moderators known and enter them in their rank."""
        listed = await self._items(home, named.moderators, budget, MOST_MODERATORS)
        if listed is None:
            return
        known = [ap_id for each in listed if (ap_id := values.one(each)) and await self._is_known(ap_id, budget)]
        await self._database.write(_appoint, home.id, known)

    async def followers(self, home: Community, named: Collections, budget: Budget) -> None:
        """Note how many follow it, as its home says."""
        if named.followers is None:
            return
        try:
            origins.require_same(named.followers, home.actor_id, "followers")
            total = (await self._fetcher.collection(named.followers, budget)).get("totalItems")
        except TROUBLE as trouble:
            log.info("no follower count of %s: %s", home.actor_id, trouble)
            return
        if isinstance(total, int) and 0 <= total <= MOST_FOLLOWERS:
            await self._database.write(community.set_subscribers, home.id, total)

    async def featured(self, home: Community, named: Collections, account: Account, taking: Taking) -> None:
        """Take in its pinned posts, and pin those and no others. Raises Interrupted, Spent."""
        with account.exchange() as budget:
            listed = await self._items(home, named.featured, budget, MOST_FEATURED)
        if listed is None:
            return
        found = []
        for each in listed:
            taken = await taking.take(each, home, account, source=named.featured)
            if taken is not None and isinstance(taken.row, Post):
                found.append(taken.row.id)
        await self._database.write(_feature, home.id, found)

    async def _items(self, home: Community, url: str | None, budget: Budget, most: int) -> list[Any] | None:
        """What a collection lists; None when it cannot be had, which is not the same as empty."""
        if url is None:
            return None
        try:
            origins.require_same(url, home.actor_id, "collection")
            return [item async for item in collections.every(self._fetcher, url, budget, most)]
        except TROUBLE as trouble:
            log.info("no collection at %s: %s", url[:200], trouble)
            return None

    async def _is_known(self, ap_id: str, budget: Budget) -> bool:
        """Whether there is a row of a person, made now if it must be."""
        if self._context.config.local(ap_id):
            return await self._database.read(person.by_actor_id, ap_id) is not None
        try:
            await self._store.perform(lambda tx, _: written.known_person(tx, ap_id), budget)
        except TROUBLE as trouble:
            log.info("left out the moderator %s: %s", ap_id[:200], trouble)
            return False
        return True


def _appoint(tx: Transaction, community_id: Any, ap_ids: list[str]) -> None:
    found = [person.by_actor_id(tx, ap_id) for ap_id in dict.fromkeys(ap_ids)]
    communities.receive_moderators(tx, community_id, [each.id for each in found if each is not None])


def _feature(tx: Transaction, community_id: Any, post_ids: list[PostId]) -> None:
    communities.receive_featured(tx, community_id, post_ids)
