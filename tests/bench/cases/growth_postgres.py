"""The same pieces of work on Postgres: how many of its pages each touches on data sets of different size, which noise cannot change."""

import asyncio
import json
from collections.abc import Mapping
from typing import Any

import psycopg

from lemmy_lite.model.clock import Micros
from lemmy_lite.storage.dialect import POSTGRES
from lemmy_lite.storage.postgres import PostgresSession
from lemmy_lite.storage.query import Row, Transaction
from tests import postgres
from tests.bench.bench import Bench
from tests.bench.cases.growth import Probe, end, grown, probes
from tests.bench.data.seed import seed
from tests.bench.data.sizes import SIZES
from tests.bench.figures import Figure

SMALL = "S"


class ExplainingSession(PostgresSession):
    """A session that has each statement explained while it runs, and sums up the pages of 8 kB that it touched."""

    pages = 0

    def fetch(self, sql: str, values: Mapping[str, Any]) -> list[Row]:
        """Run a statement twice, the first time to be undone: an explained one gives no rows."""
        self._explain(sql, values)
        return super().fetch(sql, values)

    def run(self, sql: str, values: Mapping[str, Any]) -> int:
        """The same for a statement that changes rows."""
        self._explain(sql, values)
        return super().run(sql, values)

    def _explain(self, sql: str, values: Mapping[str, Any]) -> None:
        self.control("SAVEPOINT explained")
        found = self.connection.execute(f"EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, FORMAT JSON) {sql}".encode(), values).fetchall()[0][0]
        plan = (json.loads(found) if isinstance(found, str) else found)[0]["Plan"]
        self.pages += plan["Shared Hit Blocks"] + plan["Shared Read Blocks"]
        self.control("ROLLBACK TO SAVEPOINT explained")
        self.control("RELEASE SAVEPOINT explained")


class _Asking:
    """A connection that takes the words that all of us share."""

    def __init__(self, connection: "psycopg.Connection[Row]") -> None:
        self._connection = connection

    def execute(self, statement: str, values: Mapping[str, Any] | None = None, /) -> Any:
        """Run it; answers a cursor."""
        return self._connection.execute(POSTGRES.statement(statement).encode(), values or {})


async def exponents(bench: Bench) -> list[Figure]:
    """Each read and write on the small data set and on the one measured, in a Postgres of the bench's own."""
    return await asyncio.to_thread(in_postgres, (SMALL, bench.size))


def in_postgres(sizes: tuple[str, ...]) -> list[Figure]:
    """The figures of some sizes, the smallest first; seeding them is most of the time."""
    costs: dict[str, dict[str, tuple[int, int, float]]] = {}
    with postgres.running() as server:
        for name in dict.fromkeys(sizes):
            url = server.create()
            seed(url, SIZES[name], 1)
            costs[name] = measured(url)
            server.drop(url)
    figures: list[Figure] = []
    for name, (_, _, most) in costs[sizes[-1]].items():
        found = {size: of_size[name] for size, of_size in costs.items()}
        pages, given = ({size: each[place] for size, each in found.items()} for place in (0, 1))
        figures += grown("h1-postgres", f"Postgres: {name}", "pages", pages, given, most)
    return figures


def measured(url: str) -> dict[str, tuple[int, int, float]]:
    """What every probe takes on a data set, which stays as it is, how much it gives, and the exponent that it may have."""
    with psycopg.connect(url, autocommit=True) as connection:
        now = end(_Asking(connection))
        return {probe.name: (*_pages(connection, probe, now), probe.most) for probe in probes(_Asking(connection), url)}


def _pages(connection: "psycopg.Connection[Row]", probe: Probe, now: Micros) -> tuple[int, int]:
    session = ExplainingSession(connection)
    session.control("BEGIN ISOLATION LEVEL REPEATABLE READ")
    try:
        given = probe.work(Transaction(session, now))
    finally:
        session.control("ROLLBACK")
    return session.pages, given
