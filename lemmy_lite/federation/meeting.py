"""Meeting the people whom a text calls by name, before it is written: fetch first, then write.

Who calls `@ann@example.com` wants Ann to hear of it, though nobody here has met her yet. Whoever cannot be found in time stays plain text.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Final

from lemmy_lite.context import Context
from lemmy_lite.federation.store import Stored
from lemmy_lite.model.errors import LemmyError
from lemmy_lite.storage.database import Database
from lemmy_lite.storage.errors import StorageError
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import person
from lemmy_lite.text import mentions
from lemmy_lite.text.mentions import Mention

log = logging.getLogger(__name__)

MOST_MET: Final = 5
"""Strangers looked up for one text, all at once: the author waits for them."""
LONGEST_SECONDS: Final = 4.0
MOST_CALLED: Final = 50
"""Names looked at in one text, as for notifications."""


class Meeting:
    """Looks up strangers."""

    def __init__(self, context: Context, database: Database, resolve: Callable[[str], Awaitable[Stored]]) -> None:
        self._context = context
        self._database = database
        self._resolve = resolve

    async def meet(self, text: object) -> None:
        """Make known whom a text calls, if it is a text. Never raises for what cannot be found; takes a few seconds at most."""
        if not isinstance(text, str) or "@" not in text:
            return
        strangers = await self._database.read(_strangers, self._context, text)
        if strangers:
            await asyncio.wait([asyncio.create_task(self._look(each)) for each in strangers], timeout=LONGEST_SECONDS)

    async def _look(self, called: Mention) -> None:
        """What takes longer goes on, and is known the next time."""
        try:
            async with asyncio.timeout(LONGEST_SECONDS * 2):
                await self._resolve(f"@{called.name}@{called.host}")
        except (LemmyError, StorageError, TimeoutError) as trouble:
            log.info("whom a text calls @%s@%s is not known: %s", called.name[:100], called.host[:200], trouble)


def _strangers(tx: Transaction, context: Context, text: str) -> list[Mention]:
    ours = context.config.hostname.lower()
    called = (each for each in mentions.find(text)[:MOST_CALLED] if each.host != ours)
    return [each for each in called if person.by_name(tx, each.name, each.host) is None][:MOST_MET]
