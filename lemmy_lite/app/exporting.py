"""The public part of the site as a folder of files: a copy of the database is read aside, so that everything is of one moment, nothing is
written that others see, and a running server is not waited for.

What is here of pictures is shown, those of other servers are not: nothing leaves this machine meanwhile.
"""

import asyncio
import contextlib
import dataclasses
import json
import sys
import tempfile
from collections.abc import AsyncIterator, Callable
from functools import partial
from pathlib import Path
from typing import Any, Final

from lemmy_lite import __version__, assets
from lemmy_lite.app.opening import PRODUCT, started
from lemmy_lite.config import Config
from lemmy_lite.context import Context
from lemmy_lite.domain import blog, community, image_proxy, person, settings
from lemmy_lite.domain.backup.aside import database_size, folder_aside
from lemmy_lite.domain.backup.by_hand import ByHand
from lemmy_lite.federation.service import Federation
from lemmy_lite.http import routing
from lemmy_lite.http.export.crawl import Crawl, ask
from lemmy_lite.http.export.errors import ExportError
from lemmy_lite.http.feeds.routes import feeds
from lemmy_lite.http.images import images
from lemmy_lite.http.onion import OnionName
from lemmy_lite.http.ratelimit import Bucket, IPAddress, RateLimiter
from lemmy_lite.http.web.render import Templates
from lemmy_lite.http.web.session import Cookies
from lemmy_lite.http.web.site import web
from lemmy_lite.http.web.static import load_statics
from lemmy_lite.http.web.visit import Site
from lemmy_lite.media import thumbnails
from lemmy_lite.media.budget import Budget
from lemmy_lite.media.images import Images
from lemmy_lite.model.clock import Clock, moment
from lemmy_lite.model.community import CommunityVisibility
from lemmy_lite.model.ids import CommentId, PostId
from lemmy_lite.model.struct import Struct
from lemmy_lite.net import bucket, options
from lemmy_lite.net.client import Client, Response
from lemmy_lite.net.errors import Kind, NetError
from lemmy_lite.storage import connections, snapshot
from lemmy_lite.storage.database import Database, open_database
from lemmy_lite.storage.history import History
from lemmy_lite.storage.migrations.runner import migrate
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import comment, post
from lemmy_lite.storage.tables import community as communities

MARK: Final = "export.json"
"""What tells an earlier export from somebody's folder."""


class Exported(Struct, kw_only=True):
    """How much was written."""

    pages: int
    pictures: int


Progress = Callable[[str, int, int], None]


async def export(config: Config, folder: Path, progress: Progress, *, language: str = "en") -> Exported:
    """Write the public part of the site to `folder`, which is new, empty, or an earlier export that is replaced as a whole.

    `language` is that of the site's own words. Raises ExportError, BackupError (no room for the
    copy), NotYet, StorageError, SchemaError, OSError; then `folder` is as it was.
    """
    connections.require(config.database_uri)
    folder = await asyncio.to_thread(folder.resolve)
    _check(folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with (
        folder_aside(config, "an export", database_size(config)) as aside,
        tempfile.TemporaryDirectory(prefix=f".{folder.name}-", dir=folder.parent) as parent,
    ):
        made = Path(parent) / "new"
        made.mkdir(mode=0o755)
        copy = aside / "lemmy.db"
        await asyncio.to_thread(snapshot.take, config.database_uri, copy, Clock(), progress)
        await asyncio.to_thread(snapshot.check, copy, thorough=False)
        async with _opened(config, copy, aside) as (context, database):
            crawl = await _crawl(context, database, made, aside, progress, language)
            await crawl.run()
            when = moment(context.clock.now()).isoformat(timespec="seconds")
        exported = Exported(pages=crawl.pages, pictures=crawl.pictures)
        about = {"site": config.base_url, "made": when, "by": f"lemmy_lite {__version__}", "pages": crawl.pages}
        (made / MARK).write_text(json.dumps(about, indent=2) + "\n")
        _check(folder)  # somebody may have put something there meanwhile
        _put(made, folder, Path(parent) / "old")
    return exported


def _check(folder: Path) -> None:
    if not folder.exists():
        return
    if not folder.is_dir():
        raise ExportError(f"{folder} is no folder")
    if any(folder.iterdir()) and not (folder / MARK).is_file():
        raise ExportError(f"{folder} holds something that is no earlier export: name an empty or a new folder")


def _put(made: Path, folder: Path, old: Path) -> None:
    """Let the new folder take the place of the old one, which stays where it is if that cannot be done."""
    if not folder.exists():
        made.rename(folder)
        return
    folder.rename(old)
    try:
        made.rename(folder)
    except OSError:
        old.rename(folder)
        raise


@contextlib.asynccontextmanager
async def _opened(config: Config, copy: Path, aside: Path) -> AsyncIterator[tuple[Context, Database]]:
    """The copy, with tools that reach nothing outside and write nothing but into `aside`."""
    if config.pictrs is not None:
        # Pictures of other servers would have to be asked for there.
        pictrs = dataclasses.replace(config.pictrs, image_mode="None", cache_external_link_previews=None)
        config = dataclasses.replace(config, pictrs=pictrs)
    clock = Clock()
    database = await open_database(f"sqlite:{copy}", clock)
    try:
        await migrate(database)
        pictures = _Pictures(config, aside / "images") if config.pictrs is not None else None
        net = _Nowhere(options.of(config, PRODUCT))
        async with started(net, pictures):
            yield Context(config=config, clock=clock, net=net, jwt_secret="", history=History(clock.now), images=pictures), database
    finally:
        await database.close()


async def _crawl(context: Context, database: Database, folder: Path, aside: Path, progress: Progress, language: str) -> Crawl:
    config = context.config
    if await database.read(lambda tx: settings.read(tx).private_instance):
        raise ExportError("this instance is private: strangers may read nothing, so there is nothing to export")
    pages = aside / "pages"
    pages.mkdir()
    return Crawl(
        folder,
        pages,
        base_url=config.base_url,
        hostname=config.hostname,
        blog=await database.read(blog.front, context, None) is not None,
        ask=partial(_asked, _application(context, database), config, language),
        is_ours=lambda number: database.read(_is_ours, PostId(number)),
        origin_of=lambda path: database.read(_origin_of, context, path),
        icons=assets.path("static/icons.svg").read_text(),
        progress=progress,
    )


async def _asked(application: Any, config: Config, language: str, target: str, path: Path) -> int:
    return await ask(application, target, path, host=config.hostname, secure=config.tls_enabled, language=language)


def _application(context: Context, database: Database) -> Any:
    """What strangers read, and nothing else."""
    config, limiter = context.config, _Unlimited()
    statics = load_statics(config.data_dir)
    site = Site(
        context=context,
        database=database,
        limiter=limiter,
        templates=Templates(statics, partial(image_proxy.on_page, context), lasting=True),
        statics=statics,
        cookies=Cookies(config, lambda: context.jwt_secret),
        federation=_Silent(context, database),
        onion=OnionName(config),
        backups=ByHand(config, context.clock),
    )
    return routing.build([web(site, with_documents=False), images(context, database), feeds(context, database, limiter)])


def _is_ours(tx: Transaction, number: PostId) -> bool:
    """Whether a post is of this site: written here, or in a community of ours. Whether strangers see it its page decides."""
    found = post.get(tx, number)
    if found is None or found.deleted or found.removed:
        return False
    home = communities.existing(tx, found.community_id)
    open_ = home.visibility is CommunityVisibility.PUBLIC and not home.deleted and not home.removed
    return open_ and (found.local or home.local)


def _origin_of(tx: Transaction, context: Context, path: str) -> str | None:
    """Where something lies that is of another instance, and was shown here at this path."""
    kind, _, name = path.strip("/").partition("/")
    found: str | None = None
    match kind:
        case "c" if (group := community.named(tx, context, name)) is not None:
            found = group.actor_id
        case "u" if (someone := person.named(tx, context, name)) is not None:
            found = someone.actor_id
        case "post" if name.isdecimal() and len(name) < 19 and (essay := post.get(tx, PostId(int(name)))) is not None:
            found = essay.ap_id
        case "comment" if name.isdecimal() and len(name) < 19 and (said := comment.get(tx, CommentId(int(name)))) is not None:
            found = said.ap_id
    return found if found is not None and image_proxy.is_foreign(context, found) else None


class _Unlimited(RateLimiter):
    """Nobody is kept waiting: there is one reader, and that is us."""

    def take(self, bucket: Bucket, address: IPAddress) -> None:
        """Always grants."""


class _Silent(Federation):
    """Asks no other server for what is missing."""

    def thread_opened(self, post_id: PostId, *, by_account: bool) -> None:
        """Nothing follows."""

    async def reopen(self, post_id: PostId, *, by_account: bool) -> bool:
        """What is not here does not come."""
        return False


class _Nowhere(Client):
    """Reaches nobody."""

    async def _follow(self, *_: Any, **__: Any) -> Response:
        raise NetError(Kind.CONNECT, "An export asks no other server.")


class _Pictures(Images):
    """Uploads where they lie; what is made of them goes to a folder of the export's own. What the server has in its cache is read."""

    def __init__(self, config: Config, folder: Path) -> None:
        own = config.data_dir / "images"
        super().__init__(folder, budget=sys.maxsize, elsewhere=bucket.of(config, PRODUCT) or config.images.folder or own / "uploads")
        self._cache = Budget(own / "cache", sys.maxsize)

    async def start(self) -> None:
        """Learn what the server's cache has."""
        await super().start()
        await asyncio.to_thread(self._cache.read_folder)

    async def cached(self, address: str) -> Path | None:
        """A copy of a picture of another server, if there is one."""

        return await super().cached(address) or await asyncio.to_thread(self._cache.get, thumbnails.original_key(address))
