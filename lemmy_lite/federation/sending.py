"""One activity to one instance: which inboxes, whose signature, and what the answer means."""

import asyncio
import logging
from collections import OrderedDict
from enum import Enum

from lemmy_lite.context import Context
from lemmy_lite.crypto.signed_request import SignatureError, read_http_date
from lemmy_lite.domain.key_rotation import NOTICED_SECONDS
from lemmy_lite.federation.places import Places
from lemmy_lite.federation.protocol.wire import CONTENT_TYPE
from lemmy_lite.federation.signing import Signing
from lemmy_lite.federation.survey import domain_of
from lemmy_lite.model.clock import SECOND
from lemmy_lite.model.ids import CommunityId, InstanceId
from lemmy_lite.model.struct import Struct
from lemmy_lite.net.client import Response
from lemmy_lite.net.errors import NetError
from lemmy_lite.storage.database import Database
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import actor as actors
from lemmy_lite.storage.tables import delivery
from lemmy_lite.storage.tables.actor import Actor
from lemmy_lite.storage.tables.sent_activity import SentActivity

log = logging.getLogger(__name__)

MOST_ACTORS_KEPT = 256

Inboxes = dict[CommunityId, list[str]]


class Outcome(Enum):
    """What came of it."""

    DELIVERED = "the instance took it, or gave its final verdict on it"
    KNOWN = "the instance had taken it before, which its cursor does not say; nothing was sent now"
    SETTLED = "there was nobody to tell"
    FAILED = "the instance could not be reached or is in trouble: try again later"


class Sent(Struct):
    """What came of a send; `wait` is how many seconds the instance asked us to wait, `trouble` what went wrong, in a sentence."""

    outcome: Outcome
    wait: float = 0.0
    trouble: str | None = None


class Sending:
    """Sends; remembers whose keys are whose."""

    def __init__(self, context: Context, database: Database, signing: Signing) -> None:
        self._context = context
        self._database = database
        self._signing = signing
        self._told = database.told
        self._actors: OrderedDict[str, tuple[float, Actor]] = OrderedDict()
        self._places = Places()
        self._looking = asyncio.Lock()

    async def send(self, activity: SentActivity, instance_id: InstanceId, domain: str, known: Inboxes) -> Sent:
        """Deliver to every inbox of the instance that the activity is for; `known` are inboxes of its followers by community.

        Never raises for what the instance does.
        """
        inboxes = [inbox for inbox in activity.inboxes if domain_of(inbox) == domain]
        if activity.community_id in known:
            inboxes += known[activity.community_id]
        elif activity.community_id is not None or activity.everyone:
            inboxes += await self._database.read(_inboxes, activity, instance_id)
        inboxes = [inbox for inbox in dict.fromkeys(inboxes) if not self._context.config.local(inbox)]
        actor = await self._actor(activity.actor_ap_id)
        if not inboxes or actor is None:
            return Sent(outcome=Outcome.SETTLED)
        found = [await self._post(activity, inbox, actor) for inbox in inboxes]
        return next((sent for sent in found if sent.outcome is Outcome.FAILED), found[0])

    async def _post(self, activity: SentActivity, inbox: str, actor: Actor) -> Sent:
        if self._told.has(activity.ap_id, inbox):
            # Taken before a kill, or behind one that failed.
            return Sent(outcome=Outcome.KNOWN)
        try:
            async with self._places.one():
                response = await self._signing.post(inbox, activity.data, [("Content-Type", CONTENT_TYPE)], actor)
        except NetError as trouble:
            log.info("could not deliver %s to %s: %s", activity.ap_id, inbox, trouble.sentence)
            # An address that our own rules refuse will be refused tomorrow too.
            return Sent(outcome=Outcome.SETTLED if trouble.kind.is_refusal else Outcome.FAILED, trouble=trouble.sentence)
        if response.status >= 500 or response.status in (408, 425, 429):
            log.info("%s answers %d to %s", inbox, response.status, activity.ap_id)
            return Sent(outcome=Outcome.FAILED, wait=self._asked_to_wait(response), trouble=f"It answers with status {response.status}.")
        if not response.is_success:
            log.info("%s refuses %s: %d %s", inbox, activity.ap_id, response.status, response.body[:200].decode("utf-8", "replace"))
        self._told.add(activity.ap_id, inbox)
        return Sent(outcome=Outcome.DELIVERED)

    def _asked_to_wait(self, response: Response) -> float:
        """The seconds of Retry-After (RFC 9110, 10.2.3), which is a number or a date; never more than our own longest pause."""
        said = (response.header("retry-after") or "").strip()
        if said.isascii() and said.isdecimal():
            seconds = float(said[:9])
        else:
            try:
                seconds = (read_http_date(said) - self._context.clock.now()) / SECOND
            except SignatureError:
                return 0.0
        return min(max(seconds, 0.0), float(self._context.config.federation.backoff_max))

    async def _actor(self, ap_id: str) -> Actor | None:
        """The sender with its key; None when it is gone meanwhile."""
        now = asyncio.get_running_loop().time()
        if (known := self._at_hand(ap_id, now)) is None:
            async with self._looking:  # a thousand instances that are told of one post ask for it once
                if (known := self._at_hand(ap_id, now)) is None:
                    known = await self._database.read(actors.get, ap_id)
                    if known is None or known.private_key is None:
                        self._actors.pop(ap_id, None)
                        return None
                    self._actors[ap_id] = (now, known)
                    if len(self._actors) > MOST_ACTORS_KEPT:
                        self._actors.popitem(last=False)
        if ap_id in self._actors:
            self._actors.move_to_end(ap_id)
        return known

    def _at_hand(self, ap_id: str, now: float) -> Actor | None:
        read_at, known = self._actors.get(ap_id, (0.0, None))
        return known if now - read_at < NOTICED_SECONDS else None


def _inboxes(tx: Transaction, activity: SentActivity, instance_id: InstanceId) -> list[str]:
    if activity.everyone:
        return delivery.all_inboxes(tx, instance_id)
    return delivery.follower_inboxes(tx, activity.community_id, instance_id) if activity.community_id is not None else []
