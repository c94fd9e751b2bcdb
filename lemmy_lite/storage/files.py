"""Files beside the database that survive a power cut: their content is synced, and so are their names in the folder."""

import os
from pathlib import Path


def sync(path: Path) -> None:
    """Make the content of a file durable. Raises OSError."""
    _sync(path, os.O_RDONLY)


def sync_folder(folder: Path) -> None:
    """Make names in a folder durable. Raises OSError."""
    _sync(folder, os.O_RDONLY | os.O_DIRECTORY)


def _sync(path: Path, flags: int) -> None:
    descriptor = os.open(path, flags)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
