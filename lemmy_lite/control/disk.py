"""`lemmy-lite disk`: what takes the disk, what would leave at a budget, and letting it leave now."""

import asyncio
from collections.abc import Mapping
from typing import Final

from lemmy_lite.context import Context
from lemmy_lite.domain import disk, disk_keeping
from lemmy_lite.domain.disk import Tools
from lemmy_lite.model.errors import LemmyError
from lemmy_lite.model.struct import Struct
from lemmy_lite.storage import upkeep
from lemmy_lite.storage.database import Database
from lemmy_lite.storage.room import LOW, Look, Room

MEGABYTE: Final = 10**6
GROUPS: Final[Mapping[str, tuple[str, ...]]] = {
    "posts": ("post", "post_aggregates", "post_spent", "post_gone", "post_terms", "post_title_terms"),
    "comments": ("comment", "comment_aggregates", "comment_spent", "comment_terms"),
    "votes": ("post_vote", "comment_vote", "vote_log"),
    "people": ("person", "person_aggregates", "actor", "active_person", "person_terms"),
    "activities": ("received_activity", "sent_activity", "inbox_activity"),
}
"""Tables as people think of them; the rest is called so."""


class Asking(Struct, kw_only=True):
    """`budget`: bytes for the dry run, else the one that is configured. `spend`: let go now what has to."""

    budget: int | None = None
    spend: bool = False


async def lines(context: Context, database: Database, form: Asking) -> list[str]:
    """What the command shows. Raises LemmyError where the disk is not looked after."""
    room = context.room
    if room is None:
        raise LemmyError("unknown", cause="this process does not look after the disk")
    tools = Tools(context, database)
    if form.spend:
        return await _spent(tools, room)
    if not database.dialect.is_sqlite:
        room.measured = (await database.maintain(upkeep.size)).rows
    look = await asyncio.to_thread(lambda: room.look(now=True))
    found = [*_used(look, await database.read(upkeep.by_table), room), ""]
    budget = form.budget or look.budget
    need = look.used - int(budget * LOW)
    if form.budget is None and look.used <= look.high:
        return [*found, f"Nothing has to leave: it begins above {_mb(look.high)}, and ends at {_mb(look.low)}.", "", *_rules()]
    if need <= 0:
        return [*found, f"At {_mb(budget)} nothing would have to leave.", "", *_rules()]
    return [*found, *await _foreseen(tools, budget, need)]


async def _foreseen(tools: Tools, budget: int, need: int) -> list[str]:
    found = [f"At {_mb(budget)} about {_mb(need)} would leave, in this order (nothing was changed):"]
    seen = await disk_keeping.foresee(tools, need)
    found += [f"  {each.step:<9} older than {each.days:>6g} days  {each.things:>9} things  about {_mb(each.size):>9}" for each in seen]
    whole = sum(each.size for each in seen)
    if whole < need:
        found.append(f"That is {_mb(need - whole)} too little: the rest is this site's own, or too young.")
    elif seen:
        found.append(f"Of the last line only as much as is needed: {_mb(need - (whole - seen[-1].size))}.")
    return [*found, "", *_rules()]


async def _spent(tools: Tools, room: Room) -> list[str]:
    room.rests_until = 0.0
    before = await asyncio.to_thread(lambda: room.look(now=True))
    done = await disk_keeping.keep(tools)
    after = await asyncio.to_thread(lambda: room.look(now=True))
    if not done and before.used <= before.high:
        return [f"Nothing has to leave: {_mb(before.used)} are used, and it begins above {_mb(before.high)}."]
    return [f"{done} things left; {_mb(after.used)} are used now, {_mb(before.used)} before."]


def _used(look: Look, tables: Mapping[str, int], room: Room) -> list[str]:
    known = {name: sum(tables.get(table, 0) for table in group) for name, group in GROUPS.items()}
    # What FTS5 keeps beside a table of terms is named after it.
    for name, group in GROUPS.items():
        known[name] += sum(
            size for table, size in tables.items() if any(table.startswith(f"{of}_") for of in group if of.endswith("terms"))
        )
    rows = [("database", look.database), *((f"  {name}", size) for name, size in known.items() if tables)]
    if tables:
        rows.append(("  the rest", max(0, look.database - sum(known.values()))))
    rows += [("log", look.log), ("pictures", look.pictures), ("other files", look.others), ("together", look.used)]
    set_by = "disk.budget" if room.is_limited else "a tenth of the disk stays free"
    found = [f"{name:<14}{_mb(size):>12}" for name, size in rows]
    found.append(f"{'may take':<14}{_mb(look.budget):>12}  ({set_by}; at least {_mb(room.floor)} stay free)")
    found.append(f"{'free':<14}{_mb(look.free):>12}  of {_mb(look.size)}")
    if look.shut is not None:
        found.append(f"Nothing new is taken in: {look.shut}.")
    return found


def _rules() -> list[str]:
    """The table itself: what leaves, and how old it has to be, stroke by stroke."""
    found = ["What leaves first (days, stroke by stroke):"]
    for step in disk.STEPS:
        ages = ", ".join("-" if days is None else f"{days:g}" for days in step.ages)
        found.append(f"  {step.name:<9} {ages:<20} {step.what}")
    return [*found, "What people of this site made, saved, voted on, answered or decided never leaves."]


def _mb(size: int) -> str:
    return f"{size / MEGABYTE:.1f} MB" if size < 1000 * MEGABYTE else f"{size / 10**9:.2f} GB"
