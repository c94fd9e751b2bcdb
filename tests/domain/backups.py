"""Instances that are backed up, for tests: with rows, pictures, and a clock that stands where it is put."""

import os
from pathlib import Path

from lemmy_lite import config
from lemmy_lite.config import Config
from lemmy_lite.media.store import Store as Uploads
from lemmy_lite.model.clock import Clock, Micros
from lemmy_lite.storage.connections import session
from tests.domain.deeds import lived_in

PICTURES = [b"a picture", b"another", os.urandom(200_000)]


class At(Clock):
    """A clock that stands where a test puts it."""

    def __init__(self, now: Micros) -> None:
        super().__init__(lambda: self.moment)
        self.moment = now


NOON = 1_790_000_000_000_000


def quietly(_: str, __: int, ___: int) -> None:
    """Nobody watches."""


def instance(folder: Path, url: str | None = None, **more: object) -> Config:
    values: dict[str, object] = {"hostname": "site.test", "data_dir": str(folder), **more}
    if url is not None:
        values["database"] = {"uri": url}
    return config.read(values, environment={})


def uploads(of: Config) -> Uploads:
    return Uploads(of.data_dir / "images" / "uploads")


def upload(of: Config, data: bytes) -> str:
    aside = of.data_dir / "new"
    aside.write_bytes(data)
    name, size = uploads(of).put(aside)
    with session(of.database_uri) as found:
        values = {"alias": name[:8], "file": name, "size": size}
        sql = "INSERT INTO local_image (alias, link, delete_token, published, file, bytes) VALUES (:alias, :alias, 'x', 0, :file, :size)"
        found.control("BEGIN")
        found.run(found.dialect.statement(sql), values)
        found.control("COMMIT")
    return name


def lived(folder: Path, url: str | None = None) -> Config:
    """An instance with rows and pictures."""
    made = instance(folder, url)
    folder.mkdir(parents=True, exist_ok=True)
    lived_in(made.database_uri)
    for data in PICTURES:
        upload(made, data)
    return made


def words(of: Config) -> list[tuple[object, ...]]:
    with session(of.database_uri, read_only=True) as found:
        return found.fetch("SELECT id, name FROM post ORDER BY id", {})


def files_below(folder: Path) -> dict[str, int]:
    return {path.relative_to(folder).as_posix(): path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file()}
