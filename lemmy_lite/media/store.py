"""The files of uploads, named by what is in them: the same picture uploaded twice is one file.

Who uses a file is counted in the database, by the domain; here nothing is removed but what that asks for.
"""

import hashlib
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from lemmy_lite.media import files

NAME: Final = re.compile(r"[0-9a-f]{64}")
"""What files are called."""

_PIECE: Final = 2**18


class Store:
    """Files below `folder` as `ab/<sha256>`. Every method touches the disk: call them in a thread."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, source: Path) -> tuple[str, int]:
        """Move a file in, durably; answers its name here and the bytes that it adds, 0 where it was there already."""
        name, size = digest(source)
        target = self.path(name)
        if target.exists():
            source.unlink()
            return name, 0
        files.move_durably(source, target)
        return name, size

    def path(self, name: str) -> Path:
        """Where a file stands, or would. Raises ValueError for what is no name of ours (security.md, "path traversal")."""
        if not NAME.fullmatch(name):
            raise ValueError("not the name of a stored picture")
        return self._folder / name[:2] / name

    def remove(self, name: str) -> int:
        """Remove a file; answers how many bytes that frees."""
        path = self.path(name)
        try:
            size = path.stat().st_size
            path.unlink()
        except FileNotFoundError:
            return 0
        return size

    def size(self) -> int:
        """Bytes of all files."""
        return sum(facts.st_size for _, facts in files.entries(self._folder))

    def names(self) -> Iterator[str]:
        """The names of all files."""
        for path, _ in files.entries(self._folder):
            if NAME.fullmatch(path.name):
                yield path.name

    def is_whole(self, name: str) -> bool:
        """Whether a file still holds what its name says."""
        return digest(self.path(name))[0] == name

    def older_than(self, seconds: float) -> Iterator[str]:
        """The names of files that have lain here for so long."""
        before = time.time() - seconds
        for path, facts in files.entries(self._folder):
            if facts.st_ctime < before and NAME.fullmatch(path.name):
                yield path.name


def digest(path: Path) -> tuple[str, int]:
    """The name that a file has in here, and its bytes."""
    made, size = hashlib.sha256(), 0
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            made.update(piece)
            size += len(piece)
    return made.hexdigest(), size
