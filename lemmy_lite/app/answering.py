"""Everything that an instance answers to requests: one application, made of the tables of its surfaces."""

import asyncio
from functools import partial
from typing import Any, cast

from lemmy_lite.app.opening import Instance
from lemmy_lite.domain import image_proxy, site
from lemmy_lite.http import routing
from lemmy_lite.http.activitypub.routes import activitypub
from lemmy_lite.http.api_v3.adapter import Tools, api_v3
from lemmy_lite.http.api_v3.routes import HANDLERS
from lemmy_lite.http.discovery import discovery
from lemmy_lite.http.feeds.routes import feeds
from lemmy_lite.http.health import health
from lemmy_lite.http.images import images
from lemmy_lite.http.kept import Kept, State
from lemmy_lite.http.onion import OnionName
from lemmy_lite.http.ratelimit import RateLimiter, Together
from lemmy_lite.http.surface import Surface
from lemmy_lite.http.traffic import Traffic
from lemmy_lite.http.web.render import Templates
from lemmy_lite.http.web.session import Cookies
from lemmy_lite.http.web.site import web
from lemmy_lite.http.web.static import load_statics
from lemmy_lite.http.web.visit import Site
from lemmy_lite.model.events import Event, SiteEdited
from lemmy_lite.storage.database import Database
from lemmy_lite.storage.errors import StorageError, Trouble
from lemmy_lite.storage.processes import Talk
from lemmy_lite.storage.tables import job_run, rate_limit_bucket


async def application(instance: Instance, traffic: Traffic, onion: OnionName | None = None) -> Kept:
    """All surfaces behind one router, and in front of it what strangers were answered a moment ago."""
    limiter, database = RateLimiter(), instance.database
    built = routing.build(await surfaces(instance, limiter, onion), body_limit=instance.config.http.body_limit, traffic=traffic)
    # Litestar types its application more narrowly than ASGI does.
    return Kept(cast(Any, built), lambda: State(*database.seen), limiter, traffic, alone=database.dialect.is_sqlite)


async def surfaces(instance: Instance, limiter: RateLimiter | None = None, onion: OnionName | None = None) -> list[Surface]:
    """Everything that this instance answers to requests."""
    limiter = RateLimiter() if limiter is None else limiter  # an empty one is false
    await _limit(instance.database, limiter)
    instance.database.after(partial(_limit_anew, instance.database, limiter, set()), SiteEdited)
    _limit_together(instance.database, limiter)
    tools = Tools(instance.context, instance.database, limiter, instance.federation)
    statics = load_statics(instance.config.data_dir)
    pages = Site(
        context=instance.context,
        database=instance.database,
        limiter=limiter,
        templates=Templates(statics, partial(image_proxy.on_page, instance.context)),
        statics=statics,
        cookies=Cookies(instance.config, lambda: instance.context.jwt_secret),
        federation=instance.federation,
        onion=onion or OnionName(instance.config),
        backups=instance.backups,
    )
    return [
        web(pages),
        activitypub(instance.context, instance.database, instance.federation),
        images(instance.context, instance.database),
        feeds(instance.context, instance.database, limiter),
        discovery(instance.context, instance.database, limiter, statics),
        api_v3(tools, HANDLERS),
        health({"database": partial(_answers, instance.database), "writer": partial(_writes, instance.database)}),
    ]


async def _limit(database: Database, limiter: RateLimiter) -> None:
    limiter.configure((await database.read(site.view)).local_site_rate_limit)


def _limit_anew(database: Database, limiter: RateLimiter, tasks: set[asyncio.Task[None]], event: Event) -> None:
    """The site's rate limits hold as soon as an admin has changed them."""
    if isinstance(event, SiteEdited):
        task = asyncio.create_task(_limit(database, limiter))
        tasks.add(task)
        task.add_done_callback(tasks.discard)


def _limit_together(database: Database, limiter: RateLimiter) -> None:
    """Where several processes serve the site, what one of them grants counts at all, and so does what an admin has changed at one."""
    if database.processes.are_several:
        together = Together(limiter)
        database.processes.talk(Talk(together.say, rate_limit_bucket.exchange, together.hear))
        database.processes.watch(site.rate_limits, limiter.configure)


async def _answers(database: Database) -> None:
    await database.read(site.exists)


async def _writes(database: Database) -> None:
    """Costs nothing while all is well. When the last commit failed, something is written to see whether the disk is well again: a moment,
    as SQLite does not write what stays the same."""
    if database.damage is not None:
        raise StorageError(Trouble.DAMAGED, database.damage)
    if database.trouble is not None:
        await database.note(job_run.put, "disk tried")
