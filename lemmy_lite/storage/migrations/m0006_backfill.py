"""How far each community of another instance has been filled with what was said there before we knew it.

A row per community and not one per post: a walk goes from the newest page to older ones, and where it stopped is the address or the mark
of one page. What is here already costs no request, so the page that a power cut interrupted is simply walked again.
"""

from lemmy_lite.storage.migrations.migration import Migration

_SHARED = """
CREATE TABLE backfill (
  community_id {int} PRIMARY KEY REFERENCES community ON DELETE CASCADE,
  phase TEXT NOT NULL,
  cursor TEXT,
  since {int},
  posts {int} NOT NULL DEFAULT 0,
  comments {int} NOT NULL DEFAULT 0,
  requests {int} NOT NULL DEFAULT 0,
  bytes {int} NOT NULL DEFAULT 0,
  started {int} NOT NULL,
  updated {int} NOT NULL,
  next_try {int} NOT NULL,
  failures {int} NOT NULL DEFAULT 0,
  trouble TEXT
);
CREATE INDEX backfill_due ON backfill (next_try) WHERE phase <> 'done' OR since IS NOT NULL;
"""

MIGRATION = Migration(number=6, name="backfill", shared=_SHARED)
