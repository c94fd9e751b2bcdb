"""Pictures' files on their way out: begun in one transaction, removed outside of any, finished in another.

While a removal is under way nobody may enter an upload of that file, which a slow disk or server would take from under it. What is finished
stays for a while, so that other machines on this database drop what they keep of it.
"""

from collections.abc import Sequence

from lemmy_lite.model.clock import Micros
from lemmy_lite.storage.query import Transaction


def begin(tx: Transaction, names: Sequence[str], stale: Micros) -> list[str]:
    """These files are about to be removed; answers those that nobody else is removing already, unless they began before `stale`.

    Two who remove one file would finish at different times, and the later one take it from whoever entered it in between.
    """
    begun = [
        tx.one(
            """INSERT INTO image_removal (name, since) VALUES (:name, :now)
               ON CONFLICT (name) DO UPDATE SET since = excluded.since, done = NULL
                  WHERE image_removal.done IS NOT NULL OR image_removal.since < :stale
               RETURNING name""",
            name=name,
            now=tx.now,
            stale=stale,
        )
        for name in names
    ]
    return [row[0] for row in begun if row]


def finish(tx: Transaction, names: Sequence[str]) -> None:
    """These are gone. What nobody began counts as begun and finished at once."""
    tx.run_many(
        """INSERT INTO image_removal (name, since, done) VALUES (:name, :now, :now)
           ON CONFLICT (name) DO UPDATE SET done = excluded.done""",
        [{"name": name, "now": tx.now} for name in names],
    )


def under_way(tx: Transaction, name: str, since: Micros) -> bool:
    """Whether somebody has begun to remove a file after a moment, and not finished."""
    return bool(tx.one("SELECT 1 FROM image_removal WHERE name = :name AND done IS NULL AND since > :since", name=name, since=since))


def unfinished(tx: Transaction, before: Micros) -> list[str]:
    """Files whose removal was begun before a moment and never finished."""
    return tx.column("SELECT name FROM image_removal WHERE done IS NULL AND since < :before", before=before)


def finished(tx: Transaction, since: Micros) -> list[str]:
    """What is gone since a moment."""
    return tx.column("SELECT name FROM image_removal WHERE done >= :since ORDER BY done", since=since)


def forget(tx: Transaction, before: Micros) -> None:
    """Forget what was finished before a moment."""
    tx.run("DELETE FROM image_removal WHERE done < :before", before=before)
