"""Where requests come in: the addresses and sockets of `bind`, plain http beside https, and Tor."""

import asyncio
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from lemmy_lite.app.https import Https
from lemmy_lite.config import UNIX, Config
from lemmy_lite.control import systemd
from lemmy_lite.http import listening, secured, server
from lemmy_lite.http.gate import Gate, starting
from lemmy_lite.http.listening import Listener

log = logging.getLogger(__name__)


class Door(NamedTuple):
    """A listening socket and what stands behind it. `lent`: systemd keeps it open when we end. `site`: the instance answers here. `later`:
    callers are refused until it does."""

    listener: Listener
    gate: Gate
    lent: bool = False
    secure: bool = False
    site: bool = True
    later: bool = False

    async def serve(self, config: Config, stop: asyncio.Event, ready: asyncio.Event, secure: Https | None) -> None:
        """Answer until `stop` is set. Raises PortInUse where somebody else has come before us."""
        if self.later and not await _first(ready, stop):
            self.listener.close()
            return
        patience = config.http.request_timeout
        if self.later:
            listening.begin(self.listener)
        if self.secure and secure is not None and config.tls is not None:
            oldest = config.tls.oldest
            await secured.serve(self.gate, self.listener, stop, secure.shown, header_seconds=patience, oldest=oldest, lent=self.lent)
        else:
            await server.serve(self.gate, self.listener, stop, header_seconds=patience, lent=self.lent)


async def _first(wished: asyncio.Event, other: asyncio.Event) -> bool:
    """Wait for either; answers whether the first one has happened, and not the other."""
    tasks = [asyncio.create_task(each.wait()) for each in (wished, other)]
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in tasks:
        task.cancel()
    return wished.is_set() and not other.is_set()


def taken(config: Config, secure: Https | None) -> list[Door]:
    """Every door, its socket taken: nothing with `--disable-http-server`. Raises PortInUse."""
    if config.process.disable_http_server:
        return []
    lent = systemd.handed_over()
    doors: list[Door] = []
    try:
        doors.extend(_doors(config, secure, lent))
    except listening.PortInUse:
        for door in doors:
            door.listener.close()
        raise
    for left in lent:
        log.warning("systemd handed over %s, where nothing is configured to listen: `lemmy-lite service install` again", left.getsockname())
        left.close()
    return doors


def _doors(config: Config, secure: Https | None, lent: list[Listener]) -> Iterator[Door]:
    patience, trusted = config.http.request_timeout, config.http.trusted_proxies
    hsts = config.tls.hsts if config.tls is not None else 0
    addresses = [place for place in config.bind if not place.startswith(UNIX)]
    both = len(addresses) == 1  # "::" alone takes IPv4 as well, and beside IPv4 leaves it to the other
    # Before several addresses could be named, a unit might have another address than the configuration; one socket is still taken as it is.
    strict = len(lent) != 1 or len(config.bind) != 1 or secure is not None
    # On Postgres there may be others, to whom a proxy goes on its own when it is refused; an answer of 503 it would pass on.
    later = config.sqlite_path is None
    for place in config.bind:
        if place.startswith(UNIX):
            path = Path(place.removeprefix(UNIX))
            given = _lent(lent, str(path), strict=strict)
            local = Gate(starting, trusted_proxies=trusted, body_seconds=patience, local=True)
            yield Door(given or listening.listen_unix(path, config.http.socket_mode, later=later), local, given is not None, later=later)
            continue
        given = _lent(lent, (place, config.port), strict=strict)
        gate = Gate(starting, trusted_proxies=trusted, body_seconds=patience, hsts=hsts)
        found = given or listening.listen(place, config.port, both=both, later=later)
        yield Door(found, gate, given is not None, secure is not None, later=later)
    if secure is not None and config.tls is not None and config.tls.http_port:
        for place in addresses:
            given = _lent(lent, (place, config.tls.http_port), strict=True)
            gate = Gate(secure.doorman, body_seconds=patience)
            yield Door(given or listening.listen(place, config.tls.http_port, both=both), gate, given is not None, site=False)
    if config.tor is not None:
        found = listening.listen(config.tor.bind, config.tor.port, later=later)
        yield Door(found, Gate(starting, body_seconds=patience, onion=True), later=later)


def _lent(lent: list[Listener], wanted: object, *, strict: bool) -> Listener | None:
    """Takes what systemd handed over for a place out of the list."""
    for number, each in enumerate(lent):
        name = each.getsockname()
        if not strict or (name if isinstance(name, str) else name[:2]) == wanted:
            return lent.pop(number)
    return None
