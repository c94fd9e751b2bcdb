"""How many people were active in the last day, week, month and half a year: noted with each deed, counted now and then."""

from typing import Final

from lemmy_lite.model.events import CommentCreated, Event, PostCreated, VoteCast
from lemmy_lite.storage import pending
from lemmy_lite.storage.database import Database
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import active_person, vote

HEARS: Final = (VoteCast, PostCreated, CommentCreated)
_AT_ONCE: Final = 500


def within(tx: Transaction, event: Event) -> None:
    """Subscriber within the transaction: whoever writes or votes is active. Taking a vote back is no activity."""
    if isinstance(event, VoteCast):
        # Of a vote that waits in the log it is noted when the vote goes to its table.
        kind: vote.Kind = "post" if event.comment_id is None else "comment"
        if event.score and not pending.waits(tx, kind, event.comment_id or event.post_id, event.actor_id):
            active_person.voted(tx, event.actor_id, event.post_id, event.comment_id)
    elif isinstance(event, PostCreated):
        active_person.post_written(tx, event.post_id)
    elif isinstance(event, CommentCreated):
        active_person.comment_written(tx, event.comment_id)


async def count(database: Database) -> int:
    """Bring the counts of site and communities up to date; answers how many communities changed. Counted beside the writer."""
    await database.write(active_person.store_on_site, await database.read(active_person.on_site))
    changed = await database.read(active_person.changed_communities)
    for start in range(0, len(changed), _AT_ONCE):
        await database.write(active_person.store_in_communities, changed[start : start + _AT_ONCE])
    return len(changed)
