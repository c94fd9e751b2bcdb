"""Posts by tiers of their scores, so that a ranked list reads of each tier no more than can stand on the page (views/tiers.py).

The column is the database's own to keep: Postgres computes it, on SQLite two triggers do. There an index over an expression would be
written anew with each vote, though its value stays, and votes are what is written most.
"""

from lemmy_lite.storage.migrations.migration import Migration

_TIER = """CASE WHEN {0} < 8 THEN 0 WHEN {0} < 16 THEN 1 WHEN {0} < 32 THEN 2 WHEN {0} < 64 THEN 3 WHEN {0} < 128 THEN 4
  WHEN {0} < 256 THEN 5 WHEN {0} < 512 THEN 6 WHEN {0} < 1024 THEN 7 WHEN {0} < 2048 THEN 8 ELSE 9 END"""


def kept_on_sqlite(noun: str) -> str:
    """The column of one table of counters, for posts or comments."""
    table, of_score, of_new = f"{noun}_aggregates", _TIER.format("score"), _TIER.format("NEW.score")
    return f"""
ALTER TABLE {table} ADD COLUMN tier {{int}} NOT NULL DEFAULT 0;
UPDATE {table} SET tier = {of_score} WHERE score > 7;
CREATE TRIGGER {noun}_tier_begun AFTER INSERT ON {table} WHEN NEW.score > 7 OR NEW.tier <> 0
  BEGIN UPDATE {table} SET tier = {of_new} WHERE {noun}_id = NEW.{noun}_id; END;
CREATE TRIGGER {noun}_tier_moved AFTER UPDATE OF score ON {table} WHEN NEW.tier <> {of_new}
  BEGIN UPDATE {table} SET tier = {of_new} WHERE {noun}_id = NEW.{noun}_id; END;
"""


def kept_on_postgres(noun: str) -> str:
    """The same."""
    return f"""
ALTER TABLE {noun}_aggregates ADD COLUMN tier SMALLINT GENERATED ALWAYS AS ({_TIER.format("score")}) STORED;
"""


_INDEXES = """
CREATE INDEX post_by_tier ON post_aggregates (tier, published, post_id);
CREATE INDEX post_by_tier_activity ON post_aggregates (tier, newest_comment_time_necro, post_id);
DROP INDEX post_by_activity;
"""

MIGRATION = Migration(
    number=21,
    name="tiers of scores",
    shared="",
    sqlite=kept_on_sqlite("post") + _INDEXES,
    postgres=kept_on_postgres("post") + _INDEXES,
)
