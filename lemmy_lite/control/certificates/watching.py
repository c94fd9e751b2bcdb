"""Files that somebody else renews, such as certbot: read again when they change, and a bad pair never takes the good one's place."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from typing import Final

from lemmy_lite.config import Config, Tls
from lemmy_lite.control.certificates import kept
from lemmy_lite.crypto.certificates import CertificateError, Held
from lemmy_lite.model.clock import Clock, moment

log = logging.getLogger(__name__)

EVERY: Final = 15.0
"""Seconds between two looks: two calls of stat each."""


class Watching:
    """Looks at the files beside the server; `show` is awaited with what they hold now."""

    def __init__(self, config: Config, tls: Tls, clock: Clock, show: Callable[[Held], Awaitable[None]], *, every: float = EVERY) -> None:
        self._config = config
        self._tls = tls
        self._clock = clock
        self._show = show
        self._every = every
        self._seen = kept.stamp(tls)
        self._complained: object = None
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to look."""
        self._task = asyncio.create_task(self._look_on(), name="certificate files")

    async def close(self) -> None:
        """Look no more."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def _look_on(self) -> None:
        while True:
            await asyncio.sleep(self._every)
            try:
                await self.look()
            except Exception:
                log.exception("the files of the certificate could not be looked at")

    async def look(self) -> bool:
        """Whether another pair is shown now. What is half written is looked at again, and said once."""
        stamp = await asyncio.to_thread(kept.stamp, self._tls)
        if stamp == self._seen:
            return False
        try:
            found = await asyncio.to_thread(kept.named, self._tls)
            now = moment(self._clock.now())
            if found.not_after <= now:
                raise CertificateError(f"{self._tls.certificate}: the new certificate has expired already")
        except CertificateError as error:
            # A key may be written a moment after its certificate: complain only if the same files are bad twice.
            if self._complained == stamp:
                self._seen = stamp
                log.warning("%s; the former certificate stays", error)
            self._complained = stamp
            return False
        self._seen, self._complained = stamp, None
        for line in kept.doubts(self._config, found, now):
            log.warning(line)
        await self._show(found)
        log.info("the certificate of %s is shown now; it holds until %s", found.issuer, f"{found.not_after:%Y-%m-%d}")
        return True
