"""R12, R13. An inbox that is flooded with bad signatures, and clients that hold connections without ever saying anything."""

import base64
import contextlib
import hashlib
import http.client
import itertools
import json
import resource
import select
import socket
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from email.utils import formatdate
from pathlib import Path
from typing import Any

from tests import uploads
from tests.bench.machine import memory, usage
from tests.faults.case import BOTH, SQLITE, Case, Trial
from tests.faults.cases.kills_while_writing import whole
from tests.faults.faraway import PUBLIC, Faraway, until
from tests.faults.home import at_home, busy
from tests.faults.meanwhile import Meanwhile, meanwhile
from tests.instances import SOURCE, STOP_SECONDS, Client, Instance

RATE = 300
BAD_KEYS = 500
LANES = 8
"""Connections that bad requests come on, and as many for good ones."""
API_SECONDS = 1.0
MOST_MEGABYTES = 200.0
CUT_SECONDS = 45.0
"""Clients that dribble are granted 30 seconds for a head or a body; the rest is for looking."""
FEW_FILES = 256


def flood(trial: Trial) -> None:
    """R12: so many seconds long."""
    with at_home(trial, fast=False) as (instance, (faraway,)):
        _, post = busy(instance)
        flooding, watcher = _Flood(instance, faraway, post["ap_id"], trial), _Watcher(instance)
        with meanwhile(watcher.watch):
            flooding.run()
        assert not flooding.wrong, f"answers nobody should get: {flooding.wrong}"
        trial.note("answers", ", ".join(f"{number}× {status}" for status, number in sorted(flooding.statuses.items())))
        rate = sum(flooding.statuses.values()) / flooding.seconds
        trial.note("requests a second", round(rate))
        assert not trial.whole or rate >= RATE * 0.9, f"only {rate:.0f} requests came in a second: a smaller flood than that of the plan"
        fetched = max((number for path, number in faraway.fetched.items() if "/bad" in path), default=0)
        trial.note("fetches of one key at most", fetched)
        assert fetched <= 1, f"the key of one invented name was fetched {fetched} times"
        watcher.judge(trial)
        flooding.send_the_rest()
        until(lambda: instance.execute("SELECT COUNT(*) FROM inbox_activity") == [(0,)], what="the inbox was never worked off")
        counts = instance.admin.get("/post", id=post["id"])["post_view"]["counts"]
        assert counts["upvotes"] == flooding.good + 1, f"{counts['upvotes'] - 1} of {flooding.good} good votes counted"
        assert "Traceback" not in instance.log.read_text()
        instance.stop()


class _Flood:
    """RATE requests a second, nine of ten with a signature that no key has made."""

    def __init__(self, instance: Instance, faraway: Faraway, post: str, trial: Trial) -> None:
        self._instance = instance
        self._faraway = faraway
        self._post = post
        self._trial = trial
        self._lock = threading.Lock()
        self._numbers = itertools.count()
        self.statuses: Counter[int] = Counter()
        self.wrong: Counter[str] = Counter()
        self.refused: list[dict[str, Any]] = []
        self.good = 0
        self.seconds = 0.0

    def run(self) -> None:
        """All of it."""
        begun = time.monotonic()
        ends = begun + self._trial.times
        with ThreadPoolExecutor(LANES + 2) as pool:
            lanes = [pool.submit(self._bad, begun, ends) for _ in range(LANES)]
            lanes += [pool.submit(self._good, begun, ends) for _ in range(2)]
            for _ in range(self._trial.times):
                time.sleep(1)
                self._trial.did()
            for lane in lanes:
                lane.result()
        self.seconds = time.monotonic() - begun

    def send_the_rest(self) -> None:
        """What was put off comes again, as other servers do."""
        for activity in self.refused:
            until(lambda: self._faraway.send(self._instance, activity))  # noqa: B023  # done before the next turn

    def _bad(self, begun: float, ends: float) -> None:
        client = Client(self._instance.url)
        pace = LANES / (RATE * 0.9)
        for turn in itertools.count():
            _wait_for(begun + turn * pace)
            if time.monotonic() > ends:
                client.close()
                return
            number = next(self._numbers)
            actor = f"{self._faraway.url}/u/bad{number % BAD_KEYS}"
            body = json.dumps({"id": f"{actor}/{number}", "type": "Like", "actor": actor, "to": [PUBLIC], "object": self._post}).encode()
            head = {
                "host": self._instance.hostname,
                "content-type": "application/activity+json",
                **_forged(f"{actor}#main-key", body),
            }
            try:
                self._count(client.send("POST", "/inbox", body, head).status, bad=True)
            except (OSError, http.client.HTTPException) as trouble:
                self._unanswered(trouble, bad=True)

    def _good(self, begun: float, ends: float) -> None:
        pace = 2 / (RATE * 0.1)
        for turn in itertools.count():
            _wait_for(begun + turn * pace)
            if time.monotonic() > ends:
                return
            activity = self._faraway.activity("Like", f"good{next(self._numbers)}", self._post)
            answer = self._faraway.answer(self._instance, activity)
            with self._lock:
                self.good += 1
                if answer is None or answer.status != 200:
                    self.refused.append(activity)
            if answer is None:
                self._unanswered(None, bad=False)
            else:
                self._count(answer.status, bad=False, comes_back="retry-after" in answer.headers)

    def _count(self, status: int, *, bad: bool, comes_back: bool = True) -> None:
        with self._lock:
            self.statuses[status] += 1
            allowed = {401, 429, 503} if bad else {200, 429, 503}
            if status not in allowed or (status in (429, 503) and not comes_back):
                self.wrong[f"{status} to a {'bad' if bad else 'good'} request"] += 1

    def _unanswered(self, trouble: Exception | None, *, bad: bool) -> None:
        with self._lock:
            self.wrong[f"no answer to a {'bad' if bad else 'good'} request {trouble or ''}"] += 1


def _wait_for(moment: float) -> None:
    time.sleep(max(0.0, moment - time.monotonic()))


def _forged(key_id: str, body: bytes) -> dict[str, str]:
    """Headers of a request that is well-formed in all but that nobody has signed it."""
    digest = base64.b64encode(hashlib.sha256(body).digest()).decode()
    made_up = base64.b64encode(hashlib.sha512(body).digest() * 4).decode()
    signed = "(request-target) host date digest content-type"
    return {
        "date": formatdate(usegmt=True),
        "digest": f"SHA-256={digest}",
        "signature": f'keyId="{key_id}",algorithm="hs2019",headers="{signed}",signature="{made_up}"',
    }


class _Watcher:
    """Somebody who reads meanwhile, and looks at the server's memory."""

    def __init__(self, instance: Instance) -> None:
        self._instance = instance
        self._seconds: list[float] = []
        self._largest = 0.0

    def watch(self, others: Meanwhile[None]) -> None:
        """Until it is over; a refusal ends it, and breaks the case."""
        assert self._instance.process is not None
        client = self._instance.client()
        while not others.over.wait(0.2):
            begun = time.monotonic()
            client.get("/post/list", limit=10)
            self._seconds.append(time.monotonic() - begun)
            self._largest = max(self._largest, memory(self._instance.process.pid)["pss"])

    def judge(self, trial: Trial) -> None:
        """Raises AssertionError where readers had to wait, or memory grew."""
        ordered = sorted(self._seconds)
        trial.within("answer of the API, p95", ordered[int(len(ordered) * 0.95)], API_SECONDS)
        trial.note("memory, MB", round(self._largest))
        assert self._largest < MOST_MEGABYTES, f"it held {self._largest:.0f} MB"


def hold(trial: Trial) -> None:
    """R13: a quarter of the clients dribbles a head, a quarter a body, half are idle. Then the same with few file descriptors."""
    _most_files()
    with trial.running() as instance:
        with _holding(instance.port, trial.times) as clients:
            trial.note("connections held", len(clients))
            _others_are_served(trial, instance)
            if trial.whole:
                _dribblers_are_cut(trial, clients)
        begun = time.monotonic()
        with _holding(instance.port, trial.times):
            instance.stop()
        trial.within("stop beside them", time.monotonic() - begun, STOP_SECONDS + 2)
        whole(instance)
    _few_files(trial)
    trial.did(trial.times)


def _most_files() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 16_384 if hard == resource.RLIM_INFINITY else min(16_384, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


_BODY = b"POST /api/v3/user/login HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n{"
_HEAD = b"GET /api/v3/site HTTP/1.1\r\nHost: a\r\nX-Slow: "


@contextlib.contextmanager
def _holding(port: int, many: int) -> Iterator[list[socket.socket]]:
    with contextlib.ExitStack() as stack:
        clients = []
        for number in range(many):
            client = stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=30))
            with contextlib.suppress(OSError):
                client.sendall((_HEAD, _BODY, b"", b"")[number % 4])
            clients.append(client)
        yield clients


def _others_are_served(trial: Trial, instance: Instance) -> None:
    for _ in range(20):
        client, begun = Client(instance.url), time.monotonic()
        assert client.call("GET", "/post/list", {"limit": 10}).status == 200
        trial.within("answer to others", time.monotonic() - begun, API_SECONDS)
        client.close()


def _dribblers_are_cut(trial: Trial, clients: list[socket.socket]) -> None:
    """A byte every three seconds keeps nobody here for ever, nor does silence."""
    dribbling, silent = ({client for number, client in enumerate(clients) if number % 4 in which} for which in ((0, 1), (2, 3)))
    begun = time.monotonic()
    while (dribbling or silent) and time.monotonic() - begun < CUT_SECONDS:
        for client in list(dribbling):
            try:
                client.send(b"a")
            except OSError:
                dribbling.discard(client)
        dribbling -= _ended(dribbling)
        silent -= _ended(silent)
        time.sleep(3)
    trial.most("until the last was cut, s", round(time.monotonic() - begun, 1))
    assert not dribbling, f"{len(dribbling)} clients that dribble were held for more than {CUT_SECONDS:.0f} s"
    assert not silent, f"{len(silent)} clients that say nothing were held for more than {CUT_SECONDS:.0f} s"


def _ended(clients: set[socket.socket]) -> set[socket.socket]:
    """Those that were answered and closed."""
    poll = select.poll()
    by_number = {client.fileno(): client for client in clients}
    for number in by_number:
        poll.register(number, select.POLLIN | select.POLLHUP)
    found = set()
    for number, _ in poll.poll(0):
        with contextlib.suppress(OSError):
            if not by_number[number].recv(65536):
                found.add(by_number[number])
            continue
        found.add(by_number[number])
    return found


def _few_files(trial: Trial) -> None:
    """With FEW_FILES descriptors a crowd of idle clients neither ends the server nor keeps it busy, and when they go it serves."""
    command = ("/bin/sh", "-c", f'ulimit -n {FEW_FILES} && exec "$0" "$@"', *SOURCE)
    with trial.running("few_files", command=command) as instance:
        assert instance.process is not None
        instance.admin.post("/community", name="small", title="Small")
        with _holding(instance.port, 2 * FEW_FILES):
            cpu = usage(instance.process.pid).cpu_seconds
            time.sleep(2)
            assert instance.process.poll() is None
            trial.note(f"files open of {FEW_FILES}", len(list(Path(f"/proc/{instance.process.pid}/fd").iterdir())))
            assert usage(instance.process.pid).cpu_seconds - cpu < 1.0, "it is busy with connections that it cannot take"
        until(lambda: _serves(instance), 60, "it does not serve any more after a crowd")
        assert uploads.send(instance.admin).status == 201
        instance.stop()
        whole(instance)


def _serves(instance: Instance) -> bool:
    client = Client(instance.url, timeout=5)
    try:
        return client.call("GET", "/site", {}).status == 200
    except OSError:
        return False
    finally:
        client.close()


CASES = (
    Case(
        "R12",
        "A flood of bad signatures gets 401, 429 or 503, costs one fetch a key, keeps no reader waiting, and loses nothing good among it.",
        "seconds",
        60,
        3,
        BOTH,
        flood,
    ),
    Case(
        "R13",
        "Clients that dribble or say nothing keep nobody else from being served, are cut after 30 s, and hold up no stop.",
        "clients",
        2_000,
        100,
        SQLITE,
        hold,
    ),
)
