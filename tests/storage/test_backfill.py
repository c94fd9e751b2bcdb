"""Which communities are to be filled is asked at each wake: that must not read all communities, whose texts would stay in memory."""

import sqlite3
from contextlib import closing
from pathlib import Path

from lemmy_lite.storage.database import Database
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import backfill
from tests.storage import rows
from tests.storage.databases import on


def test_what_never_began_is_found_by_numbers_alone(tmp_path: Path) -> None:
    statements: list[str] = []

    def town(tx: Transaction) -> list[int]:
        ada = rows.person(tx)
        found = [rows.community(tx, f"c{number}", domain="far.test") for number in range(3)]
        for each in found[:2]:
            rows.link(tx, "community_follower", person_id=ada, community_id=each)
        backfill.begin(tx, found[0])
        return list(found)

    async def body(database: Database) -> None:
        found = await database.write(town)
        database.trace = statements.append
        assert await database.read(backfill.not_begun) == [found[1]]
        database.trace = None

    on(f"sqlite://{tmp_path}/lemmy.db", body)
    (asked,) = [each for each in statements if "EXCEPT" in each]
    with closing(sqlite3.connect(tmp_path / "lemmy.db")) as connection:
        plan = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {asked}")]
    assert [each for each in plan if each.startswith("SCAN community")] == ["SCAN community USING COVERING INDEX community_instance"]
    assert "SEARCH community USING INTEGER PRIMARY KEY (rowid=?)" in plan
