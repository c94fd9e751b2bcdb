"""Signed requests in the form that each host accepts: double knocking, as most servers will speak two forms for years.

A host hears draft-cavage first, which nearly all know. Where it refuses, the same request comes once more by RFC 9421, and what was taken
is remembered: in memory for all hosts, in the row of the instance when it is not the usual form. Accept-Signature (RFC 9421, 5) is heard.
For two days after a rotation of keys, what a host refuses is signed with the actor's other key as well (domain/key_rotation.py).
"""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable

from msgspec import structs

from lemmy_lite.context import Context
from lemmy_lite.crypto import cavage, rfc9421
from lemmy_lite.crypto import signatures as crypto
from lemmy_lite.crypto.signatures import Headers
from lemmy_lite.domain import key_rotation
from lemmy_lite.federation import origins
from lemmy_lite.federation.clock_gate import ClockGate
from lemmy_lite.federation.objects.actor import key_id
from lemmy_lite.model.struct import Struct
from lemmy_lite.net.budget import DELIVERY, Budget
from lemmy_lite.net.client import Response, Sign
from lemmy_lite.storage.database import Database
from lemmy_lite.storage.tables import actor as actors
from lemmy_lite.storage.tables import instance
from lemmy_lite.storage.tables.actor import Actor

MOST_HOSTS_KEPT = 4096
"""Hosts whose form is kept in memory, some 300 bytes each; others begin anew with what their row says."""
SECONDS_BETWEEN_VAIN_KNOCKS = 3600.0
"""A host that takes neither form is not asked twice with each of a thousand activities."""

_OTHER = {cavage.SCHEME: rfc9421.SCHEME, rfc9421.SCHEME: cavage.SCHEME}
_NOT_SIGNED_WELL = 401
_PERHAPS_NOT_SIGNED_WELL = (400, 401, 403)
"""How hosts refuse a form that they do not read: Lemmy by 400, many by 401, some by 403. Of a host that has taken the form before, only 401
can mean the signature."""


class _Form(Struct):
    """What is known of a host. `proven`: it took the form; `vain_at`: when it took neither (monotonic)."""

    scheme: str = cavage.SCHEME
    also: tuple[str, ...] = ()
    proven: bool = False
    vain_at: float | None = None


class Signing:
    """Sends signed requests, each at most twice."""

    def __init__(self, context: Context, database: Database, gate: ClockGate, clock: Callable[[], float] = time.monotonic) -> None:
        self._context = context
        self._database = database
        self._gate = gate
        self._clock = clock
        self._forms: OrderedDict[str, _Form] = OrderedDict()
        self._unusual: dict[str, str] | None = None
        self._looking = asyncio.Lock()

    async def post(self, url: str, body: bytes, headers: Headers, actor: Actor) -> Response:
        """Send a body as one of our actors; waits while the clock is in doubt. Raises NetError."""
        await self._gate.opened()
        await self._context.net.ready()

        async def send(sign: Sign) -> Response:
            return await self._context.net.post(url, body, Budget(DELIVERY), headers=headers, sign=sign)

        return await self._knock(url, actor, send)

    async def get(
        self, url: str, budget: Budget, actor: Actor | None, *, accept: str, max_bytes: int, same_origin_redirects: bool
    ) -> Response:
        """Fetch as one of our actors; unsigned while there is none and while the clock is in doubt. Raises NetError."""

        async def fetch(sign: Sign | None) -> Response:
            return await self._context.net.get(
                url, budget, accept=accept, max_bytes=max_bytes, same_origin_redirects=same_origin_redirects, sign=sign
            )

        if actor is None or await self._gate.verdict() is not None:
            response = await fetch(None)
            self._gate.heard(response)
            return response
        return await self._knock(url, actor, fetch)

    async def _knock(self, url: str, actor: Actor, send: Callable[[Sign], Awaitable[Response]]) -> Response:
        host = origins.domain(url)
        form = await self._form(host)
        response = await send(signer(actor, self._context, form.scheme, form.also))
        self._gate.heard(response)
        if response.status in _PERHAPS_NOT_SIGNED_WELL:
            response = await self._by_other_keys(response, actor, form, send)
        wanted = _wanted(response)
        if response.is_success:
            await self._took(host, form, form.scheme)
            if wanted is not None and form.scheme != rfc9421.SCHEME:
                # It will take the newer form from now on, and says so.
                await self._took(host, form, rfc9421.SCHEME, wanted)
        elif self._is_worth_another(form, response, wanted):
            scheme = rfc9421.SCHEME if wanted is not None else _OTHER[form.scheme]
            again = await send(signer(actor, self._context, scheme, wanted or ()))
            if again.is_success:
                await self._took(host, form, scheme, wanted or ())
                return again
            self._keep(host, _Form(scheme=form.scheme, also=form.also, proven=form.proven, vain_at=self._clock()))
        return response

    async def _by_other_keys(self, refused: Response, actor: Actor, form: _Form, send: Callable[[Sign], Awaitable[Response]]) -> Response:
        """Ask once more with the key that was put in the place of the one used, or with one retired lately: the actor at hand may be older
        than a rotation of keys, and the host may not have heard of it. Answers what was accepted, else what was answered first."""
        used, since = actor.private_key or "", self._context.clock.now() - key_rotation.GRACE
        for key in await self._database.read(actors.other_keys, actor.ap_id, used, since):
            again = await send(signer(structs.replace(actor, private_key=key), self._context, form.scheme, form.also))
            if again.is_success:
                return again
        return refused

    def _is_worth_another(self, form: _Form, response: Response, wanted: tuple[str, ...] | None) -> bool:
        if form.vain_at is not None and self._clock() - form.vain_at < SECONDS_BETWEEN_VAIN_KNOCKS:
            return False
        if wanted is not None and response.status == _NOT_SIGNED_WELL:
            return (form.scheme, form.also) != (rfc9421.SCHEME, wanted)
        return response.status == _NOT_SIGNED_WELL if form.proven else response.status in _PERHAPS_NOT_SIGNED_WELL

    async def _form(self, host: str) -> _Form:
        if host in self._forms:
            self._forms.move_to_end(host)
            return self._forms[host]
        if self._unusual is None:
            async with self._looking:
                if self._unusual is None:
                    self._unusual = await self._database.read(instance.signature_schemes)
        scheme = self._unusual.get(host)
        return self._keep(host, _Form(scheme=scheme, proven=True) if scheme in _OTHER else _Form())

    async def _took(self, host: str, before: _Form, scheme: str, also: tuple[str, ...] | None = None) -> None:
        """Remember what a host accepts; its row is written only where that is, or was, not the usual form."""
        now = _Form(scheme=scheme, also=before.also if also is None else also, proven=True)
        if now != before:
            self._keep(host, now)
            if scheme != before.scheme:
                if self._unusual is not None:
                    self._unusual[host] = scheme
                await self._database.note(instance.set_signature_scheme, host, scheme)

    def _keep(self, host: str, form: _Form) -> _Form:
        self._forms[host] = form
        if len(self._forms) > MOST_HOSTS_KEPT:
            self._forms.popitem(last=False)
        return form


def signer(actor: Actor, context: Context, scheme: str, also: tuple[str, ...] = ()) -> Sign:
    """Signs requests as one of our actors in one form."""
    if actor.private_key is None:
        raise LookupError(f"{actor.ap_id} has no private key here")
    private_key, name = actor.private_key, key_id(actor.ap_id)

    def sign(method: str, url: str, headers: Headers, body: bytes | None) -> list[tuple[str, str]]:
        now = context.clock.now()
        if scheme == rfc9421.SCHEME:
            return crypto.sign_rfc9421(method, url, headers, body, name, private_key, now, also)
        return crypto.sign_cavage(method, url, headers, body, name, private_key, now)

    return sign


def _wanted(response: Response) -> tuple[str, ...] | None:
    """What the host asks to be signed by RFC 9421; None when it does not, or asks for what we cannot give."""
    said = response.header("accept-signature")
    return crypto.wanted_components(said) if said is not None else None
