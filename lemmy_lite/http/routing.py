"""The application made of surfaces: one router in front of them all. What has one fixed path is found by it, the rest by Litestar.

Several surfaces may have the same path; then the Accept header chooses between a page and a document.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

from litestar import Litestar
from litestar import Request as LitestarRequest
from litestar import Response as LitestarResponse
from litestar.exceptions import HTTPException, MethodNotAllowedException
from litestar.handlers import HTTPRouteHandler
from litestar.types import ASGIApp, Message, Method, Receive, Scope, Send
from litestar.utils import normalize_path

from lemmy_lite.http.errors import Refused, Unrouted
from lemmy_lite.http.middleware import deliver, log_request, respond
from lemmy_lite.http.negotiation import negotiate
from lemmy_lite.http.request import BODY_LIMIT, ClientGone, Request
from lemmy_lite.http.response import Response
from lemmy_lite.http.surface import Handler, Route, Surface, silent
from lemmy_lite.http.traffic import UNKNOWN, Traffic

METHODS: list[Method] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"]

_PARAMETER = re.compile(r"\{([a-z_]+)\}")

_HOST = re.compile(rb"[A-Za-z0-9!$&'()*+,;=._~:@%\[\]-]*")
"""What a Host may be made of (RFC 3986, 3.2); Litestar refuses the same ones."""

_NOBODY = Surface("nobody", (), silent)


class Place:
    """All that is registered at one path."""

    def __init__(self, path: str, body_limit: int, traffic: Traffic) -> None:
        self.path = path
        self.body_limit = body_limit
        self._traffic = traffic
        self._entries: dict[str, list[tuple[Surface, Route]]] = {}

    def add(self, surface: Surface, route: Route) -> None:
        """Raises ValueError where two routes could answer the same request."""
        entries = self._entries.setdefault(route.method, [])
        if entries and (route.kind is None or any(other.kind in (None, route.kind) for _, other in entries)):
            raise ValueError(f"{route.method} {route.path} is registered twice ({entries[0][0].name}, {surface.name})")
        entries.append((surface, route))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        parameters = {name: str(value) for name, value in (cast(Any, scope).get("path_params") or {}).items()}
        request = Request(scope, receive, parameters, self.body_limit)
        surface, handler = self._chosen(request)
        await _serve(surface, handler, request, self.path, scope, send, self._traffic)

    def _chosen(self, request: Request) -> tuple[Surface, Handler]:
        method = "GET" if request.method == "HEAD" else request.method
        entries = self._entries.get(method)
        if not entries:
            return self._unanswered(request)
        if len(entries) == 1:
            (surface, route) = entries[0]
            handler = route.handler
        else:
            kind = negotiate(request.header("accept"))
            surface, route = next(entry for entry in entries if entry[1].kind is kind)
            handler = _varying(route.handler)
        if route.body_limit is not None:
            request.body_limit = route.body_limit
        return surface, handler

    def _unanswered(self, request: Request) -> tuple[Surface, Handler]:
        surface, route = next(iter(self._entries.values()))[0]
        if request.method == "OPTIONS" and surface.preflight is not None:
            return surface, surface.preflight
        allowed = sorted({*self._entries, *(["HEAD"] if "GET" in self._entries else [])})
        return surface, _refusing(Unrouted(route.wrong_method, headers={"allow": ", ".join(allowed)} if route.wrong_method == 405 else {}))


def _varying(handler: Handler) -> Handler:
    async def vary(request: Request) -> Response:
        response = await handler(request)
        response.vary("accept")
        return response

    return vary


def _refusing(refusal: Refused) -> Handler:
    async def refuse(_: Request) -> Response:
        raise refusal

    return refuse


async def _serve(
    surface: Surface, handler: Handler, request: Request, template: str | None, scope: Scope, send: Send, traffic: Traffic
) -> None:
    started = time.perf_counter()
    cast(Any, scope)["endpoint"] = template or UNKNOWN
    try:
        response = await respond(surface, handler, request)
    except ClientGone:
        traffic.note(template, request.method, 499, time.perf_counter() - started)
        log_request(request, template, 499, started, 0)  # nginx's number for a client that left
        return
    size = await deliver(request, response, scope, send)
    traffic.note(template, request.method, response.status, time.perf_counter() - started)
    log_request(request, template, response.status, started, size)


class _Reply(LitestarResponse[None]):
    """Hands a request from Litestar's router to us, raw: it has matched the path, and all else is ours."""

    def __init__(self, app: ASGIApp) -> None:
        super().__init__(content=None)
        self._app = app

    def to_asgi_response(self, *_: Any, **__: Any) -> Any:
        """What Litestar calls with scope, receive and send."""
        return self._app


def build(surfaces: Sequence[Surface], *, body_limit: int = BODY_LIMIT, traffic: Traffic | None = None) -> ASGIApp:
    """The application, which counts what it answers in `traffic`. Raises ValueError where two surfaces claim the same request."""
    traffic = traffic or Traffic()
    places: dict[str, Place] = {}
    shapes: dict[str, str] = {}
    for surface in surfaces:
        for route in surface.routes:
            first = shapes.setdefault(_PARAMETER.sub("{}", route.path), route.path)
            if first != route.path:
                raise ValueError(f"{route.path} and {first} are the same address with other names")
            places.setdefault(route.path, Place(route.path, body_limit, traffic)).add(surface, route)
    owners = sorted((each for each in surfaces if each.prefix is not None), key=lambda each: -len(each.prefix or ""))

    def failing(error: Exception) -> ASGIApp:
        return _unrouted(owners, error, traffic)

    fixed = {path: place for path, place in places.items() if not _PARAMETER.search(path)}
    # Each path costs 17 kB in Litestar, and 2.5 ms of a start.
    others = {path: place for path, place in places.items() if path not in fixed}
    return _Router({normalize_path(path): place for path, place in fixed.items()}, _litestar(others, failing), failing)


class _Router:
    """Finds a fixed path in a table, however many slashes it is written with, and leaves paths with parameters to Litestar."""

    def __init__(self, fixed: Mapping[str, Place], others: Litestar, failing: Callable[[Exception], ASGIApp]) -> None:
        self._fixed = fixed
        self._others = others
        self._failing = failing

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"] if scope["path"] in self._fixed else normalize_path(scope["path"])
        place = self._fixed.get(path)
        if place is None:
            await self._others(scope, receive, send)
            return
        scope["path"] = path
        if (refusal := _why_refused(scope)) is not None:
            await self._failing(refusal)(scope, receive, send)
        else:
            await self._answered(place, scope, receive, send)

    async def _answered(self, place: Place, scope: Scope, receive: Receive, send: Send) -> None:
        begun = False

        async def sent(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await place(scope, receive, sent)
        except Exception as error:
            if begun:
                raise  # too late for an answer: the server ends the connection
            await self._failing(error)(scope, receive, send)


def _why_refused(scope: Scope) -> HTTPException | None:
    """What Litestar would say to a request for a path that it knows."""
    if not all(_HOST.fullmatch(value) for name, value in scope["headers"] if name == b"host"):
        return HTTPException(status_code=400)
    return None if cast(Any, scope)["method"] in METHODS else MethodNotAllowedException()


def _litestar(places: Mapping[str, Place], failing: Callable[[Exception], ASGIApp]) -> Litestar:
    def failed(request: LitestarRequest[Any, Any, Any], error: Exception) -> _Reply:
        return _Reply(failing(error))

    return Litestar(
        [_route_handler(path, place) for path, place in places.items()],
        openapi_config=None,
        logging_config=None,
        exception_handlers={HTTPException: failed, Exception: failed},
    )


def _route_handler(path: str, place: Place) -> HTTPRouteHandler:
    async def reply() -> _Reply:
        return _Reply(cast(ASGIApp, place))

    # Litestar takes the annotation as an object, and ours would be text.
    reply.__annotations__ = {"return": _Reply}
    handler = HTTPRouteHandler(_PARAMETER.sub(r"{\1:str}", path), http_method=METHODS, status_code=200)
    return handler(reply)


def _unrouted(owners: Sequence[Surface], error: Exception, traffic: Traffic) -> ASGIApp:
    """Answers what the router did not find a place for, in the words of the surface that owns the path."""
    if isinstance(error, HTTPException):
        status = error.status_code if error.status_code < 500 else 404
        refusal: Exception = Unrouted(405 if status == 405 else 404) if status in (404, 405) else Refused(status)
    else:
        refusal = error

    async def refuse(_: Request) -> Response:
        raise refusal

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive, {})
        surface = next((each for each in owners if request.path.startswith(each.prefix or "/")), _NOBODY)
        handler = surface.preflight if request.method == "OPTIONS" and surface.preflight else refuse
        await _serve(surface, handler, request, None, scope, send, traffic)

    return serve
