"""The program as its next version might be, with one more migration: `python -m tests.cli.newer_program …`."""

from lemmy_lite.storage import migrations
from lemmy_lite.storage.migrations.migration import Migration

migrations.NEWEST += 1
migrations.MIGRATIONS.append(
    Migration(number=migrations.NEWEST, name="one more", shared="ALTER TABLE post ADD COLUMN mood TEXT; UPDATE post SET mood = 'glad';")
)

if __name__ == "__main__":
    from lemmy_lite.cli.main import main

    main()
