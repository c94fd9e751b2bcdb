"""Ids of received activities as eight bytes each (storage/digests.py)."""

from lemmy_lite.storage.migrations.migration import Migration

_MOVE = """
CREATE TABLE received_digest (digest {int} PRIMARY KEY, published {int} NOT NULL);
INSERT INTO received_digest (digest, published) SELECT %s, MAX(published) FROM received_activity GROUP BY 1 ORDER BY 1;
DROP TABLE received_activity;
ALTER TABLE received_digest RENAME TO received_activity;
CREATE INDEX received_activity_published ON received_activity (published);
"""
_SQLITE = "digest(ap_id)"
_POSTGRES = "CAST(CAST('x' || encode(substring(sha256(convert_to(ap_id, 'UTF8')) FROM 1 FOR 8), 'hex') AS bit(64)) AS bigint)"

MIGRATION = Migration(number=20, name="short names of received activities", shared="", sqlite=_MOVE % _SQLITE, postgres=_MOVE % _POSTGRES)
