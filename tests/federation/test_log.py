"""The log as those read it who catch up: what is at hand is bounded by bytes, and nothing that is pushed out is left out."""

import asyncio
from collections.abc import Callable
from typing import Any

from lemmy_lite.federation.log import MOST_BYTES, MOST_KEPT, Log
from lemmy_lite.model.ids import ActivityId, InstanceId
from lemmy_lite.storage.tables.sent_activity import SentActivity

SOMEBODY = InstanceId(1)


class Rows:
    """A database of activities that are all for everybody; `meanwhile` happens once, while the next piece is read."""

    def __init__(self, number: int, size: int) -> None:
        self.size = size
        self.number = number
        self.read_anew = 0
        self.meanwhile: Callable[[], Any] | None = None

    async def read(self, _: Any, __: InstanceId, after: int, to: int, limit: int, at_hand: frozenset[ActivityId]) -> Any:
        numbers = [ActivityId(number) for number in range(after + 1, min(to, after + limit, self.number) + 1)]
        happens, self.meanwhile = self.meanwhile, None
        if happens is not None:
            await happens()
        found = [self.activity(number) for number in numbers if number not in at_hand]
        self.read_anew += len(found)
        return numbers, found, {}

    def activity(self, number: ActivityId) -> SentActivity:
        return SentActivity(
            id=number,
            ap_id=f"https://site.test/activities/{number}",
            published=0,
            sensitive=False,
            actor_ap_id="https://site.test/u/anna",
            everyone=True,
            inboxes=[],
            data=b"x" * self.size,
        )


def read(log: Log, after: int, limit: int) -> Any:
    return log.concerning(SOMEBODY, ActivityId(after), ActivityId(10**6), limit)


def test_what_one_has_read_is_at_hand_for_the_others_up_to_so_many_bytes() -> None:
    async def running() -> None:
        rows: Any = Rows(4 * MOST_KEPT, size=100)
        log = Log(rows)
        await read(log, 0, 50)
        await read(log, 0, 50)
        assert rows.read_anew == 50
        for after in range(0, rows.number, 256):
            await read(log, after, 256)
        assert len(log._kept) == MOST_KEPT
        rows.size = 100_000
        for after in range(0, 256, 16):
            await read(log, after, 16)
        assert 30 < len(log._kept) < 50
        assert sum(len(each.data) for each in log._kept.values()) <= MOST_BYTES
        rows.size = 2 * MOST_BYTES
        rows.number += 1
        assert len((await read(log, rows.number - 1, 1)).activities) == 1, "one that is too large to keep is told all the same"
        assert log._bytes == 0

    asyncio.run(running())


def test_what_others_push_out_while_a_piece_is_read_is_in_the_piece() -> None:
    async def running() -> None:
        rows: Any = Rows(2 * MOST_KEPT, size=100)
        log = Log(rows)
        await read(log, 0, 10)
        rows.meanwhile = lambda: read(log, 10, MOST_KEPT)
        assert [each.id for each in (await read(log, 0, 10)).activities] == list(range(1, 11))

    asyncio.run(running())
