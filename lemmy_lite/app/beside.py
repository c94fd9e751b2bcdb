"""What runs beside the requests: started in order, and ended the other way round."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial

from lemmy_lite import memory
from lemmy_lite.app.opening import Instance
from lemmy_lite.config import Tor
from lemmy_lite.control import commands as control
from lemmy_lite.control.onion import Onions
from lemmy_lite.control.socket import Listening
from lemmy_lite.control.systemd import Watchdog
from lemmy_lite.domain import key_rotation, link_preview, site, wear
from lemmy_lite.domain.image_sweeping import Sweeper
from lemmy_lite.domain.postman import Postman
from lemmy_lite.http import figures
from lemmy_lite.http.feeds.websub import Hub
from lemmy_lite.http.figures import Running
from lemmy_lite.http.kept import Kept
from lemmy_lite.http.metrics import Metrics
from lemmy_lite.http.onion import OnionName
from lemmy_lite.http.traffic import Traffic
from lemmy_lite.scheduler.runner import Runner
from lemmy_lite.storage.database import Database
from lemmy_lite.storage.errors import StorageError
from lemmy_lite.storage.query import Transaction

log = logging.getLogger(__name__)


@asynccontextmanager
async def beside(instance: Instance, traffic: Traffic, kept: Kept, onion: OnionName) -> AsyncIterator[Watchdog]:
    """All of it, for the length of a `with`; the watchdog is started by who has opened the doors, as it says that the service is ready.

    Raises PortInUse where metrics cannot be served.
    """
    config, context, database, federation = instance.config, instance.context, instance.database, instance.federation
    async with AsyncExitStack() as stack:
        scheduled = Runner(context, database, federation)
        database.processes.when_leading(scheduled.start, scheduled.close)
        database.processes.watch(key_rotation.secret_in_force, partial(key_rotation.take_up_secret, context))
        process = config.process
        sends = not process.disable_activity_sending and process.federate_process_count == 1
        # First, and left last: whatever others may take over has ended by then.
        await database.processes.start(leads=not process.disable_scheduled_tasks, sends=sends)
        stack.push_async_callback(database.processes.close)
        running = Running(federation, scheduled.spent)
        stack.callback(asyncio.create_task(memory.keep_small(database.forget), name="memory").cancel)
        stack.push_async_callback(_note_wear, instance)
        metrics = Metrics(config, partial(figures.gather, context, database, traffic, kept, running))
        await metrics.start()
        stack.push_async_callback(metrics.close)
        await federation.start()
        stack.push_async_callback(federation.close)
        _begin(instance, stack)
        stack.push_async_callback(scheduled.close)
        commands = Listening(control.Tools(context, database, federation))
        await commands.start()
        stack.push_async_callback(commands.close)
        onions = Onions(config, config.tor or Tor(), onion.learn)
        onions.start()
        stack.push_async_callback(onions.close)
        watchdog = Watchdog(partial(_move, database))
        stack.push_async_callback(watchdog.close)
        yield watchdog


def _begin(instance: Instance, stack: AsyncExitStack) -> None:
    """What works aside after the deeds of others: previews, files of deleted pictures, mails, a hub of feeds."""
    context, database = instance.context, instance.database
    workers: list[link_preview.Aside | Sweeper | Postman | Hub] = [link_preview.Aside(context, database)]
    if context.images is not None:
        workers.append(Sweeper(context, database, context.images))
    if context.config.email is not None:
        workers.append(Postman(context, database))
    if context.config.feeds.websub_hub is not None:
        workers.append(Hub(context, database))
    for worker in workers:
        database.after(worker.after, *worker.HEARS)
        worker.start()
        stack.push_async_callback(worker.close)


async def _note_wear(instance: Instance) -> None:
    try:
        await instance.database.note(wear.note, instance.context)
    except StorageError as trouble:  # a disk that is full counts no bytes
        log.info("what was written is not noted: %s", trouble)


async def _move(database: Database) -> None:
    """Comes back where writing works, or reading where a damaged file is only read: that, a new start would not mend."""
    if database.damage is None:
        await database.note(_nothing)
    else:
        await database.read(site.exists)


def _nothing(_: Transaction) -> None:
    """Passes through the writer and changes nothing: where it comes out, writing works."""
