"""Every row of one database into another, empty one: from SQLite to Postgres and back, and a backup of Postgres as a SQLite file.

The source is read in one snapshot, in pieces by primary key. What is searched is not copied but entered anew, as each kind of database
has its own index of it. The facts about tables come from a SQLite side, as there always is one.
"""

from collections.abc import Callable, Iterator, Sequence
from graphlib import TopologicalSorter
from typing import Any, Final, NamedTuple

from lemmy_lite.model.clock import Clock
from lemmy_lite.storage.errors import SchemaError
from lemmy_lite.storage.query import Session, Transaction
from lemmy_lite.storage.tables import search_text

AT_ONCE: Final = 2_000
"""Rows in memory at a time; with bodies of posts some megabytes."""

Progress = Callable[[str, int, int], None]
"""What is copied, how many rows of it are, and how many there are."""

_SEARCHED: Final = (search_text.POST, search_text.COMMENT, search_text.COMMUNITY, search_text.PERSON)
_TERMS: Final = {table for noun in _SEARCHED for table in noun.documents}


_MADE: Final = {("post_aggregates", "tier"), ("comment_aggregates", "tier")}
"""Columns that each database makes itself (migrations/m0021_score_tier.py): Postgres lets nobody write them."""


class Table(NamedTuple):
    """One table: its columns, and those of its primary key, in order."""

    name: str
    columns: tuple[str, ...]
    key: tuple[str, ...]


def copy(source: Session, target: Session, clock: Clock, progress: Progress) -> int:
    """Copy everything; answers how many rows. Both have the same, newest schema, and the target has no rows.

    Raises SchemaError when that is not so, StorageError; then the target is as it was.
    """
    facts = source if source.dialect.is_sqlite else target
    tables = _tables(facts)
    _require_alike(source, target)
    _begin_reading(source)
    try:
        target.control("BEGIN")
        try:
            _require_empty(target, tables)
            flags = {} if target.dialect.is_sqlite else _flags(target)
            done = sum(_copy_table(source, target, table, flags.get(table.name, ()), progress) for table in tables)
            _copy_counters(source, target, facts)
            _enter_searched(target, clock, progress)
            target.control("COMMIT")
        except BaseException:
            target.control("ROLLBACK")
            raise
    finally:
        source.control("ROLLBACK")
    return done


def rows_in(found: Session) -> int:
    """How many rows the tables of a SQLite database have altogether."""
    return sum(_count(found, table.name) for table in _tables(found))


def version(found: Session) -> int:
    """The number of the schema; 0 for an empty database."""
    if found.dialect.is_sqlite:
        return int(found.fetch("PRAGMA user_version", {})[0][0])
    if found.fetch("SELECT to_regclass('schema_version') IS NULL", {})[0][0]:
        return 0
    return int(found.fetch("SELECT COALESCE(MAX(number), 0) FROM schema_version", {})[0][0])


def _require_alike(source: Session, target: Session) -> None:
    if version(source) != version(target):
        raise SchemaError(f"the databases have schemas {version(source)} and {version(target)}: run `lemmy-lite migrate` on the older one")


def _require_empty(target: Session, tables: Sequence[Table]) -> None:
    for table in tables:
        if target.fetch(f"SELECT 1 FROM {table.name} LIMIT 1", {}):
            raise SchemaError(f"the database to copy into is not empty (it has rows in {table.name}); nothing was changed")


def _begin_reading(source: Session) -> None:
    source.control("BEGIN" if source.dialect.is_sqlite else "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")


def _tables(facts: Session) -> list[Table]:
    """All tables but those of the search, each after those that it refers to."""
    names = [
        row[0]
        for row in facts.fetch("SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table' ORDER BY name", {})
        if not row[0].startswith("sqlite_") and row[0] not in _TERMS
    ]
    order = TopologicalSorter({name: _referred(facts, name) - {name} for name in names})
    return [_table(facts, name) for name in order.static_order()]


def _referred(facts: Session, name: str) -> set[str]:
    return {row[0] for row in facts.fetch('SELECT "table" FROM pragma_foreign_key_list(:name)', {"name": name})}


def _table(facts: Session, name: str) -> Table:
    columns = facts.fetch("SELECT name, pk FROM pragma_table_info(:name) ORDER BY cid", {"name": name})
    key = tuple(column for column, _ in sorted((each for each in columns if each[1]), key=lambda each: each[1]))
    return Table(name, tuple(column for column, _ in columns if (name, column) not in _MADE), key)


def _flags(target: Session) -> dict[str, tuple[str, ...]]:
    """The columns of Postgres that are true or false, where SQLite has 1 or 0."""
    found: dict[str, tuple[str, ...]] = {}
    sql = "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = current_schema() AND data_type = 'boolean'"
    for table, column in target.fetch(sql, {}):
        found[table] = (*found.get(table, ()), column)
    return found


def _copy_table(source: Session, target: Session, table: Table, flags: tuple[str, ...], progress: Progress) -> int:
    listed = ", ".join(table.columns)
    insert = f"INSERT INTO {table.name} ({listed}) VALUES ({', '.join(f':{column}' for column in table.columns)})"
    whole, done = _count(source, table.name), 0
    for rows in _pieces(source, table, listed):
        values = [dict(zip(table.columns, row, strict=True)) for row in rows]
        for each in values:
            for column in flags:
                each[column] = None if each[column] is None else bool(each[column])
        target.run_many(target.dialect.statement(insert), values)
        done += len(rows)
        progress(table.name, done, whole)
    return done


def _pieces(source: Session, table: Table, listed: str) -> Iterator[list[tuple[Any, ...]]]:
    key = ", ".join(table.key)
    bounds = ", ".join(f":{column}" for column in table.key)
    places = [table.columns.index(column) for column in table.key]
    first = source.dialect.statement(f"SELECT {listed} FROM {table.name} ORDER BY {key} LIMIT {AT_ONCE}")
    further = source.dialect.statement(f"SELECT {listed} FROM {table.name} WHERE ({key}) > ({bounds}) ORDER BY {key} LIMIT {AT_ONCE}")
    rows = source.fetch(first, {})
    while rows:
        yield rows
        rows = source.fetch(further, dict(zip(table.key, (rows[-1][place] for place in places), strict=True)))


def _count(of: Session, table: str) -> int:
    return int(of.fetch(f"SELECT COUNT(*) FROM {table}", {})[0][0])


def _copy_counters(source: Session, target: Session, facts: Session) -> None:
    """The next ids: one that was given out is never used again, even where its row is gone."""
    made = facts.fetch("SELECT name FROM sqlite_master WHERE type = 'table' AND sql LIKE '%AUTOINCREMENT%' ORDER BY name", {})
    for (name,) in made:
        last = _last_id(source, name)
        if not last:
            continue
        set_counter(target, name, last)


def set_counter(target: Session, table: str, last: int) -> None:
    """The next row of a table gets a number beyond `last`."""
    if target.dialect.is_sqlite:
        target.run("DELETE FROM sqlite_sequence WHERE name = :name", {"name": table})
        target.run("INSERT INTO sqlite_sequence (name, seq) VALUES (:name, :last)", {"name": table, "last": last})
    else:
        target.fetch(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), %(last)s)", {"last": last})


def _last_id(source: Session, name: str) -> int:
    if source.dialect.is_sqlite:
        found = source.fetch("SELECT seq FROM sqlite_sequence WHERE name = :name", {"name": name})
    else:
        sequence = source.fetch(f"SELECT pg_get_serial_sequence('{name}', 'id')", {})[0][0]
        found = source.fetch(f"SELECT CASE WHEN is_called THEN last_value ELSE last_value - 1 END FROM {sequence}", {})
    return int(found[0][0]) if found else 0


def _enter_searched(target: Session, clock: Clock, progress: Progress) -> None:
    tx = Transaction(target, clock.now())
    for noun in _SEARCHED:
        whole, done, last = _count(target, noun.table), 0, search_text.enter_all(tx, noun)
        while last is not None:
            done = min(whole, done + 500)
            progress(f"words of {noun.table}", done, whole)
            last = search_text.enter_all(tx, noun, last)
