"""Carries requests to the handlers of the API and their answers back.

In this order: rate limit, who is it, read the request, call the handler, write JSON. A handler is a plain function that knows nothing of
HTTP: `async def create_post(call: UserCall, form: CreatePost) -> PostResponse`. It may answer with a `Response` where status or headers
matter (a removed cookie, 201 after an upload).
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any, NamedTuple, get_type_hints

from msgspec import UNSET

from lemmy_lite.context import Context
from lemmy_lite.domain import image_proxy
from lemmy_lite.domain.permissions import RULES
from lemmy_lite.federation.service import Federation
from lemmy_lite.http import room
from lemmy_lite.http.api_v3.asked import ASKS
from lemmy_lite.http.api_v3.call import Call, UserCall
from lemmy_lite.http.api_v3.deed import Deed
from lemmy_lite.http.api_v3.operations import COUNTED_TOO, OPERATIONS, Auth, Operation
from lemmy_lite.http.api_v3.wire.answer import LemmyErrorType
from lemmy_lite.http.api_v3.wire.body import decode_body
from lemmy_lite.http.api_v3.wire.query import decode_query
from lemmy_lite.http.auth import authenticate, credentials_sent, token_of
from lemmy_lite.http.errors import Failure, Refused
from lemmy_lite.http.ratelimit import RateLimiter
from lemmy_lite.http.request import Request
from lemmy_lite.http.response import JSON, Response, json_response
from lemmy_lite.http.surface import Handler, Route, Surface
from lemmy_lite.model.errors import ERRORS, LemmyError, Message
from lemmy_lite.model.struct import Struct
from lemmy_lite.model.viewer import Viewer
from lemmy_lite.storage.database import Database
from lemmy_lite.storage.query import Transaction

Answering = Callable[..., Awaitable[object]] | Deed
"""`(Call or UserCall)` or `(Call or UserCall, Struct)` to a Struct, a list of them, or a Response; or one write."""

LOGGED_IN = (Auth.REQUIRED, Auth.MODERATOR, Auth.ADMIN)

_MULTIPART_ROOM = 64 * 1024
"""Bytes around an uploaded file: boundaries and headers of its part."""


class BadTable(Exception):
    """A handler and the table of operations do not fit: the server must not start (security.md, rule 9)."""


class Tools(NamedTuple):
    """What every call needs."""

    context: Context
    database: Database
    limiter: RateLimiter
    federation: Federation


def api_v3(tools: Tools, handlers: Mapping[str, Answering], operations: Iterable[Operation] = OPERATIONS) -> Surface:
    """The surface of API v3. `handlers` are by name of operation; an operation without one is not there yet and answers 404.

    Raises BadTable for a handler of no operation, of the wrong request or for the wrong kind of caller, and for an operation of which
    `asked.py` does not say what it asks the table of permissions.
    """
    known = {operation.name: operation for operation in operations}
    if stray := sorted(set(handlers) - set(known)):
        raise BadTable(f"no operation of API v3 is called {', '.join(stray)}")
    routes = tuple(_route(tools, known[name], handler) for name, handler in handlers.items())
    config = tools.context.config
    cors = _Cors(config.cors_origin, config.base_url)
    return Surface("api_v3", routes, _failed, prefix="/api/", finish=_finisher(cors), preflight=cors.preflight)


def _route(tools: Tools, operation: Operation, handler: Answering) -> Route:
    _check(operation, handler)
    upload = operation.name == "uploadImage"
    limit = tools.context.config.http.upload_limit + _MULTIPART_ROOM if upload else None
    return Route(
        operation.method,
        operation.path,
        _done(tools, operation, handler) if isinstance(handler, Deed) else _answer(tools, operation, handler),
        body_limit=limit,
        wrong_method=operation.wrong_method,
    )


def _check(operation: Operation, handler: Answering) -> None:
    """Raises BadTable unless the annotations of the handler say what the table says, and its rules are known."""
    if operation.name not in ASKS:
        raise BadTable(f"{operation.name}: no line says which permissions it asks")
    if unknown := sorted(set(ASKS[operation.name]) - set(RULES)):
        raise BadTable(f"{operation.name}: the table of permissions has no {', '.join(unknown)}")
    if isinstance(handler, Deed):
        if operation.auth not in LOGGED_IN or operation.request is None or operation.name in (*room.ADDING, *COUNTED_TOO):
            raise BadTable(f"{operation.name}: a deed is a request of a logged-in user that adds nothing and is counted once")
        wanted: list[Any] = [Transaction, Viewer, operation.request]
        called: Callable[..., object] = handler.verb
    else:
        if not inspect.iscoroutinefunction(handler):
            raise BadTable(f"{operation.name}: the handler is not an async function")
        caller = UserCall if operation.auth in LOGGED_IN else Call
        wanted, called = [caller] if operation.request is None else [caller, operation.request], handler
    hints = get_type_hints(called)
    takes = [hints.get(name) for name in inspect.signature(called).parameters]
    if takes != wanted:
        names = [getattr(each, "__name__", str(each)) for each in wanted]
        raise BadTable(f"{operation.name}: the handler must take ({', '.join(names)})")


def _done(tools: Tools, operation: Operation, deed: Deed) -> Handler:
    """One write. A request that cannot be read is refused only to whom it would be read for, as with all others."""
    context, database, limiter, _ = tools
    own_origins = (context.config.base_url,)
    rewrites = image_proxy.rewrites(context)
    assert operation.request is not None
    form_type = operation.request

    async def answer(request: Request) -> Response:
        if operation.bucket is not None:
            request.take(limiter, operation.bucket)
        token = token_of(request, own_origins)
        if token is None:
            raise LemmyError("incorrect_login")
        try:
            form = await _decoded(operation, form_type, request)
        except Exception:
            if await authenticate(database, context, token) is None:
                raise LemmyError("incorrect_login") from None
            raise
        result = await deed.done(database, context, token, form)
        return json_response(image_proxy.shown(context, result) if rewrites else result)

    return answer


def _answer(tools: Tools, operation: Operation, handler: Callable[..., Awaitable[object]]) -> Handler:
    context, database, limiter, federation = tools
    own_origins = (context.config.base_url,)
    rewrites = image_proxy.rewrites(context)
    adds = operation.name in room.ADDING
    counted_too = COUNTED_TOO.get(operation.name)

    async def answer(request: Request) -> Response:
        if operation.bucket is not None:
            request.take(limiter, operation.bucket)
        if counted_too is not None:
            limiter.take(counted_too, request.address)
        viewer = None
        if operation.auth is not Auth.PUBLIC:
            viewer = await authenticate(database, context, token_of(request, own_origins))
        if operation.auth in LOGGED_IN:
            if viewer is None:
                raise LemmyError("incorrect_login")
            call: Call = UserCall(context=context, database=database, request=request, viewer=viewer, federation=federation)
        else:
            call = Call(context=context, database=database, request=request, viewer=viewer, federation=federation)
        if adds:
            room.require(context)
        if operation.request is None:
            result = await handler(call)
        else:
            result = await handler(call, await _decoded(operation, operation.request, request))
        if isinstance(result, Response):
            return result
        return json_response(image_proxy.shown(context, result) if rewrites else result)

    return answer


async def _decoded(operation: Operation, type_: type[Struct], request: Request) -> Struct:
    if operation.method == "GET":
        return decode_query(type_, request.query)
    media = (request.header("content-type") or "").partition(";")[0].strip().lower()
    if media != JSON and not media.endswith("+json"):
        # A form on a foreign page can send text/plain without asking us first, JSON it cannot.
        raise Refused(400, "Content type error")
    return decode_body(type_, await request.body())


async def _failed(request: Request, failure: Failure) -> Response:
    """`{"error": code}`, with a message where the table of errors allows one; nothing at all where no route was found."""
    if not failure.routed:
        return Response(failure.status)
    message: Any = failure.message
    kind = ERRORS.get(failure.code)
    if message is None and (kind is None or kind.message is not Message.OR_NULL):
        message = UNSET
    return json_response(LemmyErrorType(error=failure.code, message=message), failure.status)


def _finisher(cors: _Cors) -> Callable[[Request, Response], None]:
    def finish(request: Request, response: Response) -> None:
        cors.allow(request, response)
        response.vary("authorization", "cookie")
        if response.status >= 400:
            response.set_default("cache-control", "no-store")
        elif request.method not in ("GET", "HEAD") or credentials_sent(request):
            response.set_default("cache-control", "private")
        else:
            response.set_default("cache-control", "public, max-age=60")

    return finish


class _Cors:
    """Which pages may call the API from a browser: all of them, unless `cors_origin` names one (besides our own).

    Cookies are never allowed along (no Access-Control-Allow-Credentials), so `*` gives nobody more than they could fetch themselves.
    """

    def __init__(self, cors_origin: str | None, own_origin: str) -> None:
        self._only = None if cors_origin in (None, "", "*") else (cors_origin, own_origin)

    def allow(self, request: Request, response: Response) -> None:
        """Adds the headers that let the page read the answer."""
        if self._only is None:
            response.set_default("access-control-allow-origin", "*")
        else:
            response.vary("origin")
            origin = request.header("origin")
            if origin not in self._only:
                return
            response.set_default("access-control-allow-origin", origin)
        response.set_default("access-control-expose-headers", "*")

    async def preflight(self, request: Request) -> Response:
        """The browser's question before it sends a request; `finish` adds who is allowed."""
        response = Response(204)
        if request.header("access-control-request-method"):
            # `*` would not cover Authorization, so what is asked for is granted by name.
            asked = request.header("access-control-request-headers") or "authorization, content-type"
            response.headers = [
                ("access-control-allow-methods", "GET, POST, PUT, DELETE, OPTIONS"),
                ("access-control-allow-headers", "".join(each for each in asked[:1000] if each.isprintable())),
                ("access-control-max-age", "3600"),
            ]
        response.vary("access-control-request-method", "access-control-request-headers")
        return response
