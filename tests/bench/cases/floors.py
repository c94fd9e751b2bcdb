"""What the same machine does in the same minute with nothing of ours to do: the figures that others are a ratio of."""

import asyncio
import sqlite3
import time
from collections.abc import Mapping

from tests.bench.bench import Bench
from tests.bench.figures import Figure, Kind, Metric, Workload
from tests.bench.load import request
from tests.bench.machine import SERVER_CORE, on_core, usage

CONNECTIONS = 4
CONSTANT = "floor, constant answer: rate"
EMPTY = "floor, empty answer: rate"
COMMITS = "floor, one row a commit: rate"
_COMMITS = 300


async def stack(bench: Bench) -> list[Workload | Figure]:
    """Constant answers through the same socket, server, router and middleware."""
    rate = Metric("rate", "req/s", Kind.RATE)

    def workload(name: str, path: str) -> Workload:
        async def block() -> Mapping[str, float]:
            before = usage(bench.floor.pid).cpu_seconds
            run = await bench.floor.load.run([[request("GET", path)]] * CONNECTIONS)
            cpu = usage(bench.floor.pid).cpu_seconds - before
            return {"rate": run.rate, "CPU": cpu / max(1, len(run.latencies)) * 1000}

        return Workload("floor", f"floor, {name}", (rate, Metric("CPU", "ms", Kind.TIME)), block)

    return [workload("constant answer", "/constant"), workload("empty answer", "/empty"), _commits(bench)]


def _commits(bench: Bench) -> Workload:
    """Durable commits of one row each, SQLite alone on the same disk: what no queue of writes beats without sharing commits."""

    def block() -> float:
        path = bench.folder / "commits.db"
        with on_core(SERVER_CORE):
            connection = sqlite3.connect(path, isolation_level=None)
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("CREATE TABLE IF NOT EXISTS vote (post INTEGER, person INTEGER, score INTEGER, PRIMARY KEY (post, person))")
            begun = time.perf_counter()
            for number in range(_COMMITS):
                connection.execute("INSERT OR REPLACE INTO vote VALUES (?, ?, 1)", (number * 7919 % 10_000, number))
            taken = time.perf_counter() - begun
            connection.close()
        return _COMMITS / taken

    async def run() -> Mapping[str, float]:
        return {"rate": await asyncio.to_thread(block)}

    return Workload("floor", "floor, one row a commit", (Metric("rate", "commits/s", Kind.RATE),), run)
