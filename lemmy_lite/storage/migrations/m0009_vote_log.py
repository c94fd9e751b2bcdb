"""Where votes of other instances wait, in the order in which they came (storage/README.md, "Votes of other instances")."""

from lemmy_lite.storage.migrations.migration import Migration

_SHARED = """
CREATE TABLE vote_log (id {int} PRIMARY KEY, data {blob} NOT NULL);
"""

MIGRATION = Migration(number=9, name="vote log", shared=_SHARED)
