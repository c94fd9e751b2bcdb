"""What an instance has and takes at this moment: one set of figures for `stats`, the metrics and the admins' dashboard."""

import os
from pathlib import Path
from typing import Final

from lemmy_lite.context import Context
from lemmy_lite.domain import permissions, site
from lemmy_lite.domain.wear import Pace, pace
from lemmy_lite.model.clock import Micros
from lemmy_lite.model.person import Person
from lemmy_lite.model.site import SiteAggregates
from lemmy_lite.model.struct import Struct
from lemmy_lite.storage.meter import written
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import delivery, inbox_activity, mail
from lemmy_lite.storage.tables.delivery import Peer

_PROC: Final = Path("/proc/self")


class Machine(Struct, kw_only=True):
    """Bytes. What a system does not tell, or this instance does not have, is absent: no number stands for it.

    `memory` is what this process holds in RAM, `written` what it and its children
    had written to the disk since it started. `database` and `wal` are the
    files of SQLite. `uploads` stay, `cache` leaves by least recent use, both within `pictures_limit`. All together is `used`, of `budget`;
    `others` of it is neither database nor pictures. `shut` says why nothing new is taken in.
    """

    memory: int | None = None
    written: int | None = None
    database: int | None = None
    wal: int | None = None
    uploads: int | None = None
    cache: int | None = None
    pictures_limit: int | None = None
    free: int
    size: int
    used: int | None = None
    budget: int | None = None
    others: int | None = None
    shut: str | None = None


class Rows(Struct, kw_only=True):
    """What the database tells, in one look. `told` instances hear what happens here; of these `failing`, and of these `asleep`."""

    counts: SiteAggregates
    told: int
    failing: int
    asleep: int
    peers: list[Peer]
    inbox_waiting: int
    inbox_parked: int
    mails: int
    oldest_mail: Micros | None = None
    wear: Pace | None = None


def rows(tx: Transaction, context: Context, peers: int) -> Rows:
    """The figures of the database with at most so many peers; a handful of statements."""
    told, failing, asleep = delivery.figures(tx)
    waiting, parked = inbox_activity.figures(tx)
    mails, oldest = mail.queue(tx)
    return Rows(
        counts=site.view(tx).counts,
        told=told,
        failing=failing,
        asleep=asleep,
        peers=delivery.peers(tx, peers),
        inbox_waiting=waiting,
        inbox_parked=parked,
        mails=mails,
        oldest_mail=oldest,
        wear=pace(tx, context),
    )


def for_admin(tx: Transaction, context: Context, actor: Person, peers: int) -> Rows:
    """The same for somebody who asks. Raises not_an_admin."""
    permissions.require(tx, "site.edit", actor)
    return rows(tx, context, peers)


def machine(context: Context) -> Machine:
    """The figures of the machine: a few small files are looked at."""
    path = context.config.sqlite_path
    budget = context.images.budget if context.images is not None else None
    disk = os.statvfs(context.config.data_dir)
    look = context.room.look() if context.room is not None else None
    return Machine(
        memory=memory(),
        written=written(),
        database=_size(path) if path is not None else None,
        wal=_size(path.with_name(f"{path.name}-wal")) if path is not None else None,
        uploads=context.images.uploads.bytes if context.images is not None else None,
        cache=budget.cached if budget else None,
        pictures_limit=budget.limit if budget else None,
        free=disk.f_bavail * disk.f_frsize,
        size=disk.f_blocks * disk.f_frsize,
        used=look.used if look else None,
        budget=look.budget if look else None,
        others=look.others if look else None,
        shut=look.shut if look else None,
    )


def memory(proc: Path = _PROC) -> int | None:
    """Bytes of RAM that this process holds (proc(5), statm)."""
    try:
        return int((proc / "statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError):
        return None


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
