"""What makes the private addresses of an account's feeds: a random serial, from which and the instance's secret the address is derived.

A new serial revokes the old addresses. Nothing in the database opens a feed by itself.
"""

from lemmy_lite.storage.migrations.migration import Migration

_SHARED = """
CREATE TABLE feed_key (
  local_user_id {int} PRIMARY KEY REFERENCES local_user ON DELETE CASCADE,
  serial TEXT NOT NULL,
  published {int} NOT NULL
);
"""

MIGRATION = Migration(number=4, name="feed_key", shared=_SHARED)
