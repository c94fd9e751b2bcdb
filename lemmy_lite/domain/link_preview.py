"""What a post shows of the page it links to: fetched before a local post is written, and aside for received ones."""

import asyncio
import logging

from lemmy_lite.context import Context
from lemmy_lite.model.errors import LemmyError
from lemmy_lite.model.events import Event, PostCreated, PostEdited
from lemmy_lite.model.ids import PostId
from lemmy_lite.model.post import LinkMetadata, Post
from lemmy_lite.net.budget import PREVIEW, Budget
from lemmy_lite.net.errors import NetError
from lemmy_lite.storage.database import Database
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import post
from lemmy_lite.text import link_metadata

log = logging.getLogger(__name__)

ACCEPT = "text/html, application/xhtml+xml, image/*;q=0.9, video/*;q=0.9, */*;q=0.5"
NOTHING = LinkMetadata()

TASKS = 2
MOST_WAITING = 200


async def fetch(context: Context, url: str) -> LinkMetadata:
    """What stands at a link. Raises LemmyError invalid_url for what is no web address, or must not be asked for, or does not answer."""
    if not url.startswith(("https://", "http://")):
        raise LemmyError("invalid_url")
    try:
        answer = await context.net.get(
            url,
            Budget(PREVIEW),
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
        return link_metadata.parse(answer.body, answer.url, header)
    return LinkMetadata(content_type=link_metadata.sniffed(answer.content_type, answer.body[:32]) or None)


async def fetched_or_nothing(context: Context, url: str | None) -> LinkMetadata:
    """The same for a post that is to be written in any case: whatever fails leaves the link bare."""
    if not url:
        return NOTHING
    try:
        return await fetch(context, url)
    except LemmyError:
        return NOTHING


def attach(tx: Transaction, post_id: PostId, preview: LinkMetadata) -> None:
    """Show a preview with a post, unless the post is gone or its link has changed meanwhile to none."""
    found = post.get(tx, post_id)
    if found is not None and found.url is not None:
        post.update(tx, post_id, **columns(preview, found))


def columns(preview: LinkMetadata, of: Post) -> dict[str, str | None]:
    """The columns of a post that a preview fills. A thumbnail chosen by the author stays; a link to a picture is its own."""
    is_image = (preview.content_type or "").startswith("image/")
    return {
        "embed_title": preview.title,
        "embed_description": preview.description,
        "embed_video_url": preview.embed_video_url,
        "url_content_type": preview.content_type,
        "thumbnail_url": of.thumbnail_url or (of.url if is_image else preview.image),
    }


class Aside:
    """Fetches the previews of received posts, one after another in a few tasks, so that no sender waits for a linked page.

    Posts that come faster than pages answer go without: `MOST_WAITING` is the end of the queue.
    """

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
        if isinstance(event, PostCreated | PostEdited) and not self._waiting.full():
            self._waiting.put_nowait(event.post_id)

    async def _work(self) -> None:
        while True:
            post_id = await self._waiting.get()
            try:
                url = await self._database.read(_wanted, post_id)
                if url is not None:
                    preview = await fetched_or_nothing(self._context, url)
                    if preview != NOTHING:
                        await self._database.write(attach, post_id, preview)
            except Exception:
                log.exception("the preview of post %s", post_id)


def _wanted(tx: Transaction, post_id: PostId) -> str | None:
    """The link of a received post that has no preview yet. Local posts got theirs before they were written."""
    found = post.get(tx, post_id)
    if found is None or found.local or found.url_content_type is not None:
        return None
    return found.url
