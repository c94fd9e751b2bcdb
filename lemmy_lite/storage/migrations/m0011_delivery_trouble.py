"""What an instance answered when it could not be told something, in a sentence: admins see it beside the instance."""

from lemmy_lite.storage.migrations.migration import Migration

_SHARED = """
ALTER TABLE delivery ADD COLUMN trouble TEXT;
"""

MIGRATION = Migration(number=11, name="trouble of a delivery", shared=_SHARED)
