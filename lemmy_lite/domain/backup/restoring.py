"""The way back: from a backup to an empty data folder or an empty Postgres database, and the drill that shows that it can be gone."""

import asyncio
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from lemmy_lite.config import Config
from lemmy_lite.domain.backup import pictures
from lemmy_lite.domain.backup.aside import folder_aside
from lemmy_lite.domain.backup.manifest import CONFIG, DATABASE, KEYS, MANIFEST, TOLD, BackupError, Manifest, Part, read_manifest
from lemmy_lite.domain.backup.pictures import Pictures
from lemmy_lite.domain.backup.store import File, Folder, opened
from lemmy_lite.domain.backup.taking import Progress, image_name
from lemmy_lite.media import files
from lemmy_lite.model.clock import Clock
from lemmy_lite.storage import copying, snapshot, told_file
from lemmy_lite.storage.connections import session
from lemmy_lite.storage.lock import FolderLock
from lemmy_lite.storage.migrations.runner import migrate_at

RESTORED_CONFIG = "config-from-backup.hjson"


class Listed(NamedTuple):
    """The backups of a store by name, oldest first, and why others cannot be read. That of a tar file has the name ""."""

    whole: dict[str, Manifest]
    unreadable: dict[str, str]


def listed(store: Folder | File) -> Listed:
    """What there is. Nothing is said of the files that manifests name."""
    found = Listed({}, {})
    for name in _names(store):
        try:
            found.whole[name] = _manifest(store, name)
        except (BackupError, OSError) as error:
            found.unreadable[name] = str(error)
    return found


def restore(config: Config, clock: Clock, source: Path, passphrase: str | None, progress: Progress, *, name: str | None = None) -> Manifest:
    """Bring the newest backup, or the one named, back. Blocks; call it in a thread. Where the newest cannot be read, an older one comes by
    its name alone, so that nobody loses days unawares.

    Nothing is ever overwritten: the data folder must have no database, or the Postgres database no tables. What fails leaves pictures at
    most, which a second try finds. Raises BackupError, DataFolderInUse, StorageError, SchemaError, OSError.
    """
    with _locked(config), opened(source, passphrase) as store:
        _require_empty(config)
        chosen, manifest = _choose(store, name, source)
        with folder_aside(config, "the restore", manifest.parts[DATABASE].bytes) as aside:
            copy = _fetched(store, chosen, manifest, DATABASE, aside, progress)
            snapshot.check(copy, progress=progress)
            with pictures.opened(config, aside) as uploads:
                _restore_images(store, manifest, uploads, aside, progress)
            for part in manifest.parts:
                if part.startswith(tuple(f"{folder}/" for folder in KEYS)):
                    files.move_durably(_fetched(store, chosen, manifest, part, aside, progress), config.data_dir / part)
                elif part == CONFIG:
                    files.move_durably(_fetched(store, chosen, manifest, part, aside, progress), config.data_dir / RESTORED_CONFIG)
                elif part == TOLD and config.sqlite_path is not None:
                    told_file.bring(_fetched(store, chosen, manifest, part, aside, progress), config.sqlite_path)
            if config.sqlite_path is not None:
                files.move_durably(copy, config.sqlite_path)
            else:
                _into_postgres(config, copy, clock, progress)
        return manifest


def drill(config: Config, source: Path, passphrase: str | None, progress: Progress) -> Manifest:
    """Bring the newest backup back into a folder that is thrown away, as a restore would: every file is read and compared, the database
    checked. Raises BackupError, StorageError, SchemaError, OSError."""
    with opened(source, passphrase) as store:
        chosen, manifest = _choose(store, None, source)
        with folder_aside(config, "the drill", max(part.bytes for part in manifest.parts.values())) as folder:
            for part in manifest.parts:
                path = _fetched(store, chosen, manifest, part, folder, progress)
                if part == DATABASE:
                    snapshot.check(path, progress=progress)
                    if set(snapshot.uploads(path)) - set(manifest.images):
                        raise BackupError("the backup's database names pictures that the backup does not have")
                path.unlink()
            for number, file in enumerate(manifest.images, 1):
                _picture(store, file, folder).unlink()
                progress("pictures", number, len(manifest.images))
    return manifest


def _choose(store: Folder | File, name: str | None, source: Path) -> tuple[str, Manifest]:
    """Its manifest alone is read: what an older backup says is of no interest."""
    names = _names(store)
    if not names:
        raise BackupError(f"{source} holds no backup that was finished")
    if name is not None and name not in names:
        raise BackupError(f"{source} has no backup {name}; it has {', '.join(names)}")
    chosen = names[-1] if name is None else name
    try:
        return chosen, _manifest(store, chosen)
    except (BackupError, OSError) as error:
        if name is None and (older := max(listed(store).whole, default=None)) is not None:
            raise BackupError(f"{error}. It is the newest of {source}; to take an older one, name it: --name {older}") from error
        raise


def _names(store: Folder | File) -> list[str]:
    """The backups that were finished, oldest first."""
    places = (name.rpartition("/") for name in store.names() if name.isprintable())
    return sorted(folder for folder, _, name in places if name == MANIFEST and "/" not in folder)


def _manifest(store: Folder | File, name: str) -> Manifest:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / MANIFEST
        store.get(f"{name}/{MANIFEST}" if name else MANIFEST, path)
        return read_manifest(path.read_bytes(), name)


def _fetched(store: Folder | File, name: str, manifest: Manifest, part: str, aside: Path, progress: Progress) -> Path:
    target, wanted = aside / part.replace("/", "-"), manifest.parts[part]
    _require(store.get(f"{name}/{part}" if name else part, target, lambda done: progress(part, done, wanted.bytes)), wanted, part)
    return target


def _require(found: Part, wanted: Part, name: str) -> None:
    if found != wanted:
        raise BackupError(f"{name} in the backup is damaged")


def _picture(store: Folder | File, file: str, aside: Path) -> Path:
    target = aside / "picture"
    if store.get(image_name(file), target).sha256 != file:
        raise BackupError(f"the picture {file} in the backup is damaged")
    return target


def _restore_images(store: Folder | File, manifest: Manifest, uploads: Pictures, aside: Path, progress: Progress) -> None:
    for number, file in enumerate(manifest.images, 1):
        if not uploads.has(file):
            uploads.put(_picture(store, file, aside))
        progress("pictures", number, len(manifest.images))


def _into_postgres(config: Config, copy: Path, clock: Clock, progress: Progress) -> None:
    """By way of the newest schema on both sides, as the backup may be of an older one."""
    for url in (f"sqlite://{copy}", config.database_uri):
        asyncio.run(migrate_at(url, clock))
    with session(f"sqlite://{copy}", read_only=True) as source, session(config.database_uri) as target:
        copying.copy(source, target, clock, progress)


def _require_empty(config: Config) -> None:
    if config.sqlite_path is not None:
        # A log left over from another database would be replayed into this one (sqlite.org/wal.html, "The WAL file").
        logs = [config.sqlite_path.with_name(config.sqlite_path.name + end) for end in ("-wal", "-journal")]
        for path in (config.sqlite_path, *(log for log in logs if log.exists() and log.stat().st_size)):
            if path.exists():
                raise BackupError(f"{path} exists already: a restore never overwrites; move it away or name another data_dir")
        return
    with session(config.database_uri) as target:
        if copying.version(target):
            raise BackupError("the Postgres database has tables already: a restore never overwrites; make an empty database")


@contextmanager
def _locked(config: Config) -> Iterator[None]:
    fresh = not config.data_dir.exists()
    lock = FolderLock(config.data_dir)
    done = False
    try:
        yield
        done = True
    finally:
        lock.release()
        if fresh and not done:
            shutil.rmtree(config.data_dir, ignore_errors=True)
