"""From something that is listed to a row: looked up at its own id, unless it is here, and only into the community it is listed for."""

import logging
from typing import Any, NamedTuple

from lemmy_lite.context import Context
from lemmy_lite.federation import origins, store
from lemmy_lite.federation.backfill.account import Account
from lemmy_lite.federation.backfill.polite import Pace
from lemmy_lite.federation.errors import Refused, TryLater
from lemmy_lite.federation.evidence import Evidence
from lemmy_lite.federation.fetch import Document, Fetcher
from lemmy_lite.federation.protocol import objects, values
from lemmy_lite.federation.store import Store
from lemmy_lite.model.comment import Comment
from lemmy_lite.model.community import Community
from lemmy_lite.model.post import Post
from lemmy_lite.net.errors import NetError
from lemmy_lite.storage.database import Database
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import comment, post, tombstone

log = logging.getLogger(__name__)

SECONDS_UNTIL_ROOM = 300.0
TROUBLE = (Refused, TryLater, NetError)
WRITTEN = objects.PAGE_TYPES | objects.NOTE_TYPES


class Interrupted(Exception):
    """The community's own home wants to be left alone, or the disk here is full, for so many seconds."""

    def __init__(self, sentence: str, seconds: float) -> None:
        super().__init__(sentence)
        self.seconds = seconds


class Taken(NamedTuple):
    """What became of something listed. `document` is there when it had to be looked at."""

    row: Post | Comment
    is_new: bool
    document: Any = None


class Taking:
    """Takes in posts and comments, one at a time."""

    def __init__(self, context: Context, database: Database, fetcher: Fetcher, stored: Store, pace: Pace) -> None:
        self._context = context
        self._database = database
        self._fetcher = fetcher
        self._store = stored
        self._pace = pace

    async def take(self, item: Any, home: Community, account: Account, *, source: str | None = None) -> Taken | None:
        """Take in what is listed, an id or a document within the collection at `source`; None when it cannot be had.

        Raises Interrupted, Spent.
        """
        if self._context.room is not None and (why := self._context.room.shut()) is not None:
            raise Interrupted(why, SECONDS_UNTIL_ROOM)
        listed = innermost(item)
        ap_id = values.one(listed)
        if ap_id is None:
            return None
        try:
            origins.origin(ap_id)  # what is no address goes no further, nor does a NUL in it, which Postgres cannot look up
            if self._context.config.local(ap_id):
                return None
            known = await self._database.read(_known, ap_id)
            if known is not None:
                return Taken(known, is_new=False) if not isinstance(known, str) else None
            with account.exchange() as budget:
                document = listed if _is_own(listed, ap_id, source) else await self._fetcher.exactly(ap_id, budget)
                if values.kind(document) not in WRITTEN:
                    raise Refused("unknown_type", f"{ap_id[:200]} is neither a post nor a comment")
                row = await self._store.perform(
                    lambda tx, evidence: _receive(tx, evidence, self._context, document, home), budget, self._store.evidence(document)
                )
            return Taken(row, is_new=True, document=document)
        except TROUBLE as trouble:
            log.info("left out %s of %s: %s", ap_id[:200], home.actor_id, trouble)
            self.require_home(home)
            return None

    async def document(self, ap_id: str, account: Account) -> Document | None:
        """What stands at an id now, None when it cannot be had. Raises Spent."""
        try:
            with account.exchange() as budget:
                return await self._fetcher.exactly(ap_id, budget)
        except TROUBLE as trouble:
            log.info("cannot look at %s: %s", ap_id[:200], trouble)
            return None

    async def unknown(self, ap_ids: list[str]) -> list[str]:
        """Those of some ids that are neither here nor ours nor known to be deleted, in their order."""
        others = [ap_id for ap_id in dict.fromkeys(ap_ids) if _is_address(ap_id) and not self._context.config.local(ap_id)]
        return await self._database.read(_unknown, others)

    def require_home(self, home: Community) -> None:
        """Raises Interrupted while the community's home wants to be left alone."""
        host = origins.domain(home.actor_id)
        if (seconds := self._pace.paused(host)) > 0:
            raise Interrupted(f"{host} is left alone for now", seconds)


def innermost(item: Any) -> Any:
    """The object inside Announce and Create; of other activities, nothing."""
    for _ in range(2):
        if isinstance(item, dict) and item.get("type") in ("Announce", "Create"):
            item = item.get("object")
    if isinstance(item, dict) and "type" in item and values.kind(item) not in WRITTEN and "actor" in item:
        return None
    return item


def _is_address(ap_id: str) -> bool:
    try:
        origins.origin(ap_id)
    except Refused:
        return False
    return True


def _is_own(listed: Any, ap_id: str, source: str | None) -> bool:
    """Whether a listed document comes from the host of its own id, so that it says the same there (design rule 7)."""
    return isinstance(listed, dict) and "type" in listed and source is not None and origins.origin(ap_id) == origins.origin(source)


def _known(tx: Transaction, ap_id: str) -> Post | Comment | str | None:
    """Its row; the id itself for what was deleted before it came."""
    return post.by_ap_id(tx, ap_id) or comment.by_ap_id(tx, ap_id) or (ap_id if tombstone.holds(tx, ap_id) else None)


def _unknown(tx: Transaction, ap_ids: list[str]) -> list[str]:
    return [ap_id for ap_id in ap_ids if _known(tx, ap_id) is None]


def _receive(tx: Transaction, evidence: Evidence, context: Context, document: Document, home: Community) -> Post | Comment:
    row = store.receive(tx, evidence, context, document)
    if isinstance(row, Post):
        community_id = row.community_id
    elif isinstance(row, Comment):
        community_id = post.existing(tx, row.post_id).community_id
    else:
        raise Refused("unknown_type", f"{str(document.get('id'))[:200]} is neither a post nor a comment")
    if community_id != home.id:
        raise Refused("foreign_object", f"{row.ap_id[:200]} is not in {home.actor_id}")
    return row
