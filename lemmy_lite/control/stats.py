"""The figures of an instance for a terminal: people, content, deliveries, memory, disk, backups."""

from lemmy_lite import __version__
from lemmy_lite.context import Context
from lemmy_lite.domain import figures
from lemmy_lite.domain.backup import keeping
from lemmy_lite.domain.figures import Machine
from lemmy_lite.domain.wear import Pace
from lemmy_lite.model.clock import DAY, HOUR, MINUTE, Micros
from lemmy_lite.storage.database import Database

_MEGABYTE = 10**6
_PEERS = 5
RATED = 30
"""Terabytes: what makers of plain 64 GB cards promise at most, where they promise anything; endurance cards say 100 and more."""


async def lines(context: Context, database: Database) -> list[str]:
    """One line a figure, name first."""
    rows = await database.read(figures.rows, context, _PEERS)
    counts, machine = rows.counts, figures.machine(context)
    found = [
        ("version", f"lemmy_lite {__version__} on {database.dialect.name}"),
        ("people", f"{counts.users}; active {counts.users_active_day} today, {counts.users_active_month} this month"),
        ("content", f"{counts.posts} posts, {counts.comments} comments, {counts.communities} communities of this site"),
        ("instances", f"{rows.told} are told what happens here; {rows.failing} do not answer, {rows.asleep} of them for days"),
        *(
            (f"  {peer.domain}", f"{peer.behind} activities behind, {peer.fail_count} failures in a row. {peer.trouble or ''}".rstrip())
            for peer in rows.peers
            if peer.fail_count
        ),
        ("inbox", f"{rows.inbox_waiting} activities wait to be applied, {rows.inbox_parked} could not be"),
        ("memory", "unknown" if machine.memory is None else f"{machine.memory / _MEGABYTE:.0f} MB in this process"),
        *_disk(machine),
        *_wear(rows.wear),
        ("backup", _backup(context, context.clock.now())),
    ]
    width = max(len(name) for name, _ in found)
    return [f"{name:<{width}}  {value}" for name, value in found]


def _disk(machine: Machine) -> list[tuple[str, str]]:
    found = []
    if machine.database is not None:
        found.append(("database", f"{(machine.database + (machine.wal or 0)) / _MEGABYTE:.1f} MB"))
    if machine.uploads is not None and machine.cache is not None and machine.pictures_limit is not None:
        uploads, cached, limit = (number / _MEGABYTE for number in (machine.uploads, machine.cache, machine.pictures_limit))
        found.append(("pictures", f"{uploads:.1f} MB uploads, {cached:.1f} MB cache, of {limit:.0f} MB"))
    if machine.used is not None and machine.budget is not None:
        found.append(
            (
                "disk",
                f"{machine.used / _MEGABYTE:.1f} MB used, of {machine.budget / _MEGABYTE:.0f} MB; {machine.free / _MEGABYTE:.0f} MB free",
            )
        )
    else:
        found.append(("disk", f"{machine.free / _MEGABYTE:.0f} MB free"))
    if machine.shut is not None:
        found.append(("", f"nothing new is taken in: {machine.shut}"))
    if machine.written is not None:
        found.append(("written", f"{machine.written / _MEGABYTE:.1f} MB by this process and its children since it started"))
    return found


def _wear(pace: Pace | None) -> list[tuple[str, str]]:
    """How fast the disk wears. A life is told where the whole device is counted, as other programs write too, and not of the first days."""
    if pace is None:
        return []
    said = f"{pace.program / _MEGABYTE:.1f} MB a day by this program over {pace.days} days, {pace.today / _MEGABYTE:.1f} MB today"
    if pace.device is not None:
        said += f"; {pace.device / _MEGABYTE:.0f} MB a day by everything on this disk"
    found = [("wear", said)]
    if (years := pace.years(RATED)) is not None:
        found.append(("", f"at this pace a card rated for {RATED} TB written lasts {_years(years)}"))
    return found


def _years(years: float) -> str:
    return "more than 20 years" if years > 20 else f"{years:.1f} years" if years >= 1 else f"{years * 12:.0f} months"


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
