"""The composition root: builds everything, connects the subscribers of events, starts and stops in order."""

import asyncio
import logging
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, cast

from lemmy_lite import __version__, logs, memory
from lemmy_lite.config import Config
from lemmy_lite.context import Context
from lemmy_lite.control import commands as control
from lemmy_lite.control import systemd
from lemmy_lite.control.socket import Listening
from lemmy_lite.control.systemd import Watchdog
from lemmy_lite.crypto import keys, passwords, tokens
from lemmy_lite.domain import active_users, image_proxy, image_use, link_preview, mail, notification, site
from lemmy_lite.domain import setup as first_setup
from lemmy_lite.domain.image_sweeping import Sweeper
from lemmy_lite.domain.postman import Postman
from lemmy_lite.federation.outbox import subscriber
from lemmy_lite.federation.service import Federation
from lemmy_lite.http import figures, routing, server
from lemmy_lite.http.activitypub.routes import activitypub
from lemmy_lite.http.api_v3.adapter import Tools, api_v3
from lemmy_lite.http.api_v3.routes import HANDLERS
from lemmy_lite.http.discovery import discovery
from lemmy_lite.http.feeds.routes import feeds
from lemmy_lite.http.figures import Running
from lemmy_lite.http.health import health
from lemmy_lite.http.images import images
from lemmy_lite.http.kept import Kept, State
from lemmy_lite.http.metrics import Metrics
from lemmy_lite.http.ratelimit import RateLimiter
from lemmy_lite.http.server import Gate
from lemmy_lite.http.surface import Surface
from lemmy_lite.http.traffic import Traffic
from lemmy_lite.http.web.render import Templates
from lemmy_lite.http.web.session import Cookies
from lemmy_lite.http.web.site import web
from lemmy_lite.http.web.static import load_statics
from lemmy_lite.http.web.visit import Site
from lemmy_lite.media.images import Images
from lemmy_lite.media.job import Limits
from lemmy_lite.media.workshop import Workshop, workshop_memory
from lemmy_lite.model.clock import Clock
from lemmy_lite.model.events import Event, SiteEdited
from lemmy_lite.net.client import Client
from lemmy_lite.net.options import NetOptions
from lemmy_lite.scheduler.runner import Runner
from lemmy_lite.storage.database import Database, open_database
from lemmy_lite.storage.history import History
from lemmy_lite.storage.lock import FolderLock
from lemmy_lite.storage.migrations.runner import migrate
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import secret

log = logging.getLogger(__name__)

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
    first_admin: FirstAdmin | None


@asynccontextmanager
async def opened(config: Config, *, progress: Callable[[str], None] = log.info) -> AsyncIterator[Instance]:
    """Lock the data folder, open and migrate the database, make the site at the first start; close all of it in the end.

    Raises DataFolderInUse, SchemaError, StorageError, each with a sentence for the terminal.
    """
    lock = FolderLock(config.data_dir)
    try:
        clock = Clock()
        database = await open_database(
            config.database_uri,
            clock,
            readers=config.storage.readers,
            batch=config.storage.commit_batch,
            synchronous="normal" if config.storage.synchronous == "normal" else "full",
            cache_mb=max(1, config.storage.cache_size // 2**20),
        )
        try:
            await migrate(database, snapshots=config.data_dir / "backups", progress=progress)
            net = Client(_net_options(config))
            pictures = _pictures(config)
            try:
                jwt_secret = await database.write(secret.get_or_create, "jwt", tokens.new_jwt_secret())
                if pictures is not None:
                    await pictures.start()
                context = Context(config=config, clock=clock, net=net, jwt_secret=jwt_secret, history=History(clock.now), images=pictures)
                database.within(context.history.within)
                database.after(context.history.after)
                database.within(partial(notification.within, context))
                database.within(partial(mail.within, context))
                database.within(active_users.within)
                database.within(subscriber.within(context))
                database.within(image_use.within(context))
                first_admin = await _first_start(database, context)
                federation = Federation(context, database)
                database.after(federation.wake)
                yield Instance(config=config, context=context, database=database, federation=federation, first_admin=first_admin)
            finally:
                await net.close()
                if pictures is not None:
                    await pictures.close()
        finally:
            await database.close()
    finally:
        lock.release()


async def serve(config: Config, *, announce: Callable[[str], None]) -> None:
    """Run the instance until SIGTERM or SIGINT. `announce` gets what the person at the terminal should read.

    The socket is taken first, so that a second start on the port fails before anything is touched. Raises what `opened` raises, and
    PortInUse.
    """
    memory.bound_heap()
    logs.configure(config.log.level, json=config.json_logging)
    for warning in config.origin.warnings:
        log.warning(warning)
    stop = asyncio.Event()
    lent = systemd.handed_over()
    listener = lent or server.listen(config.bind, config.port)
    gate = Gate(server.starting, trusted_proxies=config.http.trusted_proxies, body_seconds=config.http.request_timeout)
    with server.stopped_by_signals(stop):

        async def build() -> None:
            async with opened(config, progress=_starting) as instance:
                traffic = Traffic()
                gate.app = kept = await application(instance, traffic)
                scheduled = Runner(instance.context, instance.database, instance.federation)
                running = Running(instance.federation, scheduled.spent)
                metrics = Metrics(config, partial(figures.gather, instance.context, instance.database, traffic, kept, running))
                await metrics.start()
                listening = Listening(control.Tools(instance.context, instance.database, instance.federation))
                await listening.start()
                await instance.federation.start()
                previews = link_preview.Aside(instance.context, instance.database)
                instance.database.after(previews.after)
                previews.start()
                sweeper = _sweeper(instance)
                postman = _postman(instance)
                await scheduled.start()
                memory.spare_start()
                watchdog = Watchdog(partial(instance.database.note, _nothing))
                try:
                    watchdog.start()
                    _greet(instance, announce)
                    # The database closes when the last request has been answered, not before.
                    await served.wait()
                finally:
                    await watchdog.close()
                    await listening.close()
                    await metrics.close()
                    if postman is not None:
                        await postman.close()
                    await scheduled.close()
                    await previews.close()
                    if sweeper is not None:
                        await sweeper.close()
                    await instance.federation.close()

        served = asyncio.Event()
        building = asyncio.create_task(build(), name="instance")
        patience = config.http.request_timeout
        serving = asyncio.create_task(server.serve(gate, listener, stop, header_seconds=patience, lent=lent is not None), name="server")
        building.add_done_callback(lambda _: stop.set())
        try:
            await serving
        finally:
            stop.set()
            served.set()
            await building


def _starting(step: str) -> None:
    """A step of the start, such as a migration, that may take long: systemd waits another minute for each."""
    log.info(step)
    systemd.notify(f"STATUS=Starting: {step}\nEXTEND_TIMEOUT_USEC=60000000")


async def application(instance: Instance, traffic: Traffic) -> Kept:
    """All surfaces behind one router, and in front of it what strangers were answered a moment ago."""
    limiter, database = RateLimiter(), instance.database
    built = routing.build(await surfaces(instance, limiter), body_limit=instance.config.http.body_limit, traffic=traffic)
    # Litestar types its application more narrowly than ASGI does.
    return Kept(cast(Any, built), lambda: State(*database.seen), limiter, traffic, alone=database.dialect.is_sqlite)


async def surfaces(instance: Instance, limiter: RateLimiter | None = None) -> list[Surface]:
    """Everything that this instance answers to requests."""
    limiter = RateLimiter() if limiter is None else limiter  # an empty one is false
    await _limit(instance.database, limiter)
    instance.database.after(partial(_limit_anew, instance.database, limiter, set()))
    tools = Tools(instance.context, instance.database, limiter, instance.federation)
    statics = load_statics()
    pages = Site(
        context=instance.context,
        database=instance.database,
        limiter=limiter,
        templates=Templates(statics, partial(image_proxy.on_page, instance.context)),
        statics=statics,
        cookies=Cookies(instance.config, instance.context.jwt_secret),
        federation=instance.federation,
    )
    return [
        web(pages),
        activitypub(instance.context, instance.database, instance.federation),
        images(instance.context, instance.database),
        feeds(instance.context, instance.database, limiter),
        discovery(instance.context, instance.database, limiter, statics),
        api_v3(tools, HANDLERS),
        health({"database": partial(_answers, instance.database)}),
    ]


async def _limit(database: Database, limiter: RateLimiter) -> None:
    limiter.configure((await database.read(site.view)).local_site_rate_limit)


def _limit_anew(database: Database, limiter: RateLimiter, tasks: set[asyncio.Task[None]], event: Event) -> None:
    """The site's rate limits hold as soon as an admin has changed them."""
    if isinstance(event, SiteEdited):
        task = asyncio.create_task(_limit(database, limiter))
        tasks.add(task)
        task.add_done_callback(tasks.discard)


def _nothing(_: Transaction) -> None:
    """Passes through the writer and changes nothing: where it comes out, writing works."""


async def _answers(database: Database) -> None:
    await database.read(site.exists)


def _greet(instance: Instance, announce: Callable[[str], None]) -> None:
    """Says where the instance answers, set apart from the log so that a newcomer finds it, and who the made-up admin is."""
    lines = [f"lemmy_lite {__version__} is running: {instance.config.base_url}"]
    if admin := instance.first_admin:
        lines += [
            f"Log in as {admin.name!r} with the password {admin.password!r}",
            "and write it down: it is shown only this once.",
            "Or choose your own name, and what the site is called, here (once, within a week):",
            f"{instance.config.base_url}/setup?token={admin.token}",
        ]
    lines.append(f"Everything is kept in {instance.config.data_dir.absolute()}. Ctrl-C stops it.")
    announce("\n" + "\n".join(f"  {line}" for line in lines) + "\n")


async def _first_start(database: Database, context: Context) -> FirstAdmin | None:
    """Make the site and its first admin where there is none yet; answers the admin if it was made up."""
    if await database.read(site.exists):
        return None
    setup = context.config.setup
    made_up = None if setup else FirstAdmin(ADMIN_NAME, secrets.token_urlsafe(15), secrets.token_urlsafe(24))
    name, password = (setup.admin_username, setup.admin_password) if setup else (ADMIN_NAME, made_up.password if made_up else "")
    hashed, site_keys, admin_keys = await asyncio.gather(
        asyncio.to_thread(passwords.hash_password, password),
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
    return Images(folder, budget=options.budget, video_limit=options.video_limit, limits=limits, workshop=workshop)


def _sweeper(instance: Instance) -> Sweeper | None:
    """Starts what takes files of deleted pictures from the disk."""
    if instance.context.images is None:
        return None
    sweeper = Sweeper(instance.context, instance.database, instance.context.images)
    instance.database.after(sweeper.after)
    sweeper.start()
    return sweeper


def _postman(instance: Instance) -> Postman | None:
    """Starts what sends mails, where a mail server is configured."""
    if instance.config.email is None:
        return None
    postman = Postman(instance.context, instance.database)
    instance.database.after(postman.after)
    postman.start()
    return postman


def _net_options(config: Config) -> NetOptions:
    resolve = config.testing.resolve
    return NetOptions(
        user_agent=f"lemmy_lite/{__version__}; +{config.base_url}",
        allow_private_addresses=config.federation.allow_private_addresses,
        allow_nets=config.testing.allow_nets,
        resolve=resolve.names if resolve else {},
        dns_server=(resolve.dns.host, resolve.dns.port) if resolve and resolve.dns else None,
        socks_proxy=config.socks_proxy,
        redirects=config.federation.redirects,
    )
