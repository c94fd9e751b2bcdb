"""What systemd is told, and what it hands over: ready, stopping, alive (sd_notify(3)), and a listening socket (sd_listen_fds(3)).

Outside of systemd all of it does nothing. The watchdog is fed only when the event loop and the writer have both moved, so that a
process that hangs is restarted (security.md, R16).
"""

import asyncio
import contextlib
import logging
import os
import socket
from collections.abc import Awaitable, Callable
from typing import Final

log = logging.getLogger(__name__)

FIRST_DESCRIPTOR: Final = 3
PATIENCE: Final = 0.5
_MOST_DESCRIPTORS: Final = 64


def notify(message: str) -> None:
    """Tell systemd something, such as READY=1."""
    place = os.environ.get("NOTIFY_SOCKET")
    if not place:
        return
    # A leading @ means the abstract namespace, which Python spells with a zero byte.
    address = "\0" + place[1:] if place.startswith("@") else place
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as teller:
            teller.settimeout(PATIENCE)  # systemd always reads; whoever else does not must not stop the server
            teller.connect(address)
            teller.sendall(message.encode())
    except (OSError, TimeoutError) as error:
        log.warning("systemd was not told %s: %s", message.partition("\n")[0], error)


def handed_over() -> list[socket.socket]:
    """The listening sockets of a `.socket` unit: connections wait in them while the service restarts. None is closed by us for good."""
    if os.environ.get("LISTEN_PID") != str(os.getpid()):
        return []
    try:
        number = min(int(os.environ.get("LISTEN_FDS", "0")), _MOST_DESCRIPTORS)
    except ValueError:
        return []
    for name in ("LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"):
        os.environ.pop(name, None)
    descriptors = range(FIRST_DESCRIPTOR, FIRST_DESCRIPTOR + number)
    for descriptor in descriptors:
        os.set_inheritable(descriptor, False)
    return [socket.socket(fileno=descriptor) for descriptor in descriptors]


def watchdog_seconds() -> float | None:
    """How often systemd wants to hear of us; None where it does not."""
    if os.environ.get("WATCHDOG_PID", str(os.getpid())) != str(os.getpid()):
        return None
    try:
        return int(os.environ["WATCHDOG_USEC"]) / 1_000_000
    except (KeyError, ValueError):
        return None


class Watchdog:
    """Says that the process lives, twice as often as wanted, each time after `progress` has come back."""

    def __init__(self, progress: Callable[[], Awaitable[object]]) -> None:
        self._progress = progress
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Say that the service is ready, and begin to feed the watchdog."""
        notify("READY=1\nSTATUS=Running")
        if (seconds := watchdog_seconds()) is not None:
            self._task = asyncio.create_task(self._feed(seconds / 2), name="watchdog")

    async def close(self) -> None:
        """Say that the service stops."""
        notify("STOPPING=1\nSTATUS=Stopping")
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def _feed(self, every: float) -> None:
        while True:
            try:
                await self._progress()
            except Exception as error:  # the database is in trouble: systemd decides when that has lasted too long
                log.error("the watchdog is not fed: %s", error)
            else:
                notify("WATCHDOG=1")
            await asyncio.sleep(every)
