"""Taking in the lists of an exported file: what they name is looked up here or elsewhere, then followed, saved or blocked.

It goes on after the answer, a few look-ups at a time; each has its own budget. What cannot be found is left out. An end of the program
ends it too, as in Lemmy: the file can be imported again, for a repeat of each deed is harmless.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from lemmy_lite.domain import block
from lemmy_lite.domain import comment as comments
from lemmy_lite.domain import community as communities
from lemmy_lite.domain import post as posts
from lemmy_lite.federation.store import Stored
from lemmy_lite.model.comment import Comment
from lemmy_lite.model.community import Community
from lemmy_lite.model.errors import LemmyError
from lemmy_lite.model.ids import PersonId
from lemmy_lite.model.person import Person
from lemmy_lite.model.post import Post
from lemmy_lite.model.settings_backup import UserSettingsImport
from lemmy_lite.storage.database import Database
from lemmy_lite.storage.errors import StorageError
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import person

log = logging.getLogger(__name__)

LOOKUPS_AT_ONCE: Final = 4
LONGEST_SECONDS: Final = 3600.0
"""Ten thousand entries at dead hosts would take most of a day; nobody waits that long for a list."""

_Deed = Callable[[Transaction, Person, Any, bool], Any]

DEEDS: Final[Mapping[str, tuple[type, _Deed]]] = {
    "followed_communities": (Community, communities.follow),
    "saved_posts": (Post, posts.save),
    "saved_comments": (Comment, comments.save),
    "blocked_communities": (Community, communities.block),
    "blocked_users": (Person, block.block_person),
}
"""For each list what its entries are, and what is done with them."""


class Importing:
    """The imports under way, at most one for each person."""

    def __init__(self, database: Database, resolve: Callable[[str], Awaitable[Stored]]) -> None:
        self._database = database
        self._resolve = resolve
        self._tasks: dict[PersonId, asyncio.Task[None]] = {}

    def begin(self, person_id: PersonId, file: UserSettingsImport) -> None:
        """Take in the lists of a file. An earlier import of the same person that still goes on is given up."""
        if earlier := self._tasks.get(person_id):
            earlier.cancel()
        task = asyncio.create_task(self._run(person_id, file), name=f"import of person {person_id}")
        self._tasks[person_id] = task
        task.add_done_callback(lambda done: self._tasks.pop(person_id) if self._tasks.get(person_id) is done else None)

    async def finished(self) -> None:
        """Wait for all that is under way."""
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    async def close(self) -> None:
        """Give up what is under way."""
        for task in self._tasks.values():
            task.cancel()
        await self.finished()

    async def _run(self, person_id: PersonId, file: UserSettingsImport) -> None:
        waiting = [(name, entry) for name in DEEDS for entry in dict.fromkeys(getattr(file, name) or ())]
        left_out = 0

        async def work() -> None:
            nonlocal left_out
            while waiting:
                name, entry = waiting.pop(0)
                taken = await self._take(person_id, name, entry)
                left_out += not taken

        try:
            for domain in dict.fromkeys(file.blocked_instances or ()):
                left_out += not await self._do(person_id, block.block_instance_of, domain)
            async with asyncio.timeout(LONGEST_SECONDS), asyncio.TaskGroup() as group:
                for _ in range(LOOKUPS_AT_ONCE):
                    group.create_task(work())
        except TimeoutError:
            log.warning("import of person %d: given up after %.0f s, %d entries were not reached", person_id, LONGEST_SECONDS, len(waiting))
        log.info("import of person %d: done, %d entries left out", person_id, left_out)

    async def _take(self, person_id: PersonId, name: str, entry: str) -> bool:
        """Whether an entry was found, is of the right kind, and was taken in."""
        kind, deed = DEEDS[name]
        try:
            found = await self._resolve(entry)
        except (LemmyError, StorageError):
            return False
        return isinstance(found, kind) and await self._do(person_id, deed, found.id)

    async def _do(self, person_id: PersonId, deed: _Deed, target: object) -> bool:
        try:
            await self._database.write(_as_person, person_id, deed, target)
        except (LemmyError, StorageError):
            return False
        return True


def _as_person(tx: Transaction, person_id: PersonId, deed: _Deed, target: object) -> None:
    """Done as the person is now: who was banned meanwhile does nothing more."""
    deed(tx, person.existing(tx, person_id), target, True)
