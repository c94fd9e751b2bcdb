"""WebSub (W3C, 2018): a hub is told when a feed has something new, so readers hear of it at once and need not ask again and again.

Off unless `feeds.websub_hub` names a hub. What subscribers get they get from the hub, which fetches the feed as any stranger does. Only
addresses without a query are topics: those with a sort, a page or a key are asked for as before.
"""

import asyncio
import logging
from collections.abc import Iterable
from typing import Final
from urllib.parse import urlencode

from lemmy_lite.context import Context
from lemmy_lite.domain import settings
from lemmy_lite.http.feeds.asked import FORMATS
from lemmy_lite.http.web.wording import community_path, person_path
from lemmy_lite.model.community import CommunityVisibility
from lemmy_lite.model.events import Event, PostCreated
from lemmy_lite.model.ids import PostId
from lemmy_lite.net.budget import DELIVERY, Budget
from lemmy_lite.net.errors import NetError
from lemmy_lite.storage.database import Database
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import community, person, post

log = logging.getLogger(__name__)

GATHERING_SECONDS: Final = 5.0
"""Posts that come together are told together; each of a burst would make the hub fetch all its feeds anew."""
RESTING_SECONDS: Final = 60.0
"""At least so long between two tellings: on a busy site something is new every second."""
TRIES: Final = 3
MOST_WAITING: Final = 500
MOST_TOPICS: Final = 100
"""Addresses in one request: some four kilobytes."""


def is_topic(context: Context, target: str) -> bool:
    """Whether the feed at a path with its query is one of which the hub is told."""
    return context.config.feeds.websub_hub is not None and "?" not in target and target.startswith(_PLACES)


_PLACES: Final = ("/feeds/blog.", "/feeds/all.", "/feeds/local.", "/feeds/c/", "/feeds/u/")


class Hub:
    """Tells the hub, in a task of its own. Needs `feeds.websub_hub`."""

    HEARS: Final = (PostCreated,)

    def __init__(
        self, context: Context, database: Database, gathering: float = GATHERING_SECONDS, resting: float = RESTING_SECONDS
    ) -> None:
        self._context, self._database = context, database
        self._gathering, self._resting = gathering, resting
        self._waiting: set[PostId] = set()
        self._woken = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to work."""
        self._task = asyncio.create_task(self._work(), name="websub")

    async def close(self) -> None:
        """Stop. What was not told is found by the hub's next look."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def after(self, event: Event) -> None:
        """Subscriber after the commit: a new post is in some feeds."""
        if isinstance(event, PostCreated) and len(self._waiting) < MOST_WAITING:
            self._waiting.add(event.post_id)
            self._woken.set()

    async def _work(self) -> None:
        while True:
            await self._woken.wait()
            await asyncio.sleep(self._gathering)
            self._woken.clear()
            taken, self._waiting = self._waiting, set()
            try:
                topics = await self._database.read(topics_of, self._context, taken)
                for start in range(0, len(topics), MOST_TOPICS):
                    await self._tell(topics[start : start + MOST_TOPICS])
            except Exception:
                log.exception("telling the hub of feeds")
            await asyncio.sleep(self._resting)

    async def _tell(self, topics: list[str]) -> None:
        hub = self._context.config.feeds.websub_hub or ""
        # The specification leaves this request to the hub; this form, with one hub.url for each feed, is what they all take.
        body = urlencode([("hub.mode", "publish"), *(("hub.url", topic) for topic in topics)]).encode()
        said = "nothing"
        for attempt in range(TRIES):
            try:
                answer = await self._context.net.post(
                    hub, body, Budget(DELIVERY), headers=[("Content-Type", "application/x-www-form-urlencoded")]
                )
            except NetError as error:
                said = str(error)
            else:
                if answer.is_success:
                    log.debug("told the hub of %d feeds", len(topics))
                    return
                said = f"status {answer.status}"
                if answer.status < 500 and answer.status not in (408, 429):
                    break
            await asyncio.sleep(self._gathering * (attempt + 1))
        log.warning("the hub of feeds (feeds.websub_hub) was not told of something new: %s", said)


def topics_of(tx: Transaction, context: Context, numbers: Iterable[PostId]) -> list[str]:
    """The addresses of the public feeds in which posts are, each once. Of what strangers may not read the hub hears nothing."""
    if settings.read(tx).private_instance:
        return []
    places: dict[str, None] = {}
    for number in sorted(numbers):
        found = post.get(tx, number)
        if found is None or found.deleted or found.removed:
            continue
        home, author = community.existing(tx, found.community_id), person.existing(tx, found.creator_id)
        if home.visibility is CommunityVisibility.LOCAL_ONLY or home.deleted or home.removed:
            continue
        hidden = () if home.hidden else ("/all", "/local") if home.local else ("/all",)
        in_front = ("/blog",) if home.local and home.name.lower() == (context.config.site.front or "").lower() else ()
        places.update(dict.fromkeys((*in_front, *hidden, community_path(home), person_path(author))))
    base = context.config.base_url
    return [f"{base}/feeds{place}.{suffix}" for place in places for suffix in FORMATS]
