"""Imports go only downwards in rank (lemmy_lite/README.md)."""

from pathlib import Path

from tests.house.imports import imports
from tests.house.sources import sources

RANKS = {
    0: ("__init__", "config", "assets", "logs", "memory", "model"),
    1: ("text", "crypto", "net", "mail", "media", "storage"),
    2: ("context",),
    3: ("domain",),
    4: ("federation",),
    5: ("scheduler", "http", "control"),
    6: ("app",),
    7: ("cli", "__main__"),
}

# Between rooms of one rank, each with its reason.
SIDEWAYS = {
    ("__main__", "cli"): "the frozen entry point starts the commands",
    ("config", "model"): "an option's error is an error like any other",
}

RANK = {room: rank for rank, rooms in RANKS.items() for room in rooms}


def violations(top: Path) -> list[str]:
    """Imports that go upwards or sideways, and rooms that no rank is given for."""
    found = []
    for source in sources(top):
        if source.room not in RANK:
            found.append(f"{source.place}: no rank is given for the room {source.room}")
            continue
        for each in imports(source):
            if each.room is None or each.room in (source.room, "__init__") or (source.room, each.room) in SIDEWAYS:
                continue
            own, other = RANK[source.room], RANK.get(each.room, 99)
            if other >= own:
                found.append(f"{source.at(each.line)}: {source.room} [{own}] imports {each.name} [{other}]")
    return found
