"""A folder that this process may not enter, for tests that root runs too."""

import errno
from collections.abc import Callable
from pathlib import Path

import pytest


def shut(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """From now on nothing in `folder` can be looked at, as where its mode is 0700 and it is somebody else's."""
    really: Callable[..., object] = Path.stat

    def tried(path: Path, **named: object) -> object:
        if folder in path.parents:
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return really(path, **named)

    monkeypatch.setattr(Path, "stat", tried)
