"""Who asks for a document, where the site tells only those whom it knows: the option `require_signed_fetch`, and every private site.

The signer is mostly a site's own actor (Application), of which there is no row: its key is fetched once and remembered. Our own site's
actor is served to everybody, or two sites of this kind would ask each other for keys without end.
"""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable

from lemmy_lite.context import Context
from lemmy_lite.crypto.signatures import Request, SignedRequest
from lemmy_lite.federation import origins, signatures
from lemmy_lite.federation.clock_gate import ClockGate
from lemmy_lite.federation.document import Document, refused
from lemmy_lite.federation.errors import Refused, TryLater
from lemmy_lite.federation.fetch import Fetcher
from lemmy_lite.federation.objects import actor as of_actors
from lemmy_lite.federation.policy import Policy
from lemmy_lite.federation.protocol import actors
from lemmy_lite.federation.protocol.reading import Malformed, into
from lemmy_lite.model.struct import Struct
from lemmy_lite.storage.database import Database
from lemmy_lite.storage.tables import actor as rows
from lemmy_lite.storage.tables.actor import Actor

MOST_REMEMBERED = 1000
"""Signers whose key is kept, about 2 kB each."""
SECONDS_KEPT = 86_400.0
SECONDS_BETWEEN_LOOKS = 300.0
"""At one signer who could not be proved: a flood of requests makes us ask once."""
SECONDS_UNTIL_RETRY = 30

_STATUS = {"federation_disabled": 403, "domain_blocked": 403, "domain_not_in_allow_list": 403}


class SignedFetch:
    """Judges signed requests for documents."""

    def __init__(
        self,
        context: Context,
        database: Database,
        policy: Policy,
        fetcher: Fetcher,
        gate: ClockGate,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._context = context
        self._database = database
        self._policy = policy
        self._fetcher = fetcher
        self._gate = gate
        self._clock = clock
        self._signers: OrderedDict[str, _Signer] = OrderedDict()
        self._looking: dict[str, asyncio.Task[_Signer]] = {}

    async def is_required(self) -> bool:
        """Whether documents are for those alone who sign."""
        lists = await self._policy.lists()
        return lists.enabled and (lists.private or self._context.config.federation.require_signed_fetch)

    async def judge(self, request: Request) -> Document | None:
        """What to answer instead of the document: 401 to who did not sign, 403 to who may not see it, 503 when we cannot tell now."""
        try:
            await self._prove(request)
        except Refused as refusal:
            return refused(_STATUS.get(refusal.code, 401), refusal.code)
        except TryLater:
            return refused(503, "try_later", SECONDS_UNTIL_RETRY)
        return None

    async def _prove(self, request: Request) -> None:
        await self._gate.require()
        signed = signatures.examine(request, self._context.config, self._context.clock.now())
        await self._policy.require(signed.key_id)
        signer = signed.key_id.partition("#")[0]
        known = self._remembered(signer)
        if known is None and (row := await self._database.read(rows.get, signer)) is not None and signatures.holds(signed, row):
            return
        if known is None or not known.has_signed(signed):
            if known is not None and self._clock() < known.looked_at + self._pause():
                raise known.refusal or _wrong(signer)
            known = await self._looked(signer)
        if known.refusal is not None:
            raise known.refusal
        if not known.has_signed(signed):
            raise _wrong(signer)

    def _remembered(self, signer: str) -> "_Signer | None":
        found = self._signers.get(signer)
        return found if found is not None and self._clock() < found.looked_at + SECONDS_KEPT else None

    def _pause(self) -> float:
        return 1.0 if self._context.config.testing.fast_federation else SECONDS_BETWEEN_LOOKS

    async def _looked(self, signer: str) -> "_Signer":
        """Ask the signer's home for the key; requests that come meanwhile wait for the same answer. Raises TryLater."""
        task = self._looking.get(signer)
        if task is None:
            task = self._looking[signer] = asyncio.create_task(self._look(signer))
            task.add_done_callback(lambda _: self._looking.pop(signer, None))
        return await asyncio.shield(task)

    async def _look(self, signer: str) -> "_Signer":
        try:
            actor = _actor(self._context, await self._fetcher.found_at(signer, self._fetcher.budget()))
            origins.require_same(signer, actor.ap_id, "signer")
            found = _Signer(looked_at=self._clock(), actor=actor)
        except Refused as refusal:
            found = _Signer(looked_at=self._clock(), refusal=refusal)
        self._signers[signer] = found
        self._signers.move_to_end(signer)
        if len(self._signers) > MOST_REMEMBERED:
            self._signers.popitem(last=False)
        return found


class _Signer(Struct):
    """What a look at a signer's home has brought: the actor, or why there is none.

    A forged signature leaves no trace here, or it would lock out whom it names.
    """

    looked_at: float
    actor: Actor | None = None
    refusal: Refused | None = None

    def has_signed(self, signed: SignedRequest) -> bool:
        """Whether this is the actor whose key was used."""
        return self.actor is not None and signatures.holds(signed, self.actor)


def _wrong(signer: str) -> Refused:
    return Refused("wrong_signature", f"the signature is not that of {signer[:200]}")


def _actor(context: Context, document: dict[str, object]) -> Actor:
    """The actor of a fetched document, judged and not stored. Raises Refused."""
    try:
        wire = into(actors.Actor, document)
    except Malformed as cause:
        raise Refused("malformed", f"{str(document.get('id'))[:200]}: {cause}") from cause
    of_actors.verify(context.config, wire)
    return of_actors.unstored(wire)
