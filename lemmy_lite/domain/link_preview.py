"""What a post shows of the page it links to: fetched before a local post is written, and aside for received ones."""

import asyncio
import logging
from typing import Final

import msgspec

from lemmy_lite.context import Context
from lemmy_lite.domain import image, image_proxy, image_use, remote_picture
from lemmy_lite.model.errors import LemmyError
from lemmy_lite.model.events import Event, PostCreated, PostEdited
from lemmy_lite.model.ids import PostId
from lemmy_lite.model.image import PictrsImageMode
from lemmy_lite.model.post import LinkMetadata, Post
from lemmy_lite.net.budget import PREVIEW, Budget
from lemmy_lite.net.client import Response
from lemmy_lite.net.errors import NetError
from lemmy_lite.storage.database import Database
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import image as images
from lemmy_lite.storage.tables import post
from lemmy_lite.text import link_metadata, oembed

log = logging.getLogger(__name__)

ACCEPT = "text/html, application/xhtml+xml, image/*;q=0.9, video/*;q=0.9, */*;q=0.5"


class Preview(LinkMetadata, kw_only=True):
    """What a post shows of its link, with the copy that is kept of the page's picture where one is."""

    thumbnail: image.Copy | None = None


NOTHING = Preview()

TASKS = 2
MOST_WAITING = 200


async def fetch(context: Context, url: str) -> LinkMetadata:
    """What stands at a link. Raises LemmyError invalid_url for what is no web address, or must not be asked for, or does not answer."""
    if not url.startswith(("https://", "http://")):
        raise LemmyError("invalid_url")
    budget = Budget(PREVIEW)
    try:
        answer = await context.net.get(
            url,
            budget,
            accept=ACCEPT,
            max_bytes=link_metadata.MOST_BYTES,
            same_origin_redirects=False,
            plain_http=True,
            cut=True,
        )
    except NetError as error:
        log.debug("no preview of %s: %s", url, error)
        raise LemmyError("invalid_url", cause=error) from error
    if not answer.is_success:
        return NOTHING
    header = answer.header("content-type") or ""
    if link_metadata.is_page(header):
        return await _completed(context, budget, answer, link_metadata.parse(answer.body, answer.url, header))
    return LinkMetadata(content_type=link_metadata.sniffed(answer.content_type, answer.body[:32]) or None)


async def _completed(context: Context, budget: Budget, page: Response, said: LinkMetadata) -> LinkMetadata:
    """What a page says, with what its oEmbed document adds where title, picture or film are missing; within the page's own budget."""
    where = None if said.title and said.image and said.embed_video_url else oembed.address(page.body, page.url)
    if where is None:
        return said
    try:
        found = await context.net.get(
            where, budget, accept="application/json", max_bytes=oembed.MOST_BYTES, same_origin_redirects=False, plain_http=True
        )
    except NetError as error:
        log.debug("no oEmbed document at %s: %s", where, error)
        return said
    return oembed.filled(said, found.body, found.url) if found.is_success else said


async def fetched_or_nothing(context: Context, url: str | None, *, nsfw: bool = False) -> Preview:
    """The same for a post that is to be written in any case: whatever fails leaves the link bare.

    Where link previews are stored, a small copy of the picture is made, but none of what is NSFW.
    """
    if not url:
        return NOTHING
    url = image_proxy.original(context, url)
    if alias := image.alias_of(context, url):
        return Preview(content_type=image.format_of(alias).media_type)
    try:
        found = await fetch(context, url)
    except LemmyError:
        return NOTHING
    preview = Preview(**msgspec.structs.asdict(found))
    source = url if _is_picture(found) else found.image
    if source is None or nsfw or image_proxy.mode(context) is not PictrsImageMode.STORE_LINK_PREVIEWS:
        return preview
    return msgspec.structs.replace(preview, thumbnail=await image.copy(context, source))


def attach(tx: Transaction, context: Context, post_id: PostId, preview: Preview) -> None:
    """Show a preview with a post, unless the post is gone or its link has changed meanwhile to none."""
    found = post.get(tx, post_id)
    if found is not None and found.url is not None:
        values = columns(preview, found)
        if preview.thumbnail is not None and values["thumbnail_url"] == preview.thumbnail.link:
            image.enter_copy(tx, preview.thumbnail)
        post.update(tx, post_id, **values)
        image_use.of_post(tx, context, post_id)


def columns(preview: Preview, of: Post) -> dict[str, str | None]:
    """The columns of a post that a preview fills. A thumbnail chosen by the author stays; else it is the copy kept here, or the picture
    that the link leads to, or that the page names."""
    remote = of.url if _is_picture(preview) else preview.image
    return {
        "embed_title": preview.title,
        "embed_description": preview.description,
        "embed_video_url": preview.embed_video_url,
        "url_content_type": preview.content_type,
        "thumbnail_url": of.thumbnail_url or (preview.thumbnail.link if preview.thumbnail else remote),
    }


def _is_picture(found: LinkMetadata) -> bool:
    return (found.content_type or "").startswith("image/")


class Aside:
    """Fetches the previews of received posts, one after another in a few tasks, so that no sender waits for a linked page.

    Where all pictures are shown through this server it looks how large those of all posts are, as Lemmy does: apps leave room for them.
    Posts that come faster than pages answer go without: `MOST_WAITING` is the end of the queue.
    """

    HEARS: Final = (PostCreated, PostEdited)

    def __init__(self, context: Context, database: Database) -> None:
        self._context = context
        self._database = database
        self._waiting: asyncio.Queue[PostId] = asyncio.Queue(MOST_WAITING)
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Begin to work."""
        self._tasks = [asyncio.create_task(self._work(), name=f"previews {number}") for number in range(TASKS)]

    async def close(self) -> None:
        """Stop; what waits goes without a preview."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def after(self, event: Event) -> None:
        """Subscriber after the commit: a new or changed post may want a preview."""
        if isinstance(event, self.HEARS) and not self._waiting.full():
            self._waiting.put_nowait(event.post_id)

    async def _work(self) -> None:
        while True:
            post_id = await self._waiting.get()
            try:
                wanted = await self._database.read(_wanted, post_id)
                if wanted is not None:
                    preview = await fetched_or_nothing(self._context, wanted.url, nsfw=wanted.nsfw)
                    if preview != NOTHING:
                        await self._database.write(attach, self._context, post_id, preview)
                if image_proxy.rewrites(self._context):
                    await self._measure(post_id)
            except Exception:
                log.exception("the preview of post %s", post_id)

    async def _measure(self, post_id: PostId) -> None:
        link = await self._database.read(_unmeasured, self._context, post_id)
        found = await remote_picture.measured(self._context, link) if link is not None else None
        if found is not None:
            await self._database.write(images.describe, found.link, found.width, found.height, found.content_type)


def _wanted(tx: Transaction, post_id: PostId) -> Post | None:
    """A received post with a link that has no preview yet. Local posts got theirs before they were written."""
    found = post.get(tx, post_id)
    if found is None or found.local or found.url_content_type is not None:
        return None
    return found if found.url else None


def _unmeasured(tx: Transaction, context: Context, post_id: PostId) -> str | None:
    """The picture of a post that the proxy will show, and of which nobody knows yet how large it is."""
    found = post.get(tx, post_id)
    link = found.thumbnail_url if found is not None else None
    if link is None or not image_proxy.is_foreign(context, link) or image_proxy.bypasses(context, link):
        return None
    return None if images.is_described(tx, link) else link
