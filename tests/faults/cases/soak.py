"""R28. Days of ordinary life: memory, open files and the log stay what they were, and answers take no longer."""

import contextlib
import itertools
import random
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import fmean, quantiles
from typing import NamedTuple

from tests.faults.case import SQLITE, Case, Trial
from tests.faults.faraway import HOME, Faraway, environment, faraways
from tests.instances import Client, Instance

REQUESTS_EACH_SECOND = 5
ACTIVITIES_EACH_SECOND = 2
LONG = 600
"""Seconds from which on it is compared how it began with how it ended; the first third is for warming up."""
MOST_PUT_OFF = 0.001
"""Part of the activities that an inbox may put off, as others send them again; if more are, little is done that could cost memory."""
LOG_LIMIT = 64 * 2**20
GROWTH = 1.05
SLOWER = 2.0
MORE_FILES = 16
READ = ("/", "/?sort=New", "/communities", "/modlog", "/feeds/all.xml", "/api/v3/post/list?limit=20", "/api/v3/site", "/c/hearth")


class Look(NamedTuple):
    """What it takes at a moment, and how long answers took since the one before."""

    second: float
    memory: int
    files: int
    log: int
    answers: list[float]


def soak(trial: Trial) -> None:
    """So many seconds of five requests, one of them a write, and two activities from elsewhere in each."""
    port = trial.port()
    with faraways() as (far,), contextlib.ExitStack() as stack:
        variables = environment(far.name, fast=False)
        instance = Instance(trial.folder / "instance", port, hostname=f"{HOME}:{port}", environment=variables)
        stack.callback(instance.kill)
        instance.start()
        looks, acknowledged = _lived(trial, instance, far)
        assert instance.process is not None
        written = _counter(instance.process.pid, "io", "write_bytes")
        trial.note("bytes written for each write", round(written / max(1, acknowledged)))
        trial.note("memory in the end, MB", looks[-1].memory / 1e6)
        trial.most("longest log, MB", max(look.log for look in looks) / 1e6)
        assert max(look.log for look in looks) <= LOG_LIMIT, "the log grew"
        assert "Traceback" not in instance.log.read_text(), instance.log_end()
        if trial.times >= LONG:
            _compare(trial, looks)
        instance.stop()
        assert instance.execute("PRAGMA integrity_check") == [("ok",)]


def _lived(trial: Trial, instance: Instance, far: Faraway) -> tuple[list[Look], int]:
    home = instance.admin.post("/community", name="hearth", title="Hearth")["community_view"]["community"]
    post = instance.admin.post("/post", name="A long day", community_id=home["id"])["post_view"]["post"]
    somebody, dice, numbers = instance.registered("somebody"), random.Random(28), itertools.count()
    process = instance.process
    assert process is not None
    looks: list[Look] = []
    answers: list[float] = []
    acknowledged, put_off, began = 0, 0, time.monotonic()
    for second in range(trial.times):
        _wait_until(began + second)
        for number in range(REQUESTS_EACH_SECOND):
            asked = time.monotonic()
            if number == 0:
                acknowledged += _write(somebody, post["id"], next(numbers))
            else:
                assert instance.admin.send("GET", dice.choice(READ)).status == 200
            answers.append(time.monotonic() - asked)
        for _ in range(ACTIVITIES_EACH_SECOND):
            taken = far.send(instance, far.activity("Like", f"v{next(numbers)}", post["ap_id"]))
            acknowledged, put_off = acknowledged + taken, put_off + (not taken)
        if second % max(1, trial.times // 60) == 0 or second == trial.times - 1:
            looks.append(_look(instance, process.pid, time.monotonic() - began, answers))
            answers = []
        trial.did()
        assert put_off <= MOST_PUT_OFF * ACTIVITIES_EACH_SECOND * (second + 1), f"{put_off} activities were not taken"
    trial.note("activities put off", put_off)
    return looks, acknowledged


def _write(client: Client, post_id: int, number: int) -> int:
    client.post("/comment", content=f"Comment {number} of a long day", post_id=post_id)
    return 1


def _compare(trial: Trial, looks: Sequence[Look]) -> None:
    """The second third with the last one."""
    middle, last = looks[len(looks) // 3 : 2 * len(looks) // 3], looks[2 * len(looks) // 3 :]
    grown = fmean(each.memory for each in last) / fmean(each.memory for each in middle)
    trial.note("memory, last third to second", grown)
    trial.note("open files, second third", max(each.files for each in middle))
    trial.note("open files, last third", max(each.files for each in last))
    slow = [quantiles([took for each in part for took in each.answers], n=20)[-1] for part in (middle, last)]
    trial.note("p95 in ms, second third", slow[0] * 1000)
    trial.note("p95 in ms, last third", slow[1] * 1000)
    assert grown <= GROWTH, f"memory grew by {grown - 1:.0%} from the second third to the last"
    assert max(each.files for each in last) <= max(each.files for each in middle) + MORE_FILES, "more and more files are open"
    assert slow[1] <= SLOWER * slow[0] + 0.02, f"answers took {slow[0] * 1000:.0f} ms, and {slow[1] * 1000:.0f} ms in the end"


def _look(instance: Instance, pid: int, second: float, answers: list[float]) -> Look:
    log = instance.data_dir / "lemmy.db-wal"
    files = len(list(Path(f"/proc/{pid}/fd").iterdir()))
    return Look(second, 1024 * _counter(pid, "status", "VmRSS"), files, log.stat().st_size if log.exists() else 0, answers)


def _counter(pid: int, file: str, name: str) -> int:
    for line in Path(f"/proc/{pid}/{file}").read_text().splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1])
    raise AssertionError(f"/proc/{pid}/{file} has no {name}")


def _wait_until(moment: float) -> None:
    if (left := moment - time.monotonic()) > 0:
        time.sleep(left)


CASES = (
    Case(
        "R28",
        "Through days of requests and activities memory, open files and the log stay what they were, and answers take no longer.",
        "seconds",
        72 * 3600,
        3,
        SQLITE,
        soak,
    ),
)
