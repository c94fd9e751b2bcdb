"""Which instances have to be told something: found from the new piece of the log, not by asking each of thousands of cursors.

For a small piece all that sending needs comes with it, so that a post to a thousand instances costs one look at the database.
"""

from lemmy_lite.federation import origins
from lemmy_lite.federation.errors import Refused
from lemmy_lite.model.ids import ActivityId, CommunityId, InstanceId
from lemmy_lite.model.struct import Struct
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import delivery, instance, sent_activity
from lemmy_lite.storage.tables.delivery import Delivery
from lemmy_lite.storage.tables.sent_activity import SentActivity

LARGEST_PIECE = 64
"""Activities that are handed on with a survey, some 200 kB; of a longer piece each instance reads its own part."""


class Concerned(Struct, kw_only=True):
    """An instance that has to be told something. `inboxes` are those of its followers, for the communities of the piece."""

    state: Delivery
    domain: str
    inboxes: dict[CommunityId, list[str]]


class Survey(Struct, kw_only=True):
    """What a look at log and cursors found. `piece` is what is new since the last survey; None where it is too long, or all is new."""

    newest: ActivityId
    concerned: list[Concerned]
    piece: list[SentActivity] | None = None


def survey(tx: Transaction, surveyed_to: ActivityId | None, besides: set[InstanceId], newest: ActivityId | None = None) -> Survey:
    """Instances concerned by the log after `surveyed_to` (all of it when None), and those in `besides`. `newest` is where the log ends,
    where that has been found out before (log.py)."""
    newest = sent_activity.newest(tx) if newest is None else newest
    if surveyed_to is None or sent_activity.has_any_for_everyone(tx, surveyed_to, newest):
        states = [*delivery.behind(tx, newest), *delivery.states(tx, besides)]
        return Survey(newest=newest, concerned=[Concerned(state=state, domain=domain, inboxes={}) for state, domain in states])
    inboxes: dict[InstanceId, dict[CommunityId, list[str]]] = {number: {} for number in besides}
    if newest > surveyed_to:
        for receiver in delivery.receivers(tx, surveyed_to, newest):
            inboxes.setdefault(receiver.instance_id, {}).setdefault(receiver.community_id, []).append(receiver.inbox)
        for number in _named(tx, surveyed_to, newest):
            inboxes.setdefault(number, {})
    piece = sent_activity.between(tx, surveyed_to, newest) if newest - surveyed_to <= LARGEST_PIECE else None
    states = delivery.states(tx, inboxes)
    concerned = [Concerned(state=state, domain=domain, inboxes=inboxes[state.instance_id]) for state, domain in states]
    return Survey(newest=newest, concerned=concerned, piece=piece)


def _named(tx: Transaction, surveyed_to: ActivityId, newest: ActivityId) -> set[InstanceId]:
    """Instances whose inboxes are named."""
    numbers = {instance.find(tx, host) for inbox in sent_activity.inboxes(tx, surveyed_to, newest) if (host := domain_of(inbox))}
    return {number for number in numbers if number is not None}


def domain_of(inbox: str) -> str:
    """The domain of an inbox; empty when it is no address."""
    try:
        return origins.domain(inbox)
    except Refused:
        return ""
