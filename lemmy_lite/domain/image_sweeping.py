"""Files follow their rows: what was deleted in the database leaves the disk after the commit, and what a crash left behind within a day.

A file is removed on the writer's thread, where nobody can enter a new upload of it meanwhile.
"""

import asyncio
import logging
from itertools import islice

from lemmy_lite.context import Context
from lemmy_lite.domain import image as pictures
from lemmy_lite.media.images import Images
from lemmy_lite.model.clock import DAY
from lemmy_lite.model.events import Event, ImagesGone
from lemmy_lite.storage.database import Database
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import image

log = logging.getLogger(__name__)

ORPHAN_SECONDS = 3_600.0
"""A file is written before its row, so one without a row may be an upload under way: not for so long."""

EVERY_SECONDS = 86_400.0
BATCH = 200


class Sweeper:
    """Removes files that no row names."""

    def __init__(self, context: Context, database: Database, images: Images) -> None:
        self._context = context
        self._database = database
        self._images = images
        self._removing: set[asyncio.Task[None]] = set()
        self._rounds: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin the daily rounds, with one now."""
        self._rounds = asyncio.create_task(self._go_round(), name="sweeping of images")

    async def close(self) -> None:
        """Finish what was asked for, and stop."""
        if self._rounds is not None:
            self._rounds.cancel()
            await asyncio.gather(self._rounds, return_exceptions=True)
        await self.finished()

    async def finished(self) -> None:
        """Return when all files of what was deleted so far are gone."""
        await asyncio.gather(*self._removing, return_exceptions=True)

    def after(self, event: Event) -> None:
        """Subscriber after the commit."""
        if isinstance(event, ImagesGone):
            task = asyncio.create_task(self._remove(event))
            self._removing.add(task)
            task.add_done_callback(self._removing.discard)

    async def sweep(self) -> int:
        """Remove every file that no row names; answers how many. A row of a file that is missing stays, and is answered 404."""
        if self._context.config.images.uploads == "avatars":
            await self._database.write(_discard_unplaced)
        found = await asyncio.to_thread(list, self._images.store.older_than(ORPHAN_SECONDS))
        count = 0
        while batch := tuple(islice(found, BATCH)):
            del found[:BATCH]
            count += await self._database.write(remove_files, self._images, batch)
        return count

    async def _remove(self, event: ImagesGone) -> None:
        try:
            await self._database.write(remove_files, self._images, event.files)
            for source in await self._database.read(_unused, event.sources):
                self._images.forget(pictures.copy_key(source))
        except Exception:  # the next round finds what was left
            log.exception("files of deleted pictures")

    async def _go_round(self) -> None:
        while True:
            try:
                if count := await self.sweep():
                    log.info("%d files of pictures that nobody has were removed", count)
            except Exception:  # tomorrow is another day
                log.exception("sweeping of images")
            await asyncio.sleep(EVERY_SECONDS)


def remove_files(tx: Transaction, images: Images, files: tuple[str, ...]) -> int:
    """Remove those of the files that no upload is any more; answers how many."""
    kept = image.files_in_use(tx, files)
    gone = [file for file in files if file not in kept]
    for file in gone:
        images.drop(file)
    return len(gone)


def _unused(tx: Transaction, sources: tuple[str, ...]) -> list[str]:
    kept = image.sources_in_use(tx, sources)
    return [source for source in sources if source not in kept]


def _discard_unplaced(tx: Transaction) -> None:
    pictures.discard(tx, image.unplaced_faces(tx, tx.now - DAY))
