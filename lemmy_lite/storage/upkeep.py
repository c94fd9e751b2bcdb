"""Small works on a SQLite file while nobody needs it: fresh statistics, pages given back, the log folded into the file.

Postgres does the like by itself. Run by `Database.maintain`, on the writer's connection, as no other one may checkpoint (sqlite.py).
"""

from typing import Final, NamedTuple

from lemmy_lite.storage.query import Session, Transaction

PAGES_AT_ONCE: Final = 4_000
"""Pages given back in one go: 16 MB, a second of writing on a slow SD card."""
FREE_SHARE: Final = 0.1
"""Empty pages below this share of the file are left in it: they will be needed again, and moving pages wears the card."""
LOOKED_AT: Final = 400
"""Rows of an index that ANALYZE looks at (SQLite's advice): enough for the planner, and milliseconds on any table."""
PATIENCE_MS: Final = 100


class Size(NamedTuple):
    """Bytes of the database: those that hold rows, and those of empty pages that will be used again."""

    rows: int
    empty: int


def tidy(session: Session) -> None:
    """Do all of it; nothing on Postgres. A reader that is in the way is not waited for longer than PATIENCE_MS."""
    if not session.dialect.is_sqlite:
        return
    session.fetch(f"PRAGMA analysis_limit = {LOOKED_AT}", {})
    session.fetch("PRAGMA optimize", {})
    found = size(session)
    if found.empty > (found.rows + found.empty) * FREE_SHARE:
        session.fetch(f"PRAGMA incremental_vacuum({PAGES_AT_ONCE})", {})
    fold_log(session)


def fold_log(session: Session) -> None:
    """Write what the log holds into the file, and cut it off. A reader that is in the way is not waited for longer than PATIENCE_MS."""
    if not session.dialect.is_sqlite:
        return
    waits = int(session.fetch("PRAGMA busy_timeout", {})[0][0])
    session.fetch(f"PRAGMA busy_timeout = {PATIENCE_MS}", {})
    try:
        session.fetch("PRAGMA wal_checkpoint(TRUNCATE)", {})
    finally:
        session.fetch(f"PRAGMA busy_timeout = {waits}", {})


def give_back(session: Session, size: int) -> int:
    """Cut empty pages off the file, about so many bytes of them and at most PAGES_AT_ONCE; answers how many bytes. The file becomes shorter
    with the next `fold_log`. Nothing on Postgres."""
    if not session.dialect.is_sqlite:
        return 0
    page = int(session.fetch("PRAGMA page_size", {})[0][0])
    before = int(session.fetch("PRAGMA freelist_count", {})[0][0])
    session.fetch(f"PRAGMA incremental_vacuum({max(1, min(PAGES_AT_ONCE, size // page))})", {})
    return (before - int(session.fetch("PRAGMA freelist_count", {})[0][0])) * page


def size(session: Session) -> Size:
    """How large the database is. On Postgres, whose files do not become shorter by themselves, `rows` is estimated from its statistics;
    vacuum_all makes them fresh."""
    if session.dialect.is_sqlite:
        page, pages, empty = (int(session.fetch(f"PRAGMA {name}", {})[0][0]) for name in ("page_size", "page_count", "freelist_count"))
        return Size((pages - empty) * page, empty * page)
    row = session.fetch(_POSTGRES_SIZE, {})[0]
    whole, rows = int(row[0]), min(int(row[0]), int(row[1]))
    return Size(rows, whole - rows)


def rows_size(tx: Transaction) -> int:
    """The bytes of SQLite's pages that hold rows, as a reader sees them."""
    page, pages, empty = (int(tx.value(f"PRAGMA {name}")) for name in ("page_size", "page_count", "freelist_count"))
    return (pages - empty) * page


def by_table(tx: Transaction) -> dict[str, int]:
    """Bytes of each table with its indexes; nothing where this SQLite cannot tell. Reads the whole file once."""
    if not tx.dialect.is_sqlite:
        found = tx.all(
            """SELECT relname, pg_total_relation_size(oid) FROM pg_class
                WHERE relkind = 'r' AND relnamespace = CAST(current_schema() AS regnamespace)"""
        )
        return {row[0]: int(row[1]) for row in found}
    if not tx.one("SELECT 1 FROM pragma_module_list WHERE name = 'dbstat'"):
        return {}
    found = tx.all(
        """SELECT COALESCE(master.tbl_name, stat.name), SUM(stat.pgsize) FROM dbstat stat LEFT JOIN sqlite_master master
               ON master.name = stat.name WHERE stat.aggregate = TRUE GROUP BY 1"""
    )
    return {row[0]: int(row[1]) for row in found}


def vacuum_all(session: Session) -> None:
    """Let Postgres use again what deleted rows have left, and count anew. Nothing on SQLite."""
    if not session.dialect.is_sqlite:
        for table in _EMPTIED:
            session.control(f"VACUUM (ANALYZE) {table}")


_EMPTIED: Final = (
    *("post", "post_aggregates", "post_vote", "post_spent", "post_terms", "post_title_terms"),
    *("comment", "comment_aggregates", "comment_vote", "comment_spent", "comment_terms"),
    *("received_activity", "sent_activity", "inbox_activity"),
)
"""The tables that rows leave from."""

# By numbers and widths of rows, which follow what is deleted, and not by files, which stay as large as they were: header and pointer of a
# row are 32 bytes; an entry of an index is the widths of its columns, 20 bytes, and a quarter of the page is left empty; a piece of a long
# text that is kept apart is 2 kB. Never more than the files are. Small tables, and those never counted, are as large as their files.
_POSTGRES_SIZE: Final = """
    WITH measured AS (
      SELECT class.oid, class.relname, class.reltuples AS rows, class.reltoastrelid AS apart, pg_total_relation_size(class.oid) AS whole,
             (SELECT SUM(stats.avg_width) FROM pg_stats stats
               WHERE stats.schemaname = current_schema() AND stats.tablename = class.relname) AS width,
             (SELECT SUM(20 + COALESCE((SELECT SUM(stats.avg_width) FROM pg_attribute attribute
                                          JOIN pg_stats stats ON stats.schemaname = current_schema() AND stats.tablename = class.relname
                                                             AND stats.attname = attribute.attname
                                         WHERE attribute.attrelid = class.oid AND attribute.attnum = ANY(parts.indkey)), 8)) * 1.3
                FROM pg_index parts WHERE parts.indrelid = class.oid) AS indexed
        FROM pg_class class WHERE class.relkind = 'r' AND class.relnamespace = CAST(current_schema() AS regnamespace))
    SELECT COALESCE(SUM(whole), 0),
           COALESCE(SUM(CASE WHEN whole < 262144 OR rows < 0 OR width IS NULL THEN whole
             ELSE LEAST(whole, rows * (32 + width + COALESCE(indexed, 0))
               + COALESCE((SELECT GREATEST(pieces.reltuples, 0) * 2000 FROM pg_class pieces
                            WHERE pieces.oid = measured.apart), 0)) END), 0)
      FROM measured"""
