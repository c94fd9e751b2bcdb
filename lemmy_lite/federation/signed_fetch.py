"""Who asks for a document, where the site tells only those whom it knows: the option `require_signed_fetch`, and every private site.

The signer is mostly a site's own actor (Application), of which there is no row: its key is fetched once and remembered. Our own site's
actor is served to everybody, or two sites of this kind would ask each other for keys without end.
"""

import time
from collections import OrderedDict
from collections.abc import Callable
from functools import partial

from lemmy_lite.context import Context
from lemmy_lite.crypto.signatures import Request
from lemmy_lite.federation import origins, signatures
from lemmy_lite.federation.clock_gate import ClockGate
from lemmy_lite.federation.document import Document, refused
from lemmy_lite.federation.errors import Refused, TryLater
from lemmy_lite.federation.fetch import Fetcher
from lemmy_lite.federation.looks import Found, Looks, judged
from lemmy_lite.federation.policy import Policy
from lemmy_lite.storage.database import Database
from lemmy_lite.storage.tables import actor as rows

MOST_REMEMBERED = 1000
"""Signers whose key is kept, about 1 kB each."""
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
        looks: Looks,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._context = context
        self._database = database
        self._policy = policy
        self._fetcher = fetcher
        self._gate = gate
        self._looks = looks
        self._clock = clock
        self._signers: OrderedDict[str, Found] = OrderedDict()

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
        if known is None or not (known.has_signed(signed) or self._clock() < known.looked_at + self._pause()):
            known = await self._looks.share((SignedFetch, signer), signer, partial(self._look, signer))
        known.require(signed, signer)

    def _remembered(self, signer: str) -> Found | None:
        found = self._signers.get(signer)
        return found if found is not None and self._clock() < found.looked_at + SECONDS_KEPT else None

    def _pause(self) -> float:
        return 1.0 if self._context.config.testing.fast_federation else SECONDS_BETWEEN_LOOKS

    async def _look(self, signer: str) -> Found:
        """Ask the signer's home for the key. Raises TryLater."""
        try:
            wire = judged(self._context, await self._fetcher.found_at(signer, self._fetcher.budget()))
            origins.require_same(signer, wire.id, "signer")
            found = Found(looked_at=self._clock(), public_key=wire.public_key.public_key_pem)
        except Refused as refusal:
            found = Found(looked_at=self._clock(), trouble=refusal.afresh())
        self._signers[signer] = found
        self._signers.move_to_end(signer)
        if len(self._signers) > MOST_REMEMBERED:
            self._signers.popitem(last=False)
        return found
