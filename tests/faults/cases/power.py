"""R04, R05. The plug is pulled: what was acknowledged had reached the disk before, and the files are whole at every moment."""

import asyncio
import contextlib
import itertools
import re
import shutil
import sqlite3
import time
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

from lemmy_lite.storage import gathering
from tests.faults.case import SQLITE, Case, Trial
from tests.faults.disk import Disk
from tests.faults.faraway import HOME, Faraway, environment, faraways
from tests.faults.meanwhile import Meanwhile, meanwhile
from tests.faults.writers import granted
from tests.instances import SOURCE, Client, Instance
from tests.storage.databases import migrated

WRITERS = 4
MOST_SECONDS = 20.0
"""So long is written before the cuts; less where fewer cuts are asked for."""
SMALL_LOG = {"disk": {"budget": "100 MiB"}}
"""With it SQLite's log is folded back after 4 MB, so that the cuts meet this too."""


def sync_before_answer(trial: Trial) -> None:
    """R04."""
    trace = trial.folder / "trace"
    calls = "trace=fdatasync,fsync,recvfrom,recvmsg,read,readv,sendto,sendmsg,write,writev"
    strace = (trial.program("strace"), "-D", "-f", "-y", "-s", "64", "-e", calls, "-o", str(trace))
    port = trial.port()
    with faraways() as (faraway,):
        options: dict[str, Any] = {"hostname": f"{HOME}:{port}", "environment": environment(faraway.name), "command": (*strace, *SOURCE)}
        with trial.running(listen=port, **options) as instance:
            community = instance.admin.post("/community", name="slow", title="Slow")["community_view"]["community"]
            post = instance.admin.post("/post", name="One", community_id=community["id"])["post_view"]["post"]
            assert faraway.send(instance, faraway.activity("Like", "first", post["ap_id"]))
            since = trace.stat().st_size
            asked = _ask(instance, faraway, post, trial.times)
            instance.stop()
    found = synced_between(trace.read_text(errors="replace")[since:])
    assert len(found) == asked, f"of {asked} requests the trace shows {len(found)}"
    late = [each for each, synced in found if not synced]
    assert not late, f"{len(late)} of {asked} answers left before their work was on the disk: {late[:3]}"
    trial.did(len(found))


def _ask(instance: Instance, faraway: Faraway, post: dict[str, str], times: int) -> int:
    """Comments, votes and votes of others by turns, one after the other; answers how many."""
    for number in range(times):
        if number % 3 == 0:
            instance.admin.post("/comment", content=f"Comment {number}", post_id=post["id"])
        elif number % 3 == 1:
            instance.admin.post("/post/like", post_id=post["id"], score=number // 3 % 2)
        else:
            assert faraway.send(instance, faraway.activity("Like", f"v{number}", post["ap_id"]))
    return times


_CALL = re.compile(r"^(\d+) +(?:<\.\.\. (?P<resumed>\w+) resumed>|(?P<name>\w+)\((?P<fd>\d+)<(?P<path>[^>]*)>)(?P<rest>.*)$")
_RECEIVING, _SENDING, _SYNCING = {"recvfrom", "recvmsg", "read", "readv"}, {"sendto", "sendmsg", "write", "writev"}, {"fdatasync", "fsync"}


def synced_between(trace: str) -> list[tuple[str, bool]]:
    """For each POST of a trace (strace -f -y, one at a time) its first bytes, and whether it was durable before its answer 200 left: a sync
    of SQLite's log or of the file of votes began after it came in and was over by then."""
    found: list[tuple[str, bool]] = []
    asked: str | None = None
    synced = False
    begun: dict[str, bool] = {}
    for line in trace.splitlines():
        if (match := _CALL.match(line)) is None:
            continue
        thread, name, rest = match[1], match["name"] or match["resumed"], match["rest"]
        if name in _RECEIVING and '"POST /' in rest:
            asked, synced, begun = rest[:80], False, {}
        elif name in _SYNCING and match["name"] and re.search(r"lemmy\.db-(wal|votes)$", match["path"]):
            begun[thread] = asked is not None
            synced |= begun[thread] and rest.endswith("= 0")
        elif name in _SYNCING and match["resumed"]:
            synced |= begun.pop(thread, False) and rest.endswith("= 0")
        elif name in _SENDING and '"HTTP/1.1 200' in rest and asked is not None:
            found.append((asked, synced))
            asked = None
    return found


class _Told:
    """What was acknowledged, with the point of the journal that had been reached by then."""

    def __init__(self) -> None:
        self.comments: dict[str, int] = {}
        self.voters: dict[str, int] = {}


def cut(trial: Trial) -> None:
    """R05."""
    folder = trial.folder / "instance"
    disk, told, port = Disk(trial, folder / "data", journal=True), _Told(), trial.port()
    with faraways() as (faraway,):
        variables = {**environment(faraway.name), **disk.environment}
        options: dict[str, Any] = {"hostname": f"{HOME}:{port}", "environment": variables, "config": SMALL_LOG}
        with trial.running(listen=port, **options) as instance:
            _write_for_a_while(instance, faraway, disk, told, min(MOST_SECONDS, 2 + trial.times / 25))
            instance.kill()
    trial.note("acknowledged", len(told.comments) + len(told.voters))
    trial.note("of these votes of others", len(told.voters))
    trial.note("bytes written", disk.noted)
    chance = Random(trial.seed)
    first = min(told.comments.values())
    points = [chance.randint(first, disk.noted) for _ in range(trial.times)]
    into = trial.folder / "cut"
    for point in disk.cuts(points, chance, into):
        _stands(into / "lemmy.db", told, point)
        shutil.rmtree(into)
        trial.did()


def _write_for_a_while(instance: Instance, faraway: Faraway, disk: Disk, told: _Told, seconds: float) -> None:
    community = instance.admin.post("/community", name="busy", title="Busy")["community_view"]["community"]
    post = instance.admin.post("/post", name="Busy", community_id=community["id"])["post_view"]["post"]

    def write(person: Client, name: str, others: Meanwhile[None]) -> None:
        with contextlib.closing(person):
            for number in itertools.count():
                if others.over.is_set():
                    return
                text = f"{name} {number}"
                granted(person, "/api/v3/comment", content=text, post_id=post["id"])
                told.comments[text] = disk.noted

    def vote(name: str, others: Meanwhile[None]) -> None:
        for number in itertools.count():
            if others.over.is_set():
                return
            activity = faraway.activity("Like", f"{name}{number}", post["ap_id"])
            if faraway.send(instance, activity):
                told.voters[activity["actor"]] = disk.noted

    with meanwhile(*(partial(vote, f"v{number}_") for number in range(WRITERS))):
        # Votes alone first: they go to their own file when nothing else is written in the same moment.
        time.sleep(seconds / 3)
        # All writes must pass through the watched disk: nobody else may touch the database, not even to open registration.
        people = [Client(instance.url, instance.admin.jwt) for _ in range(WRITERS)]
        with meanwhile(*(partial(write, person, f"writer_{number}") for number, person in enumerate(people))):
            time.sleep(seconds * 2 / 3)
    assert told.voters, "no vote was acknowledged"


def _stands(database: Path, told: _Told, point: int) -> None:
    """The database opens as it lies there, is whole, and holds what had been acknowledged by then, once."""
    with contextlib.closing(sqlite3.connect(database)) as file:
        assert file.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert file.execute("PRAGMA foreign_key_check").fetchall() == []
        # Cut before the first start has made its schema there is nothing yet, and nobody may have been told of anything.
        begun = file.execute("SELECT 1 FROM sqlite_master WHERE name = 'comment'").fetchone() is not None
        texts = [text for (text,) in file.execute("SELECT content FROM comment")] if begun else []
    assert len(texts) == len(set(texts))
    lost = {text for text, at in told.comments.items() if at <= point} - set(texts)
    assert not lost, f"{len(lost)} acknowledged comments are lost after a cut at {point}: {sorted(lost)[:3]}"
    voters = asyncio.run(_voters(f"sqlite://{database.absolute()}"))
    missing = {voter for voter, at in told.voters.items() if at <= point} - set(voters)
    assert not missing, f"{len(missing)} acknowledged votes are lost after a cut at {point}"
    assert len(voters) == len(set(voters))


async def _voters(url: str) -> list[str]:
    async with migrated(url) as database:
        await database.write(gathering.merge)
        return await database.read(
            lambda tx: tx.column("SELECT person.actor_id FROM post_vote JOIN person ON person.id = person_id WHERE NOT person.local")
        )


CASES = (
    Case(
        "R04",
        "Before each answer of success to a write, its work was synced to the disk.",
        "writes",
        100,
        21,
        SQLITE,
        sync_before_answer,
    ),
    Case(
        "R05",
        "Whenever the power goes, the database opens, is whole, and holds all that had been acknowledged.",
        "cuts",
        500,
        20,
        SQLITE,
        cut,
    ),
)
