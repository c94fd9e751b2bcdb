"""The last hour in which somebody was active as its number, not as its first microsecond: three bytes instead of eight."""

from lemmy_lite.storage.migrations.migration import Migration

_SHARED = """
UPDATE active_person SET last = last / 3600000000;
"""

MIGRATION = Migration(number=22, name="hours of activity", shared=_SHARED)
