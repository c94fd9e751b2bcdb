"""Making a backup beside a running server, and looking whether one is whole."""

import shutil
from collections.abc import Callable, Iterable
from datetime import UTC
from pathlib import Path
from typing import Final

import msgspec

from lemmy_lite import __version__
from lemmy_lite.config import Config
from lemmy_lite.domain.backup import pictures
from lemmy_lite.domain.backup.aside import database_size, folder_aside
from lemmy_lite.domain.backup.manifest import CONFIG, DATABASE, KEYS, MANIFEST, TOLD, MadeAlready, Manifest
from lemmy_lite.domain.backup.pictures import Pictures
from lemmy_lite.domain.backup.store import Folder, NewFile, Store, sweep
from lemmy_lite.model.clock import Clock, moment
from lemmy_lite.model.struct import Struct
from lemmy_lite.storage import snapshot, told_file

Progress = Callable[[str, int, int], None]
"""What is done, how much of it, of how much. What it raises ends the work."""

_NAME: Final = "%Y-%m-%dT%H-%M-%SZ"


class Taken(Struct, kw_only=True):
    """A backup that was made. `name` is its folder in the store, empty in a tar file; `lacking` are uploads that the disk does not have."""

    name: str
    manifest: Manifest
    added: int
    lacking: list[str]


def take(config: Config, clock: Clock, destination: Path, passphrase: str | None, progress: Progress) -> Taken:
    """Back up everything that cannot be had again: rows, keys, uploads, the configuration. Blocks; call it in a thread.

    `destination` ending in `.tar` is one file, anything else a folder, of which only what is new is written. The copy of the database is
    read back and checked before it counts. Raises BackupError, StorageError, SchemaError, OSError.
    """
    made = moment(clock.now()).astimezone(UTC)
    sweep(destination, MANIFEST)  # before the look at the room, which it may be in
    with folder_aside(config, "a backup", database_size(config) * _copies(config, destination)) as aside:
        if destination.suffix == ".tar":
            target = NewFile(destination, passphrase)
            whole = False
            try:
                taken = _take(config, clock, target, "", made.strftime(_NAME), aside, progress)
                whole = True
            finally:
                target.close(whole=whole)
            return taken
        name = made.strftime(_NAME)
        return _take(config, clock, Folder(destination, passphrase, make=True), f"{name}/", name, aside, progress)


def _copies(config: Config, destination: Path) -> int:
    """How many copies of the database the disk of the data must have room for: while it comes to its place on the same disk, two."""
    return 2 if disk_of(destination) == disk_of(config.data_dir) else 1


def disk_of(path: Path) -> int:
    """The disk on which something lies, or will."""
    return next(each for each in (path.absolute(), *path.absolute().parents) if each.exists()).stat().st_dev


def _take(config: Config, clock: Clock, store: Store, within: str, name: str, aside: Path, progress: Progress) -> Taken:
    if f"{within}{MANIFEST}" in store.names():
        raise MadeAlready(f"there is a backup of {name} already")
    # Uploads first: what is deleted while the database is copied is in the backup all the same, and what is new comes after.
    held = {each for each in store.names() if each.startswith("images/")}
    with pictures.opened(config, aside) as uploads:
        added = _put_images(store, uploads, uploads.names(), held, progress)
        copy = aside / DATABASE
        snapshot.take(config.database_uri, copy, clock, progress)
        snapshot.check(copy, progress=progress)
        wanted = snapshot.uploads(copy)
        added += _put_images(store, uploads, wanted, held, progress)
    size = copy.stat().st_size
    parts = {DATABASE: store.put(f"{within}{DATABASE}", copy, lambda done: progress("database", done, size))}
    copy.unlink()
    if config.sqlite_path is not None and (told := told_file.beside(config.sqlite_path)).is_file():
        # After the database, so that it knows of all that was told before; it is written meanwhile.
        parts[TOLD] = store.put(f"{within}{TOLD}", shutil.copyfile(told, aside / TOLD))
    source = Path(config.origin.source) if config.origin.source else None
    if source is not None and source.is_file():
        parts[CONFIG] = store.put(f"{within}{CONFIG}", source)
    for folder in KEYS:
        for path in sorted((config.data_dir / folder).glob("[!.]*")):
            parts[f"{folder}/{path.name}"] = store.put(f"{within}{folder}/{path.name}", path)
    there = {each: size for each, size in wanted.items() if image_name(each) in held}
    manifest = Manifest(made=moment(clock.now()), version=__version__, hostname=config.hostname, parts=parts, images=there)
    written = aside / MANIFEST
    written.write_bytes(msgspec.json.format(msgspec.json.encode(manifest)))
    store.put(f"{within}{MANIFEST}", written)
    added += sum(part.bytes for part in parts.values())
    return Taken(name=name if within else "", manifest=manifest, added=added, lacking=sorted(set(wanted) - set(there)))


def image_name(file: str) -> str:
    """Where a store has an upload."""
    return f"images/{file[:2]}/{file}"


def _put_images(store: Store, uploads: Pictures, wanted: Iterable[str], held: set[str], progress: Progress) -> int:
    """Put what the store lacks; `held` grows with it. A file that is not what its name says is damaged, and left out."""
    missing = [each for each in dict.fromkeys(wanted) if image_name(each) not in held]
    added = 0
    for number, each in enumerate(missing, 1):
        with uploads.lent(each) as path:
            if path is not None:
                added += store.put(image_name(each), path).bytes
                held.add(image_name(each))
        progress("pictures", number, len(missing))
    return added
