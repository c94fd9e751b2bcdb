"""`scripts/bench --flames`: the three hottest paths, each worked on alone while a sampler looks: a member's page of posts, a local vote,
activities received. What it finds is told in words and drawn."""

import os
import shutil
import time
from collections.abc import Awaitable, Callable, Sequence
from html import escape
from itertools import count
from pathlib import Path
from typing import NamedTuple

from tests.bench.bench import Bench, prepared
from tests.bench.cases import inbound, writes
from tests.bench.data.sizes import READERS, VOTERS
from tests.bench.data.stream import Faraway
from tests.bench.flame_graph import flame_graph, swatch
from tests.bench.load import request
from tests.bench.machine import usage
from tests.bench.sampling import Seen, sampled
from tests.bench.serving import CACHE, Server, data_set
from tests.bench.stacks import LIBRARIES, by_library, by_room, hottest

SECONDS = 20.0
"""How long each path is looked at; a fifth of that it is measured before, while nobody looks."""
HOTTEST = 10


class Work(NamedTuple):
    """Pieces of work that were done, and the seconds in which they were asked for."""

    pieces: int
    seconds: float


Load = Callable[[float], Awaitable[Work]]
"""Does work for about so many seconds."""


class Way(NamedTuple):
    """A path: the case whose workload it is, a heading, and what one piece of the work is called."""

    case: str
    heading: str
    piece: str


LISTS = Way("a3", "a member's page of posts: All and Subscribed, following 0, 86 and 500 communities; one client", "page")
VOTES = Way("b1", "a local vote on a post or a comment; sixteen clients", "vote")
STREAM = Way("c1", "activities received: signed announces of votes, comments, posts, deletions; 50 hosts", "activity")


class Flame(NamedTuple):
    """A path with what was found: pieces a second and milliseconds of the processor for one of them, both while nobody looked."""

    way: Way
    rate: float
    milliseconds: float
    seen: Seen[Work]

    def picture(self, *, alone: bool = True) -> str:
        """The SVG; `alone` with its legend, else for a page that has one."""
        shares = by_room(self.seen.stacks).items() if alone else ()
        whole = f"{self.way.case}: {self.milliseconds:.2f} ms of the processor {_of(self.way)}"
        return flame_graph(self.seen.stacks, whole, shares, self.milliseconds, f" {_of(self.way)}")

    @property
    def facts(self) -> str:
        """How fast, and on how many looks all of this rests."""
        seen = self.seen
        return (
            f"{self.rate:,.0f} a second, {self.milliseconds:.2f} ms of the processor {_of(self.way)}; "
            f"{seen.working:,} looks at threads at work, {seen.waiting:,} at waiting ones, {seen.torn:,} torn"
        )


def _of(way: Way) -> str:
    return f"{'an' if way.piece[0] in 'aeiou' else 'a'} {way.piece}"


async def flames(size: str, say: Callable[[str], None], seconds: float = SECONDS) -> list[Flame]:
    """The three paths on a data set of this size; what is received has an instance of its own. Raises Refused, WrongAnswer."""
    within = _in_memory(size)
    async with prepared(size, within=within) as bench:
        found = [
            await _flame(LISTS, bench.server, await _lists(bench), seconds, say),
            await _flame(VOTES, bench.server, await _votes(bench), seconds, say),
        ]
    # Half of the time its server has nothing to do, as the next activities are being signed.
    async with inbound.running(within) as (faraway, server, _):
        return [*found, await _flame(STREAM, server, _stream(faraway, server), 2 * seconds, say)]


def _in_memory(size: str) -> Path:
    """A folder in memory that has room for a data set three times over, else the one of the bench. A thread that comes back from waiting
    for a disk looks like one at work, and commits came out six times too large."""
    shared, needed = Path("/dev/shm"), 3 * (data_set(size) / "lemmy.db").stat().st_size
    free = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_AVPHYS_PAGES")
    return shared if shared.is_dir() and min(free, shutil.disk_usage(shared).free) > needed else CACHE


async def _flame(way: Way, server: Server, load: Load, seconds: float, say: Callable[[str], None]) -> Flame:
    say(f"{way.case}: {way.heading}")
    await load(seconds / 20)
    before = usage(server.pid).cpu_seconds
    alone = await load(seconds / 5)
    milliseconds = (usage(server.pid).cpu_seconds - before) / alone.pieces * 1000
    say(f"{way.case}, looked at: {way.heading}")
    seen = await sampled(server.pid, seconds, lambda: load(seconds))
    return Flame(way, alone.pieces / alone.seconds, milliseconds, seen)


async def _lists(bench: Bench) -> Load:
    tokens = [await bench.token(account) for account in READERS]
    lists = [f"/api/v3/post/list?type_={kind}&limit=20&sort=Active" for kind in ("All", "Subscribed")]
    return _asking(bench, [[request("GET", target, Authorization=f"Bearer {token}") for token in tokens for target in lists]])


async def _votes(bench: Bench) -> Load:
    targets = {kind: [row[0] for row in bench.rows(statement)] for kind, statement in writes.TARGETS.items()}
    tokens = [await bench.token(voter) for voter in VOTERS]
    wanted = []
    for number, token in enumerate(tokens):
        both = [writes.requests(kind, ids, token, number) for kind, ids in targets.items()]
        wanted.append([each for pair in zip(*both, strict=False) for each in pair])
    return _asking(bench, wanted)


def _asking(bench: Bench, wanted: Sequence[Sequence[bytes]]) -> Load:
    taken = count()

    async def load(seconds: float) -> Work:
        run = await bench.load.run(wanted, seconds=seconds, start=next(taken) * 997)
        return Work(len(run.latencies), run.seconds)

    return load


def _stream(faraway: Faraway, server: Server) -> Load:
    async def load(seconds: float) -> Work:
        ends, pieces, spent = time.perf_counter() + seconds, 0, 0.0
        while not pieces or time.perf_counter() < ends:
            requests = inbound.batch(faraway, inbound.EACH)
            begun = time.perf_counter()
            pieces += len((await inbound.sent(server.load, requests)).latencies)
            await inbound.settled(server.folder)
            spent += time.perf_counter() - begun
        return Work(pieces, spent)

    return load


def words(flame: Flame) -> str:
    """A path for a terminal."""
    parts = [f"{flame.way.case}, {flame.way.heading}", f"  {flame.facts}", "  Shares of the processor by what functions do themselves:"]
    parts += [f"    {share * 100:5.1f} %  {name}" for name, share in _shares(flame)]
    parts.append(f"  The {HOTTEST} functions with most of their own; with all that they call; milliseconds of their own {_of(flame.way)}:")
    parts += [f"    {own:>7}  {whole:>7}  {ms:>6}  {function}  {place}" for function, place, own, whole, ms in _functions(flame)]
    return "\n".join(parts)


def html(flame: Flame) -> str:
    """A path as a part of the page."""
    shares = "".join(f"<li>{swatch(name)} {escape(name)} {share * 100:.1f} %" for name, share in _shares(flame))
    rows = [
        f"<tr><td>{_breakable(function)} <small>{escape(place)}</small><td class=n>{own}<td class=n>{whole}<td class=n>{ms} ms"
        for function, place, own, whole, ms in _functions(flame)
    ]
    heads = f"<tr><th>most of their own<th>own<th>with calls<th>{_of(flame.way)}"
    return (
        f"<h2>{escape(flame.way.case)}: {escape(flame.way.heading)}</h2><p>{escape(flame.facts)}</p><ul class=rooms>{shares}</ul>"
        f'<div class=sideways tabindex=0 role=region aria-label="{escape(flame.way.case)}">{flame.picture(alone=False)}</div>'
        f"<table class=hot>{heads}{''.join(rows)}</table>"
    )


def _breakable(function: str) -> str:
    """A name that may go on in the next line where it has a dot or an underscore."""
    return escape(function).replace(".", ".<wbr>").replace("_", "_<wbr>")


def _shares(flame: Flame) -> list[tuple[str, float]]:
    """Rooms, largest first; among them the libraries by name."""
    rooms = by_room(flame.seen.stacks)
    libraries = ", ".join(f"{name} {share * 100:.1f}" for name, share in by_library(flame.seen.stacks).items() if share >= 0.005)
    named = {LIBRARIES: f"{LIBRARIES} ({libraries})"}
    return sorted(((named.get(room, room), share) for room, share in rooms.items() if share), key=lambda each: -each[1])


def _functions(flame: Flame) -> list[tuple[str, str, str, str, str]]:
    return [
        (hot.frame.name, hot.frame.place, f"{hot.own * 100:.1f} %", f"{hot.whole * 100:.1f} %", f"{hot.own * flame.milliseconds:.3f}")
        for hot in hottest(flame.seen.stacks, HOTTEST)
    ]
