"""How far the taking over of a Lemmy server has come: one row for each of its tables, and for each sentence about what could not
be taken as it was; all gone when it is through.

While there is a row, the database is half a server: `serve` refuses it, and `adopt` goes on where it was.
"""

from lemmy_lite.storage.migrations.migration import Migration

_SHARED = """
CREATE TABLE adoption (name TEXT PRIMARY KEY, taken {int} NOT NULL, whole {bool} NOT NULL);
"""

MIGRATION = Migration(number=17, name="adoption", shared=_SHARED)
