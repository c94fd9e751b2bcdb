"""How often clients have asked, where several processes count together: on Postgres alone. Its loss frees whoever was limited, so it need
not survive a crash of Postgres, and costs no log."""

from lemmy_lite.storage.migrations.migration import Migration

_POSTGRES = """
CREATE UNLOGGED TABLE rate_limit_bucket (name TEXT PRIMARY KEY, full_at {int} NOT NULL, moved {int} NOT NULL);
CREATE INDEX rate_limit_bucket_moved ON rate_limit_bucket (moved);
"""

MIGRATION = Migration(number=18, name="rate limits of several processes", shared="", postgres=_POSTGRES)
