"""The machine: disk, memory, the clock, and what a Raspberry Pi says of its power and its card."""

import os
import shutil
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, NamedTuple

from lemmy_lite.config import Config, holds_secrets
from lemmy_lite.control.doctor.finding import Finding, bad, note, well
from lemmy_lite.control.unit import SYSTEM_UNITS
from lemmy_lite.storage.room import RESERVE, Room

_MEGABYTE: Final = 10**6
"""As the configuration counts, and `lemmy-lite disk`."""
LEAST_DISK: Final = 200 * _MEGABYTE
LITTLE_DISK: Final = 1000 * _MEGABYTE
LEAST_MEMORY: Final = 64 * 2**20
LITTLE_MEMORY: Final = 150 * 2**20
BUILT: Final = datetime(2026, 11, 22, tzinfo=UTC)
"""No clock that is right is earlier than this program."""

UNDER_VOLTAGE: Final = 0x1
THROTTLED: Final = 0x2 | 0x4 | 0x8
"""Bits of the firmware's word (raspberrypi.com/documentation, vcgencmd get_throttled): too little voltage; the processor is slowed down,
stopped at times, or near its highest temperature. The same bits, shifted by PAST, tell what has been so since the start."""
PAST: Final = 16


class Roots(NamedTuple):
    """Where Linux and systemd tell of themselves."""

    proc: Path = Path("/proc")
    run: Path = Path("/run")
    sys: Path = Path("/sys")
    units: Path = SYSTEM_UNITS


def disk(config: Config) -> Finding:
    """Room where the data lies."""
    folder = next(each for each in (config.data_dir, *config.data_dir.parents) if each.exists())
    free = shutil.disk_usage(folder).free
    said = f"{free // _MEGABYTE} MB are free on the disk of {config.data_dir}."
    if free < LEAST_DISK:
        return bad(said, "Make room now: without it nothing can be written. Smaller images.budget helps, or another disk.")
    return note(said, "Make room before it runs out.") if free < LITTLE_DISK else well(said)


def budget(config: Config) -> Finding | None:
    """What the data takes of what it may, as the server would see it now; None before the first start."""
    if not config.data_dir.exists():
        return None
    pictures = sum(path.stat().st_size for path in (config.data_dir / "images").rglob("*") if path.is_file())
    room = Room(config.data_dir, database=config.sqlite_path, budget=config.disk.budget, floor=config.disk.floor, pictures=lambda: pictures)
    look = room.look()
    said = f"The data takes {look.used // _MEGABYTE} MB of {look.budget // _MEGABYTE} MB that it may."
    if look.shut is not None:
        return bad(
            f"{said} Nothing new is taken in: {look.shut}.",
            "`lemmy-lite disk` shows what takes the space. Make room, raise disk.budget, or purge something: that works on a full disk.",
        )
    if look.used > look.high:
        return note(said, "Old things from elsewhere leave now. `lemmy-lite disk` shows which; a larger disk.budget keeps them.")
    if not room.reserve.exists():
        return note(f"{said} The reserve of {RESERVE // 10**6} MB is missing.", "It is put aside as soon as there is room for it.")
    return well(said)


def data_folder(config: Config) -> Finding:
    """Whether the data folder is there, ours, and nobody else's."""
    folder = config.data_dir
    if not folder.exists():
        return note(f"There is no data folder {folder} yet.", "It is made at the first start.")
    if not os.access(folder, os.W_OK | os.X_OK):
        return bad(
            f"{folder} cannot be written to by this account.", "Run this as the account that runs the server, or give it the folder."
        )
    mode = folder.stat().st_mode & 0o777
    if mode & 0o077:
        return bad(f"Others on this machine may look into {folder} (mode {mode:o}).", f"chmod 700 {folder}")
    return well(f"{folder} belongs to this account alone.")


def secrets(config: Config) -> Finding | None:
    """Whether files outside of the data folder that hold secrets can be read by everybody; None where there are none."""
    files = [Path(config.origin.source)] if config.origin.source is not None and holds_secrets(config) else []
    files += [config.backup.passphrase_file] if config.backup is not None and config.backup.passphrase_file is not None else []
    files += [config.tls.key] if config.tls is not None and config.tls.key is not None else []
    there = [path for path in files if path.is_file()]
    for path in there:
        mode = path.stat().st_mode & 0o777
        if mode & 0o004:
            return bad(f"Everybody on this machine may read the secrets in {path} (mode {mode:o}).", f"chmod o-rwx {path}")
    return well(f"Not everybody may read {', '.join(map(str, there))}.") if there else None


def memory(proc: Path = Path("/proc")) -> Finding:
    """What is left for programs."""
    try:
        fields = {line.split(":")[0]: int(line.split()[1]) * 1024 for line in (proc / "meminfo").read_text().splitlines() if ":" in line}
        free = fields["MemAvailable"]
    except (OSError, KeyError, ValueError, IndexError):
        return note("How much memory is free cannot be told on this system.", "Look yourself.")
    said = f"{free // _MEGABYTE} MB of memory are available."
    if free < LEAST_MEMORY:
        return bad(said, "Stop other programs, or add swap on a disk that is no SD card (zram is good).")
    return note(said, "That is little for a busy hour.") if free < LITTLE_MEMORY else well(said)


def clock(run: Path = Path("/run"), now: float | None = None) -> Finding:
    """Whether the clock can be right, and whether something keeps it so. Peers refuse signatures an hour old."""
    moment = datetime.fromtimestamp(time.time() if now is None else now, UTC)
    if moment < BUILT:
        return bad(
            f"The clock says {moment:%Y-%m-%d %H:%M} UTC, which is before this program was made.", "Set it: sudo timedatectl set-ntp true"
        )
    if (run / "systemd" / "timesync").exists() and not (run / "systemd" / "timesync" / "synchronized").exists():
        return bad("The clock is not synchronised with the network.", "sudo timedatectl set-ntp true; look whether UDP port 123 is open.")
    return well(f"The clock says {moment:%Y-%m-%d %H:%M} UTC.")


def power(sys: Path = Path("/sys")) -> Finding | None:
    """What the firmware of a Raspberry Pi remembers of its power supply and its heat; None on other machines."""
    word = _firmware(sys)
    if word is None:
        return None
    if word & UNDER_VOLTAGE:
        return bad("The Pi gets too little power now.", "Use the original power supply and a short cable; unplug what it feeds by USB.")
    if word & THROTTLED:
        return bad("The Pi is slowed down now, as it is too hot.", "Give it air or a cooler.")
    if word >> PAST & UNDER_VOLTAGE:
        return note("The Pi got too little power since it started.", "Under-voltage damages SD cards: use a better power supply.")
    if word >> PAST & THROTTLED:
        return note("The Pi was slowed down since it started, as it was too hot.", "Give it air or a cooler.")
    return well("The Pi has enough power, and is not too hot.")


def _firmware(sys: Path) -> int | None:
    """The word as Raspberry Pi OS shows it; else, as every Linux does, the alarm of the driver for the voltage alone."""
    for path in sys.glob("devices/platform/*/*firmware/get_throttled"):
        try:
            return int(path.read_text().strip(), 16)
        except (OSError, ValueError):
            continue
    for path in sys.glob("class/hwmon/*/name"):
        try:
            if path.read_text().strip() == "rpi_volt":
                return UNDER_VOLTAGE * int((path.parent / "in0_lcrit_alarm").read_text())
        except (OSError, ValueError):
            continue
    return None


def card(sys: Path = Path("/sys")) -> Finding | None:
    """How worn an eMMC or SD card says it is; None where none tells. Cards count in steps of a tenth of their life."""
    worst = 0
    for path in (sys / "block").glob("mmcblk*/device/life_time"):
        try:
            worst = max(worst, *(int(part, 16) for part in path.read_text().split()))
        except (OSError, ValueError):
            continue
    if not worst:
        return None
    said = f"The card says that {min(worst, 10) * 10 - 10} to {min(worst, 10) * 10} % of its life are used."
    if worst >= 10:
        return bad(said, "Replace it before it fails: `lemmy-lite backup`, a new card or an SSD, `lemmy-lite restore`.")
    return note(said, "Have another one ready, and backups elsewhere.") if worst >= 8 else well(said)
