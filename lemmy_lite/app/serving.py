"""Running an instance: sockets first, then everything else, and the end in the opposite order."""

import asyncio
import logging
from collections.abc import Callable

from lemmy_lite import __version__, logs, memory
from lemmy_lite.app import doorways, https
from lemmy_lite.app.answering import application
from lemmy_lite.app.beside import beside
from lemmy_lite.app.doorways import Door
from lemmy_lite.app.https import Https
from lemmy_lite.app.opening import Instance, opened
from lemmy_lite.config import Config
from lemmy_lite.control import reach, systemd
from lemmy_lite.domain import blog
from lemmy_lite.http import server
from lemmy_lite.http.onion import OnionName
from lemmy_lite.http.traffic import Traffic
from lemmy_lite.model.clock import Clock

log = logging.getLogger(__name__)


async def serve(config: Config, *, announce: Callable[[str], None]) -> None:
    """Run the instance until SIGTERM or SIGINT. `announce` gets what the person at the terminal should read.

    The certificate is read and the sockets are taken first, so that a second start on a port fails before anything is touched. Raises
    what `opened` raises, CertificateError and PortInUse.
    """
    memory.bound_heap()
    logs.configure(config.log.level, json=config.json_logging)
    for warning in (*config.origin.warnings, *reach.closed(config)):
        log.warning("%s", warning)
    stop, ready, served = asyncio.Event(), asyncio.Event(), asyncio.Event()
    secure = https.prepared(config, Clock())
    doors = doorways.taken(config, secure)
    with server.stopped_by_signals(stop):
        building = asyncio.create_task(_build(config, doors, secure, ready, served, announce), name="instance")
        building.add_done_callback(lambda _: stop.set())
        serving = [asyncio.create_task(door.serve(config, stop, ready, secure), name="server") for door in doors]
        for each in serving:
            each.add_done_callback(lambda _: stop.set())
        try:
            await stop.wait()
            ended = await asyncio.gather(*serving, return_exceptions=True)
        finally:
            stop.set()
            served.set()
            await building
        for outcome in ended:
            if outcome is not None:
                raise outcome


async def _build(
    config: Config,
    doors: list[Door],
    secure: Https | None,
    ready: asyncio.Event,
    served: asyncio.Event,
    announce: Callable[[str], None],
) -> None:
    async with opened(config, progress=_starting) as instance:
        hint = await instance.database.read(blog.check_front, instance.context)
        traffic, onion = Traffic(), OnionName(config)
        kept = await application(instance, traffic, onion)
        shared = https.kept(config, instance.context.clock, secure, instance.database)
        async with beside(instance, traffic, kept, onion) as watchdog, shared:
            # Last, so that whoever is answered finds everything there: the commands' socket, metrics, delivery.
            for door in doors:
                if door.site:
                    door.gate.app = kept
            ready.set()
            watchdog.start()
            memory.spare_start()
            _greet(instance, announce, hint)
            # The database closes when the last request has been answered, not before.
            await served.wait()


def _starting(step: str) -> None:
    """A step of the start, such as a migration, that may take long: systemd waits another minute for each."""
    log.info(step)
    systemd.notify(f"STATUS=Starting: {step}\nEXTEND_TIMEOUT_USEC=60000000")


def _greet(instance: Instance, announce: Callable[[str], None], hint: str | None = None) -> None:
    """Says where the instance answers, set apart from the log so that a newcomer finds it, and who the made-up admin is."""
    lines = [f"lemmy_lite {__version__} is running: {instance.config.base_url}"]
    if admin := instance.first_admin:
        lines += [
            f"Log in as {admin.name!r} with the password {admin.password!r}",
            "and write it down: it is shown only this once.",
            "Or choose your own name, and what the site is called, here (once, within a week):",
            f"{instance.config.base_url}/setup?token={admin.token}",
        ]
    lines += [hint] if hint else []
    lines.append(f"Everything is kept in {instance.config.data_dir.absolute()}. Ctrl-C stops it.")
    announce("\n" + "\n".join(f"  {line}" for line in lines) + "\n")
