"""What is told to others: one post to a thousand hosts, some of them refusing or hanging."""

import asyncio
import tempfile
import time
from pathlib import Path

from tests.bench import serving
from tests.bench.bench import Bench, token
from tests.bench.data import followers
from tests.bench.figures import Figure, Kind, Metric, Target
from tests.bench.load import WrongAnswer, posted
from tests.bench.machine import memory, usage
from tests.bench.serving import CACHE, Server

ROUNDS = 3
FEW = 40
"""Hosts of the smoke run."""
_PATIENCE = 60.0
_REST_SECONDS = 12.0
"""After the first round, until the hanging hosts have failed: the next rounds know them."""

OF_A_POST = 3
"""Messages to each follower: the activity, the post by itself for Mastodon, the author's own upvote (behaviour.md)."""
_SAVED_SECONDS = 1.5
"""Until the cursors are written, once a second."""

_WHY = (
    "a message takes some 0.7 ms of one core: 0.3 its RSA signature, 0.2 to 0.3 aiohttp; the first to each host 0.25 more to connect. "
    "The first messages of all are sent before the second of anybody, so that a third of that decides"
)

_TIME = Metric("99 % have it", "s", Kind.TIME, Target(most=2.0))
_CPU = Metric("CPU", "s", Kind.TIME)


async def one_post(_: Bench) -> list[Figure]:
    """Posts one after the other: the first meets every host for the first time, connections and all."""
    first: list[tuple[float, float]] = []
    later: list[tuple[float, float]] = []
    CACHE.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=CACHE) as folder:
        async with followers.followers() as found:
            await followers.settle(Path(folder), found)
            async with serving.program(Path(folder), sending=True, variables=followers.environment(found)) as server:
                before = memory(server.pid)["pss"]
                jwt = await token(server.load, "admin")
                for number in range(ROUNDS):
                    found.heard.clear()
                    cpu, begun = usage(server.pid).cpu_seconds, time.perf_counter()
                    await _post(server, jwt, f"News {number}")
                    taken = await found.most(0.99, _PATIENCE) - begun
                    (later if number else first).append((taken, usage(server.pid).cpu_seconds - cpu))
                    await asyncio.sleep(_REST_SECONDS if number == 0 else 3.0)
                grown = memory(server.pid)["pss"] - before
    figures = []
    for name, samples in (("first post", first), ("next posts", later)):
        figures.append(Figure("d1", name, _TIME, tuple(seconds for seconds, _ in samples), why=_WHY))
        figures.append(Figure("d1", name, _CPU, tuple(cpu for _, cpu in samples)))
    return [*figures, Figure("d1", "all", Metric("PSS more", "MB", Kind.COUNT, Target(most=50)), (grown,))]


async def counted() -> list[Figure]:
    """One post to a few hosts for the smoke run: how many messages that is, and what it writes."""
    CACHE.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=CACHE) as folder:
        async with followers.followers(FEW) as found:
            await followers.settle(Path(folder), found)
            async with serving.program(Path(folder), sending=True, variables=followers.environment(found)) as server:
                jwt = await token(server.load, "admin")
                before = usage(server.pid).called
                await _post(server, jwt, "News")
                await found.everything(OF_A_POST * found.living, _PATIENCE)
                await asyncio.sleep(_SAVED_SECONDS)
                written = usage(server.pid).called - before
    name = f"one post to {FEW} hosts"
    return [
        Figure("d1", name, Metric("messages to each that lives", "", Kind.COUNT), (found.messages / found.living,)),
        Figure("d1", name, Metric("written", "B", Kind.COUNT), (float(written),)),
    ]


async def _post(server: Server, jwt: str, title: str) -> None:
    answer = await server.load.ask(posted("/api/v3/post", {"name": title, "community_id": _HOME}, jwt))
    if answer.status != 200:
        raise WrongAnswer(f"a post: {answer.status} {answer.body[:200]!r}")


_HOME = 2
"""The community's number: the first is the site's own."""
