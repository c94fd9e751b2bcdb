"""What happens around every handler: errors become answers, answers become bytes on the wire, and one line goes to the log."""

from __future__ import annotations

import asyncio
import logging
import re
import time
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lemmy_lite.http import ranges
from lemmy_lite.http.compression import compress
from lemmy_lite.http.errors import failure_of
from lemmy_lite.http.request import ClientGone, Request
from lemmy_lite.http.response import Response

if TYPE_CHECKING:
    from litestar.types import Scope, Send

    from lemmy_lite.http.surface import Handler, Surface

logger = logging.getLogger("lemmy_lite.http")

SECRET_PARAMETERS = frozenset({"jwt", "token"})
"""Named parts of a path that are secrets and never reach the log, such as the token in a feed's address."""

_LONGEST_SEGMENT = 60
"""Characters of a part of an unknown path that are logged: no name is longer, a mistyped address with a token in it is."""

_PIECE = 64 * 1024

_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f]")


async def respond(surface: Surface, handler: Handler, request: Request) -> Response:
    """The handler's answer, or the surface's words for what it raised. Raises ClientGone alone."""
    try:
        response = await handler(request)
    except ClientGone:
        raise
    except Exception as error:  # the one place where everything is caught
        response = await _failed(surface, request, error)
    response.set_default("x-content-type-options", "nosniff")
    surface.finish(request, response)
    return response


async def _failed(surface: Surface, request: Request, error: Exception) -> Response:
    failure = failure_of(error, request.id)
    try:
        response = await surface.failed(request, failure)
    except Exception as second:  # an error page that breaks must not hide the error
        failure = failure_of(second, request.id)
        response = Response(failure.status, failure.sentence.encode(), "text/plain; charset=utf-8")
    for name, value in failure.headers.items():
        response.set_default(name, value)
    if failure.status in (408, 413, 503):
        # The rest of the body may be under way still; whoever sends it is not waited for.
        response.set_default("connection", "close")
    return response


async def deliver(request: Request, response: Response, scope: Scope, send: Send) -> int:
    """Writes an answer: conditional requests, parts of files, compression, HEAD. Returns the bytes of the body that were sent.

    Raises ValueError for a header that would break the response in two; nothing has been sent then.
    """
    if request.method in ("GET", "HEAD") and response.status == 200 and _unchanged(request, response):
        response.status, response.body, response.content_type = 304, b"", None
    else:
        compress(response, request.header("accept-encoding"))
    size = await _size(response)
    if isinstance(response.body, Path) and size is not None and response.status == 200:
        size = _cut(request, response, size)
    body = response.body
    headers = [(name.encode("ascii"), _safe(value)) for name, value in response.headers]
    if response.content_type:
        headers.append((b"content-type", _safe(response.content_type)))
    if size is not None and response.status not in (204, 304):
        headers.append((b"content-length", str(size).encode()))
    await send({"type": "http.response.start", "status": response.status, "headers": headers})
    if request.method == "HEAD":
        await send({"type": "http.response.body", "body": b"", "more_body": False})
        return 0
    if isinstance(body, bytes):
        await send({"type": "http.response.body", "body": body, "more_body": False})
        return len(body)
    if isinstance(body, Path):
        extensions: Mapping[str, Any] = scope.get("extensions") or {}
        if "http.response.pathsend" in extensions:
            await send({"type": "http.response.pathsend", "path": str(body)})  # type: ignore[arg-type]  # not in Litestar's types
            return size or 0
        body = _pieces(body)
    sent = 0
    async for piece in body:
        await send({"type": "http.response.body", "body": piece, "more_body": True})
        sent += len(piece)
    await send({"type": "http.response.body", "body": b"", "more_body": False})
    return sent


def _unchanged(request: Request, response: Response) -> bool:
    """Whether the client holds this very answer (RFC 9110, 13.1.2: weak comparison)."""
    tag = _tag(response)
    held = request.header("if-none-match")
    if tag is None or held is None:
        return False
    return held.strip() == "*" or tag.removeprefix("W/") in [each.strip().removeprefix("W/") for each in held.split(",")]


async def _size(response: Response) -> int | None:
    """Bytes of the body, None if only time will tell. A file that has gone since makes it a 404."""
    if isinstance(response.body, Path):
        try:
            return (await asyncio.to_thread(response.body.stat)).st_size
        except OSError:
            response.status, response.body, response.content_type, response.headers = 404, b"", None, []
            return 0
    return len(response.body) if isinstance(response.body, bytes) else None


def _cut(request: Request, response: Response, size: int) -> int:
    """Leave of a file what was asked for; answers how many bytes those are."""
    response.set_default("accept-ranges", "bytes")
    part = ranges.asked(request.header("range"), request.header("if-range"), _tag(response), size) if request.method == "GET" else None
    if part is None or not isinstance(response.body, Path):
        return size
    if part.length == 0:
        response.status, response.body, response.content_type = 416, b"", None
        response.headers.append(("content-range", f"bytes */{size}"))
        return 0
    response.status, response.body = 206, _pieces(response.body, part.start, part.length)
    response.headers.append(("content-range", f"bytes {part.start}-{part.start + part.length - 1}/{size}"))
    return part.length


def _tag(response: Response) -> str | None:
    return next((value for name, value in response.headers if name == "etag"), None)


async def _pieces(path: Path, start: int = 0, length: int | None = None) -> AsyncIterator[bytes]:
    with await asyncio.to_thread(path.open, "rb") as file:
        await asyncio.to_thread(file.seek, start)
        left = length
        while piece := await asyncio.to_thread(file.read, _PIECE if left is None else min(_PIECE, left)):
            yield piece
            left = None if left is None else left - len(piece)


def _safe(value: str) -> bytes:
    """A header's value as bytes. Raises ValueError for line breaks and what is not Latin-1 (security.md: response splitting)."""
    if _CONTROL.search(value):
        raise ValueError("a header must not contain control characters")
    return value.encode("latin-1")


def log_request(request: Request, template: str | None, status: int, started: float, size: int) -> None:
    """One line at debug: method, path without query and secrets, status, milliseconds, bytes. `template` is None for an unknown path.

    The same is in the record's `fields` for a formatter that writes JSON.
    """
    if not logger.isEnabledFor(logging.DEBUG):
        return
    milliseconds = round((time.perf_counter() - started) * 1000, 1)
    path = logged_path(request, template)
    fields = {"request": request.id, "method": request.method[:10], "path": path, "status": status, "ms": milliseconds, "bytes": size}
    logger.debug("[%s] %s %s %d %s ms %d B", request.id, fields["method"], path, status, milliseconds, size, extra={"fields": fields})


def logged_path(request: Request, template: str | None) -> str:
    """The path as it may stand in a log: no query, no secret parameter, no control character, nothing long that nobody asked for."""
    if template is None:
        path = "/".join(part if len(part) <= _LONGEST_SEGMENT else "…" for part in request.path[:500].split("/"))
    else:
        hidden = {name: "…" if name in SECRET_PARAMETERS else value for name, value in request.parameters.items()}
        path = template.format_map(hidden)
    return "".join(character if character.isprintable() else "?" for character in path)
