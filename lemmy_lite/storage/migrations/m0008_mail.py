"""Mails that wait to be sent: who is told of what, never the words.

A mail is worded when it is sent, from what stands in the other tables then. So nothing is stored twice, what was deleted meanwhile is told
to nobody, and a waiting mail holds no secret: of a link in it only the hash of the token is here. A mail that is for nobody
(`local_user_id` is NULL) was asked for with an address that no account has.
"""

from lemmy_lite.storage.migrations.migration import Migration

_SHARED = """
CREATE TABLE mail (
  id {id},
  kind TEXT NOT NULL,
  local_user_id {int} REFERENCES local_user ON DELETE CASCADE,
  subject_id {int},
  token_hash TEXT,
  published {int} NOT NULL,
  tried {int},
  attempts {int} NOT NULL DEFAULT 0,
  next_try {int} NOT NULL
);
CREATE INDEX mail_due ON mail (next_try, id);
CREATE INDEX mail_local_user ON mail (local_user_id);
"""

MIGRATION = Migration(number=8, name="mail", shared=_SHARED)
