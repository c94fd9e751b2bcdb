"""The image store as the rest of the house knows it: uploads come in clean, pictures go out in the format and size asked for."""

import asyncio
import contextlib
import shutil
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Final, NamedTuple

from lemmy_lite.media import files, film, formats, thumbnails, webm
from lemmy_lite.media.budget import Budget
from lemmy_lite.media.formats import Format
from lemmy_lite.media.job import LIMITS, Job, Limits
from lemmy_lite.media.refusal import ImageRefused, Reason
from lemmy_lite.media.store import Store
from lemmy_lite.media.uploads import FolderUploads, Objects, ServerUploads, Uploads
from lemmy_lite.media.workshop import Workshop

FLOOR: Final = 64 * 2**20
"""Bytes that stay free on the disk: the database needs them more."""

_FAILED_SECONDS: Final = 300.0
_MOST_FAILED: Final = 1_000
"""Addresses that brought nothing are not asked again for a while, however many readers look at the page."""

_FETCHES: Final = 2
"""Pictures of other servers under way at a time: each may be 10 MB, and is held in memory."""


class Kept(NamedTuple):
    """A stored picture. `name` is that of its file; width and height are 0 for videos, which nobody looks into."""

    name: str
    format: Format
    width: int
    height: int
    size: int


class Shown(NamedTuple):
    """A file to send. `tag` changes with what it shows."""

    path: Path
    media_type: str
    tag: str


class Images:
    """One for the process: call `start` before, `close` after. Pictures lie below `folder`, at most `budget` bytes of them.

    `elsewhere` is where uploads lie instead if several machines share them: a folder, or a server of files. `fetching` is for those who
    fetch pictures of other servers, so that few are under way at once.
    """

    def __init__(
        self,
        folder: Path,
        *,
        budget: int,
        video_limit: int = 0,
        floor: int = FLOOR,
        limits: Limits = LIMITS,
        workshop: Workshop | None = None,
        elsewhere: Path | Objects | None = None,
    ) -> None:
        self.store = Store(folder / "uploads")
        self.budget = Budget(folder / "cache", budget)
        self._objects = elsewhere if elsewhere is not None and not isinstance(elsewhere, Path) else None
        own = FolderUploads(self.store, self.budget, shared=False)
        self.uploads: Uploads = own
        self._own = own if elsewhere is not None else None
        if isinstance(elsewhere, Path):
            self.uploads = FolderUploads(Store(elsewhere), self.budget, shared=True)
        elif elsewhere is not None:
            self.uploads = ServerUploads(elsewhere, self.budget, self.aside, self._once)
        self.workshop = workshop or Workshop()
        self._aside = folder / "aside"
        self._video_limit = video_limit
        self._floor = floor
        self._limits = limits
        self._making: dict[str, asyncio.Future[Path]] = {}
        self._failed: dict[str, float] = {}
        self.fetching = asyncio.Semaphore(_FETCHES)

    async def start(self) -> None:
        """Learn what lies on the disk; what an earlier end has left half-done goes."""
        await asyncio.to_thread(self._read_folders)

    async def close(self) -> None:
        """End the child process, and what is under way with a server of files."""
        await self.workshop.close()
        if self._objects is not None:
            await self._objects.close()

    @contextlib.asynccontextmanager
    async def aside(self) -> AsyncIterator[Path]:
        """A file for the time of a `with`, in the folder of half-done things."""
        path = await asyncio.to_thread(files.new_file, self._aside)
        try:
            yield path
        finally:
            await asyncio.to_thread(path.unlink, missing_ok=True)

    async def receive(self, pieces: AsyncIterator[bytes], path: Path, most: int) -> int:
        """Write what comes to a file aside; answers its bytes. Raises ImageRefused when it is more than `most`, or the disk is full."""
        total = 0
        await asyncio.to_thread(self._check_room, most)
        file = await asyncio.to_thread(files.open_to_write, path)
        try:
            async for piece in pieces:
                total += len(piece)
                if total > most:
                    raise ImageRefused(Reason.TOO_LARGE, f"A file may have {most} bytes.")
                await asyncio.to_thread(file.write, piece)
        finally:
            await asyncio.to_thread(file.close)
        return total

    async def keep(self, source: Path) -> Kept:
        """Store an upload for good, clean. Raises ImageRefused, and OSError when it could not be stored; the source stays where it is."""
        found = await asyncio.to_thread(formats.sniff_file, source)
        if found is None:
            raise ImageRefused(Reason.NOT_AN_IMAGE, "This is no picture of a kind that is taken: JPEG, PNG, GIF, WebP, AVIF, MP4, WebM.")
        if found.pillow is None:
            return await self._keep_video(source, found)
        written = formats.WEBP if found is formats.AVIF else found
        async with self.aside() as clean:
            answer = await self._converted(source, clean, found, written, None)
            name, size = await self.uploads.put(clean)
        return Kept(name, written, answer[0], answer[1], size)

    async def has(self, name: str) -> bool:
        """Whether an upload's file is there. Raises OSError."""
        return await self.uploads.has(name) or (self._own is not None and await self._own.has(name))

    async def remove(self, name: str) -> None:
        """Remove an upload's file with all that was made of it, for good. Raises OSError when it may still be there."""
        await self.uploads.remove(name)
        if self._own is not None:
            await self._own.remove(name)
        await asyncio.to_thread(self.forget, name)

    async def bring_over(self) -> int:
        """Give the uploads that lie here to the place where they are to lie now; answers how many. Raises OSError, ImageRefused: what is
        left can still be shown, and is given at the next call."""
        if self._own is None:
            return 0
        count = 0
        for name in await asyncio.to_thread(lambda: list(self.store.names())):
            async with self.aside() as twin:
                await asyncio.to_thread(files.twin, self.store.path(name), twin)
                await self.uploads.put(twin)
            await self._own.remove(name)
            count += 1
        return count

    async def shown(self, name: str, stored_as: Format, wanted: Format | None, box: int | None) -> Shown | None:
        """An upload as it is, or made anew where another format or a smaller size is asked for. None when its file is missing.

        Raises ImageRefused(busy, no_room, …) when it cannot be made now.
        """
        source = await self._read(name)
        if source is None:
            return None
        if stored_as.pillow is None or (box is None and wanted in (None, stored_as)):
            return Shown(source, stored_as.media_type, name[:32])
        return await self.variant(name, source, stored_as, wanted or stored_as, box)

    async def variant(self, source: str, path: Path, read_as: Format, wanted: Format, box: int | None) -> Shown:
        """A picture in another format or size, from the cache or made now. Raises ImageRefused."""
        side = thumbnails.size(box) if box is not None else None
        key = thumbnails.key(source, wanted.suffix, side)

        async def make() -> Path:
            async with self.aside() as made:
                await self._converted(path, made, read_as, wanted, side)
                return await asyncio.to_thread(self.budget.put, key, made)

        found = await asyncio.to_thread(self.budget.get, key) or await self._once(key, make)
        return Shown(found, wanted.media_type, key)

    async def cached(self, address: str) -> Path | None:
        """A remote picture as it came, if it is here."""
        return await asyncio.to_thread(self.budget.get, thumbnails.original_key(address))

    async def cache(self, address: str, fetch: Callable[[], Awaitable[bytes]]) -> Path:
        """A remote picture, fetched if it is not here; many who ask at once wait for one fetch.

        Raises ImageRefused for what is no picture, and what `fetch` raises.
        """
        key = thumbnails.original_key(address)

        async def make() -> Path:
            if self._failed.get(key, 0.0) > time.monotonic():
                raise ImageRefused(Reason.NOT_AN_IMAGE, "There was no picture at this address a moment ago.")
            try:
                return await fetched()
            except Exception:
                self._note_failure(key)
                raise

        async def fetched() -> Path:
            body = await fetch()
            found = formats.sniff(body[: formats.HEAD])
            if found is None or found.pillow is None:
                raise ImageRefused(Reason.NOT_AN_IMAGE, "There is no picture at this address.")
            await asyncio.to_thread(self.budget.reserve, len(body))
            async with self.aside() as path:
                await asyncio.to_thread(path.write_bytes, body)
                return await asyncio.to_thread(self.budget.put, key, path)

        return await self.cached(address) or await self._once(key, make)

    async def measured(self, path: Path) -> tuple[int, int, Format]:
        """Width, height and format of a picture's file, as its header tells them. Raises ImageRefused, OSError."""
        found = await asyncio.to_thread(formats.sniff_file, path)
        if found is None or found.pillow is None:
            raise ImageRefused(Reason.NOT_AN_IMAGE, "This is no picture.")
        answer = await self.workshop.run(
            Job(source=str(path.absolute()), target="", read_as=found.pillow, write_as=found.pillow, limits=self._limits)
        )
        return answer.width, answer.height, found

    async def shrink_into_cache(self, address: str, source: bytes, box: int) -> tuple[int, int]:
        """Keep a small WebP of a remote picture under its address; answers its size. Raises ImageRefused."""
        found = formats.sniff(source[: formats.HEAD])
        if found is None or found.pillow is None:
            raise ImageRefused(Reason.NOT_AN_IMAGE, "There is no picture at this address.")
        async with self.aside() as path, self.aside() as made:
            await asyncio.to_thread(path.write_bytes, source)
            size = await self._converted(path, made, found, formats.WEBP, box)
            await asyncio.to_thread(self.budget.put, thumbnails.original_key(address), made)
        return size

    def forget(self, address: str) -> None:
        """Let a remote picture go from the cache, or what is there of an upload, with all that was made of it."""
        self.budget.discard_all(thumbnails.prefix(address))

    async def _read(self, name: str) -> Path | None:
        """An upload's file. What was not brought over yet lies here."""
        here = await self._own.at(name) if self._own is not None else None
        return here or await self.uploads.at(name)

    async def _converted(self, source: Path, target: Path, read_as: Format, write_as: Format, box: int | None) -> tuple[int, int]:
        if read_as.pillow is None or write_as.pillow is None:
            raise ImageRefused(Reason.NOT_AN_IMAGE, "A video has no pictures that could be made of it here.")
        await asyncio.to_thread(self._check_room, 0)
        job = Job(
            source=str(source.absolute()),
            target=str(target.absolute()),
            read_as=read_as.pillow,
            write_as=write_as.pillow,
            box=box,
            limits=self._limits,
        )
        answer = await self.workshop.run(job)
        return answer.width, answer.height

    async def _once(self, key: str, make: Callable[[], Awaitable[Path]]) -> Path:
        """Make what many ask for at once a single time. Who asked first may leave: the others are not left waiting."""
        waiting = self._making.get(key)
        if waiting is None:
            waiting = asyncio.ensure_future(make())
            self._making[key] = waiting
            waiting.add_done_callback(lambda done: self._made(key, done))
        return await asyncio.shield(waiting)

    def _note_failure(self, key: str) -> None:
        self._failed[key] = time.monotonic() + _FAILED_SECONDS
        while len(self._failed) > _MOST_FAILED:
            self._failed.pop(next(iter(self._failed)))

    def _made(self, key: str, done: "asyncio.Future[Path]") -> None:
        self._making.pop(key, None)
        if not done.cancelled():
            done.exception()  # whoever waits has it; if nobody does any more it is no one's

    async def _keep_video(self, source: Path, found: Format) -> Kept:
        size = (await asyncio.to_thread(source.stat)).st_size
        if size > self._video_limit:
            raise ImageRefused(Reason.TOO_LARGE, f"A video may have {self._video_limit} bytes.")
        await asyncio.to_thread((film if found is formats.MP4 else webm).blank_metadata, source)
        async with self.aside() as twin:
            await asyncio.to_thread(files.twin, source, twin)
            name, stored = await self.uploads.put(twin)
        return Kept(name, found, 0, 0, stored)

    def _check_room(self, size: int) -> None:
        if shutil.disk_usage(self._aside).free < self._floor + size:
            raise ImageRefused(Reason.DISK_FULL, "The server's disk is full.")

    def _read_folders(self) -> None:
        files.make_folder(self._aside)
        for left in self._aside.iterdir():
            left.unlink(missing_ok=True)
        self.budget.uploaded(self.store.size() - self.budget.uploads)
        self.budget.read_folder()
