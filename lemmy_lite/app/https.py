"""Https without a proxy: what is shown, who renews it, and where an authority finds the proof that the name is ours."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import NamedTuple

from lemmy_lite import __version__
from lemmy_lite.config import Config, Tls
from lemmy_lite.control.certificates import kept as files
from lemmy_lite.control.certificates.renewing import Renewing
from lemmy_lite.control.certificates.sharing import Sharing
from lemmy_lite.control.certificates.watching import Watching
from lemmy_lite.crypto.certificates import Held
from lemmy_lite.http.doorman import Doorman
from lemmy_lite.http.pair import Pair
from lemmy_lite.http.secured import Shown
from lemmy_lite.model.clock import Clock
from lemmy_lite.net import acme
from lemmy_lite.storage.database import Database


class Https(NamedTuple):
    """What secured doors and the one of plain http share. `held` is the certificate of the start, if there was one."""

    shown: Shown
    doorman: Doorman
    held: Held | None

    async def show(self, held: Held) -> None:
        """At every door; comes back when all do."""
        await self.shown.show(_pair(held))


def prepared(config: Config, clock: Clock) -> Https | None:
    """None where a proxy speaks https, or nobody does. Raises CertificateError, one line, for files that cannot be used."""
    if config.tls is None:
        return None
    held = files.at_start(config, clock)
    shown = Shown(_pair(held) if held is not None else None)
    return Https(shown, Doorman(config.base_url, shown), held)


@asynccontextmanager
async def kept(config: Config, clock: Clock, https: Https | None, database: Database) -> AsyncIterator[None]:
    """Renew the certificate, or look for it to be renewed, for the length of a `with`. Several processes on one database share it.

    Raises StorageError.
    """
    tls = config.tls
    several = database.processes.are_several
    # Where others share it, who leads gets it even if it serves nobody itself.
    if https is None or tls is None or (config.process.disable_http_server and not (tls.automatic and several)):
        yield
    elif tls.automatic:
        async with _renewed(config, tls, clock, https, database if several else None):
            yield
    else:
        watching = Watching(config, tls, clock, https.show)
        watching.start()
        try:
            yield
        finally:
            await watching.close()


@asynccontextmanager
async def _renewed(config: Config, tls: Tls, clock: Clock, https: Https, shared: Database | None) -> AsyncIterator[None]:
    """Get certificates from an authority; `shared` is the database of several processes, which get one for all."""
    async with AsyncExitStack() as stack:
        net = acme.client(config, tls, f"lemmy_lite/{__version__}")
        stack.push_async_callback(net.close)
        here = _Proofs(https)
        if shared is None:
            renewing = Renewing(config, tls, clock, net, here, https.show, https.held)
        else:
            processes = shared.processes

            async def take(pair: Held) -> None:
                renewing.take(pair)
                await https.show(pair)

            async def give(pair: Held) -> None:
                await https.show(pair)
                await sharing.publish(pair)

            sharing = Sharing(config, shared, here, take)
            renewing = Renewing(config, tls, clock, net, sharing, give, https.held, lambda: processes.leads)
            newest = await sharing.join(https.held)
            stack.push_async_callback(sharing.close)
            if newest is not None and newest != https.held:
                await take(newest)
        renewing.start()
        stack.push_async_callback(renewing.close)
        yield


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
