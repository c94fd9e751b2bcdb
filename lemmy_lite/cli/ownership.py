"""Whose files are: what root finds or has made in folders of another account is given to that account, which leads root nowhere else."""

import contextlib
import os
import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple

_FOLDER: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC


class Owner(NamedTuple):
    """Numbers of an account and its group."""

    user: int
    group: int


def owner_of(folder: Path) -> Owner | None:
    """Whose a folder is; None where there is none, and where it is root's."""
    try:
        found = folder.stat()
    except OSError:
        return None
    return Owner(found.st_uid, found.st_gid) if found.st_uid else None


def give(folder: Path, owner: Owner, *, of_root_only: bool = False, named: re.Pattern[str] | None = None) -> list[Path]:
    """Give a folder with all that is in it, or with what is `named` so, to somebody; answers what was left as it is.

    Whoever has the folder already may have laid anything into it, and may change it meanwhile. So no symbolic link of theirs is followed,
    neither on the way there nor within; a file that has another name elsewhere is left; and what vanishes, or lies on a disk without
    owners, is passed over. Raises PermissionError with a sentence where the way there is not to be believed, OSError where there is none.
    """
    left: list[Path] = []
    with _entered(folder) as place:
        _give_one(place, None, owner, of_root_only=of_root_only)
        for within, folders, files, here in os.fwalk(".", dir_fd=place):
            if named is not None:
                folders[:] = [each for each in folders if named.fullmatch(each)]
            wanted = [name for name in (*folders, *files) if named is None or named.fullmatch(name)]
            kept = [name for name in wanted if not _give_one(here, name, owner, of_root_only=of_root_only)]
            left += [folder / within / name for name in kept]
    return left


def let_read(file: Path, owner: Owner) -> None:
    """Let the group of an account read a file that it may not change. One that is its own already becomes root's.

    Raises PermissionError with a sentence where the way there is not to be believed, OSError.
    """
    with _entered(file.parent) as place:
        trusted = _is_roots(place)
        descriptor = os.open(file.name, os.O_RDONLY | os.O_CLOEXEC | (0 if trusted else os.O_NOFOLLOW), dir_fd=place)
        try:
            found = os.fstat(descriptor)
            if not trusted and found.st_nlink > 1:
                raise PermissionError(f"{file} has another name elsewhere")
            os.fchown(descriptor, 0 if found.st_uid == owner.user else -1, owner.group)
            os.fchmod(descriptor, stat.S_IMODE(found.st_mode) | stat.S_IRGRP)
        finally:
            os.close(descriptor)


def _give_one(place: int, name: str | None, owner: Owner, *, of_root_only: bool) -> bool:
    """Something in an open folder, or that folder itself. False where it was left as it is, as it has another name elsewhere."""
    with contextlib.suppress(OSError):  # a running server makes and removes files meanwhile
        found = os.fstat(place) if name is None else os.stat(name, dir_fd=place, follow_symlinks=False)
        if (found.st_uid, found.st_gid) == owner or (of_root_only and found.st_uid != 0):
            return True
        if not stat.S_ISDIR(found.st_mode) and found.st_nlink > 1:
            return False
        if name is None:
            os.fchown(place, *owner)
        else:
            os.chown(name, *owner, dir_fd=place, follow_symlinks=False)
    return True


@contextmanager
def _entered(folder: Path) -> Iterator[int]:
    """A descriptor of a folder. Symbolic links are followed only where nobody but root can have made them."""
    place = os.open("/", _FOLDER)
    try:
        for name in folder.absolute().parts[1:]:
            try:
                deeper = os.open(name, _FOLDER | (0 if _is_roots(place) else os.O_NOFOLLOW), dir_fd=place)
            except NotADirectoryError as error:
                raise PermissionError(f"{folder}: {name} is no folder, and a symbolic link there may be anybody's") from error
            os.close(place)
            place = deeper
        yield place
    finally:
        os.close(place)


def _is_roots(place: int) -> bool:
    """Whether only root can change what is in an open folder."""
    found = os.fstat(place)
    return found.st_uid == 0 and not found.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
