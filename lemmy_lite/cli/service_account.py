"""The account of the service: made, and let to what the configuration names. Root does that in folders which the account may have had for
long, so it goes by ownership.py."""

import contextlib
import grp
import pwd
import re
from pathlib import Path
from typing import Final

from lemmy_lite.cli import ownership
from lemmy_lite.cli.ownership import Owner
from lemmy_lite.cli.service_steps import Steps
from lemmy_lite.config import Config
from lemmy_lite.control import onion, reach
from lemmy_lite.control.unit import SYSTEM_CONFIG, SYSTEM_DATA, USER

_SHOWN: Final = 5


def make(steps: Steps) -> None:
    """The account, if there is none. Raises OSError."""
    try:
        pwd.getpwnam(USER)
    except KeyError:
        places = ("--no-create-home", "--home-dir", str(SYSTEM_DATA), "--shell", "/usr/sbin/nologin")
        steps.run("useradd", "--system", "--user-group", *places, USER)


def open_to(steps: Steps, loaded: Config, file: Path, data_dir: Path | None) -> None:
    """Let it read the file of the configuration and those that it names, write to the data folder, if that is not systemd's, and to the
    folders outside, and ask Tor. Raises OSError with a sentence where it may not."""
    if steps.at(file).exists():
        steps.say(f"let {USER} read {steps.at(file)}")
        if steps.on_this_machine:
            ownership.let_read(file, _account())
    if steps.on_this_machine:
        _require_readable(loaded)
    if data_dir is not None:
        _make_folder(steps, data_dir, 0o700)
        _hand_over(steps, data_dir)
    for each in reach.folders(loaded):
        if (disk := reach.unmounted(each.path, steps.at(reach.FSTAB))) is not None:
            # What is made or given there would take everything to the card, silently, and lie below the disk when it is back.
            steps.say(f"Warning: {each.option}: the disk of {disk} ({reach.FSTAB}) is not mounted: mount it, and repeat this")
            continue
        _make_folder(steps, each.path, 0o750)
        if each.is_ours:
            _hand_over(steps, each.path, each.named)
        if steps.on_this_machine and not reach.may(_account().user, "write", each.path):
            steps.say(f"Warning: {each.option}: {USER} cannot write to {each.path}: sudo chown -R {USER}: {each.path}")
    _join_tor(steps, loaded)


def _account() -> Owner:
    found = pwd.getpwnam(USER)
    return Owner(found.pw_uid, found.pw_gid)


def _require_readable(loaded: Config) -> None:
    for each in reach.files(loaded):
        if each.path.exists() and not reach.may(_account().user, "read", each.path):
            ours = SYSTEM_CONFIG.parent
            remedy = f"`sudo chgrp {USER} {each.path} && sudo chmod g+r {each.path}` lets it"
            if not each.path.is_relative_to(ours):  # where it may not even enter the folder, as certbot's
                copied = f"`sudo install -g {USER} -m 640 {each.path} {ours}`"
                remedy = f"copy it, as by {copied}, and name the copy; certbot repeats that as a --deploy-hook"
            raise PermissionError(f"{each.option}: the account of the service, {USER}, cannot read {each.path}: {remedy}")


def _make_folder(steps: Steps, path: Path, mode: int) -> None:
    path = steps.at(path)
    if path.exists():
        return
    steps.say(f"make {path}")
    if not steps.dry_run:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.mkdir(mode=mode)


def _hand_over(steps: Steps, path: Path, named: re.Pattern[str] | None = None) -> None:
    steps.say(f"give {path} to {USER}")
    if steps.on_this_machine:
        for left in ownership.give(path, _account(), named=named)[:_SHOWN]:
            steps.say(f"Warning: {left} has another name elsewhere, and was left as it is")


def _join_tor(steps: Steps, loaded: Config) -> None:
    """Tor's cookie may be read by Tor's group alone."""
    if loaded.tor is None or loaded.tor.control is None or loaded.tor.control_password is not None:
        return
    for name in onion.GROUPS:
        with contextlib.suppress(KeyError):
            if USER not in grp.getgrnam(name).gr_mem:
                steps.run("usermod", "--append", "--groups", name, USER)
            return
