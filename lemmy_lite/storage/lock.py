"""One instance per data folder: an exclusive lock that the kernel drops when the process dies (security.md, rule 25)."""

import fcntl
import os
from pathlib import Path


class DataFolderInUse(Exception):
    """Another lemmy_lite works in this folder."""


class FolderLock:
    """Held from construction to `release`. Raises DataFolderInUse at once when another process holds it."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        # Commands of root take it too, in a folder where another account may have laid a link to what only root may write.
        self._descriptor = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            holder = os.pread(self._descriptor, 32, 0).decode(errors="replace").strip() or "unknown"
            os.close(self._descriptor)
            stop = "stop it first (the service: `sudo lemmy-lite service stop`)"
            raise DataFolderInUse(f"another lemmy_lite (process {holder}) already works in {folder}: {stop}") from error
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, str(os.getpid()).encode(), 0)

    def release(self) -> None:
        """Let another process have the folder."""
        os.close(self._descriptor)
