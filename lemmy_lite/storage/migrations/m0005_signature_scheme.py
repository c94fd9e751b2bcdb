"""Which form of HTTP signature an instance took last, so that the next request knocks with that one first; and the actors of an instance,
which delivery looks for."""

from lemmy_lite.storage.migrations.migration import Migration

_SHARED = """
ALTER TABLE instance ADD COLUMN signature_scheme TEXT;
CREATE INDEX actor_instance ON actor (instance_id);
"""

MIGRATION = Migration(number=5, name="signature scheme", shared=_SHARED)
