"""The uploads that a backup takes and a restore gives back, wherever they lie: here, in a shared folder, or in a bucket."""

import asyncio
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Protocol

from lemmy_lite import __version__
from lemmy_lite.config import Config
from lemmy_lite.media import store
from lemmy_lite.media.store import Store
from lemmy_lite.net import bucket
from lemmy_lite.net.bucket import Bucket


class Pictures(Protocol):
    """Uploads by name. Everything blocks, and raises OSError."""

    def names(self) -> Iterable[str]:
        """All that are there."""

    def lent(self, name: str) -> AbstractContextManager[Path | None]:
        """A file to be read; None where it is missing, or is not what its name says."""

    def has(self, name: str) -> bool:
        """Whether one is there."""

    def put(self, source: Path) -> None:
        """Give one back; the source may be gone after."""


@contextmanager
def opened(config: Config, aside: Path) -> Iterator[Pictures]:
    """The uploads of a configuration; `aside` is a folder for half-done things."""
    own = Store(config.data_dir / "images" / "uploads")
    place = bucket.of(config, f"lemmy_lite/{__version__}")
    if place is None:
        shared = config.images.folder
        yield _InFolders(own) if shared is None else _InFolders(Store(shared), own)
        return
    with asyncio.Runner() as runner:
        try:
            yield _InBucket(place, runner, aside, _InFolders(own))
        finally:
            runner.run(place.close())


class _InFolders:
    """The first is where uploads lie, in the others some may wait to be brought there."""

    def __init__(self, *folders: Store) -> None:
        self._folders = folders

    def names(self) -> Iterable[str]:
        for folder in self._folders:
            yield from folder.names()

    @contextmanager
    def lent(self, name: str) -> Iterator[Path | None]:
        yield next((each.path(name) for each in self._folders if each.path(name).is_file() and each.is_whole(name)), None)

    def has(self, name: str) -> bool:
        return any(each.path(name).exists() for each in self._folders)

    def put(self, source: Path) -> None:
        self._folders[0].put(source)


class _InBucket:
    """An event loop of its own, as a backup runs in a thread, or in no server at all."""

    def __init__(self, place: Bucket, runner: asyncio.Runner, aside: Path, here: _InFolders) -> None:
        self._place = place
        self._runner = runner
        self._aside = aside
        self._here = here

    def names(self) -> Iterable[str]:
        async def listed() -> list[str]:
            return [each.name.rpartition("/")[2] async for each in self._place.listed()]

        return [*(name for name in self._runner.run(listed()) if store.NAME.fullmatch(name)), *self._here.names()]

    @contextmanager
    def lent(self, name: str) -> Iterator[Path | None]:
        with self._here.lent(name) as here:
            if here is not None:
                yield here
                return
        path = self._aside / "lent"
        try:
            found = self._runner.run(self._place.get(_key(name), path))
            yield path if found and store.digest(path)[0] == name else None
        finally:
            path.unlink(missing_ok=True)

    def has(self, name: str) -> bool:
        return self._here.has(name) or self._runner.run(self._place.size(_key(name))) is not None

    def put(self, source: Path) -> None:
        name, _ = store.digest(source)
        self._runner.run(self._place.put(_key(name), source, name))


def _key(name: str) -> str:
    return f"{name[:2]}/{name}"
