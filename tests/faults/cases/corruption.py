"""R18. Bytes of the database that turn into others: found at the start or in the night, and then nothing is written any more."""

import asyncio
import hashlib
import random
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

from lemmy_lite import app, config
from lemmy_lite.config import Config
from lemmy_lite.domain.backup import keeping
from lemmy_lite.model.clock import Clock
from lemmy_lite.scheduler.jobs import JOBS, Tools
from lemmy_lite.storage import damage
from lemmy_lite.storage.errors import SchemaError, StorageError, Trouble
from lemmy_lite.storage.query import Transaction
from tests.domain.deeds import lived_in
from tests.faults.case import SQLITE, Case, Trial
from tests.instances import Instance
from tests.storage.databases import migrated

FLIPS = 64
PAGE = 4096
SHOWN_EVERY = 25
"""Of so many runs one is seen as whoever starts the program sees it."""


class Place(NamedTuple):
    """Where bytes are flipped: the file's ending, and the first byte and the length of each piece to choose from."""

    name: str
    ending: str
    pieces: list[tuple[int, int]]


def flips(trial: Trial) -> None:
    """A page of rows, a page of an index, the head of the file, the log: one after the other, each time in a fresh copy."""
    whole = trial.folder / "whole"
    settings = {"hostname": "site.test", "tls_enabled": False, "data_dir": str(whole)}
    whole.mkdir()
    lived_in(f"sqlite://{whole}/lemmy.db", number=400)
    asyncio.run(_night(config.read(settings, environment={})))  # the first start makes what a start makes
    keeping.take_noted(config.read(settings, environment={}), Clock(), trial.folder / "kept", None, keeping.unseen)
    killed = trial.folder / "killed"
    asyncio.run(_left_by_a_kill(whole, killed))
    file, log = (whole / "lemmy.db").read_bytes(), (killed / "lemmy.db-wal").read_bytes()
    kinds = [(place, file[place + (100 if place == 0 else 0)]) for place in range(0, len(file), PAGE)]
    places = (
        (whole, Place("page of rows", "", [(place, PAGE) for place, kind in kinds if kind == 0x0D and place])),
        (whole, Place("page of an index", "", [(place, PAGE) for place, kind in kinds if kind == 0x0A])),
        (whole, Place("head", "", [(0, 100)])),
        (killed, Place("log", "-wal", [(0, len(log))])),
    )
    dice, found = random.Random(18 + trial.seed), dict.fromkeys(("at the start", "in the night", "values alone", "nothing"), 0)
    for number in range(trial.times):
        source, place = places[number % len(places)]
        data = trial.folder / "data"
        shutil.rmtree(data, ignore_errors=True)
        shutil.copytree(source, data)
        before = _rows(data)
        _flip(data / f"lemmy.db{place.ending}", place, dice)
        found[_outcome(trial, config.read(settings | {"data_dir": str(data)}, environment={}), before, number)] += 1
        trial.did()
    for name, count in found.items():
        trial.note(f"found {name}" if name in ("at the start", "in the night") else f"changed: {name}", count)
    assert found["at the start"] > 0


async def _left_by_a_kill(source: Path, target: Path) -> None:
    """A copy of the folder with some hundred commits in the log."""
    shutil.copytree(source, target)
    async with migrated(f"sqlite://{target}/lemmy.db") as database:
        for number in range(200):
            await database.write(_note, number)
        aside = target.with_name("aside")
        shutil.copytree(target, aside, ignore=shutil.ignore_patterns("*-shm"))
    shutil.rmtree(target)
    aside.rename(target)


def _note(tx: Transaction, number: int) -> None:
    tx.run("INSERT INTO instance (domain, published) VALUES (:domain, :now)", domain=f"h{number}.test", now=tx.now)


def _flip(path: Path, place: Place, dice: random.Random) -> None:
    first, length = dice.choice(place.pieces)
    with path.open("r+b") as file:
        file.seek(first)
        piece = bytearray(file.read(length))
        for each in dice.sample(range(len(piece)), min(FLIPS, len(piece))):
            piece[each] ^= dice.randrange(1, 256)
        file.seek(first)
        file.write(piece)


def _outcome(trial: Trial, read: Config, before: object, number: int) -> str:
    database = read.data_dir / "lemmy.db"
    files = _digests(database)
    try:
        asyncio.run(_night(read))
    except (StorageError, SchemaError) as refused:
        assert not isinstance(refused, StorageError) or refused.trouble is Trouble.DAMAGED, refused
        assert _digests(database) == files, "a damaged file was written to"
        if isinstance(refused, StorageError):
            assert str(trial.folder / "kept") in str(refused), f"the last good backup is not named: {refused}"
        if number % SHOWN_EVERY < len("drhl"):
            _is_told(trial, read)
        return "at the start"
    if damage.known(database) is not None:
        _is_refused_from_now_on(read)
        return "in the night"
    # SQLite has no checksums of pages: where a letter within a text has changed, nobody can tell. But all rows must be there and readable.
    after = _rows(read.data_dir)
    assert _shape(after) == _shape(before), "rows came or went, and nobody noticed"
    return "nothing" if after == before else "values alone"


async def _night(read: Config) -> None:
    """A start, and what is done every night."""
    async with app.opened(read) as instance:
        job = next(job for job in JOBS if job.name == "whole")
        await job.run(Tools(instance.context, instance.database, instance.federation))
        if instance.database.damage is None:
            return
        try:
            await instance.database.write(_note, -1)
        except StorageError as refused:
            assert refused.trouble is Trouble.DAMAGED
            return
        raise AssertionError("a file that is known to be damaged was written to")


def _is_refused_from_now_on(read: Config) -> None:
    files = _digests(read.data_dir / "lemmy.db")
    try:
        asyncio.run(_night(read))
    except StorageError as refused:
        assert refused.trouble is Trouble.DAMAGED
        assert _digests(read.data_dir / "lemmy.db") == files
        return
    raise AssertionError("what was found in the night is forgotten at the next start")


def _is_told(trial: Trial, read: Config) -> None:
    """What whoever starts it sees: one line, and exit status 4, or 3 where the number of the schema itself has changed."""
    started = Instance(trial.folder / "started", trial.port(), config={"data_dir": str(read.data_dir), "setup": None})
    refused = started.run("serve")
    assert refused.returncode in (3, 4), (refused.returncode, refused.stderr)
    assert len(refused.stderr.splitlines()) == 1, refused.stderr
    assert refused.returncode == 3 or str(trial.folder / "kept") in refused.stderr


def _digests(database: Path) -> dict[str, str]:
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in (database, database.with_name("lemmy.db-wal"))
        if path.exists() and path.stat().st_size
    }


def _rows(folder: Path) -> dict[str, list[Any]]:
    """Every row of every table with a key, read by a copy so that nothing changes."""
    with closing(sqlite3.connect(":memory:")) as copy:
        with closing(sqlite3.connect(f"file:{folder}/lemmy.db?mode=ro", uri=True)) as found:
            found.backup(copy)
        tables = [name for (name,) in copy.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND rootpage > 0 ORDER BY 1")]
        copy.text_factory = bytes
        kept = (
            name for name in tables if name not in ("job_run", "wear", "vote_log", "sqlite_sequence") and not name.startswith("sqlite_stat")
        )
        return {name: copy.execute(f"SELECT * FROM {name}").fetchall() for name in kept}


_CHANGES = ("job_run", "wear", "vote_log", "sqlite_sequence")
"""Tables that tell of the start that looked."""


def _shape(rows: Any) -> dict[str, int]:
    return {name: len(found) for name, found in rows.items()}


CASES = (
    Case(
        "R18",
        "Bytes that have changed in pages or log are found at the start or in the night; then nothing is written, and the backup named.",
        "runs",
        800,
        8,
        SQLITE,
        flips,
    ),
)
