"""Pictures of other servers, fetched to be shown or copied here."""

import logging
from pathlib import Path
from typing import Final

from lemmy_lite.context import Context
from lemmy_lite.media.images import Images
from lemmy_lite.media.refusal import ImageRefused
from lemmy_lite.model.errors import LemmyError
from lemmy_lite.model.image import ImageDetails
from lemmy_lite.net.budget import Budget, Limits
from lemmy_lite.net.errors import NetError

log = logging.getLogger(__name__)

ACCEPT: Final = "image/avif, image/webp, image/png, image/jpeg, image/gif, */*;q=0.1"

SECONDS: Final = 20.0


async def fetch(context: Context, url: str) -> bytes:
    """The bytes at an address, at most `images.remote_limit`. Raises LemmyError invalid_url for whatever prevents it: who asks learns
    nothing of our network from the difference."""
    if not url.startswith(("https://", "http://")):
        raise LemmyError("invalid_url")
    most = context.config.images.remote_limit
    limits = Limits(requests=5, depth=1, wire_bytes=2 * most, decoded_bytes=2 * most, seconds=SECONDS)
    try:
        answer = await context.net.get(
            url, Budget(limits), accept=ACCEPT, max_bytes=most, same_origin_redirects=False, plain_http=True, cut=False
        )
    except NetError as error:
        log.debug("no picture from %s: %s", url, error)
        raise LemmyError("invalid_url", cause=error) from error
    if not answer.is_success:
        raise LemmyError("invalid_url", cause=f"{answer.status} from {url}")
    return answer.body


async def kept(context: Context, images: Images, url: str) -> Path:
    """A picture as it came, from the cache or fetched now. Raises ImageRefused, LemmyError."""

    async def fetched() -> bytes:
        async with images.fetching:
            return await fetch(context, url)

    return await images.cache(url, fetched)


async def measured(context: Context, url: str) -> ImageDetails | None:
    """How large the picture at an address is and what it is made of; None where there is none to be had.

    It is in the cache then, where the first reader will ask for it.
    """
    if context.images is None:
        return None
    try:
        width, height, found = await context.images.measured(await kept(context, context.images, url))
    except (ImageRefused, LemmyError, OSError) as error:
        log.debug("no size of %s: %s", url, error)
        return None
    return ImageDetails(link=url, width=width, height=height, content_type=found.media_type)
