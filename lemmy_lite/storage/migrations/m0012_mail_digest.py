"""Who wants a digest by mail: how many days apart, and when the next one is due. No row, no digest."""

from lemmy_lite.storage.migrations.migration import Migration

_SHARED = """
CREATE TABLE mail_digest (
  local_user_id {int} PRIMARY KEY REFERENCES local_user ON DELETE CASCADE,
  days {int} NOT NULL,
  due {int} NOT NULL
);
CREATE INDEX mail_digest_due ON mail_digest (due);
"""

MIGRATION = Migration(number=12, name="mail_digest", shared=_SHARED)
