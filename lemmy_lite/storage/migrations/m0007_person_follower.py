"""Who of other instances follows which of our people: Mastodon's users do, to see what a person writes here."""

from lemmy_lite.storage.migrations.migration import Migration

_SHARED = """
CREATE TABLE person_follower (
  person_id {int} NOT NULL REFERENCES person ON DELETE CASCADE,
  follower_id {int} NOT NULL REFERENCES person ON DELETE CASCADE,
  published {int} NOT NULL,
  PRIMARY KEY (person_id, follower_id)
) {clustered};
CREATE INDEX person_follower_follower ON person_follower (follower_id);
"""

MIGRATION = Migration(number=7, name="person_follower", shared=_SHARED)
