"""Pictures of other servers, fetched to be shown or copied here."""

import logging
from typing import Final

from lemmy_lite.context import Context
from lemmy_lite.model.errors import LemmyError
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
