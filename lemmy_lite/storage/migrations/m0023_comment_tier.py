"""Comments by tiers of their scores, as posts are (m0021_score_tier.py): Hot across all posts reads the freshest of each."""

from lemmy_lite.storage.migrations.m0021_score_tier import kept_on_postgres, kept_on_sqlite
from lemmy_lite.storage.migrations.migration import Migration

_INDEX = """
CREATE INDEX comment_by_tier ON comment_aggregates (tier, published, comment_id);
"""

MIGRATION = Migration(
    number=23,
    name="tiers of scores of comments",
    shared="",
    sqlite=kept_on_sqlite("comment") + _INDEX,
    postgres=kept_on_postgres("comment") + _INDEX,
)
