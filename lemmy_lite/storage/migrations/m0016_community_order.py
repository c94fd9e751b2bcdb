"""Lists of communities by the active of a month, by subscribers and by birth read as many rows as they show, however many there are."""

from lemmy_lite.storage.migrations.migration import Migration

_SHARED = """
CREATE INDEX community_by_month ON community_aggregates (users_active_month, subscribers, community_id);
CREATE INDEX community_by_subscribers ON community_aggregates (subscribers, community_id);
CREATE INDEX community_by_birth ON community_aggregates (published);
"""

MIGRATION = Migration(number=16, name="community order", shared=_SHARED)
