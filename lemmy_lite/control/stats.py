"""The figures of an instance for a terminal: people, content, deliveries, memory, disk, backups."""

from lemmy_lite import __version__
from lemmy_lite.context import Context
from lemmy_lite.domain import figures
from lemmy_lite.domain.backup import keeping
from lemmy_lite.domain.figures import Machine
from lemmy_lite.model.clock import DAY, HOUR, MINUTE, Micros
from lemmy_lite.storage.database import Database

_MEGABYTE = 2**20
_PEERS = 5


async def lines(context: Context, database: Database) -> list[str]:
    """One line a figure, name first."""
    rows = await database.read(figures.rows, _PEERS)
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
    found.append(("disk", f"{machine.free / _MEGABYTE:.0f} MB free"))
    if machine.written is not None:
        found.append(("written", f"{machine.written / _MEGABYTE:.1f} MB by this process since it started"))
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
