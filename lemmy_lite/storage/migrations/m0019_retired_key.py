"""Private keys that were replaced by command, for the two days in which an instance may not have heard of the new one.

An instance that refuses what is signed with the new key is asked once more with the old one (federation/signing.py); then the row goes.
"""

from lemmy_lite.storage.migrations.migration import Migration

_SHARED = """
CREATE TABLE retired_key (
  ap_id TEXT PRIMARY KEY REFERENCES actor ON DELETE CASCADE,
  private_key TEXT NOT NULL,
  retired {int} NOT NULL
);
"""

MIGRATION = Migration(number=19, name="retired_key", shared=_SHARED)
