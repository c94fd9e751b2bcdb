"""Where uploads lie: in a folder, or with a server that several machines share. The rest of the store asks for one in the same words.

A server is anything that puts, gives, measures, lists and removes files by name (`Objects`); which one it is, and how it is reached, is
not known here. What is shown of its files is kept in the cache, from where it leaves as everything there does.
"""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Final, Protocol

from lemmy_lite.media import store, thumbnails
from lemmy_lite.media.budget import Budget
from lemmy_lite.media.refusal import ImageRefused, Reason
from lemmy_lite.media.store import Store

log = logging.getLogger(__name__)

_FETCHES: Final = 4
"""Files of the server under way at a time."""


class Uploads(Protocol):
    """The files of uploads, named by what is in them."""

    async def put(self, source: Path) -> tuple[str, int]:
        """Take a file, durably; answers its name and its bytes. The source may be gone after. Raises ImageRefused, OSError."""

    async def at(self, name: str) -> Path | None:
        """Where a file can be read; None where there is none. Raises ImageRefused(busy, no_room)."""

    async def has(self, name: str) -> bool:
        """Whether a file is there. Raises OSError."""

    async def remove(self, name: str) -> None:
        """Remove a file, if it is there. Raises OSError."""

    async def older_than(self, seconds: float) -> list[str]:
        """The names of files that have lain here for so long. Raises OSError."""

    @property
    def bytes(self) -> int:
        """What the files take, as far as it is known: somebody else may add to a shared place, which is counted once a day."""


class FolderUploads:
    """Files in a folder. One of our own counts against the budget; a shared one is somebody else's disk."""

    def __init__(self, folder: Store, budget: Budget, *, shared: bool) -> None:
        self._folder = folder
        self._budget = budget
        self._shared = shared
        self._bytes = 0

    async def put(self, source: Path) -> tuple[str, int]:
        """Move a file in."""
        return await asyncio.to_thread(self._put, source)

    async def at(self, name: str) -> Path | None:
        """The file itself."""
        path = self._folder.path(name)
        return path if await asyncio.to_thread(path.exists) else None

    async def has(self, name: str) -> bool:
        """Whether a file is there."""
        return await self.at(name) is not None

    async def remove(self, name: str) -> None:
        """Remove a file."""
        self._count(-await asyncio.to_thread(self._folder.remove, name))

    async def older_than(self, seconds: float) -> list[str]:
        """Read the folder, and count it anew where others use it too."""
        if self._shared:
            self._bytes = await asyncio.to_thread(self._folder.size)
        return await asyncio.to_thread(lambda: list(self._folder.older_than(seconds)))

    @property
    def bytes(self) -> int:
        """What the files take."""
        return self._bytes if self._shared else self._budget.uploads

    def _put(self, source: Path) -> tuple[str, int]:
        size = source.stat().st_size
        if not self._shared:
            self._budget.reserve(size)
        name, added = self._folder.put(source)
        self._count(added)
        return name, size

    def _count(self, size: int) -> None:
        if self._shared:
            self._bytes = max(0, self._bytes + size)
        else:
            self._budget.uploaded(size)


class Object(Protocol):
    """A file of a server: its name, its bytes, and when it was put there, in seconds since 1970."""

    @property
    def name(self) -> str: ...
    @property
    def size(self) -> int: ...
    @property
    def since(self) -> float: ...


class Objects(Protocol):
    """A server of files. Every method raises OSError when it does not do its part."""

    async def put(self, name: str, source: Path, sha256: str) -> None:
        """Store a file whose hash is known."""

    async def get(self, name: str, target: Path) -> bool:
        """Write a file into one of ours; False where there is none."""

    async def size(self, name: str) -> int | None:
        """How many bytes a file has; None where there is none."""

    async def remove(self, name: str) -> None:
        """Remove a file, if it is there."""

    def listed(self) -> AsyncIterator[Object]:
        """Every file."""

    async def close(self) -> None:
        """End its connections."""


Once = Callable[[str, Callable[[], Awaitable[Path]]], Awaitable[Path]]
Aside = Callable[[], AbstractAsyncContextManager[Path]]


class ServerUploads:
    """Files of a server, as `ab/<sha256>`, each fetched into the cache when it is first shown.

    `aside` gives a file for the time of a `with`; `once` makes what many ask for at once a single time.
    """

    def __init__(self, objects: Objects, cache: Budget, aside: Aside, once: Once) -> None:
        self._objects = objects
        self._cache = cache
        self._aside = aside
        self._once = once
        self._bytes = 0
        self._fetching = asyncio.Semaphore(_FETCHES)

    async def put(self, source: Path) -> tuple[str, int]:
        """Send a file, unless the server has it."""
        name, size = await asyncio.to_thread(store.digest, source)
        if await self._objects.size(_path(name)) != size:
            await self._objects.put(_path(name), source, name)
            self._bytes += size
        return name, size

    async def at(self, name: str) -> Path | None:
        """The copy in the cache, fetched if it is not there."""
        key = thumbnails.original_key(name)
        try:
            return await asyncio.to_thread(self._cache.get, key) or await self._once(key, lambda: self._fetched(name, key))
        except FileNotFoundError:
            return None
        except OSError as error:
            log.warning("a picture cannot be shown: %s", error)
            raise ImageRefused(Reason.BUSY, "The pictures of this server cannot be reached at the moment.") from error

    async def has(self, name: str) -> bool:
        """Ask the server."""
        return await self._objects.size(_path(name)) is not None

    async def remove(self, name: str) -> None:
        """Have the server remove it."""
        size = await self._objects.size(_path(name))
        await self._objects.remove(_path(name))
        self._bytes = max(0, self._bytes - (size or 0))

    async def older_than(self, seconds: float) -> list[str]:
        """Have the server list all, and count them. Files that are none of ours are left alone."""
        before, found, total = time.time() - seconds, [], 0
        async for each in self._objects.listed():
            name = each.name.rpartition("/")[2]
            if store.NAME.fullmatch(name) and each.name == _path(name):
                total += each.size
                if each.since < before:
                    found.append(name)
        self._bytes = total
        return found

    @property
    def bytes(self) -> int:
        """What the files take, as of the last list and what this machine did since."""
        return self._bytes

    async def _fetched(self, name: str, key: str) -> Path:
        async with self._fetching, self._aside() as path:
            if not await self._objects.get(_path(name), path):
                raise FileNotFoundError(name)
            if (await asyncio.to_thread(store.digest, path))[0] != name:
                raise OSError(f"what the server has as {_path(name)} is damaged")
            return await asyncio.to_thread(self._cache.put, key, path)


def _path(name: str) -> str:
    return f"{name[:2]}/{name}"
