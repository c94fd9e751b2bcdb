"""Whether an upgraded database is as good as it was: looked at before the upgrade is committed, so that a bad one never is."""

from collections.abc import Mapping
from typing import Final

from lemmy_lite.model.clock import Micros
from lemmy_lite.storage.errors import SchemaError
from lemmy_lite.storage.query import Session, Transaction
from lemmy_lite.storage.views import comment, post

LARGEST_CHECKED: Final = 256 * 2**20
"""Bytes of a SQLite file that is read page by page; a larger one takes minutes on a card."""

_KEPT: Final = (
    *("local_site", "local_user", "person", "community", "post", "comment"),
    *("private_message", "community_follower", "local_image"),
)
"""Of these no upgrade loses a row."""


def figures(session: Session) -> dict[str, int]:
    """How many rows the tables have that people would miss."""
    if session.dialect.is_sqlite:
        found = session.fetch("SELECT name FROM sqlite_master WHERE type = 'table'", {})
    else:
        found = session.fetch("SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'", {})
    there = {row[0] for row in found}
    return {table: int(session.fetch(f"SELECT COUNT(*) FROM {table}", {})[0][0]) for table in _KEPT if table in there}


def judge(session: Session, before: Mapping[str, int], now: Micros) -> None:
    """Raises SchemaError, a sentence, for rows that are missing, references that lead nowhere, damaged pages, and views that break."""
    after = figures(session)
    for table, number in before.items():
        if after.get(table, 0) < number:
            raise SchemaError(f"{number - after.get(table, 0)} rows of {table} are missing")
    if session.dialect.is_sqlite:
        _judge_file(session)
    tx = Transaction(session, now)
    for table, view in (("post", post.read), ("comment", comment.read)):
        newest = session.fetch(f"SELECT MAX(id) FROM {table}", {})[0][0]
        if newest is not None:
            view(tx, None, newest)


def _judge_file(session: Session) -> None:
    if dangling := session.fetch('SELECT "table", "parent" FROM pragma_foreign_key_check LIMIT 1', {}):
        raise SchemaError(f"rows of {dangling[0][0]} name rows of {dangling[0][1]} that are not there")
    pages, size = (int(session.fetch(f"PRAGMA {name}", {})[0][0]) for name in ("page_count", "page_size"))
    if pages * size <= LARGEST_CHECKED:
        found = session.fetch("PRAGMA quick_check(1)", {})[0][0]
        if found != "ok":
            raise SchemaError(f"the file is damaged: {found}")
