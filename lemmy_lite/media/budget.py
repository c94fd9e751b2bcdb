"""The bytes that pictures take, and which leave first: `images.budget` is never exceeded, room is made before a file is put down.

What can be fetched or made again (thumbnails, pictures of other servers) is the cache and leaves by least recent use; uploads never
leave by themselves. The order of use is kept in memory, 200 bytes a file; over a restart the files' own times hold it, which are touched
once a day at most, as every touch is a write to the disk.
"""

import contextlib
import os
import threading
import time
from collections import OrderedDict
from pathlib import Path
from typing import Final

from lemmy_lite.media import files
from lemmy_lite.media.refusal import ImageRefused, Reason

TOUCHED_EVERY: Final = 86_400.0


class Budget:
    """Counts uploads, and keeps the cache below `folder`. Safe to use from several threads."""

    def __init__(self, folder: Path, limit: int) -> None:
        self.limit = limit
        self.uploads = 0
        self.cached = 0
        self.hits = 0
        self.misses = 0
        self.evictions = 0
        self._folder = folder
        self._held: OrderedDict[str, int] = OrderedDict()
        self._lock = threading.Lock()

    @property
    def used(self) -> int:
        """Bytes of all pictures."""
        return self.uploads + self.cached

    def read_folder(self) -> None:
        """Learn what an earlier run has left, least recently used first; what is above a budget made smaller leaves at once."""
        found = sorted((facts.st_mtime, path.name, facts.st_size) for path, facts in files.entries(self._folder))
        with self._lock:
            self._held = OrderedDict((name, size) for _, name, size in found)
            self.cached = sum(self._held.values())
            self._make_room(0)

    def reserve(self, size: int) -> None:
        """Make room for a file of `size` bytes that is about to be written. Raises ImageRefused(no_room) when uploads fill it all."""
        with self._lock:
            if not self._make_room(size):
                raise ImageRefused(Reason.NO_ROOM, "The space for pictures on this server is full.")

    def get(self, key: str) -> Path | None:
        """The file of a key, which counts as used now."""
        with self._lock:
            if key not in self._held:
                self.misses += 1
                return None
            self._held.move_to_end(key)
            self.hits += 1
        path = self._path(key)
        try:
            shown = path.stat().st_mtime
        except FileNotFoundError:
            self.discard(key)
            return None
        if time.time() - shown > TOUCHED_EVERY:
            with contextlib.suppress(OSError):  # the disk may have become read-only
                os.utime(path)
        return path

    def put(self, key: str, source: Path) -> Path:
        """Move a file into the cache. Raises ImageRefused(no_room), and the file is gone then.

        It is not synced: after a power cut an incomplete file is found out when it is decoded or shown, and can be made again.
        """
        size = source.stat().st_size
        target = self._path(key)
        with self._lock:
            self.cached -= self._held.pop(key, 0)
            if not self._make_room(size):
                source.unlink(missing_ok=True)
                target.unlink(missing_ok=True)
                raise ImageRefused(Reason.NO_ROOM, "The space for pictures on this server is full.")
            files.make_folder(target.parent)
            source.rename(target)
            self._held[key] = size
            self.cached += size
        return target

    def discard(self, key: str) -> None:
        """Let a file go, if it is there."""
        with self._lock:
            self._drop(key)

    def discard_all(self, prefix: str) -> None:
        """Let every file go whose key begins so; at least two characters, which name the folder."""
        with self._lock:
            for path in list((self._folder / prefix[:2]).glob(f"{prefix}*")):
                self._drop(path.name)

    def idle_since(self, before: float) -> tuple[int, int]:
        """How many files of the cache were not shown since a moment (seconds since 1970), and their bytes."""
        return self._oldest(before, None)[1:]

    def let_go(self, before: float, most: int) -> int:
        """Let at most so many of them go, those first that were not shown for longest; answers how many."""
        names = self._oldest(before, most)[0]
        with self._lock:
            for name in names:
                self._drop(name)
        return len(names)

    def _oldest(self, before: float, most: int | None) -> tuple[list[str], int, int]:
        with self._lock:
            held = list(self._held.items())
        names: list[str] = []
        total = 0
        for name, size in held:
            if most is not None and len(names) >= most:
                break
            try:
                if self._path(name).stat().st_mtime >= before:  # may be a day older than its last use, TOUCHED_EVERY
                    continue
            except FileNotFoundError:
                size = 0
            names.append(name)
            total += size
        return names, len(names), total

    def uploaded(self, size: int) -> None:
        """Count an upload, or with a negative size one that is gone."""
        with self._lock:
            self.uploads = max(0, self.uploads + size)

    def _make_room(self, size: int) -> bool:
        while self._held and self.used + size > self.limit:
            self._drop(next(iter(self._held)))
            self.evictions += 1
        return self.used + size <= self.limit

    def _drop(self, key: str) -> None:
        size = self._held.pop(key, None)
        if size is not None:
            with contextlib.suppress(OSError):
                self._path(key).unlink()
            self.cached -= size

    def _path(self, key: str) -> Path:
        return self._folder / key[:2] / key
