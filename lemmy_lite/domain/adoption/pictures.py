"""The pictures of a Lemmy server that was taken over: from a pict-rs or a Lemmy that still runs, or from a folder of files by their names.

pict-rs keeps files under names of its own, which only it can translate; so what it has is had by asking it. Everything goes through the
same cleaning as an upload. Afterwards is noted which picture is used where, so that a purge finds them.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from lemmy_lite.context import Context
from lemmy_lite.domain import image as images
from lemmy_lite.domain import image_use
from lemmy_lite.media.images import Images, Kept
from lemmy_lite.media.refusal import ImageRefused
from lemmy_lite.model.errors import LemmyError
from lemmy_lite.model.events import CommentEdited, CommunityEdited, Event, PersonEdited, PostEdited, SiteEdited
from lemmy_lite.model.ids import CommentId, CommunityId, PersonId, PostId
from lemmy_lite.net import options, tunnel
from lemmy_lite.net.budget import Budget, Limits
from lemmy_lite.net.client import Client
from lemmy_lite.net.errors import NetError
from lemmy_lite.storage.database import Database
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import image

log = logging.getLogger(__name__)

Progress = Callable[[str, int, int], None]
Get = Callable[[str], AsyncIterator[bytes]]

_AT_ONCE: Final = 200
_SECONDS: Final = 120.0


class Fetched(NamedTuple):
    """How many pictures came, and the names of those that could not be had."""

    number: int
    missing: list[str]


async def fetch(database: Database, context: Context, where: str, product: str, progress: Progress) -> Fetched:
    """Bring every picture that is still missing. `where` is a folder with files named as in addresses, the address of a pict-rs
    (`http://127.0.0.1:8080`), or that under which a Lemmy shows them (`https://…/pictrs/image`). Raises OSError, LemmyError.
    """
    store = images.store(context)
    client = None if _is_folder(where) else Client(_net(context, where, product))
    try:
        get: Get = (lambda alias: _read(Path(where), alias)) if client is None else (lambda alias: _asked(client, where, alias, context))
        count, missing, done, after = 0, [], 0, ""
        whole = await database.read(image.lacking_count)
        while aliases := await database.read(image.lacking, after, _AT_ONCE):
            for alias in aliases:
                kept = await _fetch(store, get, alias, context.config.http.upload_limit)
                if kept is None:
                    missing.append(alias)
                else:
                    await database.write(_enter, context, alias, kept)
                    count += 1
                done += 1
                progress("pictures", done, whole)
            after = aliases[-1]
        return Fetched(count, missing)
    finally:
        if client is not None:
            await client.close()


async def follow_uses(database: Database, context: Context, progress: Progress) -> None:
    """Note where each picture is used, as the deeds themselves would have. A repeat is harmless."""
    follow = image_use.within(context)
    for noun in image.SHOWING:
        last = 0
        while rows := await database.read(image.showing, noun, last, _AT_ONCE):
            await database.write(_follow, follow, noun, rows)
            last = rows[-1][0]
            progress(f"uses in {noun}", last, last)


def _follow(tx: Transaction, follow: image_use.Subscriber, noun: str, rows: list[tuple[int, int]]) -> None:
    tx.own = True
    for number, actor in rows:
        follow(tx, _deed(noun, number, PersonId(actor)))


def _deed(noun: str, number: int, actor: PersonId) -> Event:
    match noun:
        case "post":
            return PostEdited(actor_id=actor, post_id=PostId(number))
        case "comment":
            return CommentEdited(actor_id=actor, comment_id=CommentId(number))
        case "community":
            return CommunityEdited(actor_id=actor, community_id=CommunityId(number))
        case "person":
            return PersonEdited(actor_id=actor)
        case _:
            return SiteEdited(actor_id=actor)


def _enter(tx: Transaction, context: Context, alias: str, kept: Kept) -> None:
    tx.own = True
    image.arrived(tx, alias, kept.name, kept.size)
    image.describe(tx, images.link_of(context, alias), kept.width, kept.height, kept.format.media_type)


async def _fetch(store: Images, get: Get, alias: str, most: int) -> Kept | None:
    if not images.ALIAS.fullmatch(alias):
        return None
    try:
        async with store.aside() as path:
            await store.receive(get(alias), path, most)
            return await store.keep(path)
    except (ImageRefused, LemmyError, NetError, FileNotFoundError) as error:
        log.info("the picture %s could not be had: %s", alias, error)
        return None


def _is_folder(where: str) -> bool:
    return not where.startswith(("http://", "https://"))


async def _read(folder: Path, alias: str) -> AsyncIterator[bytes]:
    file = await asyncio.to_thread((folder / alias).open, "rb")
    try:
        while piece := await asyncio.to_thread(file.read, 2**20):
            yield piece
    finally:
        file.close()


async def _asked(client: Client, where: str, alias: str, context: Context) -> AsyncIterator[bytes]:
    most = context.config.http.upload_limit
    # A pict-rs itself shows originals at this path; what has a path already is taken as it is.
    base = where.rstrip("/") if urlsplit(where).path.strip("/") else where.rstrip("/") + "/image/original"
    limits = Limits(requests=2, depth=1, wire_bytes=2 * most, decoded_bytes=2 * most, seconds=_SECONDS)
    answer = await client.get(
        f"{base}/{alias}", Budget(limits), accept="image/*, video/*", max_bytes=most, same_origin_redirects=True, plain_http=True
    )
    if not answer.is_success:
        raise FileNotFoundError(f"{base}/{alias} answers {answer.status}")
    yield answer.body


def _net(context: Context, where: str, product: str) -> options.NetOptions:
    """The operator names the address, so it may lie in the own network; the way out is that of everything else."""
    outside = tunnel.leads_outside(urlsplit(where).hostname or "")
    proxy = context.config.socks_proxy if outside else None
    return replace(options.of(context.config, product), allow_private_addresses=True, socks_proxy=proxy)
