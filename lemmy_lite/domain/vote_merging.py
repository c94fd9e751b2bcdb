"""Votes of other instances on their way from the log to their tables, piece by piece, so that others get their turn between
(storage/README.md, "Votes of other instances")."""

from typing import Final

from lemmy_lite.storage import gathering, vote_file
from lemmy_lite.storage.database import Database
from lemmy_lite.storage.tables import active_person, vote_log

_AT_ONCE: Final = 2_000


async def merge(database: Database) -> int:
    """Bring the votes that wait to their tables when it is time; answers on how many posts and comments there were some."""
    done = await database.write(gathering.merge_when_due) if database.pending.due(database.clock.now()) else 0
    while done and database.pending.is_merging:
        done += await database.write(gathering.merge)
    if database.pending.file is not None and database.pending.file.length > vote_file.LONG:
        await database.fold_votes()
    return done


async def note_voters(database: Database) -> int:
    """Note who has cast votes that went through the log as active, and shorten the log; answers how many people in how many communities.

    Once in some hours: people and communities meet anywhere in their table, so it costs a page for nearly each of them.
    """
    found, through = await database.read(gathering.voters)
    for start in range(0, len(found), _AT_ONCE):
        await database.write(active_person.note, found[start : start + _AT_ONCE])
    if found:
        await database.note(gathering.voters_noted, through)
    await database.fold_votes()
    before = await database.read(gathering.forgettable)
    while await database.note(vote_log.forget, before, _AT_ONCE):
        pass
    return len(found)
