"""Files of pictures on their way out, and those that are gone: nobody enters one anew meanwhile, and other machines drop theirs."""

from lemmy_lite.storage.migrations.migration import Migration

_SHARED = """
CREATE TABLE image_removal (
  name TEXT PRIMARY KEY,
  since {int} NOT NULL,
  done {int}
);
CREATE INDEX image_removal_done ON image_removal (done);
"""

MIGRATION = Migration(number=15, name="image_removal", shared=_SHARED)
