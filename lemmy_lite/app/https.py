"""Https without a proxy: what is shown, who renews it, and where an authority finds the proof that the name is ours."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import NamedTuple

from lemmy_lite import __version__
from lemmy_lite.config import Config
from lemmy_lite.control.certificates import kept as files
from lemmy_lite.control.certificates.renewing import Renewing
from lemmy_lite.control.certificates.watching import Watching
from lemmy_lite.crypto.certificates import Held
from lemmy_lite.http.doorman import Doorman
from lemmy_lite.http.pair import Pair
from lemmy_lite.http.secured import Shown
from lemmy_lite.model.clock import Clock
from lemmy_lite.net import acme


class Https(NamedTuple):
    """What secured doors and the one of plain http share. `held` is the certificate of the start, if there was one."""

    shown: Shown
    doorman: Doorman
    held: Held | None


def prepared(config: Config, clock: Clock) -> Https | None:
    """None where a proxy speaks https, or nobody does. Raises CertificateError, one line, for files that cannot be used."""
    if config.tls is None:
        return None
    held = files.at_start(config, clock)
    shown = Shown(_pair(held) if held is not None else None)
    return Https(shown, Doorman(config.base_url, shown), held)


@asynccontextmanager
async def kept(config: Config, clock: Clock, https: Https | None) -> AsyncIterator[None]:
    """Renew the certificate, or look for it to be renewed, for the length of a `with`."""
    tls = config.tls
    if https is None or tls is None or config.process.disable_http_server:
        yield
        return

    async def show(held: Held) -> None:
        await https.shown.show(_pair(held))

    if not tls.automatic:
        watching = Watching(config, tls, clock, show)
        watching.start()
        try:
            yield
        finally:
            await watching.close()
        return
    net = acme.client(config, tls, f"lemmy_lite/{__version__}")
    renewing = Renewing(config, tls, clock, net, _Proofs(https), show, https.held)
    renewing.start()
    try:
        yield
    finally:
        await renewing.close()
        await net.close()


class _Proofs:
    """Puts proofs where the authority looks for them."""

    def __init__(self, https: Https) -> None:
        self._https = https

    async def by_http(self, token: str, text: str) -> None:
        self._https.doorman.proofs[token] = text

    async def by_alpn(self, chain: bytes, key: bytes) -> None:
        await self._https.shown.prove(Pair(chain, key))

    async def clear(self) -> None:
        self._https.doorman.proofs.clear()
        if self._https.shown.proof is not None:
            await self._https.shown.prove(None)


def _pair(held: Held) -> Pair:
    return Pair(held.chain, held.key)
