"""The configuration as the options before the command name it, or as the service has it; and folders left to their owner."""

import contextlib
import os
from collections.abc import Iterable, Mapping
from functools import partial
from pathlib import Path
from types import MappingProxyType

import click

from lemmy_lite import config
from lemmy_lite.cli.ownership import give, owner_of
from lemmy_lite.control import reach, socket
from lemmy_lite.control.reach import Outside
from lemmy_lite.control.unit import CREDENTIALS, SYSTEM_CONFIG, SYSTEM_DATA

SERVES = (None, "serve")
"""Without a command it serves."""
_WRITE_OUTSIDE = ("backup", "restore", "adopt")
"""Commands that write to folders outside of the data folder; a walk through those may take long."""


def load(ctx: click.Context) -> config.Config:
    """Read it. Raises ConfigError.

    A command that is typed where there is neither a configuration nor an instance means the service of this machine.
    """
    loaded = read(file(ctx), ctx.obj["overrides"], serves=ctx.find_root().invoked_subcommand in SERVES)
    if os.geteuid() == 0:
        outside = reach.folders(loaded) if ctx.find_root().invoked_subcommand in _WRITE_OUTSIDE else []
        ctx.call_on_close(partial(leave_to_owner, loaded.data_dir, outside))
    return loaded


def read(path: str | None, overrides: Mapping[str, object] = MappingProxyType({}), *, serves: bool = False) -> config.Config:
    """The configuration of a file; None leaves it to the environment and the usual place. The file of the service of this machine is
    understood as the service does; but whoever `serves` with it is the service, told by systemd, or is run by something else, and then
    its data are where they were. Raises ConfigError."""
    named = path or os.environ.get("LEMMY_CONFIG_LOCATION")
    of_service = bool(named) and Path(str(named)).absolute() == SYSTEM_CONFIG
    return config.load(path, environment=as_service() if of_service and not serves else None, overrides=overrides)


def as_service(credentials: Path | None = None) -> dict[str, str]:
    """The environment with what systemd adds to it for the service: its data folder, where none is configured, and secrets, in
    `credentials` or where systemd looks."""
    added = {} if os.environ.get("STATE_DIRECTORY") else {"STATE_DIRECTORY": str(_state_folder())}
    if os.geteuid() == 0:  # nobody else may look there
        added["CREDENTIALS_DIRECTORY"] = str(credentials or CREDENTIALS)
    return added | os.environ


def _state_folder() -> Path:
    """Of several processes the one that can be asked, else the one that was started last: each has a folder of its own below. Who may not
    look there cannot tell, and needs no more than to read the configuration."""
    try:
        used = [path.parent for path in (SYSTEM_DATA / "lock", *SYSTEM_DATA.glob("*/lock")) if path.exists()]
        used.sort(key=lambda folder: (folder / "lock").stat().st_mtime, reverse=True)
    except PermissionError:
        return SYSTEM_DATA
    return next((folder for folder in used if socket.listens(folder)), used[0] if used else SYSTEM_DATA)


def file(ctx: click.Context) -> str | None:
    """The file to read; None leaves it to the environment and the usual place."""
    named: str | None = ctx.obj["path"]
    starts = ctx.find_root().invoked_subcommand in SERVES
    # What lies in a folder that may not be entered does not count: sudo leaves a command of the service's account in the home of root.
    # Nor does a folder without a database, which commands of earlier versions left behind where they did not find the service's.
    data = config.Config().data_dir
    places = (Path(config.DEFAULT_FILE), data if os.environ.get("LEMMY_DATABASE_URL") else data / "lemmy.db")
    something_here = any(_is_there(path, unless_closed=True) for path in places)
    if named or starts or something_here or os.environ.get("LEMMY_CONFIG_LOCATION") or not _is_there(SYSTEM_CONFIG, unless_closed=False):
        return named
    if not os.access(SYSTEM_CONFIG, os.R_OK):
        raise config.ConfigError([f"{SYSTEM_CONFIG}: belongs to the service of this machine: run the command with sudo"])
    return str(SYSTEM_CONFIG)


def leave_to_owner(data: Path, outside: Iterable[Outside] = ()) -> None:
    """Give what root has made in somebody's data folder, and in folders outside that hold nothing but theirs, to them, as their server
    could neither read nor write it."""
    owner = owner_of(data)
    if owner is None:
        return
    for folder, named in ((data, None), *((each.path, each.named) for each in outside if each.is_ours)):
        with contextlib.suppress(OSError):
            give(folder, owner, of_root_only=True, named=named)


def _is_there(path: Path, *, unless_closed: bool) -> bool:
    """`unless_closed`: whether what lies in a folder that may not be entered is not there."""
    try:
        return path.exists()
    except PermissionError:
        return not unless_closed
