"""Files follow their rows: what was deleted in the database leaves the store after the commit, and what a crash left behind within a day.

A removal is begun in one transaction, which notes the files that no row names; done outside of any, as the store may be slow or far; and
finished in another. Between the two nobody enters an upload of such a file (`image.upload`), on whichever machine. Others on this
database look every half minute at what has gone, and drop what they keep of it.
"""

import asyncio
import contextlib
import logging
from collections.abc import Sequence
from typing import Final

from lemmy_lite.context import Context
from lemmy_lite.domain import image as pictures
from lemmy_lite.media.images import Images
from lemmy_lite.media.refusal import ImageRefused
from lemmy_lite.model.clock import DAY, MINUTE
from lemmy_lite.model.events import Event, ImagesGone
from lemmy_lite.storage.database import Database
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import image, image_removal

log = logging.getLogger(__name__)

ORPHAN_SECONDS = 3_600.0
"""A file is written before its row, so one without a row may be an upload under way: not for so long."""

EVERY_SECONDS = 82_800.0
OTHERS_SECONDS = 30.0
REMEMBERED = 8 * DAY
"""For so long it is known what has gone: a machine that was off for longer keeps its copies until their turn comes."""

BATCH = 200
AT_ONCE = 16
"""Files that are removed together: soon enough that a removal, once begun, ends long before it counts as interrupted."""


class Sweeper:
    """Removes files that no row names."""

    HEARS: Final = (ImagesGone,)

    def __init__(self, context: Context, database: Database, images: Images) -> None:
        self._context = context
        self._database = database
        self._images = images
        self._removing: set[asyncio.Task[None]] = set()
        self._rounds: list[asyncio.Task[None]] = []
        self._heard: set[str] = set()

    def start(self) -> None:
        """Begin the daily rounds, with one now, and where others share the database look at what they removed."""
        self._rounds = [asyncio.create_task(self._go_round(), name="sweeping of images")]
        if not self._database.dialect.is_sqlite:
            self._rounds.append(asyncio.create_task(self._follow_others(), name="images that others removed"))

    async def close(self) -> None:
        """Finish what was asked for, and stop."""
        for each in self._rounds:
            each.cancel()
        await asyncio.gather(*self._rounds, return_exceptions=True)
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
        found = await self._images.uploads.older_than(ORPHAN_SECONDS)
        found += await self._database.read(_interrupted)
        count = await self.remove_files(found)
        await self._forget_descriptions()
        return count

    async def remove_files(self, files: Sequence[str]) -> int:
        """Remove those of the files that no upload is any more; answers how many. Raises OSError; the next round finds what is left."""
        count = 0
        for start in range(0, len(files), AT_ONCE):
            gone = await self._database.note(_begin, files[start : start + AT_ONCE])
            if gone:
                await asyncio.gather(*(self._images.remove(file) for file in gone))
                await self._database.note(image_removal.finish, gone)
            count += len(gone)
        return count

    async def drop_what_others_removed(self, since: int) -> None:
        """Let go what this machine keeps of files that have gone since a moment (microseconds)."""
        gone = set(await self._database.read(image_removal.finished, since))
        for name in gone - self._heard:
            await asyncio.to_thread(self._images.forget, name)
        self._heard = gone

    async def _remove(self, event: ImagesGone) -> None:
        try:
            await self.remove_files(event.files)
            copies = [pictures.copy_key(source) for source in await self._database.read(_unused, event.sources)]
            for copy in copies:
                await asyncio.to_thread(self._images.forget, copy)
            if copies and not self._database.dialect.is_sqlite:
                await self._database.note(image_removal.finish, copies)
        except OSError as error:  # the next round finds what was left
            log.warning("files of deleted pictures are left for later: %s", error)
        except Exception:
            log.exception("files of deleted pictures")

    async def _forget_descriptions(self) -> None:
        """Of pictures of other servers that no post shows any more."""
        while links := await self._database.read(image.idle_descriptions, BATCH):
            await self._database.note(image.forget_descriptions, links)

    async def _go_round(self) -> None:
        while True:
            try:
                if count := await self._images.bring_over():
                    log.info("%d uploads were brought to where images.store says", count)
                if count := await self.sweep():
                    log.info("%d files of pictures that nobody has were removed", count)
                await self._database.note(_forget_removals)
            except (OSError, ImageRefused) as error:
                log.warning("the store of pictures could not be looked through: %s", error)
            except Exception:  # tomorrow is another day
                log.exception("sweeping of images")
            await asyncio.sleep(EVERY_SECONDS)

    async def _follow_others(self) -> None:
        since = REMEMBERED
        while True:
            with contextlib.suppress(Exception):  # the database is away for a moment
                await self.drop_what_others_removed(self._context.clock.now() - since)
                since = 10 * MINUTE  # clocks of machines differ by less
            await asyncio.sleep(OTHERS_SECONDS)


def _begin(tx: Transaction, files: Sequence[str]) -> list[str]:
    """Begin to remove those of the files that no upload is, and that nobody else removes; answers which."""
    kept = image.files_in_use(tx, files)
    return image_removal.begin(tx, [file for file in files if file not in kept], tx.now - pictures.REMOVED_WITHIN)


def _interrupted(tx: Transaction) -> list[str]:
    """Files whose removal somebody began and did not finish. Those that are used again have nothing left to be removed."""
    found = image_removal.unfinished(tx, tx.now - pictures.REMOVED_WITHIN)
    kept = image.files_in_use(tx, found)
    return [file for file in found if file not in kept]


def _forget_removals(tx: Transaction) -> None:
    image_removal.forget(tx, tx.now - REMEMBERED)


def _unused(tx: Transaction, sources: tuple[str, ...]) -> list[str]:
    kept = image.sources_in_use(tx, sources)
    return [source for source in sources if source not in kept]


def _discard_unplaced(tx: Transaction) -> None:
    pictures.discard(tx, image.unplaced_faces(tx, tx.now - DAY))
