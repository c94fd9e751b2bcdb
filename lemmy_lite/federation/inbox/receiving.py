"""An inbox request, from its bytes to its acknowledgement: verify, keep durably, answer (DESIGN §5); the effect may come after.

The status matters: Lemmy drops an activity for ever on a 4xx other than 408 and 429 and retries on 5xx (design rule 23). So 4xx is a
final verdict on the request, and whatever is our own trouble, or the trouble of reaching the sender's home, is a 5xx.
"""

import logging
from collections import Counter

from lemmy_lite.context import Context
from lemmy_lite.crypto.signatures import Request
from lemmy_lite.federation import origins, signatures
from lemmy_lite.federation.clock_gate import ClockGate, ClockInDoubt
from lemmy_lite.federation.errors import Gone, Refused, TryLater
from lemmy_lite.federation.inbox import applying, voting
from lemmy_lite.federation.inbox.lanes import Arrived, Lanes
from lemmy_lite.federation.inbox.senders import Senders
from lemmy_lite.federation.inbox.verified import actor_of, parse
from lemmy_lite.federation.policy import Policy
from lemmy_lite.federation.protocol import values
from lemmy_lite.federation.protocol.activities import Activity
from lemmy_lite.federation.protocol.reading import Malformed, read
from lemmy_lite.model.struct import Struct
from lemmy_lite.storage.errors import StorageError

log = logging.getLogger(__name__)

SECONDS_UNTIL_RETRY = 30
SECONDS_UNTIL_CLOCK = 60
SECONDS_UNTIL_ROOM = 300
"""The clock gate says by itself, once a minute, why; the log of each request would bury it."""

_STATUS = {"federation_disabled": 403, "domain_blocked": 403, "domain_not_in_allow_list": 403, "foreign_key": 401, "wrong_signature": 401}


class Answer(Struct):
    """What the sender is told: a status, a stable code where it was refused, and when to come back where it may."""

    status: int
    error: str | None = None
    retry_after: int | None = None


class Receiving:
    """The front of the inbox."""

    def __init__(self, context: Context, policy: Policy, senders: Senders, lanes: Lanes, gate: ClockGate) -> None:
        self._context = context
        self._policy = policy
        self._senders = senders
        self._lanes = lanes
        self._gate = gate
        self.refused: Counter[str] = Counter()
        """How many were turned away, by the word that they were told."""

    async def receive(self, request: Request) -> Answer:
        """Judge a request and keep its activity. Never raises for what the request holds."""
        answer = await self._answer(request)
        if answer.error is not None:
            self.refused[answer.error] += 1
        return answer

    async def _answer(self, request: Request) -> Answer:
        if self._context.room is not None and (why := self._context.room.shut()) is not None:
            log.debug("asked a sender to come back: %s", why)
            return Answer(status=503, error="disk_full", retry_after=SECONDS_UNTIL_ROOM)
        try:
            await self._receive(request)
        except Refused as refusal:
            log.info("refused an activity: %s", refusal)
            return Answer(status=_STATUS.get(refusal.code, 401 if refusal.code.startswith("signature_") else 400), error=refusal.code)
        except ClockInDoubt as doubt:
            log.debug("asked a sender to come back: %s", doubt)
            return Answer(status=503, error="clock", retry_after=SECONDS_UNTIL_CLOCK)
        except TryLater as trouble:
            log.info("asked a sender to come back: %s", trouble)
            return Answer(status=503, error="try_later", retry_after=SECONDS_UNTIL_RETRY)
        except StorageError as trouble:
            log.error("could not keep an activity: %s", trouble)
            return Answer(status=503, error="try_later", retry_after=SECONDS_UNTIL_RETRY)
        return Answer(status=200)

    async def _receive(self, request: Request) -> None:
        if self._lanes.is_full:
            raise TryLater("too many activities wait")
        await self._gate.require()
        signed = signatures.examine(request, self._context.config, self._context.clock.now())
        try:
            document = read(request.body)
            activity = parse(document)
        except Malformed as cause:
            raise Refused("malformed", str(cause)) from cause
        actor_id = actor_of(activity)
        origins.require_remote(self._context.config, actor_id)
        origins.require_same(activity.id, actor_id, "activity")
        await self._policy.require(actor_id)
        if _is_farewell(activity, actor_id) and not await self._senders.is_known(actor_id):
            # Mastodon tells everybody of each account that ends. There is nothing to do, and no key to ask for any more.
            return
        try:
            # Mastodon keeps its people's names out of reports: its site signs them.
            await self._senders.prove(signed, actor_id, as_site=activity.type == "Flag")
        except Gone:
            if _is_farewell(activity, actor_id):
                return
            raise
        if not applying.is_taken(activity.type):
            log.debug("ignored %s, a %s", activity.id, activity.type)
            return
        arrived = Arrived(
            host=origins.origin(actor_id).authority,
            actor_id=actor_id,
            document=document,
            activity=activity,
            body=request.body,
            is_vote=voting.is_vote(document),
        )
        await self._lanes.take(arrived)


def _is_farewell(activity: Activity, actor_id: str) -> bool:
    return activity.type == "Delete" and values.one(activity.object) == actor_id
