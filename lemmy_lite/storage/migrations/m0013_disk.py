"""What a disk that must not fill up has let go of (domain/README.md, "What leaves first"), and how much was written each day.

`post_spent` and `comment_spent` hold what rows that have left still count for: votes of other instances that became numbers (`folded`),
comments that are gone, and since when a post is a stub. `post_gone` keeps the number of a post that left altogether, so that its address
here leads to it again. `wear` is bytes a day, by days since 1970.
"""

from lemmy_lite.storage.migrations.migration import Migration

_SHARED = """
CREATE TABLE post_spent (
  post_id {int} PRIMARY KEY REFERENCES post ON DELETE CASCADE,
  upvotes {int} NOT NULL DEFAULT 0,
  downvotes {int} NOT NULL DEFAULT 0,
  folded {bool} NOT NULL DEFAULT {false},
  comments {int} NOT NULL DEFAULT 0,
  stub {int},
  asked {int},
  trouble TEXT
);
CREATE INDEX post_spent_stub ON post_spent (stub, post_id) WHERE stub IS NOT NULL;
CREATE TABLE comment_spent (
  comment_id {int} PRIMARY KEY REFERENCES comment ON DELETE CASCADE,
  upvotes {int} NOT NULL DEFAULT 0,
  downvotes {int} NOT NULL DEFAULT 0
);
CREATE TABLE post_gone (id {int} PRIMARY KEY, ap_id TEXT NOT NULL UNIQUE);
CREATE TABLE wear (day {int} PRIMARY KEY, written {int} NOT NULL, device {int} NOT NULL DEFAULT 0);
"""

MIGRATION = Migration(number=13, name="disk", shared=_SHARED)
