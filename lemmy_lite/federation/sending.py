"""One activity to one instance: which inboxes, whose signature, and what the answer means."""

import logging
from collections import OrderedDict
from enum import Enum

from lemmy_lite.context import Context
from lemmy_lite.federation import origins, signatures
from lemmy_lite.federation.errors import Refused
from lemmy_lite.federation.protocol.wire import CONTENT_TYPE
from lemmy_lite.model.ids import InstanceId
from lemmy_lite.net.budget import DELIVERY, Budget
from lemmy_lite.net.client import Sign
from lemmy_lite.net.errors import NetError
from lemmy_lite.storage.database import Database
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import actor, delivery
from lemmy_lite.storage.tables.sent_activity import SentActivity

log = logging.getLogger(__name__)

MOST_SIGNERS_KEPT = 256


class Outcome(Enum):
    """What came of it."""

    DELIVERED = "the instance took it, or gave its final verdict on it"
    SETTLED = "there was nobody to tell"
    FAILED = "the instance could not be reached or is in trouble: try again later"


class Sending:
    """Sends; remembers the parsed keys of senders."""

    def __init__(self, context: Context, database: Database) -> None:
        self._context = context
        self._database = database
        self._signers: OrderedDict[str, Sign] = OrderedDict()

    async def send(self, activity: SentActivity, instance_id: InstanceId, domain: str) -> Outcome:
        """Deliver to every inbox of the instance that the activity is for. Never raises for what the instance does."""
        inboxes = [inbox for inbox in activity.inboxes if _host(inbox) == domain]
        if activity.community_id is not None or activity.everyone:
            inboxes += await self._database.read(_inboxes, activity, instance_id)
        inboxes = [inbox for inbox in dict.fromkeys(inboxes) if not self._context.config.local(inbox)]
        sign = await self._signer(activity.actor_ap_id)
        if not inboxes or sign is None:
            return Outcome.SETTLED
        outcomes = [await self._post(activity, inbox, sign) for inbox in inboxes]
        return Outcome.FAILED if Outcome.FAILED in outcomes else outcomes[0]

    async def _post(self, activity: SentActivity, inbox: str, sign: Sign) -> Outcome:
        try:
            response = await self._context.net.post(
                inbox, activity.data, Budget(DELIVERY), headers=[("Content-Type", CONTENT_TYPE)], sign=sign
            )
        except NetError as trouble:
            log.info("could not deliver %s to %s: %s", activity.ap_id, inbox, trouble.sentence)
            # An address that our own rules refuse will be refused tomorrow too.
            return Outcome.SETTLED if trouble.kind.is_refusal else Outcome.FAILED
        if response.status >= 500 or response.status in (408, 425, 429):
            log.info("%s answers %d to %s", inbox, response.status, activity.ap_id)
            return Outcome.FAILED
        if not response.is_success:
            log.info("%s refuses %s: %d %s", inbox, activity.ap_id, response.status, response.body[:200].decode("utf-8", "replace"))
        return Outcome.DELIVERED

    async def _signer(self, ap_id: str) -> Sign | None:
        """Signs as the actor; None when the actor is gone meanwhile."""
        if ap_id in self._signers:
            self._signers.move_to_end(ap_id)
            return self._signers[ap_id]
        found = await self._database.read(actor.get, ap_id)
        if found is None or found.private_key is None:
            return None
        self._signers[ap_id] = signatures.signer(found, self._context.clock)
        if len(self._signers) > MOST_SIGNERS_KEPT:
            self._signers.popitem(last=False)
        return self._signers[ap_id]


def _inboxes(tx: Transaction, activity: SentActivity, instance_id: InstanceId) -> list[str]:
    if activity.everyone:
        return delivery.all_inboxes(tx, instance_id)
    return delivery.follower_inboxes(tx, activity.community_id, instance_id) if activity.community_id is not None else []


def _host(inbox: str) -> str:
    try:
        return origins.domain(inbox)
    except Refused:
        return ""
