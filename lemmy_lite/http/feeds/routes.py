"""Every feed, one line each. Lemmy's addresses end in `.xml`; `.rss` says the same, `.atom` and `.json` the other formats."""

import hashlib
from collections.abc import Callable
from functools import partial

import msgspec

from lemmy_lite.context import Context
from lemmy_lite.domain import feed as keys
from lemmy_lite.http.errors import Failure
from lemmy_lite.http.feeds import asked, modlog, sources, websub
from lemmy_lite.http.feeds.asked import FORMATS, Format
from lemmy_lite.http.feeds.feed import Feed
from lemmy_lite.http.feeds.sources import Asking
from lemmy_lite.http.ratelimit import Bucket, RateLimiter
from lemmy_lite.http.request import Request
from lemmy_lite.http.response import Response, json_response
from lemmy_lite.http.surface import Handler, Route, Surface
from lemmy_lite.model.errors import LemmyError
from lemmy_lite.model.ids import CommunityId, PostId
from lemmy_lite.model.listing import ListingType
from lemmy_lite.storage.database import Database
from lemmy_lite.storage.query import Transaction

Make = Callable[[Asking, str], Feed]

_HOUR = "public, max-age=3600"
_MINUTES = "public, max-age=300"
_PRIVATE = "private, no-cache"


def _front(asking: Asking, _: str) -> Feed:
    return sources.front(asking, ListingType.SUBSCRIBED)


def _moderated(asking: Asking, _: str) -> Feed:
    return sources.front(asking, ListingType.MODERATOR_VIEW)


def _inbox(asking: Asking, _: str) -> Feed:
    return sources.inbox(asking)


def _saved(asking: Asking, _: str) -> Feed:
    return sources.saved(asking)


def _thread(asking: Asking, name: str) -> Feed:
    return sources.thread(asking, PostId(_number(name, "couldnt_find_post")))


def _log(asking: Asking, name: str) -> Feed:
    return modlog.log(asking, CommunityId(_number(name, "couldnt_find_community")))


def _number(name: str, missing: str) -> int:
    if not (name.isascii() and name.isdecimal() and len(name) < 19):
        raise LemmyError(missing, missing=True)
    return int(name)


_LISTS: tuple[tuple[str, Callable[[Asking], Feed], str, Bucket], ...] = (
    ("/feeds/all", partial(sources.front, listing=ListingType.ALL), _HOUR, Bucket.MESSAGE),
    ("/feeds/local", partial(sources.front, listing=ListingType.LOCAL), _HOUR, Bucket.MESSAGE),
    ("/feeds/blog", sources.blog, _MINUTES, Bucket.MESSAGE),
    ("/feeds/search", sources.searched, _MINUTES, Bucket.SEARCH),
    ("/feeds/modlog", modlog.log, _MINUTES, Bucket.MESSAGE),
)
_NAMED: tuple[tuple[str, Make], ...] = (
    ("/feeds/c/{name}", sources.community),
    ("/feeds/u/{name}", sources.person),
    ("/feeds/post/{name}", _thread),
    ("/feeds/modlog/{name}", _log),
)
_PERSONAL: tuple[tuple[str, Make], ...] = (
    # The name of the part keeps it out of the log.
    ("/feeds/front/{jwt}", _front),
    ("/feeds/moderated/{jwt}", _moderated),
    ("/feeds/inbox/{jwt}", _inbox),
    ("/feeds/saved/{jwt}", _saved),
)


def feeds(context: Context, database: Database, limiter: RateLimiter) -> Surface:
    """The surface."""
    serving = _Serving(context, database, limiter)
    return Surface(
        "feeds",
        (
            *(
                Route("GET", f"{path}.{suffix}", serving.listed(make, format_, keep, bucket))
                for path, make, keep, bucket in _LISTS
                for suffix, format_ in FORMATS.items()
            ),
            *(Route("GET", path, serving.named(make), wrong_method=404) for path, make in _NAMED),
            *(Route("GET", path, serving.personal(make), wrong_method=404) for path, make in _PERSONAL),
        ),
        _failed,
        prefix="/feeds/",
    )


class _Serving:
    def __init__(self, context: Context, database: Database, limiter: RateLimiter) -> None:
        self._context = context
        self._database = database
        self._limiter = limiter

    def listed(self, make: Callable[[Asking], Feed], format_: Format, keep: str, bucket: Bucket) -> Handler:
        """A list that has no name of its own."""

        async def answer(request: Request) -> Response:
            request.take(self._limiter, bucket)
            return await self._answer(request, lambda asking, _: make(asking), "", format_, keep)

        return answer

    def named(self, make: Make) -> Handler:
        """A list of something whose name ends the path."""

        async def answer(request: Request) -> Response:
            request.take(self._limiter, Bucket.MESSAGE)
            name, format_ = asked.split(request.parameters["name"])
            return await self._answer(request, make, name, format_, _MINUTES)

        return answer

    def personal(self, make: Make) -> Handler:
        """A list for whose key ends the path."""

        async def answer(request: Request) -> Response:
            request.take(self._limiter, Bucket.MESSAGE)
            key, format_ = asked.split(request.parameters["jwt"])
            return await self._answer(request, make, "", format_, _PRIVATE, key)

        return answer

    async def _answer(self, request: Request, make: Make, name: str, format_: Format, keep: str, key: str | None = None) -> Response:
        params = asked.params(request.query)
        key = key or params.key
        address = f"{self._context.config.base_url}{request.target}"

        def read(tx: Transaction) -> Feed:
            viewer = keys.reader(tx, self._context, key) if key is not None else None
            return make(Asking(tx, self._context, viewer, params, address), name)

        found = await self._database.read(read)
        hub = self._context.config.feeds.websub_hub if key is None and websub.is_topic(self._context, request.target) else None
        body = format_.write(found if hub is None else msgspec.structs.replace(found, hub=hub))
        headers = [("cache-control", keep if key is None else _PRIVATE), ("etag", f'W/"{hashlib.sha256(body).hexdigest()[:32]}"')]
        if hub is not None:
            headers.append(("link", f'<{hub}>; rel="hub", <{address}>; rel="self"'))
        return Response(200, body, f"{format_.content_type}; charset=utf-8", headers)


async def _failed(_: Request, failure: Failure) -> Response:
    if not failure.routed:
        return Response(failure.status)
    # Apps expect 400 of the API where something is missing; feed readers give an address up for good reasons only.
    status = 404 if failure.code.startswith("couldnt_find_") else failure.status
    return json_response({"error": failure.code}, status, headers={"cache-control": "no-store"})
