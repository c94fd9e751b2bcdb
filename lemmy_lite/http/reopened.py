"""A thread as somebody opens it: what left the disk is fetched again first, as far as that can be had within a few seconds."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

import msgspec

from lemmy_lite.domain.post import Thread
from lemmy_lite.federation.service import Federation
from lemmy_lite.model.errors import LemmyError
from lemmy_lite.model.ids import PostId
from lemmy_lite.model.post import PostView

T = TypeVar("T")


async def opened(
    federation: Federation, post_id: PostId | None, read: Callable[[], Awaitable[T]], thread: Callable[[T], Thread], *, by_account: bool
) -> T:
    """What `read` finds of a post, once more where something that was missing could be had; `thread` picks the thread out of it. Raises
    what `read` raises."""
    try:
        found = await read()
    except LemmyError as error:
        if error.code != "couldnt_find_post" or post_id is None or not await federation.reopen(post_id, by_account=by_account):
            raise
        return await read()
    if thread(found).missing is None:
        return found
    await federation.reopen(thread(found).post_view.post.id, by_account=by_account)
    return await read()


def explained(found: Thread) -> PostView:
    """The post for apps: where its text is not here they show the sentence that says why."""
    if found.missing is None:
        return found.post_view
    return msgspec.structs.replace(found.post_view, post=msgspec.structs.replace(found.post_view.post, body=f"*{found.missing}*"))
