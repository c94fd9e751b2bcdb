"""R14, R15. SIGTERM in the middle of everything, a second start on the same folder, and children that must not outlive their parent."""

import contextlib
import http.client
import json
import os
import signal
import socket
import sqlite3
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests import uploads
from tests.faults.case import SQLITE, Case, Trial
from tests.faults.cases.kills_while_writing import every_comment_is_there_once, whole
from tests.faults.faraway import Faraway, until
from tests.faults.home import at_home, busy
from tests.faults.meanwhile import meanwhile
from tests.faults.writers import Ledger, Writer
from tests.instances import STOP_SECONDS, Instance

WRITERS = 8
DRIBBLERS = 10
SECOND_SECONDS = 2.0
ORPHAN_SECONDS = 1.0
AT_ONCE_SECONDS = 2.0
"""What counts as at once for an end by the second SIGTERM."""


def stops(trial: Trial) -> None:
    """R14."""
    with at_home(trial) as (instance, (faraway,)):
        community, post = busy(instance)
        faraway.follow(instance, community["actor_id"])
        ledger = Ledger()
        people = [Writer(instance, f"writer_{number}", post["id"], ledger) for number in range(WRITERS)]
        for _ in range(trial.times):
            _stopped_under_load(trial, instance, people)
            every_comment_is_there_once(instance, ledger)
            _nothing_was_cut(instance, ledger)
            whole(instance)
            instance.start()
            trial.did()
        until(lambda: len(ledger.comments) <= len(_announced(faraway)), 120, "not everything was told in the end")
        _told_once(faraway)
        _waits_for_what_is_under_way(trial, instance)
        instance.start()
        _ends_at_once_by_the_second(trial, instance)
        trial.note("acknowledged writes", ledger.acknowledged)


def _stopped_under_load(trial: Trial, instance: Instance, people: list[Writer]) -> None:
    assert instance.process is not None
    with _dribbling(instance.port), meanwhile(*(person.write_until_the_end for person in people)) as others:
        others.begun()
        others.end()
        begun = time.monotonic()
        instance.process.send_signal(signal.SIGTERM)
        until(lambda: _refused(instance.port), STOP_SECONDS, "connections are taken after SIGTERM")
        status = instance.process.wait(STOP_SECONDS * trial.patience)
        trial.within("slowest stop", time.monotonic() - begun, STOP_SECONDS)
        assert status == 0, f"the instance exited with {status} after SIGTERM:\n{instance.log_end()}"
        instance.kill()  # it is gone; this is for the book-keeping


def _nothing_was_cut(instance: Instance, ledger: Ledger) -> None:
    """What took effect was answered: a request that found the door closed has none."""
    cut = {content for (content,) in instance.execute("SELECT content FROM comment")} - ledger.comments.keys()
    assert not cut, f"{len(cut)} requests under way had their effect and no answer: {sorted(cut)[:5]}"


@contextlib.contextmanager
def _dribbling(port: int) -> Iterator[None]:
    """Clients that have sent half a body, half a head, or nothing, and keep the connection."""
    body = b"POST /api/v3/user/login HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{"
    head = b"GET /api/v3/site HTTP/1.1\r\nHost: a\r\nX-Slow"
    with contextlib.ExitStack() as clients:
        for number in range(DRIBBLERS):
            connection = clients.enter_context(socket.create_connection(("127.0.0.1", port)))
            connection.sendall((body, head, b"")[number % 3])
        yield


def _refused(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1):
            return False
    except OSError:
        return True


def _announced(faraway: Faraway) -> set[str]:
    objects = [each["object"] for each in faraway.received if each["type"] == "Announce" and isinstance(each["object"], dict)]
    return {each["object"]["id"] for each in objects if each["type"] == "Create" and each["object"]["type"] == "Note"}


def _told_once(faraway: Faraway) -> None:
    """An orderly stop saves how far everybody has been told: only what was being sent in that moment may come again."""
    counted = Counter(each["id"] for each in faraway.received)
    again = {name: number for name, number in counted.items() if number > 1}
    assert len(again) <= len(counted) // 20, f"{len(again)} of {len(counted)} activities were told again after orderly stops"


@contextlib.contextmanager
def _held_up(instance: Instance, name: str) -> Iterator[tuple[sqlite3.Connection, socket.socket]]:
    """A request that waits for another program's transaction, and SIGTERM while it does."""
    assert instance.process is not None
    lock = sqlite3.connect(instance.data_dir / "lemmy.db", isolation_level=None)
    lock.execute("BEGIN IMMEDIATE")
    with contextlib.closing(lock), socket.create_connection(("127.0.0.1", instance.port), timeout=STOP_SECONDS) as waiting:
        body = json.dumps({"name": name, "title": "Held up"}).encode()
        head = f"POST /api/v3/community HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {instance.admin.jwt}\r\n"
        waiting.sendall(f"{head}Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
        time.sleep(0.5)
        instance.process.send_signal(signal.SIGTERM)
        time.sleep(0.5)
        assert instance.process.poll() is None, "the request under way was not waited for"
        yield lock, waiting


def _waits_for_what_is_under_way(trial: Trial, instance: Instance) -> None:
    """SIGTERM waits for a request under way, which is answered and has its effect."""
    assert instance.process is not None
    with _held_up(instance, "waited_for") as (lock, waiting):
        lock.execute("ROLLBACK")
        answer = http.client.HTTPResponse(waiting)
        answer.begin()
        assert (answer.status, json.loads(answer.read())["community_view"]["community"]["name"]) == (200, "waited_for")
        assert instance.process.wait(STOP_SECONDS * trial.patience) == 0
    instance.kill()  # it is gone; this is for the book-keeping
    assert instance.execute("SELECT count(*) FROM community WHERE name = 'waited_for'") == [(1,)]


def _ends_at_once_by_the_second(trial: Trial, instance: Instance) -> None:
    """SIGTERM waits for a request under way; another one does not."""
    assert instance.process is not None
    with _held_up(instance, "held_up"):
        begun = time.monotonic()
        instance.process.send_signal(signal.SIGTERM)
        status = instance.process.wait(STOP_SECONDS * trial.patience)
        trial.within("end by the second SIGTERM", time.monotonic() - begun, AT_ONCE_SECONDS)
        assert status == 128 + signal.SIGTERM
    instance.kill()
    whole(instance)


def second_start(trial: Trial) -> None:
    """R15."""
    with trial.running() as instance:
        for number in range(trial.times):
            assert instance.process is not None
            _refused_second(trial, instance, Instance(trial.folder / f"second_{number}", trial.port(), **_same(instance)))
            assert uploads.send(instance.admin).status == 201
            _killed_alone(trial, instance)
            instance.start()
            whole(instance)
            trial.did()
        instance.stop()


def _same(instance: Instance) -> dict[str, Any]:
    return {"config": {"data_dir": str(instance.data_dir)}, "database": instance.database}


def _refused_second(trial: Trial, instance: Instance, second: Instance) -> None:
    assert instance.process is not None
    begun = time.monotonic()
    refused = second.run("serve")
    trial.within("second start", time.monotonic() - begun, SECOND_SECONDS)
    assert refused.returncode == 1, refused
    (line,) = refused.stderr.splitlines()
    said = f"lemmy-lite: another lemmy_lite (process {instance.process.pid}) already works in {instance.data_dir}: stop it first "
    assert line.startswith(said), line
    assert refused.stdout == ""
    assert instance.process.poll() is None
    assert instance.client().get("/site")["site_view"]


def _killed_alone(trial: Trial, instance: Instance) -> None:
    """SIGKILL to the server's process alone while its child makes pictures: the child must notice."""
    assert instance.process is not None
    session = instance.process.pid
    family = _family(session)
    assert len(family) > 1, "no child works on pictures: the case shows nothing"
    os.kill(session, signal.SIGKILL)
    instance.process.wait()
    begun = time.monotonic()
    until(lambda: not _family(session), ORPHAN_SECONDS * trial.patience, f"{_family(session)} outlived the server")
    trial.most("until no child was left, s", round(time.monotonic() - begun, 2))
    instance.kill()


def _family(session: int) -> set[int]:
    """The living processes of a session."""
    found = set()
    for status in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            fields = status.read_text().rpartition(")")[2].split()
            if int(fields[3]) == session and fields[0] != "Z":
                found.add(int(status.parent.name))
    return found


CASES = (
    Case(
        "R14",
        "SIGTERM under load and beside clients that dribble: no new connections, what is under way is answered, exit 0 within 10 s.",
        "stops",
        100,
        2,
        SQLITE,
        stops,
    ),
    Case(
        "R15",
        "A second start on one data folder refuses within 2 s and harms nobody; when the server is killed no child outlives it by 1 s.",
        "starts",
        50,
        1,
        SQLITE,
        second_start,
    ),
)
