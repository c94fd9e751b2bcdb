"""Backups by the clock: when the next is due, how the last one went, and the weekly drill."""

import fcntl
import logging
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import msgspec

from lemmy_lite.config import Backup, Config
from lemmy_lite.domain.backup.aside import sweep
from lemmy_lite.domain.backup.manifest import MARK, BackupError, Stopped
from lemmy_lite.domain.backup.pruning import Keep, Pruned, prune
from lemmy_lite.domain.backup.restoring import drill
from lemmy_lite.domain.backup.store import Folder
from lemmy_lite.domain.backup.taking import Progress, Taken, disk_of, take
from lemmy_lite.media import files
from lemmy_lite.model.clock import DAY, HOUR, SECOND, Clock, Micros, moment
from lemmy_lite.model.struct import Struct
from lemmy_lite.storage import connections

log = logging.getLogger(__name__)

DRILL_EVERY: Final[Micros] = 7 * DAY
RETRY_AFTER: Final[Micros] = HOUR
_BETWEEN_LOOKS: Final = 0.2
"""Seconds between two looks whether another backup has ended."""


class Record(Struct, kw_only=True):
    """What is remembered of backups, in `backups/last.json` of the data folder. Times are microseconds UTC; 0 is never.

    `place` is where the last good one went, `configured` where the last good one in `backup.to` did.
    """

    good: Micros = 0
    bytes: int = 0
    tried: Micros = 0
    place: str | None = None
    configured: str | None = None
    trouble: str | None = None
    drilled: Micros = 0
    drill_trouble: str | None = None


def record(config: Config) -> Record:
    """What is remembered; nothing where nothing can be read."""
    try:
        return msgspec.json.decode(_path(config).read_bytes(), type=Record)
    except (OSError, msgspec.DecodeError):
        return Record()


def passphrase(options: Backup) -> str | None:
    """The first line of the file that holds it. Raises BackupError."""
    return None if options.passphrase_file is None else passphrase_in(options.passphrase_file)


def passphrase_in(path: Path) -> str:
    """The first line of a file. Raises BackupError."""
    try:
        found = path.read_text().partition("\n")[0].strip()
    except (OSError, UnicodeDecodeError) as error:
        raise BackupError(f"the passphrase cannot be read from {path}: {error}") from error
    if not found:
        raise BackupError(f"{path} holds no passphrase")
    return found


def take_noted(config: Config, clock: Clock, destination: Path, secret: str | None, progress: Progress) -> Taken:
    """Make a backup and remember how it went. Raises what `take` raises."""
    connections.require(config.database_uri)
    with _alone(config, progress):
        before = record(config)
        try:
            _require_disk(config, before, destination)
            taken = take(config, clock, destination, secret, progress)
        except Stopped:
            raise  # it is no failure, and still due
        except Exception as trouble:
            _note(config, msgspec.structs.replace(before, tried=clock.now(), trouble=str(trouble)))
            raise
        now, place = clock.now(), str(destination.absolute())
        configured = place if _is_configured(config, destination) else before.configured
        known = msgspec.structs.replace(before, good=now, tried=now, bytes=taken.manifest.size, place=place, trouble=None)
        _note(config, msgspec.structs.replace(known, configured=configured))
    return taken


def _require_disk(config: Config, known: Record, destination: Path) -> None:
    """Raises BackupError where backups were made in `backup.to` and it holds none: its disk is away, and the next one would begin anew on
    the card below the mount point, with every appearance of a good one. Another disk that is there may be begun."""
    if not _is_configured(config, destination) or str(destination.absolute()) not in (known.configured, known.place):
        return
    below = (disk_of(Path("/")), disk_of(config.data_dir))
    if not (destination / MARK).exists() and disk_of(destination) in below:
        raise BackupError(
            f"the backups that were made in {destination} are not there: mount its disk, or, if they are gone for good, name another "
            "folder in backup.to"
        )


def _is_configured(config: Config, destination: Path) -> bool:
    return config.backup is not None and destination.absolute() == config.backup.to.absolute()


def drop_old(config: Config, place: Path, secret: str | None, rule: Keep, progress: Progress) -> Pruned:
    """Drop the backups in a folder that a rule does not keep. Raises BackupError, OSError."""
    with _alone(config, progress):
        return prune(Folder(place, secret, make=False), rule)


def way_back(config: Config) -> str:
    """What there is to go back to when the database is damaged, as sentences for whoever starts the program or reads its log."""
    known, database = record(config), config.sqlite_path
    if not known.good:
        return "No backup of it is known here."
    place = known.place or (config.backup.to if config.backup else "its folder")
    files_of_it = f"{database}*" if database is not None else "the database"
    return (
        f"The last good backup is of {moment(known.good):%Y-%m-%d %H:%M} UTC, in {place}: "
        f"stop the server (the service: `sudo lemmy-lite service stop`), move {files_of_it} away, then `lemmy-lite restore {place}` "
        "brings it back"
    )


def scheduled(config: Config, clock: Clock, progress: Progress) -> int:
    """Make the backup that is due, prune, and drill once a week; answers how many backups were made. Blocks: call it by `beside`."""
    sweep(config)
    options = config.backup
    if options is None:
        return 0
    known, now = record(config), clock.now()
    made = 0
    wait = min(options.every * SECOND, RETRY_AFTER) if known.trouble else options.every * SECOND
    if now - known.tried >= wait or now < known.tried:
        taken = take_noted(config, clock, options.to, passphrase(options), progress)
        made = 1
        if taken.lacking:
            log.warning("backup: %d pictures that the database names are missing or damaged on the disk", len(taken.lacking))
        pruned = drop_old(config, options.to, passphrase(options), keep(options), progress)
        log.info(
            "backup %s: %d MB, %d MB of it new; %d old ones went",
            taken.name,
            taken.manifest.size // 10**6,
            taken.added // 10**6,
            len(pruned.names),
        )
        if pruned.unreadable:
            log.warning("backups in %s that cannot be read, and stay: %s", options.to, ", ".join(pruned.unreadable))
    if not 0 <= now - known.drilled < DRILL_EVERY and record(config).good:
        _drill(config, clock, options, progress)
    return made


def keep(options: Backup) -> Keep:
    """The rule of the configuration."""
    return Keep(options.keep_daily, options.keep_weekly, options.keep_monthly)


def _drill(config: Config, clock: Clock, options: Backup, progress: Progress) -> None:
    trouble = None
    try:
        drill(config, options.to, passphrase(options), progress)
    except Stopped:
        raise
    except Exception as error:
        trouble = str(error)
        log.error("the drill with the newest backup failed: %s", error)
    _note(config, msgspec.structs.replace(record(config), drilled=clock.now(), drill_trouble=trouble))


def unseen(_: str, __: int, ___: int) -> None:
    """Nobody watches; the log says what was made."""


@contextmanager
def _alone(config: Config, progress: Progress) -> Iterator[None]:
    """For the length of a `with`, nobody else makes a backup of this instance or drops old ones: what a backup has brought belongs to none
    before it is finished, and would go with the old ones. Waits for whoever is at it; nothing is locked where the disk knows no locks."""
    folder = config.data_dir / "backups"
    files.make_folder(folder)
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        try:
            while not _locked(descriptor):
                progress("waiting for another backup", 0, 1)
                time.sleep(_BETWEEN_LOOKS)
        except OSError as trouble:
            log.info("nothing keeps two backups apart: %s", trouble)
        yield
    finally:
        os.close(descriptor)


def _locked(descriptor: int) -> bool:
    """Without waiting: a thread that waits for a lock of the kernel cannot be told to end."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _path(config: Config) -> Path:
    return config.data_dir / "backups" / "last.json"


def _note(config: Config, known: Record) -> None:
    files.write_durably(_path(config), msgspec.json.encode(known))
