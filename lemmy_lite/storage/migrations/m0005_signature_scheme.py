"""Which form of HTTP signature an instance took last, so that the next request knocks with that one first."""

from lemmy_lite.storage.migrations.migration import Migration

_SHARED = """
ALTER TABLE instance ADD COLUMN signature_scheme TEXT;
"""

MIGRATION = Migration(number=5, name="signature scheme", shared=_SHARED)
