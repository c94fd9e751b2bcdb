"""R22 and R23. Another program beside the server, such as a shell or a backup of somebody's own, reads for long or locks the database."""

import itertools
import sqlite3
import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path

from tests.faults.case import SQLITE, Case, Trial
from tests.faults.meanwhile import Meanwhile, meanwhile
from tests.instances import Client, Instance

WRITERS = 8
LOG_LIMIT = 256 * 2**20
FOLDED = 64 * 2**20
"""What the log is cut off to once nobody reads any more, and some: 48 MB at most (storage/room.py)."""
PATIENCE = 60.0
CLOCK = 90.0
"""Each minute it is looked how long the log is (scheduler/jobs.py, "disk"), give or take a tenth."""
LOCKED, SHORT_LOCK = 10.0, 2.0


class Crowd:
    """People who comment as fast as they are answered. Nothing but success and "come back later" is right."""

    def __init__(self, instance: Instance) -> None:
        home = instance.admin.post("/community", name="busy", title="Busy")["community_view"]["community"]["id"]
        self.post_id = instance.admin.post("/post", name="A busy post", community_id=home)["post_view"]["post"]["id"]
        self.told: set[str] = set()
        self.statuses: Counter[int] = Counter()
        self._instance = instance
        jwts = [instance.registered(f"writer_{number}").jwt for number in range(WRITERS)]
        self.people: list[Callable[[Meanwhile[None]], None]] = [partial(self._write, jwt, number) for number, jwt in enumerate(jwts)]
        """For `meanwhile`."""

    def all_were_answered_well(self) -> None:
        """Raises AssertionError where somebody was answered otherwise."""
        assert set(self.statuses) <= {200, 503, 507}, f"what people were answered: {dict(self.statuses)}"

    def _write(self, jwt: str | None, number: int, others: Meanwhile[None]) -> None:
        """The server lives all the while: a connection that breaks is wrong too."""
        with closing(Client(self._instance.url, jwt, timeout=PATIENCE)) as client:
            for turn in itertools.count(1):
                if others.over.is_set():
                    return
                text = f"{number} {turn} " + "words " * 200
                status = client.call("POST", "/comment", {"content": text, "post_id": self.post_id}).status
                self.statuses[status] += 1
                if status == 200:
                    self.told.add(text)
                else:
                    time.sleep(0.2)

    def nothing_is_lost(self, instance: Instance) -> None:
        """Each acknowledged comment is there once."""
        stored = [text for (text,) in instance.execute("SELECT content FROM comment")]
        assert len(set(stored)) == len(stored), "a comment is there twice"
        lost = {text.strip() for text in self.told} - {text.strip() for text in stored}
        assert not lost, f"{len(lost)} acknowledged comments are lost"


def reads(trial: Trial) -> None:
    """Somebody holds a snapshot for so many seconds while all write; the log stays bounded, and is folded back afterwards."""
    with trial.running() as instance:
        log, crowd = instance.data_dir / "lemmy.db-wal", Crowd(instance)
        with meanwhile(*crowd.people) as others:
            with closing(sqlite3.connect(f"file:{instance.data_dir}/lemmy.db?mode=ro", uri=True, isolation_level=None)) as reader:
                reader.execute("BEGIN")
                seen = reader.execute("SELECT COUNT(*) FROM comment").fetchone()
                for _ in range(trial.times):
                    time.sleep(1)
                    trial.most("longest log, MB", log.stat().st_size / 1e6)
                    assert log.stat().st_size <= LOG_LIMIT, f"the log has {log.stat().st_size >> 20} MB"
                    assert instance.client().send("GET", "/").status == 200
                    others.still_at_it()
                    trial.did()
                assert reader.execute("SELECT COUNT(*) FROM comment").fetchone() == seen
                reader.execute("ROLLBACK")
            _is_folded_back(log, crowd)
        crowd.all_were_answered_well()
        trial.note("answers", ", ".join(f"{number} × {status}" for status, number in sorted(crowd.statuses.items())))
        trial.note("log afterwards, MB", log.stat().st_size / 1e6)
        instance.stop()
        crowd.nothing_is_lost(instance)
        assert instance.execute("PRAGMA integrity_check") == [("ok",)]


def _is_folded_back(log: Path, crowd: Crowd) -> None:
    before = crowd.statuses[200]
    deadline = time.monotonic() + CLOCK
    while log.stat().st_size > FOLDED or crowd.statuses[200] < before + 50:
        assert time.monotonic() < deadline, f"nobody reads any more, and the log has {log.stat().st_size >> 20} MB, {crowd.statuses}"
        time.sleep(0.2)


def locks(trial: Trial) -> None:
    """Somebody takes the right to write for ten seconds, again and again."""
    seconds = LOCKED if trial.times > 1 else SHORT_LOCK
    with trial.running() as instance:
        crowd = Crowd(instance)
        with (
            meanwhile(*crowd.people) as others,
            closing(sqlite3.connect(instance.data_dir / "lemmy.db", timeout=30, isolation_level=None)) as other,
        ):
            for _ in range(trial.times):
                other.execute("BEGIN EXCLUSIVE")
                until = time.monotonic() + seconds
                while time.monotonic() < until:
                    assert instance.client().send("GET", "/").status == 200, "reading waits for a lock of somebody who writes"
                    time.sleep(0.2)
                other.execute("ROLLBACK")
                written = crowd.statuses[200]
                deadline = time.monotonic() + PATIENCE
                while crowd.statuses[200] <= written:
                    assert time.monotonic() < deadline, f"the lock is gone, and nobody can write: {crowd.statuses}"
                    time.sleep(0.05)
                others.still_at_it()
                trial.did()
        crowd.all_were_answered_well()
        trial.note("answers", ", ".join(f"{number} × {status}" for status, number in sorted(crowd.statuses.items())))
        instance.stop()
        crowd.nothing_is_lost(instance)


CASES = (
    Case(
        "R22",
        "While another program reads for long, the log of the database stays below 256 MB; afterwards it is folded back.",
        "seconds",
        600,
        3,
        SQLITE,
        reads,
    ),
    Case(
        "R23",
        "While another program locks the database, people wait or are told to come back; nothing is lost, and reading goes on.",
        "locks",
        30,
        1,
        SQLITE,
        locks,
    ),
)
