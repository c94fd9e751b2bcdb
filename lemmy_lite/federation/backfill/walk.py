"""A walk through the posts of a community, from the newest page to older ones.

Where the home has Lemmy's public listing, that is walked, for it goes back to the first day; elsewhere the outbox with its pages.
"""

import logging
from typing import Any, NamedTuple

from lemmy_lite.federation.backfill import collections
from lemmy_lite.federation.backfill.account import Account
from lemmy_lite.federation.backfill.listings import Listings, Place
from lemmy_lite.federation.backfill.taking import TROUBLE, Interrupted, Taking, innermost
from lemmy_lite.federation.backfill.threads import Threads
from lemmy_lite.federation.errors import TryLater
from lemmy_lite.federation.fetch import Fetcher
from lemmy_lite.federation.protocol import values
from lemmy_lite.model.clock import Micros
from lemmy_lite.model.community import Community
from lemmy_lite.model.post import Post
from lemmy_lite.storage.database import Database
from lemmy_lite.storage.tables import post
from lemmy_lite.storage.tables.community import Collections

log = logging.getLogger(__name__)

MOST_COMMENT_PAGES = 100
SECONDS_AFTER_TROUBLE = 120.0


class Listed(NamedTuple):
    """One post of a page: an id or a document, and what the page tells of it besides."""

    item: Any
    published: Micros | None = None
    number: int | None = None
    comments: int | None = None


class Page(NamedTuple):
    """Posts, newest first behind those that are pinned; the mark of the next page; and where documents among them were served."""

    listed: list[Listed]
    following: str | None
    source: str | None = None


class Step(NamedTuple):
    """What one page brought: posts of it that are here now, those and comments that are new, and where to go on."""

    posts: int
    new_posts: int
    comments: int
    following: str | None


class Walk:
    """Through one community."""

    def __init__(
        self,
        database: Database,
        fetcher: Fetcher,
        listing: Listings,
        taking: Taking,
        threads: Threads,
        home: Community,
        named: Collections,
        place: Place | None,
        account: Account,
    ) -> None:
        self._database = database
        self._fetcher = fetcher
        self._listing = listing
        self._taking = taking
        self._threads = threads
        self._home = home
        self._outbox = named.outbox
        self._place = place
        self._account = account

    async def front(self, most: int) -> int:
        """Take in the newest posts of its outbox; answers how many were new. Raises Interrupted, Spent."""
        page = await self._of_outbox(self._outbox)
        found = [await self._take(each, page.source) for each in page.listed[:most]]
        return sum(is_new for _, is_new in found if _ is not None)

    async def step(self, cursor: str | None, most_posts: int, most_comments: int) -> Step:
        """Take in one page with the comments of its posts. Raises Interrupted, Spent."""
        page = await self._page(cursor)
        listed = page.listed[:most_posts]
        here, new = [], 0
        for each in listed:
            row, is_new = await self._take(each, page.source)
            new += is_new
            if row is not None:
                here.append((row, each))
        comments = 0
        for row, each in here:
            if most_comments and await self._lacks(row, each.comments):
                comments += await self._threads.fill(
                    row, self._home, self._place, self._account, most_comments, number=each.number if self._place else None
                )
                self._taking.require_home(self._home)
        return Step(len(here), new, comments, page.following)

    async def since(self, moment: Micros, most_posts: int, most_comments: int) -> tuple[int, int]:
        """Take in posts, and where the home lists them all comments, that were written after a moment; answers how many came.

        Without dates on a page it ends at one of which everything is here. Raises Interrupted, Spent.
        """
        posts, looked, cursor = 0, 0, None
        while looked < most_posts:
            page = await self._page(cursor)
            missed = [each for each in page.listed if each.published is None or each.published >= moment]
            new = 0
            for each in missed:
                row, is_new = await self._take(each, page.source)
                new += is_new
                if self._place is None and is_new and row is not None:
                    await self._threads.fill(row, self._home, None, self._account, most_comments)
            posts, looked, cursor = posts + new, looked + len(page.listed), page.following
            dated = [each.published for each in page.listed if each.published is not None]
            ended = dated[-1] < moment if dated else not new
            if cursor is None or ended or not page.listed:
                break
        return posts, await self._comments_since(moment)

    async def _comments_since(self, moment: Micros) -> int:
        if self._place is None:
            return 0
        came = 0
        for number in range(1, MOST_COMMENT_PAGES + 1):
            try:
                with self._account.exchange() as budget:
                    listed, more = await self._listing.comments(self._place, number, budget)
            except TROUBLE as trouble:
                log.info("no listing of comments in %s: %s", self._home.actor_id, trouble)
                self._taking.require_home(self._home)
                break
            missed = [each.ap_id for each in listed if each.published is None or each.published >= moment]
            for ap_id in await self._taking.unknown(missed):
                taken = await self._taking.take(ap_id, self._home, self._account)
                came += taken is not None and taken.is_new
            if not more or len(missed) < len(listed):
                break
        return came

    async def _take(self, listed: Listed, source: str | None) -> tuple[Post | None, bool]:
        taken = await self._taking.take(listed.item, self._home, self._account, source=source)
        if taken is None or not isinstance(taken.row, Post) or taken.row.community_id != self._home.id:
            return None, False
        return taken.row, taken.is_new

    async def _lacks(self, row: Post, listed: int | None) -> bool:
        """Whether comments may be missing."""
        if listed is None:
            return True
        return (await self._database.read(post.counters, row.id)).comments < listed

    async def _page(self, cursor: str | None) -> Page:
        """A page of the listing or, where there is none, of the outbox. Addresses are marks of outboxes, anything else of listings."""
        if self._place is not None and not (cursor or "").startswith(("https://", "http://")):
            try:
                with self._account.exchange() as budget:
                    found, following = await self._listing.posts(self._place, cursor, budget)
                return Page([Listed(each.ap_id, each.published, each.number, each.comments) for each in found], following)
            except TryLater as trouble:
                self._taking.require_home(self._home)
                raise Interrupted(str(trouble), SECONDS_AFTER_TROUBLE) from trouble
            except TROUBLE as trouble:
                log.info("no listing of posts in %s: %s", self._home.actor_id, trouble)
                self._place = None
                if cursor is not None:
                    return Page([], None)
        return await self._of_outbox(cursor or self._outbox)

    async def _of_outbox(self, url: str | None) -> Page:
        if url is None:
            return Page([], None)
        try:
            with self._account.exchange() as budget:
                found = await collections.part(self._fetcher, url, budget)
        except TryLater as trouble:
            self._taking.require_home(self._home)
            raise Interrupted(str(trouble), SECONDS_AFTER_TROUBLE) from trouble
        except TROUBLE as trouble:
            log.info("no outbox of %s: %s", self._home.actor_id, trouble)
            return Page([], None)
        return Page([Listed(each, _published(each)) for each in found.items], found.following, url)


def _published(item: Any) -> Micros | None:
    inner = innermost(item)
    return values.read_when(inner.get("published")) if isinstance(inner, dict) else None
