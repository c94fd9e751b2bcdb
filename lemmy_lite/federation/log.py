"""The log of sent activities as those read it who catch up: what one of them has read is at hand for the others."""

import asyncio
from collections import OrderedDict
from typing import NamedTuple

from lemmy_lite.model.ids import ActivityId, CommunityId, InstanceId
from lemmy_lite.storage import claims
from lemmy_lite.storage.database import Database
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import delivery, sent_activity
from lemmy_lite.storage.tables.sent_activity import SentActivity

SETTLING_SECONDS = 0.005
"""Between two looks whether other processes have ended what they were appending: commits take milliseconds."""
MOST_KEPT = 1024
"""Activities in memory, some 3 kB each."""
MOST_BYTES = 4 * 2**20
"""Of all of them: a long post is a hundred times as large as a vote."""
_AN_ACTIVITY = 1024
_AN_INBOX = 64
"""What Python takes for each, beside the bytes."""


class Log:
    """Reads the log."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._kept: OrderedDict[ActivityId, SentActivity] = OrderedDict()
        self._bytes = 0

    async def newest(self) -> ActivityId:
        """The last activity below which none can come in any more.

        Where several processes append, numbers are given before they are seen: one below it may still be on its way, and a cursor that
        has gone past it would never come back.
        """
        if not self._database.processes.are_several:
            return await self._database.read(sent_activity.newest)
        number, open_ones = await self._database.read(sent_activity.newest_and_open)
        while open_ones:
            await asyncio.sleep(SETTLING_SECONDS)
            open_ones &= await self._database.read(claims.who_appends)
        return number

    async def concerning(self, instance_id: InstanceId, after: ActivityId, to: ActivityId, limit: int) -> "Piece":
        """Activities of a piece of the log that may concern an instance, oldest first."""
        at_hand = dict(self._kept)  # what others read meanwhile may push out what is not read here
        numbers, found, inboxes = await self._database.read(_read, instance_id, after, to, limit, frozenset(at_hand))
        kept = {number: at_hand[number] for number in numbers if number in at_hand} | {each.id: each for each in found}
        self._keep(kept)
        # One that was dropped from the log between two looks is gone.
        return Piece([kept[number] for number in numbers if number in kept], inboxes)

    def _keep(self, read: dict[ActivityId, SentActivity]) -> None:
        """They never change. Of what others have read, what was read longest ago goes first."""
        for number, each in read.items():
            if number not in self._kept:
                self._bytes += _weight(each)
            self._kept[number] = each
            self._kept.move_to_end(number)
        while len(self._kept) > MOST_KEPT or self._bytes > MOST_BYTES:
            self._bytes -= _weight(self._kept.popitem(last=False)[1])


def _weight(activity: SentActivity) -> int:
    return _AN_ACTIVITY + len(activity.data) + sum(_AN_INBOX + len(inbox) for inbox in activity.inboxes)


class Piece(NamedTuple):
    """Some activities, and the inboxes of the instance's followers of the communities in which they happened."""

    activities: list[SentActivity]
    inboxes: dict[CommunityId, list[str]]


def _read(
    tx: Transaction, instance_id: InstanceId, after: ActivityId, to: ActivityId, limit: int, kept: frozenset[ActivityId]
) -> tuple[list[ActivityId], list[SentActivity], dict[CommunityId, list[str]]]:
    numbers = sent_activity.numbers_concerning(tx, instance_id, after, to, limit)
    found = sent_activity.several(tx, [number for number in numbers if number not in kept])
    communities = sent_activity.communities(tx, numbers)
    return numbers, found, {number: delivery.follower_inboxes(tx, number, instance_id) for number in communities}
