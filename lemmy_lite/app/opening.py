"""An instance without its surfaces: locked, opened, migrated, with its subscribers connected; and its very first start."""

import asyncio
import logging
import secrets
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial

from lemmy_lite import __version__
from lemmy_lite.config import Config
from lemmy_lite.context import Context
from lemmy_lite.crypto import keys, passwords, tokens
from lemmy_lite.domain import active_users, disk, image_use, key_rotation, mail, notification, site
from lemmy_lite.domain import setup as first_setup
from lemmy_lite.domain.backup import keeping
from lemmy_lite.domain.backup.by_hand import ByHand
from lemmy_lite.federation.outbox import subscriber
from lemmy_lite.federation.service import HEARS as FEDERATION_HEARS
from lemmy_lite.federation.service import Federation
from lemmy_lite.media.images import Images
from lemmy_lite.media.job import Limits
from lemmy_lite.media.workshop import Workshop, workshop_memory
from lemmy_lite.model.clock import Clock
from lemmy_lite.net import bucket, options
from lemmy_lite.net.client import Client
from lemmy_lite.storage import first_look
from lemmy_lite.storage.database import Database, open_database
from lemmy_lite.storage.errors import SchemaError, StorageError, Trouble
from lemmy_lite.storage.history import HEARS as HISTORY_HEARS
from lemmy_lite.storage.history import History
from lemmy_lite.storage.lemmy import adoption
from lemmy_lite.storage.lock import FolderLock
from lemmy_lite.storage.meter import Meter
from lemmy_lite.storage.migrations.runner import migrate
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.room import Room, log_pages
from lemmy_lite.storage.tables import secret

log = logging.getLogger(__name__)

PRODUCT = f"lemmy_lite/{__version__}"
"""How we introduce ourselves to other servers."""

ADMIN_NAME = "admin"
SITE_NAME = "lemmy_lite"


@dataclass(frozen=True, slots=True)
class FirstAdmin:
    """The account made up at the first start; shown once and stored nowhere in clear."""

    name: str
    password: str
    token: str


@dataclass(frozen=True, slots=True)
class Instance:
    """A running instance without its surfaces: what surfaces, jobs and commands are given."""

    config: Config
    context: Context
    database: Database
    federation: Federation
    backups: ByHand
    first_admin: FirstAdmin | None


@asynccontextmanager
async def opened(config: Config, *, progress: Callable[[str], None] = log.info, founds: bool = True) -> AsyncIterator[Instance]:
    """Lock the data folder, look whether the database is whole, open and migrate it, make the site at the first start unless not `founds`;
    close all of it in the end.

    Raises DataFolderInUse, SchemaError, StorageError, each with a sentence for the terminal; where the database is damaged it says what
    there is to go back to.
    """
    async with AsyncExitStack() as stack:
        try:
            instance = await stack.enter_async_context(_opened(config, progress, founds=founds))
        except StorageError as trouble:
            if trouble.trouble is not Trouble.DAMAGED:
                raise
            raise StorageError(Trouble.DAMAGED, f"{trouble.reason}. {keeping.way_back(config)}") from trouble
        yield instance


@asynccontextmanager
async def _opened(config: Config, progress: Callable[[str], None], *, founds: bool) -> AsyncIterator[Instance]:
    lock = FolderLock(config.data_dir)
    try:
        clock = Clock()
        await _looked_at(config)
        database = await open_database(
            config.database_uri,
            clock,
            readers=config.storage.readers,
            batch=config.storage.commit_batch,
            synchronous="normal" if config.storage.synchronous == "normal" else "full",
            cache_mb=max(1, config.storage.cache_size // 2**20),
            log_pages=log_pages(config.disk.budget, shutil.disk_usage(config.data_dir).total),
        )
        try:
            database.pending.ids_kept = max(database.pending.ids_kept, disk.signature_life(config))
            await migrate(database, snapshots=config.data_dir / "backups", progress=progress)
            if await database.read(adoption.unfinished):
                raise SchemaError("this database holds a Lemmy server that was taken over in part: run `lemmy-lite adopt` again to finish")
            net = Client(options.of(config, PRODUCT))
            pictures = _pictures(config)
            async with started(net, pictures):
                jwt_secret = await database.write(secret.get_or_create, key_rotation.JWT, tokens.new_jwt_secret())
                room = _room(config, pictures)
                await asyncio.to_thread(room.keep_reserve)
                context = Context(
                    config=config,
                    clock=clock,
                    net=net,
                    jwt_secret=jwt_secret,
                    history=History(clock.now),
                    images=pictures,
                    room=room,
                    meter=Meter(config.data_dir),
                )
                database.within(context.history.within, *HISTORY_HEARS)
                database.after(context.history.after, *HISTORY_HEARS)
                database.within(partial(notification.within, context), *notification.HEARS)
                database.within(partial(mail.within, context), *mail.HEARS)
                database.within(active_users.within, *active_users.HEARS)
                database.within(subscriber.within(context), *subscriber.HEARS)
                database.within(image_use.within(context), *image_use.HEARS)
                async with database.processes.opening():
                    first_admin = await _first_start(database, context) if founds else None
                federation = Federation(context, database)
                database.after(federation.wake, *FEDERATION_HEARS)
                backups = ByHand(config, clock)
                try:
                    yield Instance(
                        config=config,
                        context=context,
                        database=database,
                        federation=federation,
                        backups=backups,
                        first_admin=first_admin,
                    )
                finally:
                    await backups.close()
        finally:
            await database.close()
    finally:
        lock.release()


@asynccontextmanager
async def started(net: Client, pictures: Images | None) -> AsyncIterator[None]:
    """The image store, if there is one, ready for the length of a `with`; both are closed at its end."""
    try:
        if pictures is not None:
            await pictures.start()
        yield
    finally:
        await net.close()
        if pictures is not None:
            await pictures.close()


async def _looked_at(config: Config) -> None:
    """Nothing is written into a file that is damaged."""
    if config.sqlite_path is not None:
        await asyncio.to_thread(first_look.look, config.sqlite_path, durable=config.storage.synchronous != "normal")


async def _first_start(database: Database, context: Context) -> FirstAdmin | None:
    """Make the site and its first admin where there is none yet; answers the admin if it was made up."""
    if await database.read(site.exists):
        return None
    setup = context.config.setup
    made_up = None if setup else FirstAdmin(ADMIN_NAME, secrets.token_urlsafe(15), secrets.token_urlsafe(24))
    name, password = (setup.admin_username, setup.admin_password) if setup else (ADMIN_NAME, made_up.password if made_up else "")
    hashed, site_keys, admin_keys = await asyncio.gather(
        passwords.aside(passwords.hash_password, password),
        asyncio.to_thread(keys.generate_key_pair),
        asyncio.to_thread(keys.generate_key_pair),
    )

    def make(tx: Transaction) -> None:
        site.found(tx, context, site_keys, setup.site_name if setup else SITE_NAME)
        admin = site.appoint_first_admin(tx, context, name, hashed, admin_keys, setup.admin_email if setup else None)
        if made_up is not None:
            first_setup.offer(tx, made_up.token, admin)

    await database.write(make)
    return made_up


def _pictures(config: Config) -> Images | None:
    """The image store, or None where `pictrs: null` turns pictures off."""
    if config.pictrs is None:
        return None
    options = config.images
    limits = Limits(pixels=options.megapixels * 10**6)
    workshop = Workshop(memory=workshop_memory(limits))
    folder = config.data_dir / "images"
    elsewhere = bucket.of(config, PRODUCT) or options.folder
    return Images(
        folder,
        budget=options.budget,
        video_limit=options.video_limit,
        floor=config.disk.floor,
        limits=limits,
        workshop=workshop,
        elsewhere=elsewhere,
    )


def _room(config: Config, pictures: Images | None) -> Room:
    taken: Callable[[], int] = (lambda: 0) if pictures is None else lambda: pictures.budget.used
    return Room(config.data_dir, database=config.sqlite_path, budget=config.disk.budget, floor=config.disk.floor, pictures=taken)
