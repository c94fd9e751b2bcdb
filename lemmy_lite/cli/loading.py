"""The configuration as the options before the command name it, and the data folder left as it was found."""

import contextlib
import os
import stat
from functools import partial
from pathlib import Path

import click

from lemmy_lite import config
from lemmy_lite.control.unit import SYSTEM_CONFIG

SERVES = (None, "serve")
"""Without a command it serves."""


def load(ctx: click.Context) -> config.Config:
    """Read it. Raises ConfigError.

    A command that is typed where there is neither a configuration nor an instance means the service of this machine.
    """
    loaded = config.load(file(ctx), overrides=ctx.obj["overrides"])
    if os.geteuid() == 0:
        ctx.call_on_close(partial(leave_to_owner, loaded.data_dir))
    return loaded


def file(ctx: click.Context) -> str | None:
    """The file to read; None leaves it to the environment and the usual place."""
    named: str | None = ctx.obj["path"]
    starts = ctx.find_root().invoked_subcommand in SERVES
    # What lies in a folder that may not be entered does not count: sudo leaves a command of the service's account in the home of root.
    something_here = any(_is_there(path, unless_closed=True) for path in (Path(config.DEFAULT_FILE), config.Config().data_dir))
    if named or starts or something_here or os.environ.get("LEMMY_CONFIG_LOCATION") or not _is_there(SYSTEM_CONFIG, unless_closed=False):
        return named
    if not os.access(SYSTEM_CONFIG, os.R_OK):
        raise config.ConfigError([f"{SYSTEM_CONFIG}: belongs to the service of this machine: run the command with sudo"])
    return str(SYSTEM_CONFIG)


def leave_to_owner(folder: Path) -> None:
    """Give what root has made in somebody's data folder to them, as their server could not write to it.

    No symbolic link is followed, and what has another name elsewhere is left alone: whose folder it is chooses neither file nor owner.
    """
    try:
        owner = folder.stat()
    except OSError:
        return
    if owner.st_uid == 0:
        return
    for _, folders, files, place in os.fwalk(folder):
        for name in (*folders, *files):
            with contextlib.suppress(OSError):  # a running server makes and removes files meanwhile
                found = os.stat(name, dir_fd=place, follow_symlinks=False)
                if found.st_uid == 0 and (stat.S_ISDIR(found.st_mode) or found.st_nlink == 1):
                    os.chown(name, owner.st_uid, owner.st_gid, dir_fd=place, follow_symlinks=False)


def _is_there(path: Path, *, unless_closed: bool) -> bool:
    """`unless_closed`: whether what lies in a folder that may not be entered is not there."""
    try:
        return path.exists()
    except PermissionError:
        return not unless_closed
