"""Codes that take the place of the second factor once each, stored hashed; `used` is when one was, and none is used twice."""

from lemmy_lite.storage.migrations.migration import Migration

_SHARED = """
CREATE TABLE recovery_code (
  local_user_id {int} NOT NULL REFERENCES local_user ON DELETE CASCADE,
  code_hash TEXT NOT NULL,
  used {int},
  PRIMARY KEY (local_user_id, code_hash)
) {clustered};
"""

MIGRATION = Migration(number=14, name="recovery_code", shared=_SHARED)
