"""Backups of somebody else's making: a tar file whose mark, manifest and members say anything."""

import hashlib
import io
import sqlite3
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
from hypothesis import strategies as st

from lemmy_lite import config
from lemmy_lite.cli.failures import EXIT_STATUS
from lemmy_lite.domain.backup.manifest import DATABASE, MANIFEST, MARK
from lemmy_lite.domain.backup.restoring import drill, listed, restore
from lemmy_lite.domain.backup.store import opened as opened_store
from lemmy_lite.model.clock import Clock
from lemmy_lite.storage import snapshot
from tests.fuzz.inputs import changed_json, samples
from tests.fuzz.target import Bench, Broken

TOLD = tuple(EXIT_STATUS)
"""What commands turn into one line; anything else would be a traceback."""

PICTURE = "a picture"
HASH = hashlib.sha256(PICTURE.encode()).hexdigest()
NAMES = (
    "../x",
    "/etc/x",
    "onion/../../x",
    "onion/key",
    "tls/..",
    "tls/a/b",
    "onion/",
    "a" * 300,
    "x\0y",
    HASH,
    HASH.upper(),
    "..",
    "",
    MANIFEST,
    DATABASE,
)


@contextmanager
def opened(folder: Path) -> Iterator[Bench]:
    """A place to restore to, which every input finds empty."""
    database = _database(folder)
    yield Bench(changed_json(samples("backup"), values=NAMES) | _renamed(), lambda value: _check(folder, database, value))


@st.composite
def _renamed(draw: st.DrawFn) -> Any:
    """A backup in which files have other names."""
    value = draw(changed_json(samples("backup")[:1], most=1))
    name, text = draw(st.sampled_from(NAMES)), draw(st.sampled_from((PICTURE, "x")))
    where = draw(st.sampled_from(("parts", "members")))
    if isinstance(value.get(where), dict):
        value[where][name] = text
    if isinstance(manifest := value.get("manifest"), dict) and isinstance(manifest.get("images"), dict) and where == "members":
        manifest["images"][name] = len(text)
    return value


def _check(folder: Path, database: bytes, value: Any) -> None:
    """A backup is restored whole, or refused in a sentence; nothing is written but in the data folder."""
    place = folder / "place"
    place.mkdir()
    source, target = place / "backup.tar", place / "in" / "data"
    source.write_bytes(_tar(value, database))
    before = {path for path in place.rglob("*") if path != source}
    settings = config.read({"hostname": "here.test", "data_dir": str(target)}, environment={})
    try:
        try:
            with opened_store(source, None) as store:
                listed(store)
            drill(settings, source, None, _quietly)
        except TOLD as refused:
            _require_sentence(refused)
        try:
            restore(settings, Clock(), source, None, _quietly)
        except TOLD as refused:
            _require_sentence(refused)
        strays = [
            path
            for path in place.rglob("*")
            if path not in before and path != source and path != place / "in" and target not in (path, *path.parents)
        ]
        if strays:
            raise Broken(f"written outside of the data folder: {strays}")
        if left := [path.name for path in (target / "backups").glob("aside-*")]:
            raise Broken(f"left behind: {left}")
    finally:
        _remove(place)


def _require_sentence(refused: BaseException) -> None:
    if "\n" in str(refused) or not str(refused).strip():
        raise Broken(f"refused with {str(refused)!r}") from refused


def _tar(value: Any, database: bytes) -> bytes:
    """The file that a value describes, as far as it can be one."""
    value = value if isinstance(value, dict) else {"mark": value}
    parts = value.get("parts") if isinstance(value.get("parts"), dict) else {}
    files = {name: database if text == "{database}" else _bytes(text) for name, text in parts.items()}
    manifest = value.get("manifest")
    if isinstance(manifest, dict) and "parts" not in manifest:
        said = {name: {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()} for name, data in files.items()}
        manifest = {**manifest, "parts": said}
    members = value.get("members") if isinstance(value.get("members"), dict) else {}
    written = io.BytesIO()
    with tarfile.open(fileobj=written, mode="w", format=tarfile.PAX_FORMAT) as tar:
        everything = {
            MARK: _bytes(value.get("mark")),
            MANIFEST: _bytes(manifest),
            **files,
            **{name: _bytes(text) for name, text in members.items()},
        }
        for name, data in everything.items():
            info = tarfile.TarInfo(name.replace("\0", "").encode("utf-8", "replace").decode())
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    data = written.getvalue()
    cut = value.get("cut")
    return data[: len(data) - cut] if isinstance(cut, int) and not isinstance(cut, bool) and 0 < cut < len(data) else data


def _bytes(value: Any) -> bytes:
    if isinstance(value, str):
        return value.encode("utf-8", "surrogatepass")
    try:
        return msgspec.json.encode(value)
    except (msgspec.MsgspecError, OverflowError, UnicodeEncodeError):
        return repr(value).encode("utf-8", "replace")


def _database(folder: Path) -> bytes:
    path = folder / "new.db"
    with snapshot.new(path):
        pass
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA journal_mode = DELETE")
    connection.close()
    return path.read_bytes()


def _remove(place: Path) -> None:
    for path in sorted(place.rglob("*"), key=lambda each: -len(each.parts)):
        path.rmdir() if path.is_dir() and not path.is_symlink() else path.unlink()
    place.rmdir()


def _quietly(_: str, __: int, ___: int) -> None:
    """Nobody watches."""
