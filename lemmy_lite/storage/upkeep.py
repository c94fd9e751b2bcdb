"""Small works on a SQLite file while nobody needs it: fresh statistics, pages given back, the log folded into the file.

Postgres does the like by itself. Run by `Database.maintain`, on the writer's connection, as no other one may checkpoint (sqlite.py).
"""

from typing import Final

from lemmy_lite.storage.query import Session

PAGES_AT_ONCE: Final = 4_000
"""Pages given back in one go: 16 MB, a second of writing on a slow SD card."""
FREE_SHARE: Final = 0.1
"""Empty pages below this share of the file are left in it: they will be needed again, and moving pages wears the card."""
LOOKED_AT: Final = 400
"""Rows of an index that ANALYZE looks at (SQLite's advice): enough for the planner, and milliseconds on any table."""
PATIENCE_MS: Final = 100


def tidy(session: Session) -> None:
    """Do all of it; nothing on Postgres. A reader that is in the way is not waited for longer than PATIENCE_MS."""
    if not session.dialect.is_sqlite:
        return
    session.fetch(f"PRAGMA analysis_limit = {LOOKED_AT}", {})
    session.fetch("PRAGMA optimize", {})
    free, pages = (int(session.fetch(f"PRAGMA {name}", {})[0][0]) for name in ("freelist_count", "page_count"))
    if free > pages * FREE_SHARE:
        session.fetch(f"PRAGMA incremental_vacuum({PAGES_AT_ONCE})", {})
    waits = int(session.fetch("PRAGMA busy_timeout", {})[0][0])
    session.fetch(f"PRAGMA busy_timeout = {PATIENCE_MS}", {})
    try:
        session.fetch("PRAGMA wal_checkpoint(TRUNCATE)", {})
    finally:
        session.fetch(f"PRAGMA busy_timeout = {waits}", {})
