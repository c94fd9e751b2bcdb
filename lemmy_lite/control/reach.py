"""What an instance reaches outside of its data folder: folders that it writes to, files that it reads; and whether an account may."""

import os
import pwd
import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Final, Literal, NamedTuple

from lemmy_lite.config import Config
from lemmy_lite.domain.backup.manifest import MARK, OF_THE_DISK

_SHELF: Final = re.compile(r"[0-9a-f]{2}")
_PICTURES: Final = re.compile(r"[0-9a-f]{2}|[0-9a-f]{64}")
"""Folders of uploads, and the files in them (media/store.py)."""
FSTAB: Final = Path("/etc/fstab")
"""Which disks belong where (fstab(5))."""
_MOUNTED: Final = Path("/proc/self/mounts")
"""Which are there, in the same words; it can be read without entering them."""
_ESCAPED: Final = re.compile(r"\\([0-7]{3})")


class Outside(NamedTuple):
    """A file or folder outside, and the option that names it. `named` are the names in it that are ours, None if all are."""

    option: str
    path: Path
    named: re.Pattern[str] | None = None

    @property
    def is_ours(self) -> bool:
        """Whether nobody else has anything in this folder, as far as names tell; what is on a disk that is not there nobody knows."""
        if unmounted(self.path, FSTAB) is not None:
            return False
        try:
            names = {entry.name for entry in self.path.iterdir()} - OF_THE_DISK
        except OSError:
            return False
        return not names or (MARK in names if self.named is None else all(map(_SHELF.fullmatch, names)))


def folders(config: Config) -> list[Outside]:
    """Those that are written to."""
    backup, pictures = config.backup, config.images.folder
    found = [Outside("backup.to", backup.to)] if backup is not None else []
    return found + ([Outside("images.store", pictures, _PICTURES)] if pictures is not None else [])


def files(config: Config) -> list[Outside]:
    """Those that are read."""
    named = {"mail.ca_file": config.mail.ca_file, "images.s3.ca_file": config.images.s3.ca_file}
    if config.tls is not None:
        named |= {"tls.certificate": config.tls.certificate, "tls.key": config.tls.key, "tls.ca_file": config.tls.ca_file}
    if config.backup is not None:
        named |= {"backup.passphrase_file": config.backup.passphrase_file}
    return [Outside(option, path) for option, path in named.items() if path is not None]


def unmounted(path: Path, fstab: Path) -> Path | None:
    """The mount point on which a path lies whose disk is not there."""
    missing = _mount_points(fstab) - _mount_points(_MOUNTED)
    return next((each for each in (path.resolve(), *path.resolve().parents) if each in missing), None)


def _mount_points(table: Path) -> set[Path]:
    try:
        rows = [line.split() for line in table.read_text(errors="surrogateescape").splitlines() if not line.lstrip().startswith("#")]
    except OSError:
        return set()
    named = [_ESCAPED.sub(lambda found: chr(int(found[1], 8)), row[1]) for row in rows if len(row) > 1]
    return {Path(each) for each in named if each.startswith("/")}


def account(config: Config) -> int:
    """Who runs the server, as far as this process can tell: for root, whose the data folder is."""
    return config.data_dir.stat().st_uid if os.geteuid() == 0 and config.data_dir.exists() else os.geteuid()


def called(user: int) -> str:
    """The name of an account, or its number where it has none here, as in a container."""
    try:
        return pwd.getpwuid(user).pw_name
    except KeyError:
        return str(user)


def may(user: int, how: Literal["read", "write"], path: Path) -> bool:
    """Whether an account may read a file or write to a folder, by all that the system knows of both; it is tried as that account, so only
    root can ask about others. Raises OSError where that cannot be tried."""
    if user == os.geteuid():
        return os.access(path, os.R_OK if how == "read" else os.W_OK | os.X_OK)
    try:
        known = pwd.getpwuid(user)
    except KeyError:
        return False
    words = ["test", "-r" if how == "read" else "-w", str(path)]
    groups = os.getgrouplist(known.pw_name, known.pw_gid)
    return subprocess.run(words, user=user, group=known.pw_gid, extra_groups=groups, cwd="/", check=False).returncode == 0


def closed(config: Config) -> Iterator[str]:
    """A sentence for each folder outside that this process cannot write to, as where a unit of systemd is older than the configuration."""
    for each in folders(config):
        if _is_closed(each.path):
            yield f"{each.option}: {each.path} cannot be written to by this account; for the service, `lemmy-lite service install` opens it"


def _is_closed(path: Path) -> bool:
    """What lies in a folder that may not be entered is."""
    try:
        nearest = next(folder for folder in (path, *path.absolute().parents) if folder.exists())
    except OSError:
        return True
    return not os.access(nearest, os.W_OK | os.X_OK)


def lacking(unit: str, config: Config) -> list[Outside]:
    """The folders that a unit file of ours does not let the service write to, as it was made for another configuration."""
    lines = [line.partition("=")[2] for line in unit.splitlines() if line.startswith("ReadWritePaths=")]
    opened = [Path(word.removeprefix("-").replace("%%", "%")) for line in lines for word in shlex.split(line)]
    return [each for each in folders(config) if not any(each.path.is_relative_to(place) for place in opened)]
