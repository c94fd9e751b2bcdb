"""Meeting the people whom a text calls by name, or to whom a message goes, before it is written: fetch first, then write.

Who calls `@ann@example.com` wants Ann to hear of it, though nobody here has met her yet. Whoever cannot be found in time stays plain text.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Final

from lemmy_lite.context import Context
from lemmy_lite.federation.software import Software
from lemmy_lite.federation.store import Stored
from lemmy_lite.model.errors import LemmyError
from lemmy_lite.model.ids import PersonId
from lemmy_lite.model.person import Person
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

    def __init__(self, context: Context, database: Database, resolve: Callable[[str], Awaitable[Stored]], software: Software) -> None:
        self._context = context
        self._database = database
        self._resolve = resolve
        self._software = software
        self._asking: set[asyncio.Task[None]] = set()

    async def meet(self, text: object) -> None:
        """Make known whom a text calls, if it is a text. Never raises for what cannot be found; takes a few seconds at most."""
        if not isinstance(text, str) or "@" not in text:
            return
        strangers = await self._database.read(_strangers, self._context, text)
        if strangers:
            await asyncio.wait([asyncio.create_task(self._look(each)) for each in strangers], timeout=LONGEST_SECONDS)

    async def meet_home(self, person_id: PersonId) -> None:
        """Learn what the home of somebody runs, for a message comes in the form that it understands. Never raises for what does not
        answer; takes a few seconds at most, and that once a day for each home."""
        known = await self._database.read(person.get, person_id)
        if known is not None and not known.local:
            asking = asyncio.create_task(self._ask(known))
            self._asking.add(asking)
            asking.add_done_callback(self._asking.discard)
            await asyncio.wait([asking], timeout=LONGEST_SECONDS)

    async def _ask(self, known: Person) -> None:
        try:
            await self._software.of(known.instance_id, known.actor_id)
        except StorageError as trouble:
            log.info("what the home of %s runs is not known: %s", known.actor_id, trouble)

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
