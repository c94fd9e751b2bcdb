"""Which backups stay: the newest of each of the last days, weeks and months that have one; and pictures that none of them needs go."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import NamedTuple

from lemmy_lite.domain.backup.manifest import Manifest
from lemmy_lite.domain.backup.restoring import listed
from lemmy_lite.domain.backup.store import Folder
from lemmy_lite.domain.backup.taking import image_name


class Keep(NamedTuple):
    """How many days, weeks and months with a backup keep their newest one."""

    daily: int
    weekly: int
    monthly: int


class Pruned(NamedTuple):
    """The backups that went, the bytes that this freed, and those that stay as they cannot be read."""

    names: list[str]
    freed: int
    unreadable: list[str]


_PERIODS: tuple[Callable[[datetime], tuple[int, ...]], ...] = (
    lambda made: (made.year, made.month, made.day),
    lambda made: tuple(made.isocalendar()[:2]),
    lambda made: (made.year, made.month),
)


def kept(made: dict[str, datetime], keep: Keep) -> set[str]:
    """The names that stay; the newest always does."""
    newest_first = sorted(made, key=lambda name: made[name], reverse=True)
    found = set(newest_first[:1])
    for period, number in zip(_PERIODS, keep, strict=True):
        seen: set[tuple[int, ...]] = set()
        for name in newest_first:
            when = period(made[name])
            if when not in seen and len(seen) < number:
                seen.add(when)
                found.add(name)
    return found


def prune(store: Folder, keep: Keep) -> Pruned:
    """Take away what the rule does not keep, the manifest of each first, so that nothing half-gone looks whole. One that cannot be read
    stays, and while there is one, so do all pictures: they may be its own."""
    found, unreadable = listed(store)
    stay = kept({name: manifest.made for name, manifest in found.items()}, keep)
    gone = [name for name in found if name not in stay]
    names = store.names()
    freed = sum(_remove(store, name, names) for name in gone)
    if gone and not unreadable:
        freed += _remove_pictures(store, (found[name] for name in stay), store.names())
    return Pruned(gone, freed, list(unreadable))


def _remove(store: Folder, name: str, names: set[str]) -> int:
    own = sorted((each for each in names if each.startswith(f"{name}/")), key=lambda each: not each.endswith("manifest.json"))
    return sum(store.remove(each) for each in own)


def _remove_pictures(store: Folder, stay: Iterable[Manifest], names: set[str]) -> int:
    needed = {image_name(file) for manifest in stay for file in manifest.images}
    return sum(store.remove(each) for each in sorted(names) if each.startswith("images/") and each not in needed)
