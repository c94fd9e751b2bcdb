"""How far each instance has been told, kept in memory and written together once a second: one commit for a thousand instances."""

import asyncio
import contextlib
import logging

from lemmy_lite.model.clock import Micros
from lemmy_lite.model.ids import ActivityId, InstanceId
from lemmy_lite.storage.database import Database
from lemmy_lite.storage.errors import StorageError
from lemmy_lite.storage.tables import delivery
from lemmy_lite.storage.tables.delivery import Delivery, Step

log = logging.getLogger(__name__)

SAVE_SECONDS = 1.0
"""After a power cut so much is sent again, and known to the receivers by its ids; after a kill only what was under way (told_file.py)."""
AT_ONCE = 500


class Cursors:
    """What was told and is not written yet."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._steps: dict[InstanceId, Step] = {}
        self._saving: asyncio.Task[None] | None = None
        self._lock = asyncio.Lock()

    def of(self, state: Delivery) -> ActivityId:
        """How far an instance has been told, be it written or not."""
        step = self._steps.get(state.instance_id)
        return max(step.number, state.last_successful_id) if step else state.last_successful_id

    def advance(self, instance_id: InstanceId, number: ActivityId, published: Micros | None, *, delivered: bool) -> None:
        """Everything up to `number` has reached the instance, or never will. `delivered`: it answered, so it is well."""
        before = self._steps.get(instance_id)
        if before is not None:
            number, delivered = max(number, before.number), delivered or before.delivered
            published = published if published is not None else before.published
        self._steps[instance_id] = Step(instance_id=instance_id, number=number, published=published, delivered=delivered)
        if self._saving is None or self._saving.done():
            self._saving = asyncio.create_task(self._soon(), name="delivery cursors")

    def doubt(self, instance_id: InstanceId) -> None:
        """The instance fails after all: that it answered before is not written any more."""
        if (step := self._steps.get(instance_id)) is not None and step.delivered:
            self._steps[instance_id] = Step(instance_id=instance_id, number=step.number, published=step.published, delivered=False)

    async def save(self) -> None:
        """Write what is not written. Raises StorageError; then it is kept for the next time."""
        async with self._lock:
            while steps := list(self._steps.values())[:AT_ONCE]:
                await self._database.note(delivery.advance, steps)
                for step in steps:
                    if self._steps.get(step.instance_id) is step:
                        del self._steps[step.instance_id]

    async def close(self) -> None:
        """Write the rest."""
        if self._saving is not None:
            self._saving.cancel()
            await asyncio.gather(self._saving, return_exceptions=True)
        with contextlib.suppress(StorageError):
            await self.save()

    async def _soon(self) -> None:
        while self._steps:
            await asyncio.sleep(SAVE_SECONDS)
            try:
                await self.save()
            except StorageError as trouble:
                log.error("delivery: the cursors could not be saved: %s", trouble)
