"""The figures of an instance for a terminal: people, content, deliveries, memory, disk, backups."""

import os
from pathlib import Path

from lemmy_lite import __version__
from lemmy_lite.context import Context
from lemmy_lite.domain import site
from lemmy_lite.domain.backup import keeping
from lemmy_lite.model.clock import DAY, HOUR, MINUTE, Micros
from lemmy_lite.storage.database import Database
from lemmy_lite.storage.tables import delivery, inbox_activity

_MEGABYTE = 2**20


async def lines(context: Context, database: Database) -> list[str]:
    """One line a figure, name first."""
    counts = (await database.read(site.view)).counts
    told, failing, asleep = await database.read(delivery.figures)
    lagging = await database.read(delivery.lagging, 5)
    waiting, parked = await database.read(inbox_activity.figures)
    now = context.clock.now()
    found = [
        ("version", f"lemmy_lite {__version__} on {database.dialect.name}"),
        ("people", f"{counts.users}; active {counts.users_active_day} today, {counts.users_active_month} this month"),
        ("content", f"{counts.posts} posts, {counts.comments} comments, {counts.communities} communities of this site"),
        ("instances", f"{told} are told what happens here; {failing} do not answer, {asleep} of them for days"),
        *((f"  {host}", f"{behind} activities behind, {count} failures in a row") for host, behind, count, _, _ in lagging if count),
        ("inbox", f"{waiting} activities wait to be applied, {parked} could not be"),
        ("memory", _memory()),
        *_disk(context),
        ("backup", _backup(context, now)),
    ]
    width = max(len(name) for name, _ in found)
    return [f"{name:<{width}}  {value}" for name, value in found]


def _memory() -> str:
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except (OSError, ValueError, IndexError):
        return "unknown"
    return f"{pages * os.sysconf('SC_PAGE_SIZE') / _MEGABYTE:.0f} MB in this process"


def _disk(context: Context) -> list[tuple[str, str]]:
    found = []
    path = context.config.sqlite_path
    if path is not None:
        sizes = [each.stat().st_size for each in (path, path.with_name(f"{path.name}-wal")) if each.exists()]
        found.append(("database", f"{sum(sizes) / _MEGABYTE:.1f} MB"))
    if context.images is not None:
        budget = context.images.budget
        uploads, cached, limit = (number / _MEGABYTE for number in (budget.uploads, budget.cached, budget.limit))
        found.append(("pictures", f"{uploads:.1f} MB uploads, {cached:.1f} MB cache, of {limit:.0f} MB"))
    stat = os.statvfs(context.config.data_dir)
    found.append(("disk", f"{stat.f_bavail * stat.f_frsize / _MEGABYTE:.0f} MB free"))
    try:
        fields = dict(line.split(": ") for line in Path("/proc/self/io").read_text().splitlines())
        found.append(("written", f"{int(fields['write_bytes']) / _MEGABYTE:.1f} MB by this process since it started"))
    except (OSError, KeyError, ValueError):
        pass  # not every system tells
    return found


def _backup(context: Context, now: Micros) -> str:
    known = keeping.record(context.config)
    if not known.good:
        return f"none; the last try failed: {known.trouble}" if known.trouble else "none was ever made"
    said = f"{_age(now - known.good)} old, {known.bytes / _MEGABYTE:.1f} MB"
    if known.trouble:
        said += f"; a later one failed: {known.trouble}"
    return f"{said}; the drill failed: {known.drill_trouble}" if known.drill_trouble else said


def _age(span: Micros) -> str:
    if span < HOUR:
        return f"{max(0, span // MINUTE)} minutes"
    return f"{span // HOUR} hours" if span < 2 * DAY else f"{span // DAY} days"
