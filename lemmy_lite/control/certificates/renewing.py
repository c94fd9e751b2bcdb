"""A certificate from an authority, and its renewal after two thirds of its time."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Final, Protocol

from lemmy_lite.config import Config, Tls
from lemmy_lite.control.certificates import kept
from lemmy_lite.control.certificates.kept import Record
from lemmy_lite.crypto import certificates
from lemmy_lite.crypto.account import Account, der, encoded
from lemmy_lite.crypto.certificates import CertificateError, Held
from lemmy_lite.model.clock import MINUTE, SECOND, Clock, Micros, micros, moment
from lemmy_lite.net import acme
from lemmy_lite.net.acme import AcmeError, Asked
from lemmy_lite.net.client import Client
from lemmy_lite.storage.errors import StorageError

log = logging.getLogger(__name__)

PAUSES: Final = (1, 10, 30, 120, 360, 720, 1440)
"""Minutes after the first, second, … failure. Let's Encrypt allows five failed proofs an hour for a name."""
LOOK: Final = 3600.0
"""Seconds between two looks at the time left: a sleeping machine and a clock that is set must not make us miss it."""
IDLE: Final = 5.0
"""Seconds between two looks at whether it has become ours to renew what is due."""
SKEW: Final = 3600
"""Seconds by which our clock may differ from the authority's. A clock further off makes certificates look expired, or hold in a year."""


class Proofs(Protocol):
    """Where it is shown that the name is ours."""

    async def by_http(self, token: str, text: str) -> None:
        """Answer HTTP-01 for a token."""

    async def by_alpn(self, chain: bytes, key: bytes) -> None:
        """Answer TLS-ALPN-01 with this certificate."""

    async def clear(self) -> None:
        """Answer no more."""


class Renewing:
    """Fetches and renews beside the server. `show` is awaited with each new pair, after it lies on the disk, unless that takes none.

    Where several processes share a certificate, `ours` says whether it is this one that renews it.
    """

    def __init__(
        self,
        config: Config,
        tls: Tls,
        clock: Clock,
        net: Client,
        proofs: Proofs,
        show: Callable[[Held], Awaitable[None]],
        held: Held | None,
        ours: Callable[[], bool] = lambda: True,
    ) -> None:
        self._config = config
        self._tls = tls
        self._clock = clock
        self._net = net
        self._proofs = proofs
        self._show = show
        self._held = held
        self._ours = ours
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin; the first certificate is fetched at once."""
        self._task = asyncio.create_task(self._go_on(), name="certificate renewal")

    async def close(self) -> None:
        """Stop; an order under way is given up, and the authority forgets it."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    def take(self, pair: Held) -> None:
        """Another process has renewed it."""
        self._held = pair

    async def _go_on(self) -> None:
        while True:
            try:
                pause = await self.look()
            except Exception:
                log.exception("the certificate could not be renewed")
                pause = LOOK
            await asyncio.sleep(pause)

    @property
    def due(self) -> bool:
        """Whether there is no certificate for this name, or two thirds of its time are over."""
        now = moment(self._clock.now())
        return self._held is None or not self._held.covers(self._config.domain) or self._held.renewal_due <= now

    async def look(self) -> float:
        """Fetch a certificate if one is due and nothing holds us back; answers in how many seconds to look again."""
        if not self.due:
            return LOOK
        if not self._ours():
            return IDLE
        known = await asyncio.to_thread(kept.record, self._config)
        now = self._clock.now()
        # What was noted by a clock that was ahead must not hold us back for years.
        if known.again > now and known.tried <= now:
            return min(LOOK, max(1.0, (known.again - now) / SECOND))
        try:
            pair = await self._fetch()
        except (AcmeError, CertificateError, StorageError, OSError, ValueError) as error:
            return await self._failed(known, error)
        self._held = pair
        try:
            await asyncio.to_thread(kept.keep, self._config, pair)
            await asyncio.to_thread(kept.note, self._config, Record(tried=now))
        except OSError as trouble:  # to ask again each hour would end at the authority's limit, five a week
            log.error("the new certificate is shown and could not be kept, so the next start asks for another: %s", trouble)
        await self._show(pair)
        log.info("the certificate of %s holds until %s", pair.issuer, f"{pair.not_after:%Y-%m-%d}")
        return LOOK

    async def _fetch(self) -> Held:
        log.info("asking %s for a certificate of %s", self._tls.directory, self._config.domain)
        name = self._config.domain
        key, wanted = await asyncio.to_thread(certificates.request, name)
        account = Account(await asyncio.to_thread(kept.account_key, self._config))
        csr = encoded(der(wanted))
        asked = Asked(directory=self._tls.directory, contact=self._tls.contact, challenge=self._tls.challenge, name=name, csr=csr)
        try:
            chain = await acme.certificate(self._net, asked, account, self._prove, self._judge_clock)
        finally:
            await self._proofs.clear()
        pair = await asyncio.to_thread(certificates.read, chain, key)
        if not pair.covers(name):
            raise CertificateError(f"the authority sent a certificate for {', '.join(pair.names)}")
        return pair

    async def _prove(self, token: str, text: str, digest: bytes) -> None:
        if self._tls.challenge == "http-01":
            await self._proofs.by_http(token, text)
        else:
            now = moment(self._clock.now())
            await self._proofs.by_alpn(*await asyncio.to_thread(certificates.proof, self._config.domain, digest, now))

    def _judge_clock(self, theirs: datetime) -> None:
        """Raises AcmeError where the two clocks are too far apart."""
        skew = (moment(self._clock.now()) - theirs.astimezone(UTC)).total_seconds()
        if abs(skew) > SKEW:
            direction = "ahead of" if skew > 0 else "behind"
            raise AcmeError(f"the clock of this machine is {abs(skew) / 3600:.0f} hours {direction} the authority's; set it")

    async def _failed(self, known: Record, error: Exception) -> float:
        failures = known.failures + 1
        now = self._clock.now()
        wait: Micros = PAUSES[min(failures, len(PAUSES)) - 1] * MINUTE
        if isinstance(error, AcmeError) and error.again is not None:
            wait = max(wait, int(error.again * SECOND))
        again = now + wait
        trouble = str(error)
        await asyncio.to_thread(kept.note, self._config, Record(tried=now, failures=failures, trouble=trouble, again=again))
        left = f"; the present one holds until {self._held.not_after:%Y-%m-%d}" if self._held is not None else ""
        log.warning("no certificate: %s (tried again at %s%s)", trouble, f"{moment(again):%Y-%m-%d %H:%M} UTC", left)
        return min(LOOK, max(1.0, wait / SECOND))


def left(pair: Held, clock: Clock) -> Micros:
    """How long a certificate still holds."""
    return micros(pair.not_after) - clock.now()
