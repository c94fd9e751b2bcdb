"""Pictures of local people: upload, deletion, lists; and the small copies kept of what posts link to.

An upload is a row with a name of its own; the file behind it is shared by all uploads of the same picture and goes with the last of them
(security.md, rule 14). Where uploads are used is followed by image_use.py.
"""

import asyncio
import errno
import logging
import re
import secrets
import uuid
from collections.abc import AsyncIterator, Iterable
from pathlib import Path
from typing import Final, NamedTuple

from lemmy_lite.context import Context
from lemmy_lite.crypto import tokens
from lemmy_lite.domain import permissions, remote_picture
from lemmy_lite.media import formats
from lemmy_lite.media.formats import Format
from lemmy_lite.media.images import Images, Kept, Shown
from lemmy_lite.media.refusal import ImageRefused, Reason
from lemmy_lite.model import web_address
from lemmy_lite.model.clock import DAY, HOUR, MINUTE, moment
from lemmy_lite.model.errors import LemmyError
from lemmy_lite.model.events import ImagesGone
from lemmy_lite.model.image import LocalImageView, Uploaded
from lemmy_lite.model.paging import Page
from lemmy_lite.model.viewer import Viewer
from lemmy_lite.storage.database import Database
from lemmy_lite.storage.errors import StorageError, Trouble
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import image, image_removal
from lemmy_lite.storage.views import image as views

log = logging.getLogger(__name__)

PATH: Final = "/pictrs/image/"

ALIAS: Final = re.compile(r"[0-9a-zA-Z-]{1,64}\.[a-z0-9]{2,5}")
"""The names that files have in addresses. Ours are UUIDs; an adopted site brings others along."""


REMOVED_WITHIN: Final = 10 * MINUTE
"""A removal that was begun so long ago, and not finished, never will be: requests to a store end earlier."""

_ATTEMPTS: Final = 6
_PAUSE: Final = 0.1
"""Seconds, longer each time: two in all."""


class Copy(NamedTuple):
    """A small copy of a picture of another server: its name and address here, the address it is of, and its size."""

    alias: str
    link: str
    source: str
    width: int
    height: int


def store(context: Context) -> Images:
    """The image store. Raises pictrs_response_error where pictures are switched off."""
    if context.images is None:
        raise LemmyError("pictrs_response_error", "Pictures are switched off on this server.")
    return context.images


def link_of(context: Context, alias: str) -> str:
    """The address of a picture kept here."""
    return f"{context.config.base_url}{PATH}{alias}"


def alias_of(context: Context, url: str | None) -> str | None:
    """The name of the picture at an address, if that is one of ours."""
    if not url or PATH not in url or not context.config.local(url):
        return None
    path = web_address.parts(url).path
    alias = path.removeprefix(PATH)
    return alias if path.startswith(PATH) and ALIAS.fullmatch(alias) else None


def format_of(alias: str) -> Format:
    """The format that the end of a name tells."""
    return formats.BY_SUFFIX.get(alias.rpartition(".")[2], formats.JPG)


async def upload(database: Database, context: Context, viewer: Viewer, pieces: AsyncIterator[bytes]) -> Uploaded:
    """Take a file as it arrives, clean it and keep it. Nothing is answered that does not lie in the store for good.

    Raises LemmyError: pictrs_response_error with what is wrong with the file, or with the day's quota; StorageError where
    the disk does not take it.
    """
    images = store(context)
    if context.room is not None:
        context.room.require()
    await database.read(check_upload, context, viewer)
    try:
        async with images.aside() as path:
            await images.receive(pieces, path, context.config.http.upload_limit)
            return await _kept(database, context, viewer, images, path)
    except ImageRefused as refused:
        if refused.reason is Reason.DISK_FULL:
            raise StorageError(Trouble.FULL, refused.sentence) from refused
        raise LemmyError("pictrs_response_error", refused.sentence) from refused
    except OSError as error:
        # The trouble is ours and may pass, so it is no fault of the picture, which the same client may send again.
        log.warning("an upload could not be stored: %s", error)
        raise StorageError(Trouble.FULL if error.errno in (errno.ENOSPC, errno.EDQUOT) else Trouble.BUSY, error) from error


async def _kept(database: Database, context: Context, viewer: Viewer, images: Images, path: Path) -> Uploaded:
    """Store a file, then enter it. The last other upload of the same picture may be on its way out just now: then this one waits until the
    file has gone, and stores it again. Once it is entered nobody begins to remove the file, but it may have gone just before."""
    for attempt in range(_ATTEMPTS):
        kept = await images.keep(path)
        if made := await database.write(_enter, context, viewer, kept):
            if not await images.has(kept.name):
                await images.keep(path)
            return made
        await asyncio.sleep(_PAUSE * (attempt + 1))
    raise LemmyError("pictrs_response_error", "The picture could not be stored.")


def check_upload(tx: Transaction, context: Context, viewer: Viewer, size: int = 0) -> None:
    """Whether a person may upload a file of this size now. Raises as `upload`."""
    options = context.config.images
    permissions.require(tx, "image.upload", viewer.person)
    if options.uploads == "off":
        raise LemmyError("pictrs_response_error", "Uploads are switched off on this server.")
    count, total = image.uploaded_since(tx, viewer.local_user.id, tx.now - DAY)
    if count >= options.daily_uploads or total + size > options.daily_bytes:
        raise LemmyError("pictrs_response_error", "That is as much as one person may upload in a day.")


def _enter(tx: Transaction, context: Context, viewer: Viewer, kept: Kept) -> Uploaded | None:
    """Enter an upload, unless its file is just being removed. Who began that so long ago has been interrupted."""
    check_upload(tx, context, viewer, kept.size)
    if image_removal.under_way(tx, kept.name, tx.now - REMOVED_WITHIN):
        return None
    alias, token = _new_alias(kept.format), secrets.token_urlsafe(32)
    link = link_of(context, alias)
    image.insert(tx, alias, link, token, local_user_id=viewer.local_user.id, file=kept.name, size=kept.size)
    image.describe(tx, link, kept.width, kept.height, kept.format.media_type)
    return Uploaded(
        alias=alias,
        delete_token=token,
        link=link,
        width=kept.width,
        height=kept.height,
        content_type=kept.format.media_type,
        published=moment(tx.now),
    )


def delete(tx: Transaction, viewer: Viewer, alias: str, token: str | None = None) -> None:
    """Delete an upload of one's own; admins delete any. `token`, where given, must be the one that the upload was answered with.

    Raises LemmyError unknown (404) where there is none that one may delete.
    """
    found = image.get(tx, alias)
    own = found is not None and found.local_user_id == viewer.local_user.id
    try:
        permissions.require(tx, "image.delete", viewer.person, author_id=viewer.id if own else None)
    except LemmyError as error:
        # Whether somebody else has such a picture is nobody's business.
        raise LemmyError("unknown", "Record not found", missing=True) from error
    if found is None or not (token is None or tokens.same(found.delete_token, token)):
        raise LemmyError("unknown", "Record not found", missing=True)
    discard(tx, [alias])


def discard(tx: Transaction, aliases: Iterable[str]) -> None:
    """Delete pictures; the files that nobody else has follow after the commit."""
    gone = image.delete(tx, sorted(aliases))
    files = {each.file for each in gone if each.file}
    sources = {each.source for each in gone if each.source}
    if files or sources:
        tx.append(ImagesGone(files=tuple(sorted(files)), sources=tuple(sorted(sources))))


def own_uploads(tx: Transaction, viewer: Viewer, page: Page) -> list[LocalImageView]:
    """What the viewer has uploaded, newest first."""
    return views.uploads(tx, viewer.local_user.id, page)


def all_uploads(tx: Transaction, viewer: Viewer, page: Page) -> list[LocalImageView]:
    """What everybody has uploaded, newest first. Raises not_an_admin."""
    permissions.require(tx, "image.list_all", viewer.person)
    return views.uploads(tx, None, page)


async def show(database: Database, context: Context, alias: str, wanted: str | None, box: int | None) -> Shown | None:
    """A picture kept here, in a format and size asked for; None when there is none. Raises ImageRefused, LemmyError."""
    images = store(context)
    found = await database.read(_served, context, alias) if ALIAS.fullmatch(alias) else None
    if found is None:
        return None
    stored_as = format_of(alias)
    target = formats.asked(wanted, alias) if wanted is not None or box is not None else None
    if stored_as.pillow is None:
        target = box = None
    if found.file is not None:
        return await images.shown(found.file, stored_as, target, box)
    if found.source is None:
        return None
    path = await images.cached(copy_key(found.source)) or await _copied_again(context, found.source)
    if target is None or (box is None and target == stored_as):
        return Shown(path, stored_as.media_type, alias)
    return await images.variant(copy_key(found.source), path, stored_as, target, box)


def _served(tx: Transaction, context: Context, alias: str) -> image.Upload | None:
    """The picture of a name. Where only avatars may be uploaded, what has not become one is shown for an hour."""
    found = image.get(tx, alias)
    if found is None or found.local_user_id is None or context.config.images.uploads != "avatars":
        return found
    return found if found.published > tx.now - HOUR or image.is_face(tx, alias) else None


async def copy(context: Context, source: str) -> Copy | None:
    """Keep a small copy of a picture of another server, not yet entered; None where none can be had."""
    if context.images is None:
        return None
    try:
        width, height = await _shrunk(context, context.images, source)
    except (ImageRefused, LemmyError, OSError):
        return None
    alias = _new_alias(formats.WEBP)
    return Copy(alias, link_of(context, alias), source, width, height)


def enter_copy(tx: Transaction, made: Copy) -> None:
    """Enter a copy."""
    image.insert(tx, made.alias, made.link, secrets.token_urlsafe(32), source=made.source)
    image.describe(tx, made.link, made.width, made.height, formats.WEBP.media_type)


async def _copied_again(context: Context, source: str) -> Path:
    images = store(context)
    await _shrunk(context, images, source)
    path = await images.cached(copy_key(source))
    if path is None:
        raise ImageRefused(Reason.NO_ROOM, "The space for pictures on this server is full.")
    return path


async def _shrunk(context: Context, images: Images, source: str) -> tuple[int, int]:
    size = context.config.pictrs.max_thumbnail_size if context.config.pictrs is not None else 512
    async with images.fetching:
        body = await remote_picture.fetch(context, source)
        return await images.shrink_into_cache(copy_key(source), body, size)


def copy_key(source: str) -> str:
    """The name under which the image store has a copy."""
    return f"copy {source}"


def _new_alias(format_: Format) -> str:
    return f"{uuid.uuid4()}.{format_.suffix}"
