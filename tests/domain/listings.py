"""A site with a clock in the test's hand, whose lists are read page by page."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from lemmy_lite.domain import post_listing
from lemmy_lite.domain.post_listing import PostPage, PostQuery
from lemmy_lite.model.clock import Clock
from lemmy_lite.model.ids import PostId
from lemmy_lite.model.viewer import Viewer
from lemmy_lite.storage.database import Database
from lemmy_lite.storage.history import History
from lemmy_lite.storage.query import Transaction
from tests.storage.databases import migrated
from tests.storage.rows import NOON

T = TypeVar("T")


class Listings:
    """A database whose listings remember; `now` is its time. `statements` is what the last page ran."""

    def __init__(self, database: Database, history: History) -> None:
        self.database = database
        self.history = history
        self.statements: list[str] = []
        self._now = NOON

    @property
    def now(self) -> int:
        """The time of this site."""
        return self._now

    def pass_time(self, micros: int) -> None:
        """Let time go by."""
        self._now += micros

    async def enter(self, rows: Callable[[Transaction], T]) -> T:
        """Enter rows in one unit of work."""
        return await self.database.write(rows)

    async def page(self, viewer: Viewer | None = None, **query: Any) -> PostPage:
        """One page."""
        self.statements = []
        self.database.trace = self.statements.append
        return await self.database.read(post_listing.page, self.history, viewer, PostQuery(**query))

    async def ids(self, viewer: Viewer | None = None, **query: Any) -> list[PostId]:
        """The posts of one page of fifty."""
        return ids(await self.page(viewer, **{"limit": 50, **query}))

    async def walk(
        self,
        viewer: Viewer | None = None,
        *,
        meanwhile: Callable[[], Awaitable[None]] | None = None,
        **query: Any,
    ) -> list[PostId]:
        """Every post from the first page to the last; something may happen between the pages."""
        page = await self.page(viewer, **query)
        found = ids(page)
        while page.next_page:
            if meanwhile:
                await meanwhile()
            page = await self.page(viewer, **{**query, "page_cursor": page.next_page})
            found += ids(page)
        return found


def ids(page: PostPage) -> list[PostId]:
    """The posts of a page, in their order."""
    return [view.post.id for view in page.posts]


def on(url: str, body: Callable[[Listings], Awaitable[None]]) -> None:
    """Run an async body with such a site."""

    async def run() -> None:
        times: list[Listings] = []
        clock = Clock(lambda: times[0].now if times else NOON)
        async with migrated(url, clock=clock) as database:
            history = History(clock.now)
            database.within(history.within)
            database.after(history.after)
            times.append(Listings(database, history))
            await body(times[0])

    asyncio.run(run())
