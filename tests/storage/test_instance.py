"""The lists of instances are read with each activity that comes: that must not take longer the more instances are known."""

import sqlite3
from contextlib import closing
from pathlib import Path

from lemmy_lite.storage.database import Database
from lemmy_lite.storage.tables import instance
from tests.storage.databases import on


def test_the_block_list_is_read_from_its_own_end(tmp_path: Path) -> None:
    statements: list[str] = []

    async def body(database: Database) -> None:
        domains = [f"town{number}.test" for number in (2, 1)]
        await database.write(lambda tx: instance.set_list(tx, "federation_blocklist", domains))
        database.trace = statements.append
        assert await database.read(instance.blocked) == sorted(domains)
        database.trace = None

    on(f"sqlite://{tmp_path}/lemmy.db", body)
    (asked,) = [each for each in statements if "federation_blocklist" in each]
    with closing(sqlite3.connect(tmp_path / "lemmy.db")) as connection:
        plan = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {asked}")]
    assert plan == ["SCAN federation_blocklist", "SEARCH instance USING INTEGER PRIMARY KEY (rowid=?)"]
