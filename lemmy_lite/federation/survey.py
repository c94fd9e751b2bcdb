"""Which instances have to be told something: found from the new piece of the log, not by asking each of thousands of cursors."""

from lemmy_lite.federation import origins
from lemmy_lite.federation.errors import Refused
from lemmy_lite.model.clock import Micros
from lemmy_lite.model.ids import ActivityId, InstanceId
from lemmy_lite.model.struct import Struct
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import delivery, instance, sent_activity
from lemmy_lite.storage.tables.delivery import Delivery

MOST_DUE = 64
"""Failing instances looked at in one survey; the rest come with the next."""


class Survey(Struct, kw_only=True):
    """What a look at log and cursors found."""

    newest: ActivityId
    states: list[Delivery]
    next_retry: Micros | None = None


def survey(tx: Transaction, surveyed_to: ActivityId | None, besides: set[InstanceId], now: Micros) -> Survey:
    """Instances concerned by the log after `surveyed_to` (all of it when None), those in `besides`, and failing ones that are due."""
    newest = sent_activity.newest(tx)
    if surveyed_to is None or sent_activity.has_any_for_everyone(tx, surveyed_to, newest):
        states = delivery.behind(tx, newest)
    else:
        concerned = {*besides, *delivery.following(tx, surveyed_to, newest), *_named(tx, surveyed_to, newest)}
        found = [delivery.get(tx, number) for number in sorted(concerned)]
        states = [state for state in found if state is not None and state.next_retry is None and state.last_successful_id < newest]
    return Survey(newest=newest, states=[*states, *delivery.due(tx, newest, now, MOST_DUE)], next_retry=delivery.next_retry(tx))


def _named(tx: Transaction, surveyed_to: ActivityId, newest: ActivityId) -> set[InstanceId]:
    """Instances whose inboxes are named."""
    numbers = {instance.find(tx, host) for inbox in sent_activity.inboxes(tx, surveyed_to, newest) if (host := _host(inbox))}
    return {number for number in numbers if number is not None}


def _host(inbox: str) -> str | None:
    try:
        return origins.domain(inbox)
    except Refused:
        return None
