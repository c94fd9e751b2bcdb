"""From a host name to addresses, once; whoever dials uses these and asks no second time."""

import asyncio
import socket
import time
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from lemmy_lite.net import dns_query
from lemmy_lite.net.addresses import IPAddress, parse_address
from lemmy_lite.net.errors import Kind, NetError
from lemmy_lite.net.options import NetOptions

REMEMBERED_SECONDS = 60.0
REMEMBERED_NAMES = 1024
"""Deliveries ask for the same hosts over and over. The answer is judged anew each time, so remembering opens nothing."""
MAX_ADDRESSES = 16
THREADS = 4
"""The operating system's look-up blocks a thread, for many seconds when a name server is dead: threads of its own, so that
passwords and images do not wait behind it."""


class Resolver:
    """Looks names up in the fixed map, then by the given name server or the operating system. Belongs to one event loop."""

    def __init__(self, options: NetOptions, clock: Callable[[], float] = time.monotonic) -> None:
        self._fixed = options.resolve
        self._server = options.dns_server
        self._clock = clock
        self._remembered: OrderedDict[str, tuple[float, tuple[IPAddress, ...]]] = OrderedDict()
        self._threads: ThreadPoolExecutor | None = None

    async def addresses(self, host: str) -> tuple[IPAddress, ...]:
        """All addresses of a host in normal form, at least one. Raises NetError (`dns`)."""
        if host in self._fixed:
            return self._fixed[host]
        now = self._clock()
        if (known := self._remembered.get(host)) and known[0] > now:
            return known[1]
        if self._server is not None:
            found = await dns_query.ask(self._server, host)
        else:
            found = await self._ask_system(host)
        if not found:
            raise NetError(Kind.DNS, f"There is no address for {host}.")
        answer = tuple(dict.fromkeys(found))[:MAX_ADDRESSES]
        self._remembered[host] = (now + REMEMBERED_SECONDS, answer)
        self._remembered.move_to_end(host)
        while len(self._remembered) > REMEMBERED_NAMES:
            self._remembered.popitem(last=False)
        return answer

    def close(self) -> None:
        """Lets the look-up threads end; one that hangs in the operating system is not waited for."""
        if self._threads:
            self._threads.shutdown(wait=False, cancel_futures=True)

    async def _ask_system(self, host: str) -> list[IPAddress]:
        if self._threads is None:
            self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="dns")
        try:
            found = await asyncio.get_running_loop().run_in_executor(self._threads, _look_up, host)
        except (OSError, UnicodeError) as cause:
            raise NetError(Kind.DNS, f"There is no address for {host}.") from cause
        return [address for text in found if (address := parse_address(text)) is not None]


def _look_up(host: str) -> list[str]:
    # A link-local address comes with its interface (fe80::1%eth0). The scope is cut off so that the address is seen, and refused.
    return [str(entry[4][0]).partition("%")[0] for entry in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)]
