"""Every noun of the contract.

Counters stand in narrow tables apart from bodies, so that a vote rewrites a short row; flags stand before long texts, so that a scan
need not read overflow pages. No column holds a rank that merely decays (DESIGN §4). Timestamps are microseconds UTC.
"""

from lemmy_lite.storage.migrations.m0001_content import SQL as CONTENT
from lemmy_lite.storage.migrations.m0001_federation import SQL as FEDERATION
from lemmy_lite.storage.migrations.m0001_people import SQL as PEOPLE
from lemmy_lite.storage.migrations.m0001_sites import SQL as SITES
from lemmy_lite.storage.migrations.migration import Migration

_SHARED = SITES + PEOPLE + CONTENT + FEDERATION

# The first person and the first community of a fresh Lemmy have id 2, and clients' tests know it (behaviour.md, "API").
_SQLITE = "INSERT INTO sqlite_sequence (name, seq) VALUES ('person', 1), ('community', 1)"
_POSTGRES = "ALTER TABLE person ALTER COLUMN id RESTART WITH 2; ALTER TABLE community ALTER COLUMN id RESTART WITH 2"

MIGRATION = Migration(number=1, name="every noun of the contract", shared=_SHARED, sqlite=_SQLITE, postgres=_POSTGRES)
