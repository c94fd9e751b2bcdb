"""The image store as the rest of the house knows it: uploads come in clean, pictures go out in the format and size asked for."""

import asyncio
import contextlib
import shutil
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Final, NamedTuple

from lemmy_lite.media import files, film, formats, thumbnails
from lemmy_lite.media.budget import Budget
from lemmy_lite.media.formats import Format
from lemmy_lite.media.job import LIMITS, Job, Limits
from lemmy_lite.media.refusal import ImageRefused, Reason
from lemmy_lite.media.store import Store
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

    `fetching` is for those who fetch pictures of other servers, so that few are under way at once.
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
    ) -> None:
        self.store = Store(folder / "uploads")
        self.budget = Budget(folder / "cache", budget)
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
        """End the child process."""
        await self.workshop.close()

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
        """Store an upload for good, clean. Raises ImageRefused; the source stays where it is unless it is a video."""
        found = await asyncio.to_thread(formats.sniff_file, source)
        if found is None:
            raise ImageRefused(Reason.NOT_AN_IMAGE, "This is no picture of a kind that is taken: JPEG, PNG, GIF, WebP, AVIF, MP4, WebM.")
        if found.pillow is None:
            return await self._keep_video(source, found)
        written = formats.WEBP if found is formats.AVIF else found
        async with self.aside() as clean:
            answer = await self._converted(source, clean, found, written, None)
            name, size = await asyncio.to_thread(self._stored, clean)
        return Kept(name, written, answer[0], answer[1], size)

    def drop(self, name: str) -> None:
        """Remove an upload's file with all that was made of it, at once and for good, on the thread that calls."""
        self.budget.uploaded(-self.store.remove(name))
        self.budget.discard_all(thumbnails.prefix(name))

    async def shown(self, name: str, stored_as: Format, wanted: Format | None, box: int | None) -> Shown | None:
        """An upload as it is, or made anew where another format or a smaller size is asked for. None when its file is missing.

        Raises ImageRefused(busy, no_room, …) when it cannot be made now.
        """
        source = self.store.path(name)
        if not await asyncio.to_thread(source.exists):
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
        """Let a remote picture go, with all that was made of it."""
        self.budget.discard_all(thumbnails.prefix(address))

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
        if found is formats.MP4:
            await asyncio.to_thread(film.blank_metadata, source)
        name, stored = await asyncio.to_thread(self._stored, source)
        return Kept(name, found, 0, 0, stored)

    def _stored(self, path: Path) -> tuple[str, int]:
        """The name and size of a file that was moved to the store."""
        size = path.stat().st_size
        self.budget.reserve(size)
        name, added = self.store.put(path)
        self.budget.uploaded(added)
        return name, size

    def _check_room(self, size: int) -> None:
        if shutil.disk_usage(self._aside).free < self._floor + size:
            raise ImageRefused(Reason.NO_ROOM, "The server's disk is full.")

    def _read_folders(self) -> None:
        files.make_folder(self._aside)
        for left in self._aside.iterdir():
            left.unlink(missing_ok=True)
        self.budget.uploaded(self.store.size() - self.budget.uploads)
        self.budget.read_folder()
