"""The order of sending to one instance: several activities at once, those about one object one after the other.

Pure bookkeeping, without input or output, so that its rules can be read and tested by themselves.
"""

from lemmy_lite.model.clock import Micros
from lemmy_lite.model.ids import ActivityId
from lemmy_lite.storage.tables.sent_activity import SentActivity


class Queue:
    """What one instance has still to be told. `cursor` is the last activity before which everything is settled."""

    def __init__(self, cursor: ActivityId) -> None:
        self.cursor = cursor
        self._loaded_to = cursor
        self._pending: dict[ActivityId, SentActivity] = {}
        self._started: set[ActivityId] = set()

    @property
    def loaded_to(self) -> ActivityId:
        """The last activity of the log that was looked at."""
        return self._loaded_to

    @property
    def is_empty(self) -> bool:
        """Whether nothing waits and nothing is under way."""
        return not self._pending

    @property
    def waiting(self) -> int:
        """How many activities are loaded and unsettled."""
        return len(self._pending)

    @property
    def oldest(self) -> Micros | None:
        """When the oldest of these came into the log."""
        return next((each.published for each in self._pending.values()), None)

    @property
    def under_way(self) -> int:
        """How many are being sent."""
        return len(self._started)

    def load(self, activities: list[SentActivity], to: ActivityId) -> None:
        """Take in a piece of the log, which ends at `to`; activities that are not in it do not concern the instance."""
        for activity in activities:
            self._pending[activity.id] = activity
        self._loaded_to = to
        self._advance()

    def next(self) -> SentActivity | None:
        """The oldest activity that may be sent now: none about the same object is unsettled before it. It counts as started."""
        before: set[str] = set()
        for number, activity in self._pending.items():
            about = activity.object_ap_id or activity.ap_id
            if number not in self._started and about not in before:
                self._started.add(number)
                return activity
            before.add(about)
        return None

    def settle(self, number: ActivityId) -> None:
        """It was delivered, or refused for good."""
        self._started.discard(number)
        del self._pending[number]
        self._advance()

    def postpone(self, number: ActivityId) -> None:
        """It could not be delivered now; it keeps its place."""
        self._started.discard(number)

    def _advance(self) -> None:
        first = next(iter(self._pending), None)
        self.cursor = self._loaded_to if first is None else ActivityId(first - 1)
