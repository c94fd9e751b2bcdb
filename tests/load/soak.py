"""A server under the load of an ordinary day, for as long as wished: five requests and two activities a second, and what it holds.

    found = await soak(minutes=45, size="S")
    assert found.good, found.text()

Every activity is really signed by one of a few other hosts, and what is written here is delivered to them.
"""

import asyncio
import contextlib
import itertools
import sqlite3
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from tests.bench import machine, serving
from tests.bench.bench import copied, filled, token
from tests.bench.cases.writes import TARGETS
from tests.bench.data import stream
from tests.bench.data.sizes import LONG_THREAD, VOTERS
from tests.bench.data.stream import Faraway
from tests.bench.load import Load
from tests.bench.machine import usage
from tests.bench.serving import Server
from tests.load import samples
from tests.load.mix import Facts, Mix
from tests.load.samples import Finding, Sample

REQUESTS_A_SECOND: Final = 5.0
ACTIVITIES_A_SECOND: Final = 2.0
HOSTS: Final = 8
SECONDS_BETWEEN_LOOKS: Final = 10.0
MOST_AT_ONCE: Final = 64
"""Requests under way; a server that hangs shows by those that are left out."""
KEPT_SURPRISES: Final = 20
_PATIENCE: Final = 60.0

Say = Callable[[str], None]


@dataclass
class Found:
    """What a soak has found. `surprises` are answers that were not right, the first of them in words; `latencies` in milliseconds."""

    seconds: float = 0.0
    answers: Counter[str] = field(default_factory=Counter)
    statuses: Counter[int] = field(default_factory=Counter)
    surprises: list[str] = field(default_factory=list)
    wrong: int = 0
    left_out: int = 0
    latencies: list[tuple[float, float]] = field(default_factory=list)
    samples: list[Sample] = field(default_factory=list)
    delivered: int = 0
    waiting: int = 0
    """Activities that were acknowledged and have no effect when all has come to rest."""
    written: int = 0
    acknowledged: int = 0
    """Bytes that reached the disk's queue, and requests that changed something."""
    tracebacks: int = 0

    @property
    def findings(self) -> list[Finding]:
        """Everything that was judged."""
        none = (
            ("answers of 500 and more", sum(count for status, count in self.statuses.items() if status >= 500)),
            ("answers that were not right, or none", self.wrong),
            ("requests left out, as too many were under way", self.left_out),
            ("activities acknowledged and without effect", self.waiting),
            ("tracebacks in the log", self.tracebacks),
        )
        return [*(Finding(name, count, 0, count == 0) for name, count in none), *samples.judged(self.samples)]

    @property
    def good(self) -> bool:
        """Whether nothing that could be judged was bad."""
        return all(finding.good is not False for finding in self.findings)

    def text(self) -> str:
        """The report."""
        total = sum(self.answers.values())
        rate = total / max(self.seconds, 1)
        lines = [
            f"{self.seconds / 60:.1f} minutes, {total:,} answers ({rate:.1f} a second), {self.delivered:,} activities delivered to others",
            "  ".join(f"{name} {count:,}" for name, count in self.answers.most_common()),
            "  ".join(f"{status}: {count:,}" for status, count in sorted(self.statuses.items())),
        ]
        if self.samples:
            for name, part in (("at first", self.samples[: max(1, len(self.samples) // 8)]), ("in the end", self.samples[-8:])):
                last = part[-1]
                lines.append(
                    f"{name}: {last.pss:.1f} MB PSS ({max(each.family for each in part):.1f} with children), {last.handles} open files, "
                    f"{last.threads} threads, log {last.wal / 2**20:.1f} MB, database {last.data / 2**20:.1f} MB"
                )
        for name, bounds in (("second quarter", (0.25, 0.5)), ("last quarter", (0.75, 1.1))):
            own = sorted(ms for when, ms in self.latencies if bounds[0] * self.seconds <= when < bounds[1] * self.seconds)
            if own:
                lines.append(f"latency, {name}: median {own[len(own) // 2]:.1f} ms, p95 {own[int(len(own) * 0.95)]:.1f} ms")
        lines.append(f"written to disk: {self.written / 2**20:.1f} MB, {self.written / max(1, self.acknowledged) / 1024:.1f} kB a deed")
        return "\n".join([*lines, *map(str, self.findings), *self.surprises])


async def soak(*, minutes: float, size: str = "S", say: Say = lambda _: None) -> Found:
    """Run it on a copy of a data set, which is made where there is none of today. Raises serving.Refused, and WrongAnswer for a login."""
    serving.CACHE.mkdir(parents=True, exist_ok=True)
    await serving.brought_up(await asyncio.to_thread(serving.data_set, size))
    with copied(size) as folder:
        async with stream.faraway(HOSTS) as faraway:
            await stream.join(folder, faraway.hosts)
            filled(folder)
            async with serving.program(folder, sending=True, variables=stream.environment()) as server:
                found = await _run(server, faraway, minutes * 60, say)
            found.tracebacks = (folder / "log").read_text(errors="replace").count("Traceback (most recent call last)")
            return found


async def _run(server: Server, faraway: Faraway, seconds: float, say: Say) -> Found:
    mix = Mix(await _facts(server))
    hosts = itertools.cycle(faraway.hosts)
    found, begun = Found(), time.perf_counter()
    before = usage(server.pid)
    ends = begun + seconds

    async def person() -> None:
        deed = mix.next()
        changes = deed.data.startswith((b"POST", b"PUT"))
        await _one(server.load, found, begun, deed.name, deed.data, deed.right, deed.heard, changes=changes)

    async def host() -> None:
        # One in fifty has a signature that does not hold (stream.BAD).
        await _one(server.load, found, begun, "activity", next(hosts).next()[0], (200, 401), changes=True)

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(_paced(found, ends, 1 / REQUESTS_A_SECOND, person))
        tasks.create_task(_paced(found, ends, 1 / ACTIVITIES_A_SECOND, host))
        tasks.create_task(_watched(server, found, begun, ends, say))
    found.seconds = time.perf_counter() - begun
    found.written = usage(server.pid).written - before.written
    found.waiting = await _settled(server.folder)
    found.delivered = faraway.heard
    return found


async def _paced(found: Found, ends: float, pause: float, deed: Callable[[], Awaitable[None]]) -> None:
    """Begin a deed every `pause` seconds, whether those before are done or not, up to a bound."""
    under_way: set[asyncio.Task[None]] = set()
    due = time.perf_counter()
    while due < ends:
        if len(under_way) < MOST_AT_ONCE:
            task = asyncio.ensure_future(deed())
            under_way.add(task)
            task.add_done_callback(under_way.discard)
        else:
            found.left_out += 1
        due += pause
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
    await asyncio.gather(*under_way)


async def _one(
    load: Load,
    found: Found,
    begun: float,
    name: str,
    data: bytes,
    right: tuple[int, ...],
    heard: Callable[..., None] = lambda _: None,
    *,
    changes: bool,
) -> None:
    asked = time.perf_counter()
    try:
        answer = await load.ask(data)
    except (OSError, TimeoutError) as error:
        _surprise(found, f"{name}: no answer ({error!r}) to {data[:120]!r}")
        return
    found.latencies.append((asked - begun, (time.perf_counter() - asked) * 1000))
    found.answers[name] += 1
    found.statuses[answer.status] += 1
    found.acknowledged += changes and answer.status < 300
    if answer.status not in right:
        _surprise(found, f"{name}: {answer.status} {answer.body[:160]!r} to {data[:160]!r}")
    heard(answer)


def _surprise(found: Found, words: str) -> None:
    found.wrong += 1
    if len(found.surprises) < KEPT_SURPRISES:
        found.surprises.append(words)


async def _watched(server: Server, found: Found, begun: float, ends: float, say: Say) -> None:
    pause = min(SECONDS_BETWEEN_LOOKS, max(0.2, (ends - begun) / 40))
    while (now := time.perf_counter()) < ends:
        sample = await asyncio.to_thread(samples.look, server.pid, server.folder, now - begun)
        found.samples.append(sample)
        say(
            f"{(now - begun) / 60:.1f} of {(ends - begun) / 60:.0f} minutes: {sum(found.answers.values()):,} answers, {found.wrong} wrong, "
            f"{sample.pss:.1f} MB, {sample.handles} files, {sample.threads} threads, log {sample.wal / 2**20:.1f} MB"
        )
        await asyncio.sleep(min(pause, max(0.0, ends - time.perf_counter())))


async def _facts(server: Server) -> Facts:
    with contextlib.closing(sqlite3.connect(f"file:{server.folder}/lemmy.db?mode=ro", uri=True)) as connection:

        def rows(statement: str) -> list[tuple[int, str]]:
            return connection.execute(statement).fetchall()

        posts = [number for number, *_ in rows(TARGETS["post"])][:400]
        comments = [number for number, *_ in rows(TARGETS["comment"])][:400]
        thread = rows(f"SELECT id, name FROM post WHERE name = '{LONG_THREAD}'")[0][0]
        homes = rows("SELECT id, name FROM community WHERE local AND NOT removed AND NOT deleted AND NOT posting_restricted_to_mods")
        names = ", ".join(f"'{name}'" for name in VOTERS)
        people = rows(f"SELECT id, name FROM person WHERE local AND name IN ({names})")
    members = [(name, await token(server.load, name)) for name in VOTERS]
    return Facts(posts, comments, thread, [name for _, name in homes], homes, people, members)


async def _settled(folder: Path) -> int:
    """Wait until what was acknowledged has its effect; answers how many activities have none after a minute."""
    waiting = "SELECT COUNT(*) FROM inbox_activity"
    ends = time.perf_counter() + _PATIENCE
    with contextlib.closing(sqlite3.connect(f"file:{folder}/lemmy.db?mode=ro", uri=True)) as connection:
        while True:
            left = int(connection.execute(waiting).fetchone()[0])
            if not left or time.perf_counter() > ends:
                return left
            await asyncio.sleep(0.1)


def on_load_core() -> contextlib.AbstractContextManager[None]:
    """The load on another core than the server."""
    return machine.on_core(machine.LOAD_CORE)
