"""Room on the disk: what the data takes, what it may take, and whether anything new may still be taken in.

Asked before everything that adds, so it must cost next to nothing: some system calls, at most once in LOOK_SECONDS. Nothing has to be told
that space is back. A file of RESERVE bytes lies aside, so that somebody can erase something on a disk that is full: SQLite needs room to
delete (its log), and a full disk would else stay full.
"""

import contextlib
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final, NamedTuple

from lemmy_lite.storage.errors import StorageError, Trouble

RESERVE: Final = 10 * 10**6
LOOK_SECONDS: Final = 1.0
OTHERS_SECONDS: Final = 600.0
"""How often the rest of the data folder is measured: backups and copies made before an update, whose files are many or rarely change."""

HIGH, LOW, SHUT = 0.92, 0.85, 0.97
"""Shares of the budget: above HIGH things leave until LOW is reached; above SHUT nothing is taken in. Between LOW and HIGH nothing happens,
so that a full node works in strokes of some per cent, and not all the time."""
FREE_SHARE: Final = 0.1
"""Without a budget this share of the file system stays free: SSDs, cards and other programs need it."""
LONGEST_LOG: Final = 240 * 2**20
"""Bytes of SQLite's log beyond which nothing new is taken in: somebody reads for so long that it cannot be folded back, as a program beside
ours may (security.md, R22), and it would fill the disk."""
BACKUPS, ASIDE = "backups", "aside-"
"""Folders in `backups` whose names begin so are gone in a while: copies for a backup, a drill or an export (domain/backup/aside.py)."""
LOG_SHARE: Final = 1 / 64
LEAST_LOG, MOST_LOG = 2**20, 48 * 2**20
"""SQLite's log is folded back at such a share of the budget, within bounds. While somebody reads it may grow beyond, which
must fit between HIGH and the budget: with 4 MB, a node of 30 MB once held 30.8."""


class Look(NamedTuple):
    """Bytes. `budget` is what the data may take at this moment, never more than the disk has; `shut` says in a sentence why nothing new is
    taken in, None while it is. What will be gone in a while is neither in `others` nor in `free`."""

    database: int
    log: int
    pictures: int
    others: int
    free: int
    size: int
    budget: int
    shut: str | None

    @property
    def used(self) -> int:
        """What the data takes on the disk."""
        return self.database + self.log + self.pictures + self.others

    @property
    def high(self) -> int:
        """Above it things leave."""
        return int(self.budget * HIGH)

    @property
    def low(self) -> int:
        """So much is left then."""
        return int(self.budget * LOW)


class Room:
    """One for the process. `budget` None leaves FREE_SHARE of the disk free; `floor` are bytes that stay free whatever the budget says.

    `database` is SQLite's file; on Postgres, `measured` is set by who measures (domain/disk.py).
    """

    def __init__(
        self,
        folder: Path,
        *,
        database: Path | None,
        budget: int | None,
        floor: int,
        pictures: Callable[[], int] = lambda: 0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._folder = folder
        self._database = database
        self._budget = budget
        self._floor = floor
        self._pictures = pictures
        self._clock = clock
        self._looked: tuple[float, Look] | None = None
        self._others: tuple[float, int] | None = None
        self.measured = 0
        """What the rows take on Postgres."""
        self.turned_away = 0
        """How often something new was refused."""
        self.let_go: dict[str, int] = {}
        """What left the disk since the start: things by step (domain/disk.py)."""
        self.places: dict[str, tuple[int, int]] = {}
        """How far each step has come along its index: what it went past is not looked at again for a day, or until nothing else is left."""
        self.places_since = 0.0
        self.rests_until = 0.0
        """By the steady clock: until then it is not tried again to let something go, as nothing more could."""

    @property
    def is_limited(self) -> bool:
        """Whether a budget was set by hand."""
        return self._budget is not None

    @property
    def floor(self) -> int:
        """Bytes that stay free."""
        return self._floor

    @property
    def reserve(self) -> Path:
        """The file that lies aside."""
        return self._folder / "reserve"

    def look(self, *, now: bool = False) -> Look:
        """What is used and free, at most LOOK_SECONDS old unless it is wanted `now`."""
        moment = self._clock()
        if now or self._looked is None or not 0 <= moment - self._looked[0] < LOOK_SECONDS:
            self._looked = moment, self._look(moment, measure=now)
        return self._looked[1]

    def shut(self) -> str | None:
        """Why nothing new may be taken in, in a sentence; None while there is room."""
        return self.look().shut

    def require(self) -> None:
        """Raises StorageError(FULL) where nothing new may be taken in."""
        if (why := self.shut()) is not None:
            self.turned_away += 1
            raise StorageError(Trouble.FULL, why)

    def keep_reserve(self) -> bool:
        """Put the reserve aside where there is room for it; answers whether it lies there."""
        with contextlib.suppress(OSError):
            if self.reserve.stat().st_size >= RESERVE:
                return True
        if self.look(now=True).free < RESERVE + self._floor // 2:
            return False
        try:
            descriptor = os.open(self.reserve, os.O_CREAT | os.O_WRONLY, 0o600)
            try:
                os.posix_fallocate(descriptor, 0, RESERVE)
            finally:
                os.close(descriptor)
        except OSError:
            self.release_reserve()
            return False
        return True

    def release_reserve(self) -> None:
        """Give the reserve's bytes to the disk."""
        with contextlib.suppress(OSError):
            self.reserve.unlink()
        self._looked = None

    @contextlib.contextmanager
    def erasing(self) -> Iterator[None]:
        """Around a deed that makes room: it may use the reserve where the disk is full. The clock puts it aside again."""
        if self.look(now=True).free < RESERVE:
            self.release_reserve()
        yield

    def _look(self, moment: float, *, measure: bool) -> Look:
        disk = os.statvfs(self._folder)
        free, size = disk.f_bavail * disk.f_frsize, disk.f_blocks * disk.f_frsize
        database = self.measured if self._database is None else _size(self._database)
        log = 0 if self._database is None else _size(self._database.with_name(f"{self._database.name}-wal"))
        # A folder of backups may have many files: only who asks to measure (the clock does, in a thread) waits for them to be counted.
        if self._others is None or (measure and moment - self._others[0] >= OTHERS_SECONDS):
            self._others = moment, _others(self._folder, self._database)
        pictures, others = self._pictures(), self._others[1] + _size(self.reserve)
        used = database + log + pictures + others
        # For a copy that is gone in some minutes nothing has to leave: it counts as if it were free.
        budget = self._most(used, free + _passing(self._folder), size)
        return Look(database, log, pictures, others, free, size, budget, self._why(used, free, budget, log))

    def _most(self, used: int, free: int, size: int) -> int:
        spare = 2 * self._floor
        if self._budget is None:
            return max(0, used + free - max(spare, int(size * FREE_SHARE)))
        return max(0, min(self._budget, used + free - spare))

    def _why(self, used: int, free: int, budget: int, log: int) -> str | None:
        if free < self._floor:
            return f"only {free // 10**6} MB are free on the disk"
        if self._budget is not None and used > budget * SHUT:
            return f"the data takes {used / 10**6:.0f} MB of {budget / 10**6:.0f} MB"
        if log > LONGEST_LOG:
            return f"the log of the database takes {log // 10**6} MB, as something has been reading it for long"
        return None


def log_pages(budget: int | None, size: int, page: int = 4096) -> int:
    """After how many pages SQLite folds its log back: a small share of the budget, or of a small disk."""
    share = min(budget if budget is not None else size, size)
    return max(LEAST_LOG, min(MOST_LOG, int(share * LOG_SHARE))) // page


def _others(folder: Path, database: Path | None) -> int:
    """Files of the data folder that are neither the database nor pictures nor the reserve, and that stay."""
    names = {f"{database.name}{end}" for end in ("", "-wal", "-shm")} if database is not None and database.parent == folder else set()
    total = 0
    for top, folders, files in os.walk(folder):
        if Path(top) == folder:
            folders[:] = [name for name in folders if name != "images"]
            files = [name for name in files if name not in names and name != "reserve"]
        elif Path(top) == folder / BACKUPS:
            folders[:] = [name for name in folders if not name.startswith(ASIDE)]
        total += sum(_size(Path(top) / name) for name in files)
    return total


def _passing(folder: Path) -> int:
    """Files of the data folder that will be gone in a while."""
    try:
        passing = [each for each in (folder / BACKUPS).iterdir() if each.name.startswith(ASIDE)]
    except OSError:
        return 0
    return sum(_size(Path(top) / name) for each in passing for top, _, files in os.walk(each) for name in files)


def _size(path: Path) -> int:
    try:
        return path.lstat().st_size
    except OSError:
        return 0
