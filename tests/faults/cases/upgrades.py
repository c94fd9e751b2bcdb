"""R19 and R20. Upgrades that are killed, upgrades of much, the way back from one, and databases of a newer program."""

import contextlib
import hashlib
import itertools
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import psycopg

from lemmy_lite.storage.dialect import POSTGRES, SQLITE
from lemmy_lite.storage.migrations import MIGRATIONS, NEWEST
from lemmy_lite.storage.sqlite import APPLICATION_ID
from tests.faults.case import BOTH, Case, Trial
from tests.instances import CHECKOUT, Instance

MANY_COMMENTS = 1_000_000
LONGEST_SECONDS = 600
LONGEST_SILENCE = 60
"""What systemd grants after each word (app/serving.py)."""


def statements(*, sqlite: bool) -> int:
    """How many statements bring the very first schema to the newest: those of each migration and its number, then COMMIT. On Postgres the
    table of numbers comes first, twice, and its lock."""
    return sum(len(each.statements(sqlite=sqlite)) + 1 for each in MIGRATIONS[1:]) + (1 if sqlite else 4)


def upgrades(trial: Trial) -> None:
    """Dies at statement after statement; each time the database is as it was. Then it comes to its end, and again, with nothing to do."""
    sqlite, backups = trial.postgres is None, trial.folder / "backups"
    _make_first_schema(trial)
    whole = statements(sqlite=sqlite)
    for number in range(trial.times):
        at = 1 + number * (whole - 1) // max(1, trial.times - 1) if trial.times < whole else 1 + number % whole
        died = _run(trial.url, at, backups)
        assert died.returncode == -signal.SIGKILL, f"it did not reach statement {at} of {whole}:\n{died.stdout}{died.stderr}"
        assert _state(trial) == (1, "kept.example"), f"killed at statement {at}, the database is neither old nor new"
        assert not sqlite or _copies(backups) == [1], "the copy made before is missing or not of the database as it was"
        trial.did()
    ended = _run(trial.url, 0, backups)
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.split("\n")[-2] == f"{len(MIGRATIONS) - 1} {whole}", ended.stdout[-300:]
    assert _state(trial) == (NEWEST, "kept.example")
    again = _run(trial.url, 0, backups)
    assert again.stdout.split()[0] == "0", again.stdout + again.stderr
    if trial.times >= whole and sqlite:
        _of_much(trial)


def _run(url: str, at: int, backups: Path, seconds: float = 120) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tests.faults.upgrading", url, str(at), str(backups)]
    return subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, timeout=seconds, check=False)


def _make_first_schema(trial: Trial) -> None:
    kept = "INSERT INTO instance (domain, published) VALUES ('kept.example', 1)"
    first = MIGRATIONS[0].statements(sqlite=trial.postgres is None)
    if trial.postgres is not None:
        with psycopg.connect(trial.postgres) as found:
            for statement in [POSTGRES.schema(each) for each in first] + [
                "CREATE TABLE schema_version (number BIGINT NOT NULL)",
                "INSERT INTO schema_version VALUES (1)",
                kept,
            ]:
                found.execute(statement.encode())
        return
    with closing(sqlite3.connect(trial.folder / "lemmy.db")) as made, made:
        for statement in [SQLITE.schema(each) for each in first] + [kept]:
            made.execute(statement)
        made.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        made.execute("PRAGMA user_version = 1")


def _state(trial: Trial) -> tuple[int, str]:
    if trial.postgres is not None:
        with psycopg.connect(trial.postgres) as found:
            number = found.execute("SELECT MAX(number) FROM schema_version").fetchone()
            kept = found.execute("SELECT domain FROM instance").fetchone()
        assert number is not None
        assert kept is not None
        return number[0], kept[0]
    with closing(sqlite3.connect(trial.folder / "lemmy.db")) as file:
        return file.execute("PRAGMA user_version").fetchone()[0], file.execute("SELECT domain FROM instance").fetchone()[0]


def _copies(backups: Path) -> list[int]:
    """The schemas of the copies that upgrades have made, each of them whole."""
    schemas = []
    for path in backups.glob("before-schema-*.db"):
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as copy:
            assert copy.execute("PRAGMA quick_check").fetchall() == [("ok",)]
            assert path.stat().st_mode & 0o777 == 0o600
            schemas.append(copy.execute("PRAGMA user_version").fetchone()[0])
    return schemas


def _of_much(trial: Trial) -> None:
    """A million comments, in time, and never silent for so long that systemd gives it up."""
    folder = trial.folder / "much"
    folder.mkdir()
    (trial.folder / "lemmy.db").unlink()
    much = Trial(folder, trial.database, 1, trial.port)
    _make_first_schema(much)
    with closing(sqlite3.connect(folder / "lemmy.db")) as file, file:
        for statement in _MUCH:
            file.execute(statement, {"many": MANY_COMMENTS})
    began = time.monotonic()
    ended = _run(much.url, 0, folder / "backups", LONGEST_SECONDS)
    took = time.monotonic() - began
    assert ended.returncode == 0, ended.stderr
    words = [0.0, *(float(line.split()[0]) for line in ended.stdout.splitlines()[:-1]), took]
    silence = max(later - earlier for earlier, later in itertools.pairwise(words))
    trial.note("a million comments, s", round(took, 1))
    trial.note("longest silence, s", round(silence, 1))
    assert silence <= LONGEST_SILENCE, f"nothing was said for {silence:.0f} s"


_MUCH = (
    """INSERT INTO person (name, name_folded, actor_id, instance_id, local, published)
       SELECT 'ada', 'ada', 'https://kept.example/u/ada', id, 0, 1 FROM instance""",
    "INSERT INTO person_aggregates (person_id) SELECT id FROM person",
    """INSERT INTO community (name, name_folded, title, actor_id, instance_id, local, published, followers_url)
       SELECT 'birds', 'birds', 'Birds', 'https://kept.example/c/birds', id, 0, 1, 'https://kept.example/followers' FROM instance""",
    "INSERT INTO community_aggregates (community_id, published) SELECT id, published FROM community",
    """INSERT INTO post (creator_id, community_id, local, published, ap_id, name)
       SELECT person.id, community.id, 0, 1, 'https://kept.example/post/1', 'A post' FROM person, community""",
    """INSERT INTO post_aggregates (post_id, community_id, creator_id, published, newest_comment_time, newest_comment_time_necro)
       SELECT id, community_id, creator_id, published, published, published FROM post""",
    """WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < :many)
       INSERT INTO comment (post_id, creator_id, local, published, path, ap_id, content)
       SELECT post.id, creator_id, 0, n, '0.' || n, 'https://kept.example/comment/' || n, 'A comment of some words, number ' || n
         FROM numbers, post""",
    "INSERT INTO comment_aggregates (comment_id, published) SELECT id, published FROM comment",
)

_KILLED_BEFORE_IT_IS_FOLDED = """
import os, signal, sqlite3, sys
sqlite3.connect(sys.argv[1], isolation_level=None).execute("PRAGMA user_version = 9999")
os.kill(os.getpid(), signal.SIGKILL)
"""


def newer(trial: Trial) -> None:
    """Every command that would write refuses a schema of a newer program, and every byte stays; whether that one was stopped or killed."""
    with trial.running() as instance:
        instance.admin.post("/community", name="hearth", title="Hearth")
        instance.stop()
        for number in range(trial.times):
            if trial.postgres is not None:
                instance.execute(f"INSERT INTO schema_version (number) VALUES ({9999 + number})")
            elif number % 2:
                with contextlib.closing(sqlite3.connect(instance.data_dir / "lemmy.db")) as file:
                    file.execute(f"PRAGMA user_version = {9999 + number}")
            else:
                command = [sys.executable, "-c", _KILLED_BEFORE_IT_IS_FOLDED, str(instance.data_dir / "lemmy.db")]
                assert subprocess.run(command, check=False).returncode == -signal.SIGKILL
                assert (instance.data_dir / "lemmy.db-wal").stat().st_size > 0
            before = _bytes(instance)
            for words in (("serve",), ("migrate",), ("admin", "list")) if number == 0 else (("serve",),):
                refused = instance.run(*words)
                assert refused.returncode == 3, (words, refused.returncode, refused.stderr)
                assert "start the newer program again" in refused.stderr
                assert len(refused.stderr.splitlines()) == 1, refused.stderr
            assert _bytes(instance) == before, "the database has changed"
            trial.did()


def _bytes(instance: Instance) -> object:
    """What must not change: the files; on Postgres, the rows of a table and the schemas."""
    if instance.database is not None:
        return instance.execute("SELECT number FROM schema_version ORDER BY 1"), instance.execute("SELECT id, name FROM community")
    files = (instance.data_dir / f"lemmy.db{end}" for end in ("", "-wal", "-votes"))
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files if path.exists() and path.stat().st_size}


CASES = (
    Case(
        "R19",
        "An upgrade that is killed at any statement leaves the old database; the next start completes it, and a copy of before is there.",
        "kills",
        statements(sqlite=True),
        4,
        BOTH,
        upgrades,
    ),
    Case(
        "R20",
        "A database of a newer program is refused with exit status 3, and not a byte of it changes.",
        "starts",
        20,
        2,
        BOTH,
        newer,
    ),
)
